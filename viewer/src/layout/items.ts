/** What the layout needs to know of a twin, from its structure. */
import type { TwinInfo } from "../protocol/messages.gen";
import { archetypeOf, sizeOf } from "../scene/shapes/archetype";
import type { Item } from "./layout";

/** A discovered twin is a cube of so many metres until it is bound. */
export const UNKNOWN_SIZE: readonly [number, number, number] = [1, 1, 1];

export function itemOf(info: TwinInfo): Item {
  const shape = info.geometry.shape;
  const size = info.discovered
    ? UNKNOWN_SIZE
    : shape === "mesh"
      ? info.geometry.size
      : sizeOf(archetypeOf(shape, info.type), info.geometry.size);
  const roams = archetypeOf(shape, info.type) === "vehicle" && info.visuals.some(({ kind }) => kind === "move");
  return { id: info.id, type: info.type, area: info.area, size, roams, position: info.position, yawDeg: info.yaw_deg };
}

/** Return the URL path of a twin's own mesh, or "". */
export function meshUrl(info: TwinInfo): string {
  return info.geometry.shape === "mesh" ? info.geometry.mesh : "";
}
