/** Recent samples of the signals that somebody looks at, for sparklines and charts; the least recently used goes. */
import { Ring } from "./ring";
import type { Store } from "./store";

const SIGNALS = 96;
const SAMPLES = 4096;
/** The server sends a frame a second also when nothing changes (C2): with a longer pause nobody listened. */
const PAUSE_US = 3e6;

export interface Trace {
  /** Live samples, recorded since somebody first looked. Times are microseconds, server's clock. */
  readonly ring: Ring;
  /** Means of the time before that, ascending; empty until the history has answered. */
  pastUs: readonly number[];
  past: readonly (number | null)[];
}

export class Traces {
  /** How often the recording paused: the tab was asleep, or the connection was lost. */
  pauses = 0;
  private traces = new Map<string, Trace>();
  private madeUs = Number.NaN;

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
    const { frames } = this.store;
    const madeUs = frames.get(frames.serial)?.madeUs ?? Number.NaN;
    if (madeUs - this.madeUs > PAUSE_US) this.pause();
    this.madeUs = madeUs;
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

  private pause(): void {
    this.pauses++;
    for (const { ring } of this.traces.values()) ring.interrupt();
  }
}
