/** Where the plan is looked at from: a middle on the floor and a scale. Pure; metres on the floor, CSS pixels on the screen. */
import type { Rect } from "../layout/geometry";

/** Seconds in which two thirds of the way to a new view are gone. */
const EASE_S = 0.12;
const MOST_SCALE = 260;
const NEAR = 1e-3;

export interface Pose2 {
  x: number;
  z: number;
  /** CSS pixels per metre. */
  scale: number;
}

/** Return the middle and the scale at which the rectangle fills the screen but for `air` pixels all around. */
export function fitted(rect: Rect, width: number, height: number, air: number): Pose2 {
  const wide = Math.max(rect.maxX - rect.minX, 0.1);
  const deep = Math.max(rect.maxZ - rect.minZ, 0.1);
  const scale = Math.min(Math.max(40, width - 2 * air) / wide, Math.max(40, height - 2 * air) / deep);
  return {
    x: (rect.minX + rect.maxX) / 2,
    z: (rect.minZ + rect.maxZ) / 2,
    scale: Math.min(MOST_SCALE, scale),
  };
}

export class PlanView {
  width = 1;
  height = 1;
  readonly now: Pose2 = { x: 0, z: 0, scale: 20 };
  private readonly goal: Pose2 = { x: 0, z: 0, scale: 20 };
  private bounds: Rect = { minX: -10, minZ: -10, maxX: 10, maxZ: 10 };
  private leastScale = 1;

  resize(width: number, height: number): void {
    this.width = Math.max(1, width);
    this.height = Math.max(1, height);
    this.limit();
  }

  /** The plant's extent: how far one can go and how small it can get. */
  setBounds(bounds: Rect): void {
    this.bounds = bounds;
    this.limit();
  }

  /** Scale at which the whole plant just touches the edges. */
  get wholeScale(): number {
    return fitted(this.bounds, this.width, this.height, 0).scale;
  }

  screenX(x: number): number {
    return (x - this.now.x) * this.now.scale + this.width / 2;
  }

  screenY(z: number): number {
    return (z - this.now.z) * this.now.scale + this.height / 2;
  }

  planX(px: number): number {
    return (px - this.width / 2) / this.now.scale + this.now.x;
  }

  planZ(py: number): number {
    return (py - this.height / 2) / this.now.scale + this.now.z;
  }

  /** Look at this; at once, or gliding there. */
  go(to: Pose2, glide: boolean): void {
    Object.assign(this.goal, to);
    this.clamp();
    if (!glide) Object.assign(this.now, this.goal);
  }

  /** Show the rectangle with `air` pixels around it; `below` and `beside` pixels stay free at the lower and right edge. */
  fit(rect: Rect, air: number, below: number, glide: boolean, beside = 0): void {
    const pose = fitted(rect, this.width - beside, this.height - below, air);
    const [x, z] = [pose.x + beside / 2 / pose.scale, pose.z + below / 2 / pose.scale];
    this.go({ x, z, scale: pose.scale }, glide);
  }

  /** Move by pixels, as a hand moves paper. */
  pan(dx: number, dy: number): void {
    const { now } = this;
    this.go({ x: now.x - dx / now.scale, z: now.z - dy / now.scale, scale: now.scale }, false);
  }

  /** Come closer by `factor`; what is under (px, py) stays there. */
  zoomAt(px: number, py: number, factor: number): void {
    const [x, z] = [this.planX(px), this.planZ(py)];
    const scale = Math.min(MOST_SCALE, Math.max(this.leastScale, this.now.scale * factor));
    this.go({ x: x - (px - this.width / 2) / scale, z: z - (py - this.height / 2) / scale, scale }, false);
  }

  /** Go on by `dtS`; returns whether the view moved. */
  step(dtS: number): boolean {
    const { now, goal } = this;
    if (now.x === goal.x && now.z === goal.z && now.scale === goal.scale) return false;
    const share = 1 - Math.exp(-dtS / EASE_S);
    const near =
      Math.abs(goal.scale / now.scale - 1) < NEAR && Math.hypot(goal.x - now.x, goal.z - now.z) * now.scale < 0.5;
    if (near) Object.assign(now, goal);
    else {
      now.x += (goal.x - now.x) * share;
      now.z += (goal.z - now.z) * share;
      // Zoom is even to the eye when it is even in ratios.
      now.scale *= (goal.scale / now.scale) ** share;
    }
    return true;
  }

  private limit(): void {
    this.leastScale = this.wholeScale * 0.5;
    this.clamp();
  }

  private clamp(): void {
    const { goal, bounds } = this;
    goal.scale = Math.min(MOST_SCALE, Math.max(this.leastScale, goal.scale));
    goal.x = Math.min(bounds.maxX + this.width / goal.scale / 3, Math.max(bounds.minX, goal.x));
    goal.z = Math.min(bounds.maxZ + this.height / goal.scale / 4, Math.max(bounds.minZ, goal.z));
  }
}
