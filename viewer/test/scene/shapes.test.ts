import { describe, expect, test } from "vitest";
import { ARCHETYPES, archetypeOf, sizeOf, wordsOf } from "../../src/scene/shapes/archetype";
import { buildShape } from "../../src/scene/shapes/build";
import { NO_FILL } from "../../src/scene/shapes/parts";

describe("which machine a twin looks like", () => {
  test.each([
    ["cylinder", "CoolingWaterPump", "pump"],
    ["box", "BottleFiller", "machine"],
    ["cylinder", "BottleFiller", "carousel"],
    ["box", "Palletiser", "palletiser"],
    ["box", "EnergyMeter", "cabinet"],
    ["box", "filler_conveyor", "conveyor"],
    ["cylinder", "BufferTanks", "tank"],
    ["box", "PressureSensor", "sensor"],
    ["box", "HVACFan", "fan"],
    ["cylinder", "Widget", "cylinder"],
    ["sphere", "GasTank", "sphere"],
    ["robot", "Widget", "robot"],
    ["mesh", "Pump", "box"],
  ])("%s of type %s is drawn as %s", (shape, type, expected) => {
    expect(archetypeOf(shape, type)).toBe(expected);
  });

  test("words inside a word don't count", () => {
    expect(archetypeOf("box", "Pumpkin")).toBe("box");
    expect(wordsOf("AGVCharger2")).toEqual(["agv", "charger"]);
  });
});

describe.each(ARCHETYPES)("%s", (archetype) => {
  const size = sizeOf(archetype, [1, 1, 1]);
  const shape = buildShape(archetype, size);
  const bodies = [shape.body, ...shape.joints.map((joint) => joint.parts)].map((parts) => parts.build());

  test("fills the size it was given and stands on the floor", () => {
    const box = bodies[0].boundingBox!;
    const [width, height, depth] = [box.max.x - box.min.x, box.max.y - box.min.y, box.max.z - box.min.z];
    expect(box.min.y).toBeGreaterThan(-0.11);
    if (archetype === "robot" || archetype === "turbine" || archetype === "valve") return;
    expect(width / size[0]).toBeGreaterThan(0.75);
    expect(width / size[0]).toBeLessThan(1.3);
    expect(height / size[1]).toBeGreaterThan(0.75);
    expect(height / size[1]).toBeLessThan(1.3);
    expect(depth / size[2]).toBeLessThan(1.6);
  });

  test("is drawn with few triangles and whole numbers", () => {
    const triangles = bodies.reduce((sum, body) => sum + body.index!.count / 3, 0);
    expect(triangles).toBeLessThan(2600);
    for (const body of bodies) {
      expect((body.getAttribute("position").array as Float32Array).every(Number.isFinite)).toBe(true);
      expect((body.getAttribute("normal").array as Float32Array).every(Number.isFinite)).toBe(true);
    }
  });

  test("a joint stands on the body or on a joint before it", () => {
    shape.joints.forEach((joint, i) => {
      expect(joint.on).toBeLessThan(i);
    });
  });
});

test("what holds a product shows its level from 0 to 1", () => {
  for (const archetype of ["tank", "silo", "mixer", "box", "cylinder", "sphere"] as const) {
    const fills = buildShape(archetype, [2, 4, 2]).body.build().getAttribute("fill").array as Float32Array;
    const painted = [...fills].filter((fill) => fill > NO_FILL / 2);
    expect(Math.min(...painted)).toBeCloseTo(0, 1);
    expect(Math.max(...painted)).toBeCloseTo(1, 1);
  }
});
