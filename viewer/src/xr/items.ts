/** What a panel in the headset is made of. Lengths are degrees of the eye at the panel's middle; x to the right, y down. */

/** Across and down; one degree is so many pixels of the texture (a headset of today shows about 25). */
export const PANEL = { width: 54, height: 40 };
export const STATUS = { width: 44, height: 4.4 };
export const PX_PER_DEG = 28;

/** Height of a capital letter: 1.2 degrees is what reads well; at the upper and lower edge it looks 6 % smaller. */
export const CAP = 1.28;
/** Capital height by font size, of Inter and most system fonts. */
export const CAP_PER_EM = 0.72;
/** The least side of what one points at. */
export const TARGET = 3.2;

export type Tone = "plain" | "dim" | "accent" | "good" | "warn" | "bad" | "dark";

export interface Box {
  x: number;
  y: number;
  w: number;
  h: number;
}

export interface TextItem extends Box {
  kind: "text";
  text: string;
  tone: Tone;
  cap: number;
  bold?: boolean;
  align?: "left" | "right" | "center";
  /** Break into so many lines at the most; 1 unless said. */
  lines?: number;
}

export interface ButtonItem extends Box {
  kind: "button";
  /** What a press of it is called; unique on a sheet. */
  id: string;
  text: string;
  cap: number;
  look?: "plain" | "primary" | "danger" | "row" | "tab";
  on?: boolean;
  /** Why it does nothing now; "" where it does. */
  obstacle?: string;
  /** 0 to 1: how much of a hold is done. */
  share?: number;
}

/** Shape, letter and colour of an alarm, as everywhere else. */
export interface MarkItem extends Box {
  kind: "mark";
  icon: number;
  letter: string;
  color: string;
  /** To be acknowledged: filled; else an outline. */
  open: boolean;
}

/** A value within its range; all between 0 and 1. */
export interface BarItem extends Box {
  kind: "bar";
  share: number;
  limits: readonly number[];
  tone: Tone;
}

export interface ChartItem extends Box {
  kind: "chart";
  /** Seconds before now (0 or less) and values, the same number of each; NaN breaks the line. */
  agesS: readonly number[];
  values: readonly number[];
  spanS: number;
  bounds: readonly [number, number];
  limits: readonly number[];
  labels: readonly [string, string];
  cap: number;
  stale: boolean;
}

export interface FillItem extends Box {
  kind: "fill";
  tone: Tone;
}

export type Item = TextItem | ButtonItem | MarkItem | BarItem | ChartItem | FillItem;

export interface Sheet {
  width: number;
  height: number;
  items: Item[];
}

/** The button at a place, topmost first; one that does nothing now counts as well, so that it can say why. */
export function buttonAt(sheet: Sheet, x: number, y: number): ButtonItem | null {
  for (let i = sheet.items.length - 1; i >= 0; i--) {
    const item = sheet.items[i];
    if (item.kind !== "button") continue;
    if (x >= item.x && x <= item.x + item.w && y >= item.y && y <= item.y + item.h) return item;
  }
  return null;
}

export function buttonOf(sheet: Sheet, id: string): ButtonItem | null {
  return (sheet.items.find((item) => item.kind === "button" && item.id === id) as ButtonItem | undefined) ?? null;
}

/** Which rows of a list are on the page, and whether there are others. */
export interface Page {
  from: number;
  to: number;
  page: number;
  pages: number;
}

export function pageOf(count: number, perPage: number, wanted: number): Page {
  const pages = Math.max(1, Math.ceil(count / Math.max(1, perPage)));
  const page = Math.min(pages - 1, Math.max(0, wanted));
  return { from: page * perPage, to: Math.min(count, (page + 1) * perPage), page, pages };
}
