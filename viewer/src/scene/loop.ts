/** Frames on demand: none while nothing changes, and fewer where one costs much. Pure but for the clock passed in. */

/** What asks for a frame: the hand at the camera, things that move, or only a slow pulse. */
export type Demand = "view" | "motion" | "pulse";

const PULSE_MS = 60;
/** Share of the time that motion alone may spend drawing. */
const MOTION_SHARE = 0.5;

export class Pace {
  /** Smoothed cost of a frame, milliseconds. */
  costMs = 0;
  private lastMs = Number.NEGATIVE_INFINITY;

  /** Return whether a frame that `demand` asks for is due. */
  due(demand: Demand, nowMs: number): boolean {
    if (demand === "view") return true;
    const rest = this.costMs > 12 ? this.costMs / MOTION_SHARE : 0;
    const least = demand === "pulse" ? Math.max(PULSE_MS, rest) : rest;
    return nowMs - this.lastMs >= least;
  }

  drawn(startMs: number, costMs: number): void {
    this.lastMs = startMs;
    this.costMs = this.costMs === 0 ? costMs : this.costMs * 0.9 + costMs * 0.1;
  }
}
