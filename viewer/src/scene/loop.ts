/** Frames on demand: none while nothing changes, and fewer where one costs much. Pure but for the clock passed in. */

/** What asks for a frame: the hand at the camera, things that move, or only a slow pulse. */
export type Demand = "view" | "motion" | "pulse";

/** Thirty frames a second are enough for what turns by itself, and a screen that is on all year stays cool. */
const MOTION_MS = 30;
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
    const least = Math.max(demand === "pulse" ? PULSE_MS : MOTION_MS, rest);
    return nowMs - this.lastMs >= least;
  }

  drawn(startMs: number, costMs: number): void {
    this.lastMs = startMs;
    this.costMs = this.costMs === 0 ? costMs : this.costMs * 0.9 + costMs * 0.1;
  }
}

/** A frame that takes longer than this, over a while, is too much for the machine; milliseconds. */
const SLOW_MS = 30;
const FAST_MS = 19;
const WINDOW = 24;
const LEAST_RATIO = 0.7;

/** Pixels per CSS pixel while one moves: fewer on a slow machine, more again when there is room. */
export class Resolution {
  private sumMs = 0;
  private count = 0;

  constructor(
    readonly most: number,
    public ratio = most,
  ) {}

  /** Note the time from one frame to the next; returns whether `ratio` changed. */
  note(intervalMs: number): boolean {
    this.sumMs += intervalMs;
    if (++this.count < WINDOW) return false;
    const mean = this.sumMs / this.count;
    this.sumMs = 0;
    this.count = 0;
    const before = this.ratio;
    if (mean > SLOW_MS) this.ratio = Math.max(Math.min(LEAST_RATIO, this.most), this.ratio * 0.8);
    else if (mean < FAST_MS) this.ratio = Math.min(this.most, this.ratio * 1.1);
    return this.ratio !== before;
  }
}
