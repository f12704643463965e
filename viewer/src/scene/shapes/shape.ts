/** A machine as the scene draws it: a body, and parts that turn about their own axis, each on the one before or on the body. */
import type { Axis, Parts } from "./parts";

export interface Joint {
  parts: Parts;
  axis: Axis;
  /** Middle of the turn, in the frame of what it stands on. */
  pivot: [number, number, number];
  /** Index of the joint that carries it, or -1 for the body. */
  on: number;
}

export interface Shape {
  body: Parts;
  joints: Joint[];
}

/** Width (x), height (y), depth (z) in metres. The floor is at 0, the middle of the base at the origin. */
export type Size = readonly [number, number, number];
