/** A model on a table, moved, turned and scaled by one or two hands. Pure; metres in the room's frame. */
import type { Point } from "./teleport";

/** Where the plant's origin is in the room, its turn about the up axis, and room metres per plant metre. */
export interface Model {
  x: number;
  y: number;
  z: number;
  yawRad: number;
  scale: number;
}

export const LEAST_SCALE = 1 / 1000;
export const LIFE_SIZE = 1;

/** Return the model that fits a table: `extent` plant metres become `tableM`, its middle is at `at`. */
export function onTable(
  at: Point,
  middle: { x: number; z: number },
  extent: number,
  tableM: number,
  yawRad = 0,
): Model {
  const scale = clampScale(tableM / Math.max(extent, 1e-3));
  return around({ x: 0, y: 0, z: 0, yawRad, scale }, middle, at);
}

/** The model moved so that the plant's place `middle` is at `at` in the room. */
export function around(model: Model, middle: { x: number; z: number }, at: Point): Model {
  const [cos, sin] = [Math.cos(model.yawRad), Math.sin(model.yawRad)];
  const x = (middle.x * cos + middle.z * sin) * model.scale;
  const z = (middle.z * cos - middle.x * sin) * model.scale;
  return { ...model, x: at.x - x, y: at.y, z: at.z - z };
}

/** Where a place of the plant's floor is in the room. */
export function inRoom(model: Model, at: { x: number; z: number }): Point {
  const [cos, sin] = [Math.cos(model.yawRad), Math.sin(model.yawRad)];
  return {
    x: model.x + (at.x * cos + at.z * sin) * model.scale,
    y: model.y,
    z: model.z + (at.z * cos - at.x * sin) * model.scale,
  };
}

/** One hand moved from `from` to `to`: the model goes along. */
export function dragged(model: Model, from: Point, to: Point): Model {
  return { ...model, x: model.x + to.x - from.x, y: model.y + to.y - from.y, z: model.z + to.z - from.z };
}

/** Two hands moved: the model follows their middle, turns with their line and grows with their distance. */
export function stretched(model: Model, fromA: Point, fromB: Point, toA: Point, toB: Point): Model {
  const before = Math.hypot(fromB.x - fromA.x, fromB.y - fromA.y, fromB.z - fromA.z);
  const after = Math.hypot(toB.x - toA.x, toB.y - toA.y, toB.z - toA.z);
  const scale = clampScale(model.scale * (before > 0.02 ? after / before : 1));
  const factor = scale / model.scale;
  const byRad = flatAngle(toA, toB) - flatAngle(fromA, fromB);
  const [cos, sin] = [Math.cos(byRad), Math.sin(byRad)];
  const [dx, dz] = [(model.x - (fromA.x + fromB.x) / 2) * factor, (model.z - (fromA.z + fromB.z) / 2) * factor];
  return {
    x: (toA.x + toB.x) / 2 + dx * cos + dz * sin,
    y: (toA.y + toB.y) / 2 + (model.y - (fromA.y + fromB.y) / 2) * factor,
    z: (toA.z + toB.z) / 2 - dx * sin + dz * cos,
    yawRad: model.yawRad + byRad,
    scale,
  };
}

/** Scale about a place of the room. */
export function scaledAbout(model: Model, at: Point, factor: number): Model {
  const scale = clampScale(model.scale * factor);
  const by = scale / model.scale;
  return { ...model, scale, x: at.x + (model.x - at.x) * by, z: at.z + (model.z - at.z) * by };
}

/** Turn about a place of the room; positive is to the left. */
export function turnedAbout(model: Model, at: Point, byRad: number): Model {
  const [cos, sin] = [Math.cos(byRad), Math.sin(byRad)];
  const [dx, dz] = [model.x - at.x, model.z - at.z];
  return { ...model, x: at.x + dx * cos + dz * sin, z: at.z - dx * sin + dz * cos, yawRad: model.yawRad + byRad };
}

function clampScale(scale: number): number {
  return Math.min(LIFE_SIZE, Math.max(LEAST_SCALE, scale));
}

/** Angle of the line from one hand to the other, seen from above; 0 where they are one above the other. */
function flatAngle(a: Point, b: Point): number {
  const [dx, dz] = [b.x - a.x, b.z - a.z];
  return Math.hypot(dx, dz) < 0.02 ? 0 : Math.atan2(-dz, dx);
}
