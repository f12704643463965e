import { describe, expect, test } from "vitest";
import { fitted, PlanView } from "../../src/flat/view";

const RECT = { minX: -10, minZ: -5, maxX: 10, maxZ: 5 };

function view(): PlanView {
  const made = new PlanView();
  made.resize(800, 600);
  made.setBounds(RECT);
  made.fit(RECT, 0, 0, false);
  return made;
}

describe("the plan's view", () => {
  test("fits a rectangle into the room it has", () => {
    const pose = fitted(RECT, 800, 600, 50);
    expect(pose).toEqual({ x: 0, z: 0, scale: 35 });
  });

  test("keeps room below free", () => {
    const made = view();
    made.fit(RECT, 0, 200, false);
    expect(made.screenY(5)).toBeLessThanOrEqual(400);
    expect(made.screenY(-5)).toBeGreaterThanOrEqual(0);
  });

  test("says where on the screen a place is, and back", () => {
    const made = view();
    expect(made.screenX(0)).toBe(400);
    expect(made.planX(made.screenX(3.5))).toBeCloseTo(3.5);
    expect(made.planZ(made.screenY(-2.5))).toBeCloseTo(-2.5);
  });

  test("zooms about what is under the hand", () => {
    const made = view();
    const x = made.planX(600);
    made.zoomAt(600, 200, 1.5);
    expect(made.planX(600)).toBeCloseTo(x);
    expect(made.now.scale).toBeCloseTo(60);
  });

  test("does not leave the plant, nor shrink it to a dot", () => {
    const made = view();
    made.pan(1e6, 0);
    expect(made.now.x).toBe(-10);
    made.pan(-1e6, 0);
    expect(made.planX(0)).toBeLessThan(10);
    made.zoomAt(400, 300, 1e-6);
    expect(made.now.scale).toBeCloseTo(made.wholeScale / 2);
  });

  test("glides to where it goes and then rests", () => {
    const made = view();
    made.go({ x: 5, z: 1, scale: 80 }, true);
    expect(made.now.x).toBe(0);
    expect(made.step(0.05)).toBe(true);
    expect(made.now.scale).toBeGreaterThan(40);
    for (let i = 0; i < 200; i++) made.step(0.05);
    expect(made.now).toEqual({ x: 5, z: 1, scale: 80 });
    expect(made.step(0.05)).toBe(false);
  });
});
