/** Data of a chart: history in buckets and the live tail, as the columns uPlot takes. Pure. */
import type { SignalInfo } from "../protocol/messages.gen";
import type { Ring } from "../state/ring";
import type { Trace } from "../state/traces";

export interface TrendWindow {
  label: string;
  seconds: number;
  /** Width of a history bucket as the REST call takes it, and in seconds. */
  width: string;
  widthS: number;
}

export const WINDOWS: readonly TrendWindow[] = [
  { label: "2 min", seconds: 120, width: "1s", widthS: 1 },
  { label: "10 min", seconds: 600, width: "5s", widthS: 5 },
  { label: "1 h", seconds: 3600, width: "20s", widthS: 20 },
  { label: "8 h", seconds: 28_800, width: "2m", widthS: 120 },
  { label: "24 h", seconds: 86_400, width: "5m", widthS: 300 },
];

const USUAL = 1;

/** Return the index of the shortest window, from the usual one on, that shows what happened so many seconds ago. */
export function windowFor(agoS: number): number {
  const found = WINDOWS.findIndex((option, index) => index >= USUAL && option.seconds >= agoS * 1.2);
  return found < 0 ? WINDOWS.length - 1 : found;
}

/** Codes and switches: steps between words rather than a line between numbers. */
export function isDiscrete(info: Pick<SignalInfo, "kind">): boolean {
  return info.kind === "bool" || info.kind === "enum";
}

export interface History {
  startUs: readonly number[];
  min: readonly (number | null)[];
  max: readonly (number | null)[];
  mean: readonly (number | null)[];
  widthS: number;
}

/** Time in seconds; line, lowest and highest value at that time. Null is a gap. */
export type TrendColumns = [number[], (number | null)[], (number | null)[], (number | null)[]];

/** Without a sample for so many bucket widths the line is broken. */
const GAP_WIDTHS = 3;

/**
 * Return the columns from `fromS` on: history up to the first live sample, then the live ones.
 *
 * A bucket stands in the middle of its width. A stretch without buckets breaks the line, so that a gap in the data
 * looks like one. Where the live part was interrupted the history fills in, and without one the line is broken.
 */
export function trendColumns(history: History | null, ring: Ring, fromS: number): TrendColumns {
  const out: TrendColumns = [[], [], [], []];
  let first = 0;
  while (first < ring.length && ring.time(first) / 1e6 < fromS) first++;
  const liveS = first < ring.length ? ring.time(first) / 1e6 : Number.POSITIVE_INFINITY;
  if (history) bridge(out, history, fromS, Number.NaN, liveS);
  for (let i = first; i < ring.length; i++) {
    const at = ring.time(i) / 1e6;
    if (i > first && ring.interrupted(i)) {
      const before = ring.time(i - 1) / 1e6;
      if (history) bridge(out, history, before, before, at);
      else pushGap(out, before);
    }
    const value = ring.value(i);
    push(out, at, value, value, value);
  }
  return out;
}

/** Push the buckets from `fromS` up to a live sample; `before` is the time of the point before them, NaN without one. */
function bridge(out: TrendColumns, history: History, fromS: number, before: number, liveS: number): void {
  const last = pushHistory(out, history, fromS, before, liveS);
  if (liveS - last > GAP_WIDTHS * Math.max(history.widthS, 1)) pushGap(out, last);
}

/** Return the time of the last point. */
function pushHistory(out: TrendColumns, history: History, fromS: number, pointS: number, liveS: number): number {
  const { startUs, min, max, mean, widthS } = history;
  let before = pointS;
  for (let i = 0; i < startUs.length; i++) {
    const at = startUs[i] / 1e6 + widthS / 2;
    if (at < fromS) continue;
    if (at >= liveS) break;
    if (at - before > GAP_WIDTHS * widthS) pushGap(out, before);
    push(out, at, mean[i], min[i], max[i]);
    before = at;
  }
  return before;
}

function pushGap(out: TrendColumns, afterS: number): void {
  push(out, afterS + 1e-3, null, null, null);
}

function push(out: TrendColumns, at: number, line: number | null, low: number | null, high: number | null): void {
  out[0].push(at);
  out[1].push(line);
  out[2].push(low);
  out[3].push(high);
}

/** Return the path of a sparkline in a box of this size, or "" with fewer than two points in the window. */
export function sparkPath(trace: Trace, fromUs: number, toUs: number, width: number, height: number): string {
  const points = sparkPoints(trace, fromUs, width);
  if (points.length < 2) return "";
  let low = Number.POSITIVE_INFINITY;
  let high = Number.NEGATIVE_INFINITY;
  for (const [, value] of points) {
    low = Math.min(low, value);
    high = Math.max(high, value);
  }
  let path = "";
  for (const [at, value, starts] of points) {
    const x = ((at - fromUs) / (toUs - fromUs)) * width;
    const y = high === low ? height / 2 : height - 1 - ((value - low) / (high - low)) * (height - 2);
    path += `${starts ? "M" : "L"}${x.toFixed(1)} ${y.toFixed(1)}`;
  }
  return path;
}

/** The past up to the first live sample, then at most two live samples per pixel; the third says: a line starts here. */
function sparkPoints({ ring, pastUs, past }: Trace, fromUs: number, width: number): [number, number, boolean][] {
  let first = ring.length;
  while (first > 0 && ring.time(first - 1) >= fromUs) first--;
  const liveUs = first < ring.length ? ring.time(first) : Number.POSITIVE_INFINITY;
  const points: [number, number, boolean][] = [];
  for (let i = 0; i < pastUs.length && pastUs[i] < liveUs; i++) {
    const value = past[i];
    if (pastUs[i] >= fromUs && value !== null) points.push([pastUs[i], value, points.length === 0]);
  }
  const step = Math.max(1, Math.floor((ring.length - first) / (2 * width)));
  let broken = points.length === 0;
  for (let i = first; i < ring.length; i++) {
    broken ||= i > first && ring.interrupted(i);
    if ((i - first) % step > 0) continue;
    points.push([ring.time(i), ring.value(i), broken]);
    broken = false;
  }
  return points;
}
