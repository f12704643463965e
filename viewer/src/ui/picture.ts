/** What the page asks of a picture of the plant, whichever draws it. */
import type { Presence } from "../protocol/messages.gen";
import type { Blame } from "../state/anomalies";
import type { PictureOptions } from "../state/look";
import type { Spot } from "../state/placing";
import type { Person } from "../state/store";
import type { HeadsetProbe } from "../xr/probe";

export type Theme = "dark" | "light";

export type Pose = Pick<Presence, "position" | "rotation">;
export type KeptPose = Pose & { distance: number };
/** With a headset the hands as well. */
export type FullPose = KeptPose & Partial<Pick<Presence, "left" | "right">>;

/** The part of the picture (3D or plan) that panels talk to; null until it has loaded. */
export interface SceneControl {
  select(id: string | null): void;
  frameTwin(id: string | null): void;
  setPeople(people: readonly Person[]): void;
  frameArea(name: string): void;
  /** Let parts glow whose signals a detector's alarm blames; the plan shows the alarm alone. */
  setBlames?(blames: readonly Blame[]): void;
  pose(): FullPose;
  lookFrom(pose: Pose & { distance?: number }): void;
  setTheme(theme: Theme): void;
  setOptions(options: PictureOptions): void;
  setEditing(on: boolean): void;
  /** Show a twin at this place, or with null no longer hold it at a place that was shown so. */
  showAt(id: string, spot: Spot | null): void;
  /** Put a twin back where the server has it. */
  putBack(id: string): void;
  /** Screen position, colour and pose of a twin, for tests. */
  probe(id: string): unknown;
  /** The session with a headset, for tests; null without one. */
  readonly headset?: HeadsetProbe | null;
  stats(): unknown;
}

/** Return a pose as a text that changes when somebody would see the change. */
export function poseText({ position, rotation, left, right }: FullPose): string {
  const parts = [...position, ...rotation, ...(left ?? ["-"]), ...(right ?? ["-"])];
  return parts.map((part) => (typeof part === "number" ? part.toFixed(2) : part)).join(" ");
}
