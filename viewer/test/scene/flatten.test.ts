import { BoxGeometry, Group, Matrix4, Mesh, MeshStandardMaterial, type Object3D, Vector3 } from "three";
import { describe, expect, test } from "vitest";
import { fillable, flatten, sizeOfBox } from "../../src/scene/flatten";
import { NO_FILL } from "../../src/scene/shapes/parts";

const steel = new MeshStandardMaterial();
const glass = new MeshStandardMaterial();

function box(name: string, material: MeshStandardMaterial, at: [number, number, number], size = 1): Mesh {
  const mesh = new Mesh(new BoxGeometry(size, size, size), material);
  mesh.position.set(...at);
  // As the loader does it: the name in the file, and one that three can use in paths.
  mesh.userData.name = name;
  mesh.name = name.replace(".", "");
  return mesh;
}

function robot(): { root: Object3D; arm: Object3D } {
  const root = new Group();
  const arm = new Group();
  arm.userData.name = "Arm.001";
  arm.position.set(0, 2, 0);
  arm.rotation.z = Math.PI / 2;
  const hand = box("Hand", steel, [1, 0, 0]);
  arm.add(box("Tube", steel, [0.5, 0, 0]), hand);
  root.add(box("Base", steel, [0, 0.5, 0]), box("Window", glass, [3, 0.5, 0]), arm);
  return { root, arm };
}

function corner(part: { geometry: { getAttribute(n: "position"): { count: number } } }): number {
  return part.geometry.getAttribute("position").count;
}

describe("a file's nodes become few geometries", () => {
  test("one for each material where nothing moves", () => {
    const { parts, joints, box: extent } = flatten(robot().root);
    expect(joints).toEqual([]);
    expect(parts.map(({ joint }) => joint)).toEqual([-1, -1]);
    expect(parts.map(corner).sort()).toEqual([24, 72]);
    expect(extent.max.x).toBeCloseTo(3.5);
    expect(extent.max.y).toBeCloseTo(3.5);
    expect(sizeOfBox(extent)).toEqual([4, 3.5, 1].map((length) => expect.closeTo(length, 5)));
  });

  test("one more for each joint, which rests where the node is and carries what hangs on it", () => {
    const { parts, joints } = flatten(robot().root, { joints: ["Arm.001", "Hand", "Nobody"] });
    expect(joints.map(({ name, kind, on }) => [name, kind, on])).toEqual([
      ["Arm.001", "node", -1],
      ["Hand", "node", 0],
    ]);
    const arm = new Vector3().setFromMatrixPosition(joints[0].rest!);
    expect(arm.y).toBe(2);
    // The hand is 1 m along the arm, and the arm points up.
    const hand = new Vector3().setFromMatrixPosition(new Matrix4().multiplyMatrices(joints[0].rest!, joints[1].rest!));
    expect([hand.x, hand.y]).toEqual([expect.closeTo(0, 5), expect.closeTo(3, 5)]);
    expect(parts.map(({ joint }) => joint)).toEqual([-1, -1, 0, 1]);
    parts[3].geometry.computeBoundingBox();
    expect(parts[3].geometry.boundingBox!.getCenter(new Vector3()).length()).toBeCloseTo(0, 5);
  });

  test("the rest alone where some nodes are left out, in another frame if asked", () => {
    const { root, arm } = robot();
    const frame = new Matrix4().makeTranslation(-3, 0, 0);
    const { parts, box: extent } = flatten(root, { skip: new Set([arm]), frame });
    expect(parts.map(corner).sort()).toEqual([24, 24]);
    expect([extent.min.x, extent.max.x, extent.max.y]).toEqual([-3.5, 0.5, 1]);
  });

  test("each corner knows how full is full up to it, but not on what moves", () => {
    const flat = flatten(robot().root, { joints: ["Hand"] });
    fillable(flat);
    const fills = flat.parts.map(({ geometry }) => [...geometry.getAttribute("fill").array]);
    expect(Math.min(...fills.slice(0, 2).flat())).toBe(0);
    expect(Math.max(...fills.slice(0, 2).flat())).toBeLessThan(1);
    expect(new Set(fills[2])).toEqual(new Set([NO_FILL]));
  });

  test("a mirrored part still shows its outside", () => {
    const root = new Group();
    root.scale.x = -1;
    root.add(box("B", steel, [1, 0, 0]));
    const [{ geometry }] = flatten(root).parts;
    const [position, normal, index] = [
      geometry.getAttribute("position"),
      geometry.getAttribute("normal"),
      geometry.getIndex()!,
    ];
    const corners = [0, 1, 2].map((i) => new Vector3().fromBufferAttribute(position, index.getX(i)));
    const face = corners[1].clone().sub(corners[0]).cross(corners[2].clone().sub(corners[0]));
    expect(face.dot(new Vector3().fromBufferAttribute(normal, index.getX(0)))).toBeGreaterThan(0);
  });
});
