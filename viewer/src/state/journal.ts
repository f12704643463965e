/** The newest events, bounded; an event at or below the newest revision seen came twice and is ignored (R4). */
import type { EventInfo } from "../protocol/messages.gen";

export class Journal {
  /** Oldest first. */
  readonly events: EventInfo[] = [];
  /** Events that had left the server's log before they reached us. */
  missed = 0;
  private newest = 0;

  constructor(private readonly capacity: number) {}

  /** Take events in order and return those that are new. */
  add(events: readonly EventInfo[], missed: number): EventInfo[] {
    this.missed += missed;
    const fresh = events.filter((event) => {
      if (event.revision <= this.newest) return false;
      this.newest = event.revision;
      return true;
    });
    for (const event of fresh) this.events.push(event);
    const surplus = this.events.length - this.capacity;
    if (surplus > 0) this.events.splice(0, surplus);
    return fresh;
  }

  /** Put events of the past (from REST) before those held, without doubles. */
  prepend(past: readonly EventInfo[]): void {
    const known = new Set(this.events.map((event) => event.revision));
    const older = past.filter((event) => !known.has(event.revision));
    for (const event of older) this.events.push(event);
    this.events.sort((a, b) => a.at_us - b.at_us || a.revision - b.revision);
    const surplus = this.events.length - this.capacity;
    if (surplus > 0) this.events.splice(0, surplus);
  }

  /** Another epoch counts anew. */
  reset(): void {
    this.newest = 0;
  }
}
