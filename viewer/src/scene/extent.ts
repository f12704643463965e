/** How far the plant reaches. */
import { Box3, MathUtils, Vector3 } from "three";
import type { Area } from "../layout/layout";
import { corners } from "./camera";
import type { TwinView } from "./twin-view";

const at = new Vector3();

/** What this file asks of a twin: where its middle is, width, height and depth, and how it is turned. */
export type Standing = Pick<TwinView, "center" | "size" | "place">;

/** The box that holds all twins as they stand; a small one where there is none. */
export function extentOf(views: Iterable<Standing>): Box3 {
  const box = new Box3();
  for (const view of views) {
    const [halfX, halfZ] = halves(view);
    box.expandByPoint(new Vector3(at.x - halfX, 0, at.z - halfZ));
    box.expandByPoint(new Vector3(at.x + halfX, at.y + view.size[1] / 2, at.z + halfZ));
  }
  if (box.isEmpty()) box.set(new Vector3(-6, 0, -6), new Vector3(6, 3, 6));
  return box;
}

/** Corners of all twins, and of the zones with their titles; x, y, z in a row. */
export function outlineOf(views: Iterable<Standing>, areas: readonly Area[]): number[] {
  const points: number[] = [];
  for (const view of views) {
    const [halfX, halfZ] = halves(view);
    points.push(...corners(at.x, at.y, at.z, halfX, view.size[1] / 2, halfZ));
  }
  for (const { rect } of areas) {
    points.push(rect.minX, 0, rect.minZ, rect.maxX, 0, rect.minZ);
    points.push(rect.minX, 0, rect.maxZ + 2, rect.maxX, 0, rect.maxZ);
  }
  return points.length > 0 ? points : corners(0, 1, 0, 6, 1, 6);
}

/** Return half of what a twin takes along x and along z of the plant, turned as it is; `at` becomes its middle. */
function halves(view: Standing): [number, number] {
  view.center(at);
  const turn = MathUtils.degToRad(view.place.yawDeg);
  const [along, across] = [Math.abs(Math.cos(turn)), Math.abs(Math.sin(turn))];
  const [width, , depth] = view.size;
  return [(width * along + depth * across) / 2, (width * across + depth * along) / 2];
}
