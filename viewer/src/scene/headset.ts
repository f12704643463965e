/** What of the picture is another way in a headset: signs have an angle and not pixels, and there is no HTML over it. */

import type { CameraRig } from "./camera";
import type { Chosen } from "./chosen";
import { BEACON_PX, type Marks } from "./marks";
import type { Stage } from "./stage";

export interface HeadsetLook {
  mode: "vr" | "ar";
  /** Room metres per plant metre. */
  scale(): number;
}

/** Height of a sign, as the tangent of its angle: 2.4 degrees. */
const SIGN = 0.042;
/** Width of the thinnest line around a machine, per pixel that it has on a screen: 0.09 degrees. */
const LINE = 0.0008;
const NEAR_M = 0.05;
/** Fog that begins where nothing is. */
const NO_FOG_M = 1e6;

/** Give signs, lines and fog the measure of a headset; `timeS` drives the pulse. */
export function fitHeadset(
  { marks, chosen, stage, rig }: { marks: Marks; chosen: Chosen; stage: Stage; rig: CameraRig },
  { mode }: HeadsetLook,
  timeS: number,
): void {
  const { elements } = rig.camera.projectionMatrix;
  marks.update(timeS, (BEACON_PX * 2) / (SIGN * elements[0]), (BEACON_PX * 2) / (SIGN * elements[5]));
  chosen.update(LINE, 1);
  if (mode === "ar") stage.setHaze(NO_FOG_M, 0);
  else stage.setHaze(10, rig.radius);
  // Hands come close to the eye; near and far are metres of the room.
  rig.camera.near = NEAR_M;
  rig.camera.far = mode === "ar" ? 200 : rig.radius * 4 + 300;
}
