/** Shows the plant as of a moment of the past, and moves that moment. One request at a time; the newest moment wins. */
import { signal } from "@preact/signals";
import type { AsOf } from "../state/replay";
import type { Store } from "../state/store";

export const SPEEDS: readonly number[] = [1, 10, 60];

export class Replay {
  /** The moment asked for, microseconds since the Unix epoch on the server's clock; null while the picture is live. */
  readonly atUs = signal<number | null>(null);
  readonly playing = signal(false);
  readonly speed = signal(1);
  /** Why the history could not answer, or "". */
  readonly problem = signal("");
  private loading = false;

  constructor(
    private readonly store: Pick<Store, "setPast" | "serverNowUs">,
    private readonly ask: (atUs: number) => Promise<AsOf>,
  ) {}

  /** Show this moment, at the latest now. */
  seek(atUs: number): void {
    this.atUs.value = Math.min(atUs, this.store.serverNowUs());
    void this.load();
  }

  /** Follow the plant again. */
  leave(): void {
    if (this.atUs.peek() === null) return;
    this.atUs.value = null;
    this.playing.value = false;
    this.problem.value = "";
    this.store.setPast(null);
  }

  /** `dtUs` of real time have gone by. */
  advance(dtUs: number): void {
    const at = this.atUs.peek();
    if (at === null || !this.playing.peek()) return;
    const next = at + dtUs * this.speed.peek();
    if (next >= this.store.serverNowUs()) this.playing.value = false;
    this.seek(next);
  }

  private async load(): Promise<void> {
    if (this.loading) return;
    this.loading = true;
    let shown: number | null = null;
    for (let at = this.atUs.peek(); at !== null && at !== shown; at = this.atUs.peek()) {
      shown = at;
      try {
        const answer = await this.ask(at);
        if (this.atUs.peek() !== null) this.store.setPast(answer);
        this.problem.value = "";
      } catch (error) {
        this.problem.value = (error as Error).message;
        this.playing.value = false;
      }
    }
    this.loading = false;
  }
}
