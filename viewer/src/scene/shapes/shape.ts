/** A machine as the scene draws it: a body, and parts that turn or slide, each on another one or on the body. */
import type { Axis } from "../../bindings/rules";
import type { Parts } from "./parts";

export interface Joint {
  /** What a rule may call it. */
  name: string;
  parts: Parts;
  /** `turn` follows spin and turn rules about `axis`; `slide` follows move rules along the rule's own axis. */
  kind: "turn" | "slide";
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
