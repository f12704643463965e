/** Rays of the pointers with their dots, the arc of a jump and the ring where it lands. */
import {
  BufferAttribute,
  BufferGeometry,
  CylinderGeometry,
  DynamicDrawUsage,
  Group,
  Line,
  LineBasicMaterial,
  Mesh,
  MeshBasicMaterial,
  type Object3D,
  RingGeometry,
  SphereGeometry,
} from "three";
import { ORDER } from "./order";
import type { Pointer } from "./pointers";
import type { Arc } from "./teleport";

/** Metres in the room that a ray shows when it meets nothing. */
const FREE_M = 2.2;
const DOT_DEG = 0.0075;

export class Beam {
  readonly group = new Group();
  private readonly shaft = plain("#9fd8ff", 0.55);
  private readonly bright = plain("#ffffff", 1);
  private readonly rods: Mesh[] = [];
  private readonly dots: Mesh[] = [];

  constructor() {
    const rod = new CylinderGeometry(0.0012, 0.0026, 1, 6, 1, true).translate(0, 0.5, 0).rotateX(-Math.PI / 2);
    const ball = new SphereGeometry(1, 12, 8);
    for (let i = 0; i < 3; i++) {
      this.rods.push(part(new Mesh(rod, this.shaft)));
      this.dots.push(part(new Mesh(ball, this.bright)));
      this.rods[i].matrixAutoUpdate = false;
    }
    this.group.add(...this.rods, ...this.dots);
  }

  /** Show a pointer's ray, `reach` room metres long or (with infinity) open-ended; none while it aims a jump. */
  show({ index, tracked, ray, from, along, source }: Pointer, reach: number, aiming: boolean): void {
    const rod = this.rods[index];
    const dot = this.dots[index];
    rod.visible = tracked && !aiming && source?.targetRayMode === "tracked-pointer";
    dot.visible = rod.visible && Number.isFinite(reach);
    if (!rod.visible) return;
    const length = Math.min(reach, FREE_M);
    rod.matrix.copy(ray);
    for (let i = 8; i < 11; i++) rod.matrix.elements[i] *= length;
    rod.matrixWorldNeedsUpdate = true;
    if (!dot.visible) return;
    dot.position.copy(from).addScaledVector(along, reach);
    dot.scale.setScalar(Math.max(0.003, reach * DOT_DEG));
  }

  dispose(): void {
    this.rods[0].geometry.dispose();
    this.dots[0].geometry.dispose();
    this.shaft.dispose();
    this.bright.dispose();
  }
}

const GO = "#5fe3a1";
const NO = "#ff8a80";

/** Stands in the plant's frame. */
export class JumpMark {
  readonly group = new Group();
  private readonly points: BufferAttribute;
  private readonly line: Line<BufferGeometry, LineBasicMaterial>;
  private readonly ring: Mesh<RingGeometry, MeshBasicMaterial>;

  constructor(points: Float32Array) {
    this.points = new BufferAttribute(points, 3).setUsage(DynamicDrawUsage);
    const geometry = new BufferGeometry().setAttribute("position", this.points);
    this.line = part(new Line(geometry, new LineBasicMaterial({ transparent: true, depthTest: false, fog: false })));
    const flat = new RingGeometry(0.28, 0.38, 40).rotateX(-Math.PI / 2);
    this.ring = part(new Mesh(flat, plain(GO, 0.95)));
    this.ring.material.depthTest = false;
    this.group.add(this.line, this.ring);
    this.group.visible = false;
  }

  show(arc: Arc | null): void {
    this.group.visible = arc !== null;
    if (!arc) return;
    this.points.needsUpdate = true;
    this.line.geometry.setDrawRange(0, arc.count);
    this.line.material.color.set(arc.lands ? GO : NO);
    this.ring.visible = arc.lands;
    const end = (arc.count - 1) * 3;
    this.ring.position.set(arc.points[end], arc.points[end + 1] + 0.02, arc.points[end + 2]);
  }

  get landing(): boolean {
    return this.group.visible && this.ring.visible;
  }

  dispose(): void {
    this.line.geometry.dispose();
    this.line.material.dispose();
    this.ring.geometry.dispose();
    this.ring.material.dispose();
  }
}

function plain(color: string, opacity: number): MeshBasicMaterial {
  return new MeshBasicMaterial({ color, opacity, transparent: true, toneMapped: false, fog: false });
}

function part<T extends Object3D>(made: T): T {
  made.frustumCulled = false;
  made.renderOrder = ORDER.beam;
  return made;
}
