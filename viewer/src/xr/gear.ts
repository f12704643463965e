/** Controllers and hands, drawn by ourselves: nothing is fetched from elsewhere. */
import {
  type BufferGeometry,
  CapsuleGeometry,
  CylinderGeometry,
  Group,
  InstancedMesh,
  Matrix4,
  Mesh,
  MeshStandardMaterial,
  Quaternion,
  SphereGeometry,
  TorusGeometry,
  Vector3,
} from "three";
import { mergeGeometries } from "three/examples/jsm/utils/BufferGeometryUtils.js";
import { ORDER } from "./order";
import type { Pointer } from "./pointers";

const JOINTS = 25;
/** Joints of a hand in the order of the standard, each with the one that its bone comes from. */
const PARENTS = [-1, 0, 1, 2, 3, 0, 5, 6, 7, 8, 0, 10, 11, 12, 13, 0, 15, 16, 17, 18, 0, 20, 21, 22, 23];
const BONES = JOINTS - 1;
const USUAL_RADIUS = 0.008;

export class Gear {
  readonly group = new Group();
  private readonly skin = material("#c9d6e4");
  private readonly shell = material("#39475a");
  private readonly controllers: Mesh[] = [];
  private readonly hands: Hand[] = [];

  constructor() {
    const body = controllerGeometry();
    for (const side of [0, 1]) {
      const controller = new Mesh(body, this.shell);
      controller.matrixAutoUpdate = false;
      controller.frustumCulled = false;
      controller.renderOrder = ORDER.gear;
      this.controllers.push(controller);
      this.hands[side] = new Hand(this.skin);
      this.group.add(controller, ...this.hands[side].meshes);
    }
  }

  update(pointers: readonly Pointer[], frame: XRFrame, base: XRReferenceSpace): void {
    for (const side of [0, 1]) {
      const { source, tracked, grip } = pointers[side];
      const controller = this.controllers[side];
      controller.visible = tracked && !source?.hand && source?.targetRayMode === "tracked-pointer";
      if (controller.visible) controller.matrix.copy(grip);
      controller.matrixWorldNeedsUpdate = true;
      this.hands[side].update(tracked ? source?.hand : undefined, frame, base);
    }
  }

  /** What is drawn now: `controller` or `hand` with its side. */
  get shown(): string[] {
    const sides = ["left", "right"];
    return [
      ...sides.filter((_, i) => this.controllers[i].visible).map((side) => `controller ${side}`),
      ...sides.filter((_, i) => this.hands[i].meshes[0].visible).map((side) => `hand ${side}`),
    ];
  }

  dispose(): void {
    this.controllers[0].geometry.dispose();
    for (const hand of this.hands) hand.dispose();
    this.skin.dispose();
    this.shell.dispose();
  }
}

/** Reads all joints at once, without an object for each; not among the types of the library. */
type HandFrame = XRFrame & {
  fillPoses?(spaces: XRSpace[], base: XRSpace, poses: Float32Array): boolean;
  fillJointRadii?(spaces: XRJointSpace[], radii: Float32Array): boolean;
};

/** A ball per joint and a rod per bone: two draw calls a hand. */
class Hand {
  readonly meshes: [InstancedMesh, InstancedMesh];
  private readonly poses = new Float32Array(16 * JOINTS);
  private readonly radii = new Float32Array(JOINTS);
  private spaces: XRJointSpace[] = [];
  private of: XRHand | null = null;

  constructor(skin: MeshStandardMaterial) {
    const balls = new InstancedMesh(new SphereGeometry(1, 10, 8), skin, JOINTS);
    const rods = new InstancedMesh(new CylinderGeometry(1, 1, 1, 8, 1, true), skin, BONES);
    this.meshes = [balls, rods];
    for (const mesh of this.meshes) {
      mesh.frustumCulled = false;
      mesh.visible = false;
      mesh.renderOrder = ORDER.gear;
    }
  }

  update(hand: XRHand | undefined, frame: XRFrame, base: XRReferenceSpace): void {
    const known = hand !== undefined && this.read(hand, frame, base);
    for (const mesh of this.meshes) mesh.visible = known;
    if (!known) return;
    const [balls, rods] = this.meshes;
    for (let joint = 0; joint < JOINTS; joint++) {
      const radius = this.radiusOf(joint);
      at.fromArray(this.poses, joint * 16 + 12);
      balls.setMatrixAt(joint, matrix.makeScale(radius, radius, radius).setPosition(at));
      const parent = PARENTS[joint];
      if (parent < 0) continue;
      from.fromArray(this.poses, parent * 16 + 12);
      rods.setMatrixAt(joint - 1, rod(from, at, Math.min(radius, this.radiusOf(parent)) * 0.85));
    }
    balls.instanceMatrix.needsUpdate = true;
    rods.instanceMatrix.needsUpdate = true;
  }

  dispose(): void {
    for (const mesh of this.meshes) {
      mesh.geometry.dispose();
      mesh.dispose();
    }
  }

  private read(hand: XRHand, frame: HandFrame, base: XRReferenceSpace): boolean {
    if (hand !== this.of) {
      this.of = hand;
      this.spaces = [...hand.values()];
    }
    if (this.spaces.length !== JOINTS || !frame.fillPoses?.(this.spaces, base, this.poses)) return false;
    frame.fillJointRadii?.(this.spaces, this.radii);
    return true;
  }

  private radiusOf(joint: number): number {
    return this.radii[joint] > 0 ? this.radii[joint] : USUAL_RADIUS;
  }
}

const at = new Vector3();
const from = new Vector3();
const middle = new Vector3();
const along = new Vector3();
const thick = new Vector3();
const turn = new Quaternion();
const matrix = new Matrix4();
const UP = new Vector3(0, 1, 0);

function rod(a: Vector3, b: Vector3, radius: number): Matrix4 {
  along.subVectors(b, a);
  const length = along.length();
  middle.addVectors(a, b).multiplyScalar(0.5);
  if (length > 1e-6) turn.setFromUnitVectors(UP, along.divideScalar(length));
  return matrix.compose(middle, turn, thick.set(radius, length, radius));
}

/** A handle, a ring in front and a short tip that shows where it points; in the frame of the grip. */
function controllerGeometry(): BufferGeometry {
  const handle = new CapsuleGeometry(0.017, 0.075, 4, 10).rotateX(Math.PI / 2).translate(0, -0.004, 0.02);
  const ring = new TorusGeometry(0.027, 0.005, 8, 20).rotateX(Math.PI / 2.6).translate(0, 0.012, -0.045);
  const tip = new CylinderGeometry(0.004, 0.009, 0.03, 8).rotateX(-Math.PI / 2).translate(0, 0, -0.062);
  return mergeGeometries([handle, ring, tip])!;
}

function material(color: string): MeshStandardMaterial {
  // Transparent only by name, so that it is drawn after the panels; it hides what is behind it.
  return new MeshStandardMaterial({ color, roughness: 0.65, transparent: true, fog: false });
}
