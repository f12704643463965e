/** Sparklines of a replay: the past of the chosen twin's signals up to the moment that is shown. */
import { signal } from "@preact/signals";
import { Ring } from "../state/ring";
import type { Trace } from "../state/traces";
import type { Buckets } from "./api";

/** How far the moment moves before the past is asked for again, part of what a sparkline shows. */
const STALE_SHARE = 0.02;
const NONE: Trace = { ring: new Ring(1), pastUs: [], past: [] };

export class PastSparks {
  /** Counter of changes. */
  readonly changed = signal(0);
  private traces = new Map<string, Trace>();
  private loadedUs = Number.NaN;
  private loadedFor = "";
  private busy = false;

  constructor(
    private readonly ask: (signal: string, start: string, width: string, end: string) => Promise<Buckets>,
    private readonly spanS: number,
    private readonly widthS: number,
  ) {}

  of(signal: string): Trace {
    return this.traces.get(signal) ?? NONE;
  }

  /** Bring the traces of these signals of `twin` to the moment; one after the other, and one such round at a time. */
  async load(twin: string, signals: readonly string[], atUs: number): Promise<void> {
    const near = Math.abs(atUs - this.loadedUs) < this.spanS * 1e6 * STALE_SHARE;
    if (this.busy || (near && twin === this.loadedFor)) return;
    this.busy = true;
    if (twin !== this.loadedFor) this.traces = new Map();
    this.loadedUs = atUs;
    this.loadedFor = twin;
    const [start, end] = [(atUs / 1e6 - this.spanS).toFixed(3), (atUs / 1e6).toFixed(3)];
    try {
      for (const name of signals) {
        const { start_us, mean } = await this.ask(name, start, `${this.widthS}s`, end);
        this.traces.set(name, { ring: NONE.ring, pastUs: start_us, past: mean });
      }
    } catch {
      // The bar of the replay says what is wrong with the history.
    }
    this.busy = false;
    this.changed.value++;
  }
}
