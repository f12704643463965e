/** Asks for the alarm events that a replay needs, once for many moments. */
import type { EventInfo } from "../protocol/messages.gen";
import type { AlarmIndex } from "../state/alarms";
import { alarmsAsOf } from "../state/past-alarms";

/** An alarm that has stood for longer is not found. */
const BACK_S = 86_400;
const MOST = 10_000;

export class PastAlarms {
  private events: readonly EventInfo[] = [];
  /** Moments for which `events` hold all that is needed; microseconds. */
  private fromUs = Number.POSITIVE_INFINITY;
  private toUs = Number.NEGATIVE_INFINITY;

  constructor(
    private readonly ask: (start: string, end: string, limit: number, kind: string) => Promise<EventInfo[]>,
    private readonly nowUs: () => number,
  ) {}

  async at(atUs: number): Promise<AlarmIndex> {
    if (atUs < this.fromUs || atUs > this.toUs) {
      const toUs = this.nowUs();
      this.events = await this.ask(Math.max(0, atUs / 1e6 - BACK_S).toFixed(3), (toUs / 1e6).toFixed(3), MOST, "alarm");
      // With a full answer what lies before its first event is not known.
      this.fromUs = this.events.length < MOST ? atUs : Math.max(atUs, this.events[0].at_us);
      this.toUs = toUs;
    }
    return alarmsAsOf(this.events, atUs);
  }
}
