/** What lies on conveyors: bottles, cases, boxes that move with the belt and stand when it stands. */
import {
  BoxGeometry,
  type BufferGeometry,
  Color,
  DynamicDrawUsage,
  Float32BufferAttribute,
  Group,
  InstancedMesh,
  LatheGeometry,
  Matrix4,
  MeshStandardMaterial,
  Vector2,
} from "three";
import { mergeGeometries } from "three/examples/jsm/utils/BufferGeometryUtils.js";
import { fraction, scaled } from "../bindings/values";
import type { VisualInfo } from "../protocol/messages.gen";
import { cutOpen, type MachineUniforms } from "./material";
import type { TwinView } from "./twin-view";

/** Room that each kind takes on a belt, metres along and across, and how many lie side by side at the most. */
const ROOM: Record<string, { along: number; across: number; most: number }> = {
  bottle: { along: 0.17, across: 0.16, most: 3 },
  case: { along: 0.62, across: 0.5, most: 1 },
  box: { along: 0.6, across: 0.5, most: 1 },
};
/** More pieces than this are not drawn, whatever the belts carry. */
const MOST = 6000;
const STALE = new Color("#767f89");
const FRESH = new Color("#ffffff");

interface Belt {
  view: TwinView;
  rule: VisualInfo;
  /** Metres that the belt has run, unbounded: pieces are told apart by where on the endless belt they lie. */
  run: number;
  pieces: Pieces;
  columns: number;
  rows: number;
  along: number;
  across: number;
}

class Pieces {
  readonly mesh: InstancedMesh;

  constructor(kind: string, count: number, shadows: boolean, uniforms: MachineUniforms) {
    const material = new MeshStandardMaterial({ vertexColors: true, roughness: 0.35, metalness: 0.05 });
    material.onBeforeCompile = (shader) => cutOpen(shader, uniforms);
    this.mesh = new InstancedMesh(pieceOf(kind), material, count);
    this.mesh.instanceMatrix.setUsage(DynamicDrawUsage);
    this.mesh.frustumCulled = false;
    this.mesh.castShadow = shadows;
    this.mesh.count = 0;
  }

  add(matrix: Matrix4, stale: boolean): void {
    if (this.mesh.count >= this.mesh.instanceMatrix.count) return;
    this.mesh.setMatrixAt(this.mesh.count, matrix);
    this.mesh.setColorAt(this.mesh.count, stale ? STALE : FRESH);
    this.mesh.count++;
  }

  written(): void {
    this.mesh.instanceMatrix.needsUpdate = true;
    if (this.mesh.instanceColor) this.mesh.instanceColor.needsUpdate = true;
  }

  dispose(): void {
    this.mesh.geometry.dispose();
    (this.mesh.material as MeshStandardMaterial).dispose();
    this.mesh.dispose();
  }
}

const spot = new Matrix4();

export class Cargo {
  readonly group = new Group();
  /** A belt runs, so that frames are due. */
  moving = false;
  private belts: Belt[] = [];
  private kinds = new Map<string, Pieces>();
  private due = false;

  constructor(
    private readonly shadows: boolean,
    private readonly uniforms: MachineUniforms,
  ) {}

  /** Pieces drawn now. */
  get count(): number {
    let sum = 0;
    for (const pieces of this.kinds.values()) sum += pieces.mesh.count;
    return sum;
  }

  /** How far a twin's belt has run, metres, for tests; not a number where it has none. */
  run(id: string): number {
    return this.belts.find((belt) => belt.view.info.id === id)?.run ?? Number.NaN;
  }

  rebuild(views: Iterable<TwinView>): void {
    const runs = new Map(this.belts.map((belt) => [belt.view.info.id, belt.run]));
    const found: { view: TwinView; rule: VisualInfo }[] = [];
    for (const view of views) {
      for (const rule of view.info.visuals) if (rule.kind === "carry") found.push({ view, rule });
    }
    this.clear();
    const room = (view: TwinView, item: string) => {
      const { along, across, most } = ROOM[item] ?? ROOM.box;
      const columns = Math.max(1, Math.floor((view.size[0] - 0.1) / along));
      const rows = Math.max(1, Math.min(most, Math.floor((view.size[2] * 0.82) / across)));
      return { along, across, columns, rows };
    };
    const counts = new Map<string, number>();
    for (const { view, rule } of found) {
      const { columns, rows } = room(view, rule.item);
      counts.set(rule.item, Math.min(MOST, (counts.get(rule.item) ?? 0) + columns * rows));
    }
    for (const [item, count] of counts) {
      const pieces = new Pieces(item, count, this.shadows, this.uniforms);
      this.kinds.set(item, pieces);
      this.group.add(pieces.mesh);
    }
    this.belts = found.map(({ view, rule }) => ({
      view,
      rule,
      run: runs.get(view.info.id) ?? 0,
      pieces: this.kinds.get(rule.item)!,
      ...room(view, rule.item),
    }));
    this.due = true;
    this.moving = this.belts.length > 0;
  }

  /** Go on by `dtS`; `glide` false lets everything stand. */
  step(dtS: number, glide: boolean, value: (slot: number) => number): void {
    if (this.belts.length === 0) return;
    this.moving = false;
    for (const belt of this.belts) {
      const speed = scaled(value(belt.rule.slot), belt.rule);
      // Nobody vouches for a belt whose data is old: what lies on it stands.
      if (!glide || belt.view.status.stale || Number.isNaN(speed) || Math.abs(speed) < 1e-3) continue;
      belt.run += speed * dtS;
      this.moving = true;
    }
    if (!this.moving && !this.due) return;
    this.due = false;
    for (const pieces of this.kinds.values()) pieces.mesh.count = 0;
    for (const belt of this.belts) this.write(belt, value);
    for (const pieces of this.kinds.values()) pieces.written();
  }

  /** Values or places changed while nothing moves. */
  touch(): void {
    this.due = true;
  }

  dispose(): void {
    this.clear();
  }

  private clear(): void {
    for (const pieces of this.kinds.values()) {
      this.group.remove(pieces.mesh);
      pieces.dispose();
    }
    this.kinds.clear();
    this.belts = [];
  }

  private write(belt: Belt, value: (slot: number) => number): void {
    const { view, rule, columns, rows, along, across } = belt;
    if (!view.shown) return;
    const amount = rule.amount < 0 ? rule.high : value(rule.amount);
    // What nobody knows of is not drawn.
    const share = Number.isFinite(amount) ? fraction(amount, rule.low, rule.high) : 0;
    const passed = Math.floor(belt.run / along);
    const rest = belt.run - passed * along;
    const start = -(columns * along) / 2;
    for (let column = 0; column < columns; column++) {
      for (let row = 0; row < rows; row++) {
        if (scatter(column - passed, row) >= share) continue;
        const x = start + column * along + rest;
        // Rows are a little apart from each other, as pieces on a belt are.
        const z = (row - (rows - 1) / 2) * across;
        spot.makeTranslation(x, view.size[1], z).premultiply(view.body);
        belt.pieces.add(spot, view.status.stale);
      }
    }
  }
}

/** A number from 0 to 1 for each place of the endless belt, always the same one. */
export function scatter(column: number, row: number): number {
  let hash = Math.imul(column, 0x9e3779b1) ^ Math.imul(row + 1, 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d);
  hash = Math.imul(hash ^ (hash >>> 12), 0x297a2d39);
  return ((hash ^ (hash >>> 15)) >>> 0) / 2 ** 32;
}

function pieceOf(kind: string): BufferGeometry {
  if (kind === "bottle") return bottle();
  const [w, h, d] = kind === "case" ? [0.42, 0.3, 0.32] : [0.4, 0.32, 0.34];
  const body = new BoxGeometry(w, h, d).translate(0, h / 2, 0);
  const tape = new BoxGeometry(w * 1.004, h * 1.004, d * 0.16).translate(0, h / 2, 0);
  return merged([painted(body, "#b08d5f"), painted(tape, "#d8c7a4")]);
}

/** Half a litre: body, shoulder, neck, cap, label. */
function bottle(): BufferGeometry {
  const outline = [
    [0.0, 0],
    [0.034, 0],
    [0.036, 0.01],
    [0.036, 0.125],
    [0.03, 0.155],
    [0.015, 0.18],
    [0.0135, 0.215],
  ].map(([x, y]) => new Vector2(x, y));
  const glass = new LatheGeometry(outline, 9).scale(1.6, 1.6, 1.6);
  const label = new LatheGeometry([new Vector2(0.0368, 0.05), new Vector2(0.0368, 0.1)], 9).scale(1.6, 1.6, 1.6);
  const cap = new LatheGeometry(
    [new Vector2(0.0155, 0.205), new Vector2(0.0155, 0.224), new Vector2(0, 0.224)],
    9,
  ).scale(1.6, 1.6, 1.6);
  return merged([painted(glass, "#3f9d86"), painted(label, "#eef2f4"), painted(cap, "#e6b23c")]);
}

function painted(geometry: BufferGeometry, color: string): BufferGeometry {
  const tone = new Color(color);
  const count = geometry.getAttribute("position").count;
  const colors = new Float32Array(count * 3);
  for (let i = 0; i < count; i++) colors.set([tone.r, tone.g, tone.b], i * 3);
  geometry.deleteAttribute("uv");
  geometry.setAttribute("color", new Float32BufferAttribute(colors, 3));
  return geometry;
}

function merged(parts: BufferGeometry[]): BufferGeometry {
  const whole = mergeGeometries(parts);
  for (const part of parts) part.dispose();
  return whole;
}
