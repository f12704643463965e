/** The newest events, bounded; an event at or below the newest revision seen came twice and is ignored (R4). */
import type { EventInfo } from "../protocol/messages.gen";

export class Journal {
  /** Oldest first. */
  readonly events: EventInfo[] = [];
  /** How often events may have passed us by: they had left the server's log, or the session was not resumed. */
  holes = 0;
  private newest = 0;

  constructor(readonly capacity: number) {}

  /** Take events in order and return those that are new. */
  add(events: readonly EventInfo[], missed: number): EventInfo[] {
    if (missed > 0) this.holes++;
    const fresh = events.filter((event) => {
      if (event.revision <= this.newest) return false;
      this.newest = event.revision;
      return true;
    });
    for (const event of fresh) this.events.push(event);
    this.trim();
    return fresh;
  }

  /** Put events of the past (from REST) before and between those held, without doubles. */
  prepend(past: readonly EventInfo[]): void {
    const known = new Set(this.events.map(keyOf));
    for (const event of past) if (!known.has(keyOf(event))) this.events.push(event);
    this.events.sort((a, b) => a.at_us - b.at_us || a.revision - b.revision);
    this.trim();
  }

  /** A session that was not resumed begins: its events are of now, and another epoch counts anew. */
  reset(): void {
    this.newest = 0;
    this.holes++;
  }

  private trim(): void {
    const surplus = this.events.length - this.capacity;
    if (surplus > 0) this.events.splice(0, surplus);
  }
}

/** What tells two events apart: revisions begin anew with each start of the server. */
export function keyOf({ revision, at_us }: EventInfo): string {
  return `${revision}@${at_us}`;
}
