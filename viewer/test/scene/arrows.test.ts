import { describe, expect, test } from "vitest";
import { edgeOf } from "../../src/scene/edge";

describe("arrows to what is outside the picture", () => {
  test("none for what is inside", () => {
    expect(edgeOf(0.9, -0.9, false, 800, 600)).toBeNull();
  });

  test("to the right, above, and to the lower left", () => {
    expect(edgeOf(3, 0, false, 800, 600)).toMatchObject({ x: 774, y: 300, turnDeg: 90 });
    const above = edgeOf(0, 5, false, 800, 600)!;
    expect([above.x, above.y]).toEqual([400, 26]);
    expect(above.turnDeg).toBeCloseTo(0);
    const corner = edgeOf(-2, -2, false, 600, 600)!;
    expect([corner.x, corner.y]).toEqual([26, 574]);
    expect(corner.turnDeg).toBeCloseTo(-135);
  });

  test("what is behind the camera lies the other way, also when it seems to be in the middle", () => {
    expect(edgeOf(0.5, 0, true, 800, 600)).toMatchObject({ x: 26, turnDeg: -90 });
  });
});
