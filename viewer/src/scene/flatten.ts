/** From the nodes of a file to what a bucket draws: one geometry per joint and material. */
import {
  Box3,
  BufferAttribute,
  BufferGeometry,
  type InterleavedBufferAttribute,
  type Material,
  Matrix4,
  Mesh,
  MeshStandardMaterial,
  type Object3D,
  Vector3,
} from "three";
import { mergeGeometries } from "three/examples/jsm/utils/BufferGeometryUtils.js";
import type { JointFrame, Layer } from "./bucket";
import { NO_FILL } from "./shapes/parts";

/** A layer before it learns to show the state of instances. */
export type Part = Omit<Layer, "material" | "local"> & { material: MeshStandardMaterial };

export interface Flat {
  parts: Part[];
  joints: JointFrame[];
  box: Box3;
}

export interface FlattenOptions {
  /** Names of the nodes that move on their own. */
  joints?: readonly string[];
  /** From the world of the file to the frame that the parts stand in. */
  frame?: Matrix4;
  /** Nodes that are left out with all below. */
  skip?: ReadonlySet<Object3D>;
}

/** The name that a node has in the file; three rewrites some letters of its own. */
export function fileName(node: Object3D): string {
  const { name } = node.userData as { name?: unknown };
  return typeof name === "string" ? name : node.name;
}

/** Flatten a node and all below. Its geometries are copied; materials are those of the file. */
export function flatten(root: Object3D, { joints = [], frame, skip }: FlattenOptions = {}): Flat {
  root.updateWorldMatrix(true, true);
  const toFrame = frame ?? new Matrix4();
  const frames: JointFrame[] = [];
  const worlds: Matrix4[] = [];
  const groups = new Map<string, { joint: number; material: MeshStandardMaterial; pieces: BufferGeometry[] }>();
  const walk = (node: Object3D, above: number): void => {
    if (skip?.has(node) && node !== root) return;
    let joint = above;
    if (joints.includes(fileName(node)) && !frames.some(({ name }) => name === fileName(node))) {
      const world = new Matrix4().multiplyMatrices(toFrame, node.matrixWorld);
      const rest = above < 0 ? world.clone() : worlds[above].clone().invert().multiply(world);
      joint = frames.push({ name: fileName(node), kind: "node", axis: "y", pivot: [0, 0, 0], on: above, rest }) - 1;
      worlds.push(world);
    }
    if (node instanceof Mesh) {
      const material = standard(node.material as Material | Material[]);
      const local = new Matrix4().multiplyMatrices(toFrame, node.matrixWorld);
      if (joint >= 0) local.premultiply(worlds[joint].clone().invert());
      const key = `${joint}|${material.uuid}`;
      const group = groups.get(key) ?? { joint, material, pieces: [] };
      groups.set(key, group);
      group.pieces.push(plain(node.geometry as BufferGeometry, material, local));
    }
    for (const child of node.children) walk(child, joint);
  };
  walk(root, -1);
  const parts = [...groups.values()].map(({ joint, material, pieces }) => {
    const geometry = mergeGeometries(pieces);
    for (const piece of pieces) piece.dispose();
    geometry.computeBoundingSphere();
    return { geometry, material, joint };
  });
  const box = new Box3();
  for (const part of parts) {
    part.geometry.computeBoundingBox();
    const own = part.geometry.boundingBox!.clone();
    box.union(part.joint < 0 ? own : own.applyMatrix4(worlds[part.joint]));
  }
  return { parts, joints: frames, box };
}

const FALLBACK = new MeshStandardMaterial({ color: "#c2cad3", roughness: 0.55 });

function standard(material: Material | Material[]): MeshStandardMaterial {
  const first = Array.isArray(material) ? material[0] : material;
  return first instanceof MeshStandardMaterial ? first : FALLBACK;
}

const NEEDED = new Map([
  ["position", 3],
  ["normal", 3],
  ["uv", 2],
  ["color", 4],
]);

/** A copy in plain floats with the attributes that the material needs, all alike, so that they can be merged. */
function plain(source: BufferGeometry, material: MeshStandardMaterial, local: Matrix4): BufferGeometry {
  const geometry = new BufferGeometry();
  const count = source.getAttribute("position").count;
  for (const [name, width] of NEEDED) {
    if (name === "uv" && !material.map && !material.normalMap && !material.roughnessMap) continue;
    if (name === "color" && !material.vertexColors) continue;
    const found = source.getAttribute(name) as BufferAttribute | InterleavedBufferAttribute | undefined;
    if (name === "normal" && !found) continue;
    geometry.setAttribute(name, floats(found, count, width, name === "color" ? 1 : 0));
  }
  const index = source.getIndex();
  geometry.setIndex(index ? Array.from(index.array) : Array.from({ length: count }, (_, i) => i));
  if (!geometry.hasAttribute("normal")) geometry.computeVertexNormals();
  geometry.applyMatrix4(local);
  if (local.determinant() < 0) mirror(geometry);
  return geometry;
}

function floats(
  from: BufferAttribute | InterleavedBufferAttribute | undefined,
  count: number,
  width: number,
  fill: number,
): BufferAttribute {
  const out = new Float32Array(count * width).fill(fill);
  for (let i = 0; from && i < count; i++) {
    for (let k = 0; k < Math.min(width, from.itemSize); k++) out[i * width + k] = from.getComponent(i, k);
  }
  return new BufferAttribute(out, width);
}

/** A mirrored part shows its back; turn its triangles round. */
function mirror(geometry: BufferGeometry): void {
  const index = geometry.getIndex()!;
  for (let i = 0; i + 2 < index.count; i += 3) {
    const second = index.getX(i + 1);
    index.setX(i + 1, index.getX(i + 2));
    index.setX(i + 2, second);
  }
}

/** Say for each corner how high it lies between bottom and top, 0 to 1, so that a level shows; not for what moves. */
export function fillable({ parts, box }: Flat): void {
  const height = Math.max(box.max.y - box.min.y, 1e-6);
  for (const { geometry, joint } of parts) {
    const position = geometry.getAttribute("position");
    const fill = new Float32Array(position.count).fill(NO_FILL);
    for (let i = 0; joint < 0 && i < fill.length; i++) fill[i] = (position.getY(i) - box.min.y) / height;
    geometry.setAttribute("fill", new BufferAttribute(fill, 1));
  }
}

/** What a flattened thing measures from its origin: width, height above the floor, depth. */
export function sizeOfBox(box: Box3): [number, number, number] {
  const size = box.getSize(new Vector3());
  return [Math.max(size.x, 0.01), Math.max(box.max.y, 0.01), Math.max(size.z, 0.01)];
}
