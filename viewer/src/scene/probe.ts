/** What a test may ask about a twin in the picture. */
import { type PerspectiveCamera, Vector3 } from "three";
import type { Glowing } from "./glow";
import type { TwinView } from "./twin-view";

export interface Probe {
  /** CSS pixels from the top left of the scene; where the twin's middle is. */
  x: number;
  y: number;
  onScreen: boolean;
  color: string;
  position: [number, number, number];
  /** Degrees about the up axis as placed, then the angle of each spin and turn rule. */
  yawDeg: number;
  angles: number[];
  shift: number[];
  /** 0 to 1, or -1. */
  level: number;
  visible: boolean;
  stale: boolean;
  alarm: string | null;
  label: boolean;
  /** Drawn by a file, its own or the hall's, not by the viewer's shape. */
  pictured: boolean;
  /** Width, height, depth as drawn, metres. */
  size: readonly [number, number, number];
  /** How translucent it is drawn, 0 to 1. */
  ghost: number;
  /** Age from 0 (fresh) to 1 (old); -1 while ages are not shown. */
  heat: number;
  /** Parts that glow, with the signal that is blamed; part "" is the whole. */
  glow: readonly Glowing[];
}

/** `width` and `height` of the picture in CSS pixels; `label` says whether the twin has one. */
export function probeOf(
  view: TwinView,
  camera: PerspectiveCamera,
  width: number,
  height: number,
  label: boolean,
  glow: readonly Glowing[],
): Probe {
  const at = view.center(new Vector3());
  const { elements } = view.body;
  at.project(camera);
  return {
    x: ((at.x + 1) / 2) * width,
    y: ((1 - at.y) / 2) * height,
    onScreen: Math.abs(at.x) <= 1 && Math.abs(at.y) <= 1 && Math.abs(at.z) <= 1,
    position: [elements[12], elements[13], elements[14]],
    yawDeg: view.place.yawDeg,
    visible: view.shown,
    pictured: view.pictured,
    size: view.size,
    stale: view.status.stale,
    alarm: view.status.mark?.word.toLowerCase() ?? null,
    label,
    glow,
    ghost: view.translucency,
    heat: view.heat,
    ...view.describe(),
  };
}
