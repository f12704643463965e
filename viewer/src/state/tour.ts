/** What a screen on the wall shows next: stop after stop, an alarm when one comes, then the whole plant again. Pure. */
import type { Alarm } from "./alarms";

export type Stop<Place> = { kind: "overview" } | { kind: "place"; place: Place } | { kind: "alarm"; alarm: Alarm };

/** An alarm that nobody takes care of is shown for so long at most; then the tour goes on. */
export const HOLD_MS = 120_000;

export class Tour<Place> {
  private at = -1;
  private sinceMs = Number.NEGATIVE_INFINITY;
  private shown: Alarm | null = null;
  /** Alarms that were shown, as id and time of raising. */
  private readonly seen = new Set<string>();

  /** Alarms raised before `startUs` are no news. */
  constructor(
    private readonly stopMs: number,
    private readonly startUs: number,
  ) {}

  /** Return where to go now, or null to stay. `waiting` are the unacknowledged alarms, most urgent first. */
  next(nowMs: number, waiting: readonly Alarm[], places: readonly Place[]): Stop<Place> | null {
    if (this.shown) {
      const id = this.shown.id;
      const handled = !waiting.some((alarm) => alarm.id === id);
      if (!handled && nowMs - this.sinceMs < HOLD_MS) return null;
      this.shown = null;
      this.at = -1;
      this.sinceMs = nowMs;
      return { kind: "overview" };
    }
    const fresh = waiting.find((alarm) => alarm.sinceUs >= this.startUs && !this.seen.has(keyOf(alarm)));
    if (fresh) {
      this.seen.add(keyOf(fresh));
      this.shown = fresh;
      this.sinceMs = nowMs;
      return { kind: "alarm", alarm: fresh };
    }
    if (nowMs - this.sinceMs < this.stopMs) return null;
    this.sinceMs = nowMs;
    this.at = this.at >= places.length - 1 ? -1 : this.at + 1;
    return this.at < 0 ? { kind: "overview" } : { kind: "place", place: places[this.at] };
  }
}

function keyOf({ id, sinceUs }: Alarm): string {
  return `${id} ${sinceUs}`;
}
