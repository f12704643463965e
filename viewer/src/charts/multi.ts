/** Several signals in one chart: one column of times for all, and the same as CSV. Pure. */

import type { Ring } from "../state/ring";
import { type History, trendColumns } from "./trend";

/** Times in seconds, then one column of values per signal; `undefined` where a signal has no sample, null is a gap. */
export type Table = [number[], ...(number | null | undefined)[][]];

/** Return the line of each signal from `fromS` to `toS` over the union of their times, ascending. */
export function jointColumns(
  sources: readonly { history: History | null; ring: Ring }[],
  fromS: number,
  toS = Number.POSITIVE_INFINITY,
): Table {
  const columns = sources.map(({ history, ring }) => trendColumns(history, ring, fromS));
  const times = [...new Set(columns.flatMap(([at]) => at))].filter((at) => at <= toS).sort((a, b) => a - b);
  const place = new Map(times.map((at, index) => [at, index]));
  const lines = columns.map(([at, line]) => {
    const out: (number | null | undefined)[] = new Array(times.length).fill(undefined);
    at.forEach((time, i) => {
      const index = place.get(time);
      if (index !== undefined) out[index] = line[i];
    });
    return out;
  });
  return [times, ...lines];
}

/** Return the newest value at or before `index` of a column, so that a cursor reads every signal at the same moment. */
export function heldValue(column: readonly (number | null | undefined)[], index: number): number | null {
  for (let i = index; i >= 0; i--) {
    const value = column[i];
    if (value !== undefined) return value;
  }
  return null;
}

/** Return the table as CSV (RFC 4180): ISO 8601 times in UTC, a column per signal; empty where there is no sample. */
export function tableCsv(heads: readonly string[], table: Table): string {
  const [times, ...lines] = table;
  const rows = [["time", ...heads].map(quoted).join(",")];
  times.forEach((at, row) => {
    const cells = lines.map((line) => (typeof line[row] === "number" ? String(line[row]) : ""));
    if (cells.some((cell) => cell !== "")) rows.push([new Date(at * 1e3).toISOString(), ...cells].join(","));
  });
  return `${rows.join("\r\n")}\r\n`;
}

function quoted(text: string): string {
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
