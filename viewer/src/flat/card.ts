/** The values of one machine beside its symbol: bar with limits, unit, age. */
import type { Source } from "../scene/plant";
import { ageText, unitText, valueText, wordsOf } from "../state/format";
import { barBounds } from "../state/limits";
import { NOT_BOUND } from "../state/quality";
import type { FlatPalette } from "./palette";
import type { FlatTwin } from "./twin";

const WIDTH = 372;
const ROW = 22;
const HEAD = 30;
const PAD = 10;

/** Draw the card with its top left at (x, y), as many rows as `height` has room for. Returns its height. */
export function drawCard(
  ctx: CanvasRenderingContext2D,
  twin: FlatTwin,
  source: Source,
  palette: FlatPalette,
  font: string,
  at: { x: number; y: number; height: number },
): number {
  const { signals } = twin.info;
  const room = Math.max(1, Math.floor((at.height - HEAD - PAD) / ROW));
  const rows = signals.length > room ? room - 1 : signals.length;
  const left = signals.length - rows;
  const height = HEAD + (rows + Number(left > 0)) * ROW + PAD;
  ctx.fillStyle = palette.card;
  ctx.strokeStyle = palette.areaEdge;
  ctx.lineWidth = 1;
  ctx.beginPath();
  ctx.roundRect(at.x, at.y, WIDTH, height, 5);
  ctx.fill();
  ctx.stroke();
  ctx.textBaseline = "middle";
  ctx.textAlign = "left";
  ctx.fillStyle = palette.text;
  ctx.font = `600 14px ${font}`;
  ctx.fillText(twin.name, at.x + PAD, at.y + HEAD / 2 + 1, WIDTH - 2 * PAD);
  for (let i = 0; i < rows; i++) row(ctx, signals[i], source, palette, font, at.x, at.y + HEAD + (i + 0.5) * ROW);
  if (left > 0) {
    ctx.fillStyle = palette.dim;
    ctx.font = `12px ${font}`;
    ctx.textAlign = "left";
    ctx.fillText(`${left} more in the details`, at.x + PAD, at.y + HEAD + (rows + 0.5) * ROW);
  }
  return height;
}

function row(
  ctx: CanvasRenderingContext2D,
  info: FlatTwin["info"]["signals"][number],
  source: Source,
  palette: FlatPalette,
  font: string,
  x: number,
  y: number,
): void {
  const { slot } = info;
  const value = source.value(slot);
  const stale = info.bound && source.isStale(slot);
  ctx.font = `12px ${font}`;
  ctx.textAlign = "left";
  ctx.fillStyle = palette.dim;
  ctx.fillText(info.name || wordsOf(info.path), x + PAD, y, 118);
  bar(ctx, info, value, palette, x + 136, y);
  ctx.textAlign = "right";
  ctx.fillStyle = stale ? palette.stale : info.bound ? palette.text : palette.dim;
  ctx.font = `${stale ? "italic " : ""}600 13px ${font}`;
  ctx.fillText(`${valueText(info, value)} ${unitText(info.unit)}`.trim(), x + 306, y, 92);
  ctx.font = `12px ${font}`;
  ctx.fillStyle = stale ? palette.medium : palette.dim;
  ctx.fillText(info.bound ? ageText(source.ageS(slot)) : NOT_BOUND, x + WIDTH - PAD, y, 52);
}

const BAR = 70;

function bar(
  ctx: CanvasRenderingContext2D,
  info: FlatTwin["info"]["signals"][number],
  value: number,
  palette: FlatPalette,
  x: number,
  y: number,
): void {
  const bounds = info.kind === "float" || info.kind === "int" ? barBounds(info) : null;
  if (!bounds) return;
  const [low, high] = bounds;
  const at = (v: number) => x + Math.min(1, Math.max(0, (v - low) / (high - low))) * BAR;
  const zone = (from: number | null | undefined, to: number | null | undefined, color: string) => {
    if (from == null || to == null || to <= from) return;
    ctx.fillStyle = color;
    ctx.fillRect(at(from), y - 3, at(to) - at(from), 6);
  };
  ctx.fillStyle = palette.empty;
  ctx.fillRect(x, y - 3, BAR, 6);
  const [ll, l, h, hh] = info.limits ?? [null, null, null, null];
  ctx.globalAlpha = 0.5;
  zone(low, ll, palette.critical);
  zone(ll ?? low, l, palette.high);
  zone(h, hh ?? high, palette.high);
  zone(hh, high, palette.critical);
  ctx.globalAlpha = 1;
  if (!Number.isFinite(value)) return;
  ctx.fillStyle = palette.text;
  ctx.fillRect(at(value) - 1.5, y - 5, 3, 10);
}

export const CARD_WIDTH = WIDTH;
