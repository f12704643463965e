/** Recent samples of the signals that somebody looks at, for sparklines and charts; the least recently used goes. */
import { Ring } from "./ring";
import type { Store } from "./store";

const SIGNALS = 96;
const SAMPLES = 4096;

export interface Trace {
  /** Live samples, recorded since somebody first looked. Times are microseconds, server's clock. */
  readonly ring: Ring;
  /** Means of the time before that, ascending; empty until the history has answered. */
  pastUs: readonly number[];
  past: readonly (number | null)[];
}

export class Traces {
  private traces = new Map<string, Trace>();

  constructor(private readonly store: Store) {
    store.on("frame", () => this.record());
    // Another epoch may know other signals by the same name, and slots change their meaning.
    store.on("schema", ({ reset }) => reset && this.traces.clear());
  }

  /** Return the trace of `twin:path`, recorded from now on. */
  of(signal: string): Trace {
    const trace = this.traces.get(signal) ?? { ring: new Ring(SAMPLES), pastUs: [], past: [] };
    // Re-inserting makes it the most recently used.
    this.traces.delete(signal);
    this.traces.set(signal, trace);
    if (this.traces.size > SIGNALS) this.traces.delete(this.traces.keys().next().value!);
    return trace;
  }

  private record(): void {
    for (const [signal, { ring }] of this.traces) {
      const slot = this.store.slotOf(signal);
      if (slot < 0) continue;
      // Always the live ones, also while a moment of the past is shown.
      const { columns } = this.store;
      const at = columns.observedUs[slot];
      const value = columns.value[slot];
      if (at <= 0 || Number.isNaN(value)) continue;
      if (ring.length > 0 && ring.time(ring.length - 1) >= at) continue;
      ring.push(at, value, columns.frame[slot]);
    }
  }
}
