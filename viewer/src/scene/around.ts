/** Keeps hall and floor plan as the server has them: asks at the start, after a reconnect, and when it says so. */
import type { EventInfo } from "../protocol/messages.gen";
import type { Surroundings } from "../state/surroundings";
import type { Floor } from "./floor";
import type { Hall } from "./hall";
import type { Source } from "./plant";

export interface AroundHooks {
  ask?(): Promise<Surroundings>;
  headers(): Record<string, string>;
  /** The hall is another one, or gone. */
  hallChanged(): void;
  /** The picture is out of date. */
  changed(): void;
}

export class Around {
  /** What is wrong with hall or floor plan, in words; "" for nothing. */
  problem = "";
  private readonly undo: (() => void)[];
  private live = false;
  private gone = false;
  private asked = 0;

  constructor(
    source: Source,
    private readonly hall: Hall,
    private readonly floor: Floor,
    private readonly hooks: AroundHooks,
  ) {
    this.undo = [
      source.on("connection", () => {
        const came = source.live && !this.live;
        this.live = source.live;
        if (came) void this.refresh();
      }),
      source.on("events", (events: readonly EventInfo[]) => {
        if (events.some((event) => event.kind === "structure" && event.body.change === "scene")) void this.refresh();
      }),
    ];
    this.live = source.live;
    void this.refresh();
  }

  dispose(): void {
    this.gone = true;
    for (const undo of this.undo) undo();
  }

  private async refresh(): Promise<void> {
    const { ask } = this.hooks;
    if (!ask) return;
    const asked = ++this.asked;
    // An older answer that comes late says nothing any more.
    const current = () => !this.gone && asked === this.asked;
    try {
      const told = await ask();
      if (!current()) return;
      this.problem = told.problems.join(" · ");
      const headers = this.hooks.headers();
      const [hall, plan] = await Promise.allSettled([
        this.hall.show(told.hall, headers),
        this.floor.showPlan(told.floor, headers),
      ]);
      if (!current()) return;
      for (const part of [hall, plan]) if (part.status === "rejected") this.note(part.reason as Error);
      if (hall.status === "fulfilled" && hall.value) this.hooks.hallChanged();
    } catch (error) {
      if (current()) this.note(error as Error);
    }
    this.hooks.changed();
  }

  private note(error: Error): void {
    this.problem = [this.problem, error.message].filter(Boolean).join(" · ");
  }
}
