import { Box3, Vector3 } from "three";
import { expect, test } from "vitest";
import { cutOf, SectionFrame } from "../../src/scene/section";

const BOX = new Box3(new Vector3(-10, 0, -4), new Vector3(10, 6, 4));

function cuts(plane: ReturnType<typeof cutOf>, x: number, y: number, z: number): boolean {
  return plane.x * x + plane.y * y + plane.z * z > plane.w;
}

test("a section cuts off what lies beyond it, or the other side", () => {
  const right = cutOf({ axis: "x", at: 0.75, flipped: false }, BOX);
  expect([cuts(right, 4.9, 1, 0), cuts(right, 5.1, 1, 0)]).toEqual([false, true]);
  const left = cutOf({ axis: "x", at: 0.75, flipped: true }, BOX);
  expect([cuts(left, 4.9, 1, 0), cuts(left, 5.1, 1, 0)]).toEqual([true, false]);
  const above = cutOf({ axis: "y", at: 0.5, flipped: false }, BOX);
  expect([cuts(above, 0, 2.9, 0), cuts(above, 0, 3.1, 0)]).toEqual([false, true]);
});

test("none cuts nothing", () => {
  expect(cuts(cutOf(null, BOX), 1e6, 1e6, 1e6)).toBe(false);
});

test("its frame stands around the plant, where it cuts", () => {
  const frame = new SectionFrame();
  frame.show({ axis: "z", at: 0.25, flipped: false }, BOX);
  const at = frame.line.geometry.getAttribute("position");
  expect(Array.from({ length: 4 }, (_, i) => at.getZ(i))).toEqual([-2, -2, -2, -2]);
  expect(Math.max(...Array.from({ length: 4 }, (_, i) => at.getX(i)))).toBeGreaterThan(10);
  frame.show(null, BOX);
  expect(frame.line.visible).toBe(false);
});
