import { describe, expect, test } from "vitest";
import { type Block, type PipePoint, portHeight, routePipe } from "../../src/layout/pipes";

function block(x: number, z: number, change: Partial<Block> = {}): Block {
  return { x, y: 0, z, halfX: 0.8, halfZ: 0.5, height: 1.2, ...change };
}

/** Whether a stretch between two corners passes through a machine. */
function crosses(machine: Block, a: PipePoint, b: PipePoint): boolean {
  for (let t = 0; t <= 1; t += 0.01) {
    const [x, y, z] = a.map((v, i) => v + (b[i] - v) * t);
    if (Math.abs(x - machine.x) < machine.halfX && Math.abs(z - machine.z) < machine.halfZ && y < machine.height) {
      return true;
    }
  }
  return false;
}

function lengthOf(points: PipePoint[]): number {
  return points.slice(1).reduce((sum, p, i) => sum + Math.hypot(...p.map((v, k) => v - points[i][k])), 0);
}

describe("the way of a pipe", () => {
  test("neighbours that face each other are joined by one straight pipe between their sides", () => {
    const points = routePipe(block(0, 0), block(3, 0.2), [], new Map());
    expect(points).toHaveLength(2);
    const [start, end] = points;
    expect(start[1]).toBe(end[1]);
    expect(start[2]).toBe(end[2]);
    expect(start[0]).toBeLessThan(0.8);
    expect(start[0]).toBeGreaterThan(0);
    expect(end[0]).toBeGreaterThan(2.2);
  });

  test("it begins at the first machine and ends at the second, whichever way round", () => {
    const points = routePipe(block(6, 8), block(-6, -4), [], new Map());
    expect(Math.hypot(points[0][0] - 6, points[0][2] - 8)).toBeLessThan(1);
    expect(Math.hypot(points.at(-1)![0] + 6, points.at(-1)![2] + 4)).toBeLessThan(1);
    expect(points[0][1]).toBe(portHeight(block(6, 8)));
  });

  test("it goes around what stands between, in right angles and without a long detour", () => {
    const [from, to] = [block(0, 0), block(9, 0)];
    const between = [block(4.5, 0, { halfX: 1.2, halfZ: 1.2, height: 3 })];
    const points = routePipe(from, to, between, new Map());
    expect(points.length).toBeGreaterThan(3);
    for (let i = 1; i < points.length; i++) {
      expect(between.some((machine) => crosses(machine, points[i - 1], points[i]))).toBe(false);
      const moved = points[i].filter((value, k) => Math.abs(value - points[i - 1][k]) > 1e-6);
      expect(moved).toHaveLength(1);
    }
    expect(lengthOf(points)).toBeLessThan(9 + 2 * (1.2 + 1) + 3);
  });

  test("a second pipe on the same way lies beside the first", () => {
    const used = new Map<string, number>();
    const first = routePipe(block(0, 0), block(12, 6), [], used);
    const second = routePipe(block(0, 0), block(12, 6), [], used);
    expect(first).not.toEqual(second);
  });

  test("where everything is walled in it goes over the top", () => {
    const wall = [
      block(0, 2, { halfX: 4, halfZ: 0.4 }),
      block(0, -2, { halfX: 4, halfZ: 0.4 }),
      block(3, 0, { halfX: 0.4, halfZ: 3 }),
      block(-3, 0, { halfX: 0.4, halfZ: 3 }),
    ];
    const points = routePipe(block(0, 0), block(20, 0), wall, new Map());
    expect(Math.max(...points.map((p) => p[1]))).toBeGreaterThan(1.2);
  });

  test("ends far apart, or nowhere, cost no search", () => {
    expect(routePipe(block(0, 0), block(5000, 5000), [], new Map()).length).toBeGreaterThan(1);
    expect(() => routePipe(block(0, 0), block(Number.NaN, 0), [], new Map())).not.toThrow();
  });
});
