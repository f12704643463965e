/** The shapes here and those in Python (src/plantverse/viewer/shapes) are the same machines. */
import { type Box3, Vector3 } from "three";
import { describe, expect, test } from "vitest";
import { type Archetype, archetypeOf, sizeOf } from "../../src/scene/shapes/archetype";
import { buildShape } from "../../src/scene/shapes/build";
import * as parts from "../../src/scene/shapes/parts";
import type { Size } from "../../src/scene/shapes/shape";

interface Box {
  min: number[];
  max: number[];
}

interface Golden {
  finishes: [string, number, number, boolean][];
  types: [string, string, Archetype][];
  machines: {
    archetype: Archetype;
    declared: Size;
    size: Size;
    body: Box;
    joints: { name: string; kind: string; axis: string; on: number; pivot: number[]; box: Box }[];
  }[];
}

const [{ default: golden }] = Object.values(
  import.meta.glob<{ default: Golden }>("../../../tests/golden/shapes.json", { eager: true }),
);

/** Extents of the pieces; circles with their own number of corners may differ by a little. */
function near(box: Box3, wanted: Box, what: string): void {
  const got = [...box.min.toArray(), ...box.max.toArray()];
  const size = box.getSize(new Vector3()).length();
  [...wanted.min, ...wanted.max].forEach((value, i) => {
    expect([what, i, Math.abs(got[i] - value) < 0.02 * size + 0.001]).toEqual([what, i, true]);
  });
}

describe("shapes in Python", () => {
  test("have the same finishes", () => {
    const ours = Object.values(parts)
      .filter((value): value is parts.Finish => typeof value === "object" && value !== null && "roughness" in value)
      .map(({ color, roughness, metalness, tint }) => [color, roughness, metalness, tint === 1]);
    expect(ours.sort()).toEqual(golden.finishes.sort());
  });

  test("are chosen by the same words", () => {
    expect(golden.types.map(([shape, name]) => [shape, name, archetypeOf(shape, name)])).toEqual(golden.types);
  });

  test("have the same sizes, outlines and joints", () => {
    for (const { archetype, declared, size, body, joints } of golden.machines) {
      expect([archetype, sizeOf(archetype, declared)]).toEqual([archetype, size]);
      const shape = buildShape(archetype, size);
      near(shape.body.build().boundingBox!, body, archetype);
      expect(shape.joints.map(({ name, kind, axis, on }) => ({ name, kind, axis, on }))).toEqual(
        joints.map(({ name, kind, axis, on }) => ({ name, kind, axis, on })),
      );
      shape.joints.forEach((joint, i) => {
        joint.pivot.forEach((value, k) => {
          expect(value).toBeCloseTo(joints[i].pivot[k], 3);
        });
        near(joint.parts.build().boundingBox!, joints[i].box, `${archetype} ${joint.name}`);
      });
    }
  });
});
