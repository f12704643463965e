/** Signs drawn once per twin in one draw call; their room doubles, because a sign left out would be a lie. */
import {
  BoxGeometry,
  type CanvasTexture,
  type Color,
  DynamicDrawUsage,
  type Group,
  InstancedBufferAttribute,
  InstancedBufferGeometry,
  InstancedMesh,
  type Material,
  Matrix4,
  Mesh,
  type PlaneGeometry,
  type ShaderMaterial,
  type Vector3,
} from "three";
import type { TwinView } from "./twin-view";

/** Room at first. */
export const FIRST = 256;

const matrix = new Matrix4();

/** Boxes around what was discovered and has no type yet. */
export class Boxes {
  private readonly geometry = new BoxGeometry(1, 1, 1);
  private mesh: InstancedMesh;
  private count = 0;

  constructor(
    private readonly group: Group,
    private readonly material: Material,
  ) {
    this.mesh = this.made(FIRST);
    group.add(this.mesh);
  }

  start(): void {
    this.count = 0;
  }

  add(view: TwinView): void {
    if (this.count === this.mesh.instanceMatrix.count) this.grow();
    matrix
      .makeScale(...view.size)
      .setPosition(0, view.size[1] / 2, 0)
      .premultiply(view.body);
    this.mesh.setMatrixAt(this.count++, matrix);
  }

  finish(): void {
    this.mesh.count = this.count;
    this.mesh.visible = this.count > 0;
    this.mesh.instanceMatrix.needsUpdate = true;
  }

  dispose(): void {
    this.geometry.dispose();
    this.material.dispose();
    this.mesh.dispose();
  }

  private grow(): void {
    const before = this.mesh;
    this.mesh = this.made(before.instanceMatrix.count * 2);
    this.mesh.instanceMatrix.array.set(before.instanceMatrix.array);
    this.group.remove(before);
    this.group.add(this.mesh);
    before.dispose();
  }

  private made(room: number): InstancedMesh {
    const mesh = new InstancedMesh(this.geometry, this.material, room);
    mesh.frustumCulled = false;
    return mesh;
  }
}

function perInstance(count: number): InstancedBufferAttribute {
  return new InstancedBufferAttribute(new Float32Array(count * 4), 4).setUsage(DynamicDrawUsage);
}

function enlarged(from: InstancedBufferAttribute): InstancedBufferAttribute {
  const to = perInstance(from.count * 2);
  to.array.set(from.array);
  return to;
}

/** Signs that share a geometry: place and a number (`place`), colour and pulse (`look`). */
export class Instances {
  readonly mesh: Mesh<InstancedBufferGeometry, ShaderMaterial>;
  private place = perInstance(FIRST);
  private look = perInstance(FIRST);
  private count = 0;

  constructor(plane: PlaneGeometry, material: ShaderMaterial) {
    const geometry = new InstancedBufferGeometry();
    geometry.index = plane.index;
    geometry.setAttribute("position", plane.getAttribute("position"));
    geometry.setAttribute("uv", plane.getAttribute("uv"));
    geometry.setAttribute("place", this.place);
    geometry.setAttribute("look", this.look);
    geometry.instanceCount = 0;
    this.mesh = new Mesh(geometry, material);
    this.mesh.frustumCulled = false;
  }

  start(): void {
    this.count = 0;
  }

  add(at: Vector3, number: number, tone: Color, pulse: number): void {
    if (this.count === this.place.count) this.grow();
    this.place.setXYZW(this.count, at.x, at.y, at.z, number);
    this.look.setXYZW(this.count, tone.r, tone.g, tone.b, pulse);
    this.count++;
  }

  finish(): void {
    this.mesh.geometry.instanceCount = this.count;
    this.mesh.visible = this.count > 0;
    this.place.needsUpdate = true;
    this.look.needsUpdate = true;
  }

  dispose(): void {
    this.mesh.geometry.dispose();
    const atlas = this.mesh.material.uniforms.atlas?.value as CanvasTexture | undefined;
    atlas?.dispose();
    this.mesh.material.dispose();
  }

  private grow(): void {
    const { geometry } = this.mesh;
    // Frees the buffers on the GPU; the enlarged ones go there with the next frame.
    geometry.dispose();
    this.place = enlarged(this.place);
    this.look = enlarged(this.look);
    geometry.setAttribute("place", this.place);
    geometry.setAttribute("look", this.look);
  }
}
