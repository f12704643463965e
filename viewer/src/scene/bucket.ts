/** All twins of one shape and size: an instanced mesh per layer, so a few draw calls whatever their number. */
import {
  Box3,
  type BufferGeometry,
  Color,
  DynamicDrawUsage,
  type Group,
  InstancedBufferAttribute,
  InstancedMesh,
  type Intersection,
  type Material,
  Matrix4,
  Mesh,
  type Object3D,
  type Raycaster,
  SRGBColorSpace,
} from "three";
import type { Axis } from "../bindings/rules";

/** Something to draw per instance; `local` is its place in the body's frame or, with a joint, in the joint's. */
export interface Layer {
  geometry: BufferGeometry;
  material: Material;
  /** Index into the bucket's joints, or -1 for the body. */
  joint: number;
  local: Matrix4 | null;
}

export interface Look {
  body: readonly number[];
  content: readonly number[];
  level: number;
  stale: number;
  highlight: number;
  /** How translucent, 0 to 1. */
  ghost: number;
  /** 1 for what keeps its colours where all else is quiet. */
  vivid: number;
  /** Age from 0 (fresh) to 1 (old), or -1 where it is unknown. */
  heat: number;
}

export interface JointFrame {
  name: string;
  kind: "turn" | "slide" | "node";
  axis: Axis;
  pivot: readonly [number, number, number];
  on: number;
  /** Where it rests on what carries it, where that is more than a pivot. */
  rest?: Matrix4;
}

/** What the bucket must be able to tell an owner. */
export interface Owner {
  index: number;
}

const probe = new Mesh();
const product = new Matrix4();
/** Linear light by sRGB, 16 times as fine as a screen shows; the power would cost more than all else of a recolour. */
const LINEAR = Float32Array.from({ length: 4096 }, (_, i) => new Color().setRGB(i / 4095, 0, 0, SRGBColorSpace).r);
const FIRST = 16;

function linear(srgb: number): number {
  return LINEAR[Math.min(4095, Math.max(0, Math.round(srgb * 4095)))];
}

export class Bucket<T extends Owner> {
  readonly owners: T[] = [];
  readonly meshes: InstancedMesh[] = [];
  private tint: InstancedBufferAttribute;
  private content: InstancedBufferAttribute;
  private state: InstancedBufferAttribute;
  private capacity = FIRST;

  constructor(
    private readonly group: Group,
    private readonly layers: readonly Layer[],
    readonly joints: readonly JointFrame[],
    private readonly shadows: boolean,
  ) {
    this.tint = attribute(FIRST, 4);
    this.content = attribute(FIRST, 4);
    this.state = attribute(FIRST, 4);
    this.build();
  }

  add(owner: T): void {
    if (this.owners.length === this.capacity) this.grow();
    owner.index = this.owners.length;
    this.owners.push(owner);
    this.count();
  }

  /** Take an owner out; the last one takes its place and is returned so that it can be written anew. */
  remove(owner: T): T | null {
    const last = this.owners.pop()!;
    this.count();
    if (last === owner) return null;
    this.owners[owner.index] = last;
    last.index = owner.index;
    return last;
  }

  /** Stand an instance: the body's frame, and one frame per joint. */
  setFrames(index: number, body: Matrix4, joints: readonly Matrix4[]): void {
    this.layers.forEach((layer, i) => {
      const frame = layer.joint < 0 ? body : joints[layer.joint];
      const mesh = this.meshes[i];
      mesh.setMatrixAt(index, layer.local ? product.multiplyMatrices(frame, layer.local) : frame);
      mesh.instanceMatrix.needsUpdate = true;
    });
  }

  /** Stand the joints alone, for an instance whose body rests. */
  setJoints(index: number, joints: readonly Matrix4[]): void {
    this.layers.forEach((layer, i) => {
      if (layer.joint < 0) return;
      const mesh = this.meshes[i];
      const frame = joints[layer.joint];
      mesh.setMatrixAt(index, layer.local ? product.multiplyMatrices(frame, layer.local) : frame);
      mesh.instanceMatrix.needsUpdate = true;
    });
  }

  /** `body` and `content` are sRGB as in the rules; `stale`, `highlight`, `ghost` and `vivid` 0 to 1; `level` 0 to 1, or -1 for none. */
  setLook(index: number, look: Look): void {
    const { body, content } = look;
    this.tint.setXYZW(index, linear(body[0]), linear(body[1]), linear(body[2]), look.stale);
    this.content.setXYZW(index, linear(content[0]), linear(content[1]), linear(content[2]), look.level);
    this.state.setXYZW(index, look.highlight, look.ghost, look.vivid, look.heat);
    this.tint.needsUpdate = true;
    this.content.needsUpdate = true;
    this.state.needsUpdate = true;
  }

  /** Return the box of what a joint carries, in the joint's frame; null where it carries nothing. */
  boxOf(joint: number): Box3 | null {
    const box = new Box3();
    this.layers.forEach((layer, i) => {
      if (layer.joint !== joint) return;
      const { geometry } = this.meshes[i];
      if (!geometry.boundingBox) geometry.computeBoundingBox();
      const own = geometry.boundingBox!.clone();
      box.union(layer.local ? own.applyMatrix4(layer.local) : own);
    });
    return box.isEmpty() ? null : box;
  }

  raycast(index: number, raycaster: Raycaster, hits: Intersection<Object3D>[]): void {
    for (const mesh of this.meshes) {
      probe.geometry = mesh.geometry;
      probe.material = mesh.material;
      mesh.getMatrixAt(index, probe.matrixWorld);
      probe.raycast(raycaster, hits);
    }
  }

  dispose(): void {
    for (const mesh of this.meshes) {
      this.group.remove(mesh);
      mesh.dispose();
      mesh.geometry.dispose();
    }
  }

  private count(): void {
    for (const mesh of this.meshes) {
      mesh.count = this.owners.length;
      mesh.visible = mesh.count > 0;
    }
  }

  private build(): void {
    for (const layer of this.layers) {
      layer.geometry.setAttribute("tint", this.tint);
      layer.geometry.setAttribute("content", this.content);
      layer.geometry.setAttribute("state", this.state);
      const mesh = new InstancedMesh(layer.geometry, layer.material, this.capacity);
      mesh.instanceMatrix.setUsage(DynamicDrawUsage);
      mesh.castShadow = this.shadows;
      mesh.receiveShadow = this.shadows;
      // The instances stand all over the plant; testing their common hull hides nothing.
      mesh.frustumCulled = false;
      this.meshes.push(mesh);
      this.group.add(mesh);
    }
    this.count();
  }

  private grow(): void {
    this.capacity *= 2;
    const before = this.meshes.splice(0);
    // Frees the attributes on the GPU that are replaced here; the others go there again with the next frame.
    for (const mesh of before) mesh.geometry.dispose();
    this.tint = enlarged(this.tint, this.capacity);
    this.content = enlarged(this.content, this.capacity);
    this.state = enlarged(this.state, this.capacity);
    this.build();
    before.forEach((old, i) => {
      (this.meshes[i].instanceMatrix.array as Float32Array).set(old.instanceMatrix.array as Float32Array);
      this.group.remove(old);
      old.dispose();
    });
  }
}

function attribute(count: number, width: number): InstancedBufferAttribute {
  const made = new InstancedBufferAttribute(new Float32Array(count * width), width);
  made.setUsage(DynamicDrawUsage);
  return made;
}

function enlarged(from: InstancedBufferAttribute, count: number): InstancedBufferAttribute {
  const to = attribute(count, from.itemSize);
  (to.array as Float32Array).set(from.array as Float32Array);
  return to;
}
