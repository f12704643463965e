/** Recent samples of the signals that somebody looks at, for sparklines and charts; the least recently used goes. */
import { Ring } from "./ring";
import type { Store } from "./store";

const SIGNALS = 96;
const SAMPLES = 4096;

export class Traces {
  private rings = new Map<string, Ring>();

  constructor(private readonly store: Store) {
    store.on("frame", () => this.record());
  }

  /** Return the ring of `twin:path`, recorded from now on. Times are microseconds, server's clock. */
  of(signal: string): Ring {
    const ring = this.rings.get(signal) ?? new Ring(SAMPLES);
    // Re-inserting makes it the most recently used.
    this.rings.delete(signal);
    this.rings.set(signal, ring);
    if (this.rings.size > SIGNALS) this.rings.delete(this.rings.keys().next().value!);
    return ring;
  }

  private record(): void {
    for (const [signal, ring] of this.rings) {
      const slot = this.store.slotOf(signal);
      const at = this.store.observedUs(slot);
      const value = this.store.value(slot);
      if (slot < 0 || at <= 0 || Number.isNaN(value)) continue;
      if (ring.length > 0 && ring.time(ring.length - 1) >= at) continue;
      ring.push(at, value, this.store.columns.frame[slot]);
    }
  }
}
