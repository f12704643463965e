/** The plant as it was: what the history answers about a moment, as columns; and moments as texts. Pure. */
import type { AlarmIndex } from "./alarms";
import { Columns, NEVER_SEEN } from "./columns";
import { qualityNamed } from "./quality";

/** What `history/as-of` answers, and which alarms there were. */
export interface AsOf {
  at_us: number;
  /** Absent where the events do not say. */
  alarms?: AlarmIndex;
  signals: readonly {
    signal: string;
    value: number | boolean | string | null;
    observed_us: number | null;
    /** `good` or for example `uncertain: stale`. */
    quality: string;
  }[];
}

/** Return the answer by slot; signals that no twin has any more are left out. */
export function columnsAsOf(answer: AsOf, size: number, slotOf: (signal: string) => number): Columns {
  const columns = new Columns();
  columns.grow(size);
  for (const { signal, value, observed_us, quality } of answer.signals) {
    const slot = slotOf(signal);
    if (slot < 0) continue;
    columns.value[slot] = value === null ? Number.NaN : Number(value);
    columns.observedUs[slot] = observed_us ?? 0;
    columns.quality[slot] = observed_us === null ? NEVER_SEEN : qualityNamed(quality);
  }
  return columns;
}

/** Return a moment as a `datetime-local` input takes it: browser's time zone, whole seconds. */
export function inputText(us: number): string {
  const at = new Date(us / 1e3);
  const two = (n: number) => String(n).padStart(2, "0");
  const day = `${String(at.getFullYear()).padStart(4, "0")}-${two(at.getMonth() + 1)}-${two(at.getDate())}`;
  return `${day}T${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())}`;
}

/** Return microseconds since the Unix epoch, or null for a text that is no moment. */
export function momentOf(text: string): number | null {
  const ms = text === "" ? Number.NaN : new Date(text).getTime();
  return Number.isNaN(ms) ? null : ms * 1e3;
}
