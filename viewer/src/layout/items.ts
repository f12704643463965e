/** What the layout needs to know of a twin, from its structure. */
import type { TwinInfo } from "../protocol/messages.gen";
import { type Archetype, archetypeOf, sizeOf } from "../scene/shapes/archetype";
import type { Item } from "./layout";

/** A discovered twin is a cube of so many metres until it is bound. */
export const UNKNOWN_SIZE: readonly [number, number, number] = [1, 1, 1];

export function itemOf(info: TwinInfo): Item {
  const size = info.discovered ? UNKNOWN_SIZE : sizeOf(shapeOf(info), info.geometry.size);
  const moves = info.visuals.some(({ kind }) => kind === "move" || kind === "path");
  const roams = archetypeOf(info.geometry.shape, info.type) === "vehicle" && moves;
  return { id: info.id, type: info.type, area: info.area, size, roams, position: info.position, yawDeg: info.yaw_deg };
}

/** Return the viewer's own shape of a twin: what stands there, too, while a mesh is on its way or cannot be shown. */
export function shapeOf({ geometry, type }: TwinInfo): Archetype {
  return archetypeOf(geometry.shape === "mesh" ? "box" : geometry.shape, type);
}
