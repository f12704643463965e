/** Pieces that machines are made of: plain solids with a finish, merged into one geometry for one draw call. */
import {
  BoxGeometry,
  type BufferGeometry,
  Color,
  CylinderGeometry,
  Float32BufferAttribute,
  Matrix4,
  SphereGeometry,
  TorusGeometry,
} from "three";
import { mergeGeometries } from "three/examples/jsm/utils/BufferGeometryUtils.js";
import type { Axis } from "../../bindings/rules";

/** Material of a piece. `tint` is how far the twin's own colour replaces `color`, 0 to 1. */
export interface Finish {
  color: string;
  tint: number;
  roughness: number;
  metalness: number;
}

export const PAINTED: Finish = { color: "#8d99a8", tint: 1, roughness: 0.55, metalness: 0.1 };
export const STEEL: Finish = { color: "#aeb8c2", tint: 0, roughness: 0.34, metalness: 0.75 };
export const FRAME: Finish = { color: "#4b5664", tint: 0, roughness: 0.7, metalness: 0.2 };
export const DARK: Finish = { color: "#252c35", tint: 0, roughness: 0.75, metalness: 0.1 };
export const RUBBER: Finish = { color: "#1b2027", tint: 0, roughness: 0.95, metalness: 0 };
export const CONCRETE: Finish = { color: "#59626d", tint: 0, roughness: 0.95, metalness: 0 };
export const SCREEN: Finish = { color: "#79d3ea", tint: 0, roughness: 0.25, metalness: 0 };
export const LIGHT: Finish = { color: "#e4e9ee", tint: 0, roughness: 0.5, metalness: 0.05 };
/** Marks on turning parts, so that the eye sees them turn. */
export const MARK: Finish = { color: "#e6b23c", tint: 0, roughness: 0.6, metalness: 0 };

/** Where a piece stands: its middle, metres, and a turn about one axis, degrees. */
export interface At {
  x?: number;
  y?: number;
  z?: number;
  turn?: [Axis, number];
}

/** Band of height that shows a level. */
export interface Fill {
  bottom: number;
  top: number;
}

/** How finely a machine is drawn: as it is, or as a small thing far away. */
export type Detail = "near" | "far";

type Recipe = (detail: Detail) => BufferGeometry | null;

/** Collects pieces; `build` returns attributes `position`, `normal`, `paint` (linear RGB), `surface` (tint, roughness, metalness), `fill`. */
export class Parts {
  private readonly recipes: Recipe[] = [];

  box(width: number, height: number, depth: number, finish: Finish, at: At = {}, fill?: Fill): this {
    const thin = [width, height, depth].sort((a, b) => a - b)[1] < FAR_THIN;
    const make = (detail: Detail) => {
      if (detail === "near") return bevelled(width, height, depth);
      return thin ? null : new BoxGeometry(width, height, depth);
    };
    return this.add(make, finish, at, fill);
  }

  /** A cylinder along `axis`; `top` is the radius at its far end. */
  tube(axis: Axis, radius: number, length: number, finish: Finish, at: At = {}, options: TubeOptions = {}): this {
    const make = (detail: Detail) => {
      if (detail === "far" && 2 * Math.max(radius, options.top ?? 0) < FAR_THIN) return null;
      const segments = detail === "near" ? (options.segments ?? 24) : radius < FAR_SLIM ? 4 : FAR_SEGMENTS;
      const geometry = new CylinderGeometry(options.top ?? radius, radius, length, segments, 1, options.open ?? false);
      if (axis === "x") geometry.rotateZ(-Math.PI / 2);
      if (axis === "z") geometry.rotateX(Math.PI / 2);
      if (options.flatten) geometry.scale(1, 1, options.flatten);
      return geometry;
    };
    return this.add(make, finish, at, options.fill);
  }

  /** The upper part of an ellipsoid, or all of it. */
  dome(radius: number, height: number, finish: Finish, at: At = {}, options: DomeOptions = {}): this {
    const make = (detail: Detail) => {
      const [round, up] = detail === "near" ? [24, 6] : [FAR_SEGMENTS, 2];
      const part = options.whole ? Math.PI : Math.PI / 2;
      const geometry = new SphereGeometry(radius, round, options.whole ? up * 2 + 2 : up, 0, Math.PI * 2, 0, part);
      geometry.scale(1, height / radius, options.flatten ?? 1);
      return geometry;
    };
    return this.add(make, finish, at, options.fill);
  }

  ring(axis: Axis, radius: number, thickness: number, finish: Finish, at: At = {}): this {
    const make = (detail: Detail) => {
      const geometry = detail === "near" ? new TorusGeometry(radius, thickness, 6, 24) : farRing(radius, thickness);
      if (axis === "x") geometry.rotateY(Math.PI / 2);
      if (axis === "y") geometry.rotateX(Math.PI / 2);
      return geometry;
    };
    return this.add(make, finish, at);
  }

  get empty(): boolean {
    return this.recipes.length === 0;
  }

  build(detail: Detail = "near"): BufferGeometry {
    return merge(this.pieces(detail));
  }

  /** Pieces as they are merged, for whoever merges several parts into one. */
  pieces(detail: Detail): BufferGeometry[] {
    return this.recipes.map((make) => make(detail)).filter((piece) => piece !== null);
  }

  private add(make: Recipe, finish: Finish, at: At, fill?: Fill): this {
    this.recipes.push((detail) => {
      const geometry = make(detail);
      if (!geometry) return null;
      geometry.deleteAttribute("uv");
      if (at.turn) geometry.applyMatrix4(turned(at.turn));
      geometry.translate(at.x ?? 0, at.y ?? 0, at.z ?? 0);
      paint(geometry, finish, fill);
      return geometry;
    });
    return this;
  }
}

/** Merge pieces into one geometry; they are used up. */
export function merge(pieces: BufferGeometry[]): BufferGeometry {
  const merged = mergeGeometries(pieces);
  for (const piece of pieces) piece.dispose();
  merged.computeBoundingBox();
  merged.computeBoundingSphere();
  return merged;
}

const FAR_SEGMENTS = 8;
/** Tubes of a smaller radius, metres, are square from far away. */
const FAR_SLIM = 0.12;
/** Rods and rails thinner than this, metres, are not seen from far away. */
const FAR_THIN = 0.05;

/** A ring so far away that it is a band. */
function farRing(radius: number, thickness: number): BufferGeometry {
  const band = new CylinderGeometry(radius, radius, thickness * 2, FAR_SEGMENTS, 1, true);
  return band.rotateX(Math.PI / 2);
}

interface TubeOptions {
  top?: number;
  open?: boolean;
  segments?: number;
  flatten?: number;
  fill?: Fill;
}

interface DomeOptions {
  whole?: boolean;
  flatten?: number;
  fill?: Fill;
}

function turned([axis, degrees]: [Axis, number]): Matrix4 {
  const angle = (degrees * Math.PI) / 180;
  const matrix = new Matrix4();
  if (axis === "x") return matrix.makeRotationX(angle);
  if (axis === "y") return matrix.makeRotationY(angle);
  return matrix.makeRotationZ(angle);
}

const scratch = new Color();

function paint(geometry: BufferGeometry, finish: Finish, fill?: Fill): void {
  const count = geometry.getAttribute("position").count;
  scratch.set(finish.color);
  const colors = new Float32Array(count * 3);
  const surfaces = new Float32Array(count * 3);
  const fills = new Float32Array(count);
  for (let i = 0; i < count; i++) {
    colors.set([scratch.r, scratch.g, scratch.b], i * 3);
    surfaces.set([finish.tint, finish.roughness, finish.metalness], i * 3);
    fills[i] = fill ? (geometry.getAttribute("position").getY(i) - fill.bottom) / (fill.top - fill.bottom) : NO_FILL;
  }
  geometry.setAttribute("paint", new Float32BufferAttribute(colors, 3));
  geometry.setAttribute("surface", new Float32BufferAttribute(surfaces, 3));
  geometry.setAttribute("fill", new Float32BufferAttribute(fills, 1));
}

/** Marks vertices that show no level. */
export const NO_FILL = -9;

/** A box whose edges catch the light; small ones stay plain. Indexed, so that it merges with the other solids. */
function bevelled(width: number, height: number, depth: number): BufferGeometry {
  const least = Math.min(width, height, depth);
  if (least < 0.12) return new BoxGeometry(width, height, depth);
  const bevel = Math.min(0.05, least * 0.12);
  const geometry = new BoxGeometry(width, height, depth, 3, 3, 3);
  const position = geometry.getAttribute("position");
  const normal = geometry.getAttribute("normal");
  const half = [width / 2, height / 2, depth / 2];
  for (let i = 0; i < position.count; i++) {
    const point = [position.getX(i), position.getY(i), position.getZ(i)];
    const inner = point.map((value, axis) => Math.sign(value) * (half[axis] - bevel));
    const away = point.map((value, axis) => (Math.abs(Math.abs(value) - half[axis]) < 1e-6 ? Math.sign(value) : 0));
    const length = Math.hypot(...away) || 1;
    const moved = inner.map((value, axis) => value + (away[axis] / length) * bevel);
    position.setXYZ(i, moved[0], moved[1], moved[2]);
    const face = [normal.getX(i), normal.getY(i), normal.getZ(i)];
    // Inner grid points of a face keep its normal, so that faces stay flat and only edges are soft.
    const flat = away.filter((value) => value !== 0).length === 1;
    if (!flat)
      normal.setXYZ(
        i,
        ...(away.map((value, axis) => (value / length) * 0.6 + face[axis] * 0.4) as [number, number, number]),
      );
  }
  return geometry;
}
