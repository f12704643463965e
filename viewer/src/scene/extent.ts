/** How far the plant reaches. */
import { Box3, Vector3 } from "three";
import type { Area } from "../layout/layout";
import { corners } from "./camera";
import type { TwinView } from "./twin-view";

const at = new Vector3();

/** The box that holds all twins however they turn; a small one where there is none. */
export function extentOf(views: Iterable<TwinView>): Box3 {
  const box = new Box3();
  for (const view of views) {
    view.center(at);
    const half = Math.hypot(view.size[0], view.size[2]) / 2;
    box.expandByPoint(new Vector3(at.x - half, 0, at.z - half));
    box.expandByPoint(new Vector3(at.x + half, at.y + view.size[1] / 2, at.z + half));
  }
  if (box.isEmpty()) box.set(new Vector3(-6, 0, -6), new Vector3(6, 3, 6));
  return box;
}

/** Corners of all twins, and of the zones with their titles; x, y, z in a row. */
export function outlineOf(views: Iterable<TwinView>, areas: readonly Area[]): number[] {
  const points: number[] = [];
  for (const view of views) {
    view.center(at);
    points.push(...corners(at.x, at.y, at.z, view.size[0] / 2, view.size[1] / 2, view.size[2] / 2));
  }
  for (const { rect } of areas) {
    points.push(rect.minX, 0, rect.minZ, rect.maxX, 0, rect.minZ);
    points.push(rect.minX, 0, rect.maxZ + 2, rect.maxX, 0, rect.maxZ);
  }
  return points.length > 0 ? points : corners(0, 1, 0, 6, 1, 6);
}
