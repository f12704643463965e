import { type Group, type InstancedMesh, Matrix4, Vector3 } from "three";
import { beforeEach, describe, expect, test } from "vitest";
import { farGeometry } from "../../src/scene/buckets";
import { Plant } from "../../src/scene/plant";
import { ARCHETYPES, sizeOf } from "../../src/scene/shapes/archetype";
import { buildShape } from "../../src/scene/shapes/build";
import { PALETTES } from "../../src/scene/theme";
import { Store } from "../../src/state/store";
import { twin } from "../build";

let plant: Plant;

beforeEach(() => {
  const store = new Store(() => 1_000_000);
  const twins = Array.from({ length: 40 }, (_, i) => twin(`t${i}`, [], { type: "Pump", position: [i * 10, 0, 0] }));
  store.applySchema({ type: "schema", revision: 1, twins, removed: [], reset: true });
  plant = new Plant(store, PALETTES.dark, false, { changed: () => {}, headers: () => ({}) });
});

function triangles(geometry: { getIndex(): { count: number } | null }): number {
  return geometry.getIndex()!.count / 3;
}

describe("a machine far away", () => {
  test("has a fraction of the triangles and the same outline", () => {
    for (const archetype of ARCHETYPES) {
      const shape = buildShape(archetype, sizeOf(archetype, [1, 1, 1]));
      const near = [shape.body, ...shape.joints.map(({ parts }) => parts)].map((parts) => parts.build());
      const far = farGeometry(shape);
      const sum = near.reduce((total, geometry) => total + triangles(geometry), 0);
      expect([archetype, triangles(far) <= sum * 0.6]).toEqual([archetype, true]);
      const height = far.boundingBox!.max.y / near[0].boundingBox!.max.y;
      expect([archetype, height > 0.85]).toEqual([archetype, true]);
      expect(Object.keys(far.attributes).sort()).toEqual(Object.keys(near[0].attributes).sort());
    }
  });

  test("is drawn coarsely, comes back when one comes near, and does not flicker between", () => {
    const view = plant.views.get("t39")!;
    plant.refine(new Vector3(0, 2, 5), 900);
    expect(view.far).toBe(true);
    expect(plant.views.get("t0")!.far).toBe(false);
    const between = 390 - (1.8 * 900) / 30;
    plant.refine(new Vector3(between, 0.5, 0), 900);
    expect(view.far).toBe(true);
    plant.refine(new Vector3(385, 1, 5), 900);
    expect(view.far).toBe(false);
    plant.refine(new Vector3(between, 0.5, 0), 900);
    expect(view.far).toBe(false);
  });

  test("of any size takes no call of its own, and has its size", () => {
    const store = new Store(() => 1_000_000);
    const twins = Array.from({ length: 1200 }, (_, i) =>
      twin(`t${i}`, [], {
        type: ["Pump", "Tank", "Valve", "Robot"][i % 4],
        position: [(i % 40) * 10, 0, Math.floor(i / 40) * 10],
        geometry: { shape: "box", size: [1 + i / 500, 2, 1.5], color: "", mesh: "", problem: "" },
      }),
    );
    store.applySchema({ type: "schema", revision: 1, twins, removed: [], reset: true });
    const crowd = new Plant(store, PALETTES.dark, false, { changed: () => {}, headers: () => ({}) });
    crowd.refine(new Vector3(200, 900, 200), 900);
    const drawn = crowd.group.children.filter((child) => child.visible && "count" in child);
    expect(drawn).toHaveLength(4);
    const last = crowd.views.get("t1197")!;
    const tanks = drawn.find((child) => child === last.bucket!.meshes[0]) as InstancedMesh;
    const matrix = new Matrix4();
    tanks.getMatrixAt(last.index, matrix);
    const box = tanks.geometry.boundingBox!.clone().applyMatrix4(matrix).getSize(new Vector3());
    expect(box.y).toBeCloseTo(2, 1);
    expect(box.z).toBeLessThan(2.1);
  });

  test("stands where it stood and costs no call where nothing is left to draw", () => {
    plant.refine(new Vector3(1e5, 0, 0), 900);
    const drawn = (plant.group as Group).children.filter((child) => child.visible && "count" in child);
    expect(drawn).toHaveLength(1);
    const view = plant.views.get("t7")!;
    expect(view.bucket!.owners[view.index]).toBe(view);
    expect(view.bucket!.owners).toHaveLength(40);
  });
});
