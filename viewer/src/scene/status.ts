/** How the state of a twin looks: one of a few, alarms first. Shapes and letters carry it as well as colours. */
import type { TwinInfo } from "../protocol/messages.gen";
import type { Priority } from "../state/alarms";
import { BAD, severityOf } from "../state/quality";
import type { Call, Store } from "../state/store";

export interface Mark {
  /** Index into the marker atlas. */
  icon: number;
  letter: string;
  color: string;
  word: string;
}

/** Shapes: square, triangle, disc, diamond, in falling urgency; panels use the same. */
export const ALARM_MARKS: Record<Priority, Mark> = {
  critical: { icon: 0, letter: "C", color: "#ff5a52", word: "Critical" },
  high: { icon: 1, letter: "H", color: "#ff9d45", word: "High" },
  medium: { icon: 2, letter: "M", color: "#f4d35e", word: "Medium" },
  low: { icon: 3, letter: "L", color: "#86b6ff", word: "Low" },
};
export const UNKNOWN_ICON = 4;
export const OFFLINE_ICON = 5;
export const BLAMED_ICON = 6;
export const UNKNOWN_COLOR = "#9fb0c3";
export const OFFLINE_COLOR = "#8a96a3";

export interface Status {
  mark: Mark | null;
  unacknowledged: boolean;
  /** Nobody vouches for the picture of it: grey and hatched. */
  stale: boolean;
  offline: boolean;
}

const FRESH: Status = Object.freeze({ mark: null, unacknowledged: false, stale: false, offline: false });
const OLD: Status = Object.freeze({ ...FRESH, stale: true });

/** `old`: what the picture shows of the twin is old or bad; one dead signal that nobody sees does not grey a machine. */
export function statusOf({ priority, unacknowledged, offline }: Call, old: boolean): Status {
  // Every twin is asked each second; most of them share one answer.
  if (priority === null && !offline) return old ? OLD : FRESH;
  return {
    mark: priority && ALARM_MARKS[priority],
    unacknowledged: priority !== null && unacknowledged,
    stale: old || offline,
    offline,
  };
}

type Values = Pick<Store, "signals" | "value" | "quality" | "isStale">;

/**
 * Whether nobody vouches for the picture of a twin: one of its drawn values is old, bad or no number, or where none is
 * drawn, all its values are. Signals without a source count for nothing (T6).
 */
export function looksOld(source: Values, { info, slots }: { info: TwinInfo; slots: readonly number[] }): boolean {
  let drawn = false;
  for (const slot of slots) {
    const info = source.signals[slot]?.info;
    if (info?.bound === false) continue;
    // A signal that left may have left a value behind.
    if (!info || isDoubtful(source, slot)) return true;
    drawn = true;
  }
  if (drawn) return false;
  let known = false;
  for (const { slot, bound } of info.signals) {
    if (!bound) continue;
    if (!isDoubtful(source, slot)) return false;
    known = true;
  }
  return known;
}

function isDoubtful(source: Values, slot: number): boolean {
  return source.isStale(slot) || severityOf(source.quality(slot)) === BAD || !Number.isFinite(source.value(slot));
}

export function sameStatus(a: Status, b: Status): boolean {
  return a.mark === b.mark && a.unacknowledged === b.unacknowledged && a.stale === b.stale && a.offline === b.offline;
}
