import { Matrix4, Vector3 } from "three";
import { describe, expect, it } from "vitest";
import { place } from "../../src/scene/glow";
import { ARCHETYPES } from "../../src/scene/shapes/archetype";
import { regionOf } from "../../src/scene/shapes/regions";
import { TwinView } from "../../src/scene/twin-view";
import { signal, twin } from "../build";

const SIZE: [number, number, number] = [1.6, 1.1, 0.9];

describe("the part that a signal speaks of", () => {
  it("is found by component and by what is measured", () => {
    expect(regionOf("pump", SIZE, "motor.vibration")?.name).toBe("motor");
    expect(regionOf("pump", SIZE, "motor.flow")?.name).toBe("motor");
    expect(regionOf("pump", SIZE, "npsh_margin")?.name).toBe("suction");
    expect(regionOf("pump", SIZE, "pressure")?.name).toBe("casing");
    expect(regionOf("pump", [0.6, 1.4, 0.6], "motor.temperature")?.center[1]).toBeGreaterThan(0.7);
    expect(regionOf("tank", SIZE, "level")).toBeNull();
    expect(regionOf("pump", SIZE, "mode")).toBeNull();
  });

  it("lies within the machine, for every shape that has parts", () => {
    for (const archetype of ARCHETYPES) {
      for (const path of ["motor.vibration", "flow", "suction", "position"]) {
        const region = regionOf(archetype, [1, 1, 1], path);
        region?.center.forEach((middle, axis) => {
          expect(Math.abs(axis === 1 ? middle - 0.5 : middle)).toBeLessThanOrEqual(0.55);
        });
      }
    }
  });
});

describe("the glow", () => {
  const info = twin("p", [signal(0, "motor.speed")], { type: "Pump" });
  info.geometry = { ...info.geometry, shape: "cylinder" };

  function view(type: string): TwinView {
    const paint = { body: [1, 1, 1] as [number, number, number], content: [1, 1, 1] as [number, number, number] };
    const made = new TwinView({ ...info, type }, SIZE, { x: 10, y: 0, z: 0, yawDeg: 90, fixed: true }, [], paint);
    made.pose();
    return made;
  }

  it("turns and stands with the machine, around the part", () => {
    const frame = new Matrix4();
    expect(place(view("Pump"), "motor.vibration", frame)).toBe("motor");
    const at = new Vector3().setFromMatrixPosition(frame);
    expect(at.x).toBeCloseTo(10, 5);
    expect(at.y).toBeCloseTo(0.55, 5);
    expect(at.z).toBeCloseTo(-0.32, 5);
  });

  it("is around the whole machine where the part is not known", () => {
    const frame = new Matrix4();
    expect(place(view("Thing"), "level", frame)).toBe("");
    const size = new Vector3().setFromMatrixScale(frame);
    expect(size.y).toBeCloseTo(0.55 * 1.5, 5);
  });
});
