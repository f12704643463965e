/** Draws a sheet on a canvas. Dark whatever the page's theme: a white panel in a dark headset dazzles. */
import { FONT } from "../state/font";
import {
  type ButtonItem,
  CAP_PER_EM,
  type ChartItem,
  type Item,
  type MarkItem,
  PX_PER_DEG,
  type Sheet,
  type TextItem,
  type Tone,
} from "./items";

export const TONES: Record<Tone, string> = {
  plain: "#f1f5f9",
  dim: "#b6c3d1",
  accent: "#5cc8ff",
  good: "#7ddc9b",
  warn: "#ffc861",
  bad: "#ff8a80",
  dark: "#0c1219",
};
const GROUND = "#0f1721";
const EDGE = "#3d4d5f";
const BUTTON = "#223144";
const HOVER = "#35506e";
const ON = "#1d4e70";
const OFF = "#19222d";
const PRIMARY = "#17648f";
const DANGER = "#7c2f2f";

type Context = CanvasRenderingContext2D;

/** Draw all of a sheet; `hover` is the button that is pointed at, "" for none. */
export function paint(context: Context, sheet: Sheet, hover: string): void {
  context.setTransform(1, 0, 0, 1, 0, 0);
  context.clearRect(0, 0, context.canvas.width, context.canvas.height);
  context.scale(PX_PER_DEG, PX_PER_DEG);
  rounded(context, 0.06, 0.06, sheet.width - 0.12, sheet.height - 0.12, 1.2);
  context.fillStyle = GROUND;
  context.fill();
  context.strokeStyle = EDGE;
  context.lineWidth = 0.12;
  context.stroke();
  for (const item of sheet.items) one(context, item, hover);
}

function one(context: Context, item: Item, hover: string): void {
  switch (item.kind) {
    case "text":
      words(context, item);
      break;
    case "button":
      button(context, item, item.id === hover);
      break;
    case "mark":
      mark(context, item);
      break;
    case "bar": {
      const { x, y, w, h, share, limits, tone } = item;
      context.fillStyle = OFF;
      context.fillRect(x, y, w, h);
      context.fillStyle = tone === "plain" ? TONES.accent : TONES[tone];
      context.fillRect(x, y, w * share, h);
      context.fillStyle = TONES.plain;
      for (const limit of limits) context.fillRect(x + w * limit - 0.06, y - 0.12, 0.12, h + 0.24);
      break;
    }
    case "chart":
      chart(context, item);
      break;
    case "fill":
      context.fillStyle = TONES[item.tone];
      context.globalAlpha = 0.5;
      context.fillRect(item.x, item.y, item.w, item.h);
      context.globalAlpha = 1;
  }
}

function font(context: Context, cap: number, bold: boolean): void {
  context.font = `${bold ? 650 : 480} ${cap / CAP_PER_EM}px ${FONT}`;
  context.textBaseline = "alphabetic";
}

function words(context: Context, { x, y, w, text, tone, cap, bold, align = "left", lines = 1 }: TextItem): void {
  font(context, cap, bold === true);
  context.fillStyle = TONES[tone];
  context.textAlign = align;
  const at = align === "left" ? x : align === "right" ? x + w : x + w / 2;
  broken(context, text, w, lines).forEach((line, i) => {
    context.fillText(line, at, y + cap * (1.3 + i * 1.9));
  });
}

/** Break into lines that fit; what is too much ends with an ellipsis. */
function broken(context: Context, text: string, w: number, most: number): string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(" ")) {
    const longer = line ? `${line} ${word}` : word;
    if (line && lines.length + 1 < most && context.measureText(longer).width > w) {
      lines.push(line);
      line = word;
    } else line = longer;
  }
  lines.push(line);
  return lines.map((candidate) => fitted(context, candidate, w));
}

function fitted(context: Context, text: string, w: number): string {
  if (context.measureText(text).width <= w) return text;
  let cut = text.length;
  while (cut > 1 && context.measureText(`${text.slice(0, cut)}…`).width > w) cut--;
  return `${text.slice(0, cut).trimEnd()}…`;
}

function button(context: Context, item: ButtonItem, hovered: boolean): void {
  const { x, y, w, h, look = "plain", on, obstacle, share = 0 } = item;
  rounded(context, x, y, w, h, 0.7);
  const resting = look === "primary" ? PRIMARY : look === "danger" ? DANGER : look === "row" ? "#17212d" : BUTTON;
  context.fillStyle = obstacle ? OFF : hovered ? HOVER : on ? ON : resting;
  context.fill();
  if (share > 0) {
    context.save();
    context.clip();
    context.fillStyle = "#2f9e63";
    context.fillRect(x, y, w * share, h);
    context.restore();
  }
  context.strokeStyle = hovered ? TONES.plain : on ? TONES.accent : EDGE;
  context.lineWidth = hovered ? 0.2 : 0.1;
  rounded(context, x, y, w, h, 0.7);
  context.stroke();
  if (!item.text) return;
  font(context, item.cap, true);
  context.fillStyle = obstacle ? "#8492a2" : TONES.plain;
  context.textAlign = "center";
  context.fillText(fitted(context, item.text, w - 0.8), x + w / 2, y + h / 2 + item.cap / 2);
}

/** The same shapes as in the scene: square, triangle, disc, diamond. */
export const PLATES: readonly [sides: number, turn: number, radius: number][] = [
  [4, Math.PI / 4, 0.54],
  [3, -Math.PI / 2, 0.56],
  [40, 0, 0.45],
  [4, 0, 0.52],
];

function mark(context: Context, { x, y, w, icon, letter, color, open }: MarkItem): void {
  const [sides, turn, radius] = PLATES[icon] ?? PLATES[2];
  const [midX, midY] = [x + w / 2, y + w / 2 + (sides === 3 ? w * 0.08 : 0)];
  context.beginPath();
  for (let k = 0; k < sides; k++) {
    const angle = turn + (k * 2 * Math.PI) / sides;
    context.lineTo(midX + Math.cos(angle) * radius * w, midY + Math.sin(angle) * radius * w);
  }
  context.closePath();
  context.fillStyle = open ? color : GROUND;
  context.fill();
  context.strokeStyle = color;
  context.lineWidth = 0.25;
  context.stroke();
  font(context, w * (sides === 3 ? 0.3 : 0.36), true);
  context.fillStyle = open ? TONES.dark : color;
  context.textAlign = "center";
  context.fillText(letter, midX, midY + w * (sides === 3 ? 0.17 : 0.18));
}

function chart(context: Context, item: ChartItem): void {
  const { x, y, w, h, agesS, values, spanS, bounds, limits, labels, cap, stale } = item;
  const [low, high] = bounds;
  const across = (ageS: number) => x + w * (1 + ageS / spanS);
  const up = (value: number) => y + h * (1 - (value - low) / (high - low || 1));
  context.fillStyle = "#0a1017";
  context.fillRect(x, y, w, h);
  context.strokeStyle = EDGE;
  context.lineWidth = 0.08;
  context.strokeRect(x, y, w, h);
  context.setLineDash([0.5, 0.4]);
  context.strokeStyle = TONES.warn;
  for (const limit of limits) line(context, [x, up(limit), x + w, up(limit)]);
  context.setLineDash([]);
  context.save();
  context.beginPath();
  context.rect(x, y, w, h);
  context.clip();
  context.strokeStyle = stale ? TONES.dim : TONES.accent;
  context.lineWidth = 0.22;
  context.lineJoin = "round";
  context.beginPath();
  let down = false;
  agesS.forEach((ageS, i) => {
    const known = !Number.isNaN(values[i]);
    if (known && down) context.lineTo(across(ageS), up(values[i]));
    else if (known) context.moveTo(across(ageS), up(values[i]));
    down = known;
  });
  context.stroke();
  context.restore();
  if (values.length > 0) {
    context.fillStyle = stale ? TONES.dim : TONES.plain;
    context.beginPath();
    context.arc(across(agesS.at(-1)!), Math.min(y + h, Math.max(y, up(values.at(-1)!))), 0.35, 0, 7);
    context.fill();
  }
  font(context, cap, false);
  context.fillStyle = TONES.dim;
  context.textAlign = "left";
  context.fillText(fitted(context, labels[1], w - 0.6), x + 0.3, y + cap * 1.3);
  context.fillText(fitted(context, labels[0], w - 0.6), x + 0.3, y + h - cap * 0.4);
}

function line(context: Context, [x0, y0, x1, y1]: readonly [number, number, number, number]): void {
  context.beginPath();
  context.moveTo(x0, y0);
  context.lineTo(x1, y1);
  context.stroke();
}

function rounded(context: Context, x: number, y: number, w: number, h: number, r: number): void {
  context.beginPath();
  context.roundRect(x, y, w, h, Math.min(r, h / 2));
}
