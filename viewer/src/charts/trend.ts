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
 * looks like one.
 */
export function trendColumns(history: History | null, ring: Ring, fromS: number): TrendColumns {
  const out: TrendColumns = [[], [], [], []];
  let first = 0;
  while (first < ring.length && ring.time(first) / 1e6 < fromS) first++;
  const liveS = first < ring.length ? ring.time(first) / 1e6 : Number.POSITIVE_INFINITY;
  if (history) pushHistory(out, history, fromS, liveS);
  const last = out[0].at(-1);
  if (history && last !== undefined && liveS - last > GAP_WIDTHS * Math.max(history.widthS, 1)) pushGap(out, last);
  for (let i = first; i < ring.length; i++) {
    const value = ring.value(i);
    push(out, ring.time(i) / 1e6, value, value, value);
  }
  return out;
}

function pushHistory(out: TrendColumns, history: History, fromS: number, liveS: number): void {
  const { startUs, min, max, mean, widthS } = history;
  let before = Number.NaN;
  for (let i = 0; i < startUs.length; i++) {
    const at = startUs[i] / 1e6 + widthS / 2;
    if (at < fromS) continue;
    if (at >= liveS) break;
    if (at - before > GAP_WIDTHS * widthS) pushGap(out, before);
    push(out, at, mean[i], min[i], max[i]);
    before = at;
  }
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
  for (const [at, value] of points) {
    const x = ((at - fromUs) / (toUs - fromUs)) * width;
    const y = high === low ? height / 2 : height - 1 - ((value - low) / (high - low)) * (height - 2);
    path += `${path ? "L" : "M"}${x.toFixed(1)} ${y.toFixed(1)}`;
  }
  return path;
}

/** The past up to the first live sample, then at most two live samples per pixel. */
function sparkPoints({ ring, pastUs, past }: Trace, fromUs: number, width: number): [number, number][] {
  let first = ring.length;
  while (first > 0 && ring.time(first - 1) >= fromUs) first--;
  const liveUs = first < ring.length ? ring.time(first) : Number.POSITIVE_INFINITY;
  const points: [number, number][] = [];
  for (let i = 0; i < pastUs.length && pastUs[i] < liveUs; i++) {
    const value = past[i];
    if (pastUs[i] >= fromUs && value !== null) points.push([pastUs[i], value]);
  }
  const step = Math.max(1, Math.floor((ring.length - first) / (2 * width)));
  for (let i = first; i < ring.length; i += step) points.push([ring.time(i), ring.value(i)]);
  return points;
}
