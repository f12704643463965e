import { Vector3 } from "three";
import { describe, expect, it } from "vitest";
import { extentOf, outlineOf, type Standing } from "../../src/scene/extent";

function rack(x: number, z: number, yawDeg: number): Standing {
  return {
    center: (out: Vector3) => out.set(x, 1, z),
    size: [12, 2, 1],
    place: { x, y: 0, z, yawDeg, fixed: true },
  };
}

describe("how far the plant reaches", () => {
  it("is as long and as deep as what stands there, not as its diagonal", () => {
    const { min, max } = extentOf([rack(3, 10, 0)]);
    expect([min.x, max.x, min.y, max.y, min.z, max.z]).toEqual([-3, 9, 0, 2, 9.5, 10.5]);
  });

  it("follows the turn of a twin", () => {
    const quarter = extentOf([rack(0, 0, 90)]).getSize(new Vector3());
    expect(quarter.x).toBeCloseTo(1);
    expect(quarter.z).toBeCloseTo(12);
    const eighth = extentOf([rack(0, 0, -45)]).getSize(new Vector3());
    expect(eighth.x).toBeCloseTo(13 * Math.SQRT1_2);
    expect(eighth.z).toBeCloseTo(13 * Math.SQRT1_2);
  });

  it("puts corners of what stands there into the outline, and titles of zones before them", () => {
    const points = outlineOf([rack(0, 0, 90)], [{ rect: { minX: -8, minZ: -4, maxX: 8, maxZ: 4 } } as never]);
    const xs = points.filter((_, i) => i % 3 === 0);
    const zs = points.filter((_, i) => i % 3 === 2);
    expect([Math.min(...xs), Math.max(...xs)]).toEqual([-8, 8]);
    expect(Math.min(...zs)).toBeCloseTo(-6);
    expect(Math.max(...zs)).toBeCloseTo(6);
  });

  it("is a small box where nothing stands", () => {
    expect(extentOf([]).getSize(new Vector3()).toArray()).toEqual([12, 3, 12]);
    expect(outlineOf([], [])).toHaveLength(24);
  });
});
