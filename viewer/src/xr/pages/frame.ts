/** Pieces that all pages share: background, tabs, lists with their buttons, the strip with the newest outcome. */
import type { Asked } from "../../state/requests";
import {
  type ButtonItem,
  CAP,
  type Item,
  PANEL,
  type Page,
  type Sheet,
  TARGET,
  type TextItem,
  type Tone,
} from "../items";

export type PageName = "machine" | "alarms" | "view" | "comfort";

export const MARGIN = 1.4;
/** Below the tabs. */
export const TOP = 5.6;
/** Above the strip. */
export const BOTTOM = PANEL.height - 4;

export interface Look {
  /** Factor on text. */
  text: number;
  /** Name of the button that is pointed at, or "". */
  hover: string;
}

export function cap(look: Look, factor = 1): number {
  return CAP * look.text * factor;
}

/** Height of a row that one points at. */
export function rowHeight(look: Look): number {
  return Math.max(TARGET, CAP * look.text * 2.3);
}

export function text(
  x: number,
  y: number,
  w: number,
  words: string,
  look: Look,
  more: Partial<TextItem> = {},
): TextItem {
  const size = more.cap ?? cap(look);
  return { kind: "text", x, y, w, h: size * 1.9 * (more.lines ?? 1), text: words, tone: "plain", cap: size, ...more };
}

export function button(
  id: string,
  x: number,
  y: number,
  w: number,
  h: number,
  words: string,
  look: Look,
  more: Partial<ButtonItem> = {},
): ButtonItem {
  return { kind: "button", id, x, y, w, h, text: words, cap: cap(look), obstacle: "", ...more };
}

const TABS: readonly [PageName, string][] = [
  ["machine", "Machine"],
  ["alarms", "Alarms"],
  ["view", "View"],
  ["comfort", "Comfort"],
];

/** A sheet with its tabs, `alarms` of which ask for attention. */
export function sheetWithTabs(page: PageName, alarms: number, look: Look): Sheet {
  const close = 6.6;
  const wide = (PANEL.width - 2 * MARGIN - close - 0.8 * TABS.length) / TABS.length;
  const items: Item[] = TABS.map(([name, title], i) => {
    const words = name === "alarms" && alarms > 0 ? `${title} ${alarms}` : title;
    const x = MARGIN + i * (wide + 0.8);
    // A tab's text keeps its size: there is no room for more, and it is large enough.
    return button(`tab:${name}`, x, 1, wide, 3.8, words, look, { look: "tab", on: name === page, cap: CAP });
  });
  items.push(button("close", PANEL.width - MARGIN - close, 1, close, 3.8, "Hide", look, { look: "tab", cap: CAP }));
  return { ...PANEL, items };
}

/** Buttons that turn the pages of a list, at the right end of a line; none where all fits. */
export function pager(list: string, page: Page, right: number, y: number, look: Look): Item[] {
  if (page.pages < 2) return [];
  const w = 4.6;
  const h = TARGET;
  const end = (at: number, obstacle: string) => ({ obstacle: page.page === at ? obstacle : "", cap: CAP });
  return [
    button(`page:${list}:-1`, right - 2 * w - 6, y, w, h, "▲", look, end(0, "This is the first page.")),
    text(right - w - 6, y + 0.4, 6, `${page.page + 1}/${page.pages}`, look, { align: "center", tone: "dim", cap: CAP }),
    button(`page:${list}:1`, right - w, y, w, h, "▼", look, end(page.pages - 1, "This is the last page.")),
  ];
}

const WORDS: Record<Asked["status"], [string, Tone]> = {
  pending: ["pending …", "accent"],
  succeeded: ["confirmed", "good"],
  failed: ["failed", "bad"],
  refused: ["refused", "bad"],
  expired: ["expired: no answer in time", "warn"],
  unknown: ["outcome unknown", "warn"],
};

/** The line at the foot: a notice if there is one, else what became of the newest request. */
export function strip(asked: Asked | null, notice: string, look: Look): Item[] {
  const y = PANEL.height - 3.4;
  const line = (words: string, tone: Tone): Item[] => [
    { kind: "fill", x: MARGIN, y: y - 0.4, w: PANEL.width - 2 * MARGIN, h: 0.08, tone: "dim" },
    text(MARGIN, y, PANEL.width - 2 * MARGIN, words, look, { tone, bold: true, cap: CAP }),
  ];
  if (notice) return line(notice, "warn");
  if (!asked) return [];
  const [words, tone] = WORDS[asked.status];
  return line(`${asked.title}: ${words}${asked.message ? `, ${asked.message}` : ""}`, tone);
}
