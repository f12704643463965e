/** Offset between this browser's clock and the server's (rule C1). */

const KEPT = 8;

interface Exchange {
  rttMs: number;
  offsetMs: number;
}

export class ClockOffset {
  private exchanges: Exchange[] = [];

  /** Server time minus our time, milliseconds; 0 until the first exchange. */
  get offsetMs(): number {
    return this.best()?.offsetMs ?? 0;
  }

  /** Round trip of the exchange that the offset comes from; half of it bounds the error. */
  get rttMs(): number {
    return this.best()?.rttMs ?? Number.NaN;
  }

  /** Take an exchange: asked at `sentMs`, answered at `receivedMs` (our clock), `serverMs` in between. */
  add(sentMs: number, serverMs: number, receivedMs: number): void {
    const rttMs = receivedMs - sentMs;
    if (!(rttMs >= 0)) return;
    this.exchanges.push({ rttMs, offsetMs: serverMs - (sentMs + receivedMs) / 2 });
    if (this.exchanges.length > KEPT) this.exchanges.shift();
  }

  /** After a sleep or a new session the old exchanges say nothing about now. */
  reset(): void {
    this.exchanges = [];
  }

  private best(): Exchange | undefined {
    let best: Exchange | undefined;
    for (const exchange of this.exchanges) if (!best || exchange.rttMs < best.rttMs) best = exchange;
    return best;
  }
}
