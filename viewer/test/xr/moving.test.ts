import { describe, expect, test } from "vitest";
import {
  around,
  dragged,
  inRoom,
  LEAST_SCALE,
  type Model,
  onTable,
  scaledAbout,
  stretched,
  turnedAbout,
} from "../../src/xr/grab";
import { beyondRest, headAt, jump, type Stance, Step, turn } from "../../src/xr/stance";
import {
  type Arc,
  emptyArc,
  type Ground,
  type Obstacle,
  placeBefore,
  standable,
  throwArc,
} from "../../src/xr/teleport";

const MACHINE: Obstacle = { x: 5, z: 0, bottom: 0, top: 2, halfX: 1, halfZ: 1, yawRad: 0 };
const GROUND: Ground = { minX: -20, maxX: 20, minZ: -20, maxZ: 20, obstacles: [MACHINE] };
const HAND = { x: 0, y: 1.4, z: 0 };

function thrown(x: number, y: number, z: number, ground = GROUND): Arc {
  const length = Math.hypot(x, y, z);
  return throwArc(HAND, { x: x / length, y: y / length, z: z / length }, ground, emptyArc());
}

function end({ points, count }: Arc): [number, number, number] {
  const at = (count - 1) * 3;
  return [points[at], points[at + 1], points[at + 2]];
}

describe("the arc of a jump", () => {
  test("comes down to the floor where it was thrown", () => {
    const arc = thrown(0, -0.2, -1);
    expect(arc.lands).toBe(true);
    const [x, y, z] = end(arc);
    expect(x).toBeCloseTo(0);
    expect(y).toBe(0);
    expect(z).toBeLessThan(-2);
    expect(z).toBeGreaterThan(-6);
  });

  test("ends at a machine in its way, and one can't stand there", () => {
    const arc = thrown(1, 0, 0);
    expect(arc.lands).toBe(false);
    const [x] = end(arc);
    expect(x).toBeGreaterThanOrEqual(4);
    expect(x).toBeLessThan(6);
  });

  test("doesn't land beside the site, on the roof, or too close to a machine", () => {
    expect(thrown(0, 0, -1, { ...GROUND, minZ: -2 }).lands).toBe(false);
    expect(thrown(0.05, 1, 0).lands).toBe(false);
    expect(standable(GROUND, 3.8, 0)).toBe(false);
    expect(standable(GROUND, 3.6, 0)).toBe(true);
    expect(standable(GROUND, Number.NaN, 0)).toBe(false);
  });

  test("passes under what hangs high", () => {
    const pipe = { ...MACHINE, bottom: 3, top: 3.5 };
    expect(standable({ ...GROUND, obstacles: [pipe] }, 5, 0)).toBe(true);
  });

  test("a turned machine takes its turned room", () => {
    const long = { ...MACHINE, x: 0, z: 0, halfX: 4, halfZ: 0.5, yawRad: Math.PI / 2 };
    const ground = { ...GROUND, obstacles: [long] };
    expect(standable(ground, 0, 3)).toBe(false);
    expect(standable(ground, 3, 0)).toBe(true);
  });

  test("the place before a machine is free, and on the side one comes from", () => {
    const wall = { ...MACHINE, x: 3, halfX: 0.2, halfZ: 0.2 };
    const spot = placeBefore({ ...GROUND, obstacles: [MACHINE, wall] }, MACHINE, 0, 0)!;
    expect(standable({ ...GROUND, obstacles: [MACHINE, wall] }, spot.x, spot.z)).toBe(true);
    expect(spot.x).toBeLessThan(5);
    const shut = { ...GROUND, minX: 4.5, maxX: 5.5, minZ: -0.5, maxZ: 0.5 };
    expect(placeBefore(shut, MACHINE, 0, 0)).toBeNull();
  });
});

describe("where one stands", () => {
  const head = { x: 0.4, z: -0.3 };

  test("a turn leaves the head where it is", () => {
    const stance: Stance = { x: 3, y: 0, z: -2, yawRad: 0.3 };
    const before = headAt(stance, head);
    turn(stance, head, Math.PI / 6);
    expect(headAt(stance, head).x).toBeCloseTo(before.x);
    expect(headAt(stance, head).z).toBeCloseTo(before.z);
    expect(stance.yawRad).toBeCloseTo(0.3 + Math.PI / 6);
  });

  test("a jump brings the head, not the middle of the room, to the place", () => {
    const stance: Stance = { x: 0, y: 0, z: 0, yawRad: 1 };
    jump(stance, head, 7, 8);
    expect(headAt(stance, head).x).toBeCloseTo(7);
    expect(headAt(stance, head).z).toBeCloseTo(8);
  });

  test("one push of the stick is one step", () => {
    const step = new Step();
    expect([0.2, 0.9, 1, 0.6, 0.9, 0.1, -0.8, -0.9].map((x) => step.take(x))).toEqual([0, 1, 0, 0, 0, 0, -1, 0]);
    expect(new Step().take(Number.NaN)).toBe(0);
    step.take(0);
    step.disarm();
    expect(step.take(1)).toBe(0);
  });

  test("a stick at rest moves nothing, and a pushed one at most at full speed", () => {
    expect([0, 0.15, -0.19, Number.NaN].map(beyondRest)).toEqual([0, 0, 0, 0]);
    expect(beyondRest(1)).toBe(1);
    expect(beyondRest(-0.5)).toBeLessThan(0);
  });
});

describe("the model on the table", () => {
  const middle = { x: 10, z: -4 };
  const model: Model = onTable({ x: 0.1, y: 0.8, z: -0.9 }, middle, 30, 0.9, 0.5);

  test("its middle is where the table is, its size that of the table", () => {
    expect(model.scale).toBeCloseTo(0.03);
    const at = inRoom(model, middle);
    expect([at.x, at.y, at.z].map((n) => Number(n.toFixed(6)))).toEqual([0.1, 0.8, -0.9]);
  });

  test("one hand moves it", () => {
    const moved = dragged(model, { x: 0, y: 1, z: 0 }, { x: 0.2, y: 1.1, z: -0.1 });
    expect([moved.x - model.x, moved.y - model.y, moved.z - model.z].map((n) => Number(n.toFixed(6)))).toEqual([
      0.2, 0.1, -0.1,
    ]);
  });

  test("two hands keep what they hold: move, turn and grow", () => {
    const [a, b] = [
      { x: -0.2, y: 0.8, z: -0.9 },
      { x: 0.2, y: 0.8, z: -0.9 },
    ];
    const [c, d] = [
      { x: 0.1, y: 0.9, z: -0.5 },
      { x: 0.1, y: 0.9, z: -1.3 },
    ];
    const after = stretched(model, a, b, c, d);
    expect(after.scale).toBeCloseTo(2 * model.scale);
    // Which place of the plant each hand held before is under it afterwards.
    for (const [from, to] of [
      [a, c],
      [b, d],
    ]) {
      const held = inPlant(model, from);
      const now = inRoom(after, held);
      expect(now.x).toBeCloseTo(to.x);
      expect(now.z).toBeCloseTo(to.z);
    }
  });

  test("hands above each other don't spin it, and hands that touch don't blow it up", () => {
    const up = stretched(
      model,
      { x: 0, y: 1, z: 0 },
      { x: 0, y: 1.4, z: 0 },
      { x: 0, y: 1, z: 0 },
      { x: 0, y: 1.5, z: 0 },
    );
    expect(up.yawRad).toBeCloseTo(model.yawRad);
    const same = { x: 0, y: 1, z: 0 };
    expect(stretched(model, same, same, { x: -1, y: 1, z: 0 }, { x: 1, y: 1, z: 0 }).scale).toBeCloseTo(model.scale);
  });

  test("it is never larger than life nor too small to be found", () => {
    expect(scaledAbout(model, { x: 0, y: 0, z: 0 }, 1e6).scale).toBe(1);
    expect(scaledAbout(model, { x: 0, y: 0, z: 0 }, 1e-9).scale).toBe(LEAST_SCALE);
    expect(onTable({ x: 0, y: 0, z: 0 }, middle, 0, 0.9).scale).toBe(1);
  });

  test("turning and scaling about its middle leave the middle there", () => {
    const at = inRoom(model, middle);
    for (const after of [turnedAbout(model, at, 0.7), scaledAbout(model, at, 1.5)]) {
      const now = inRoom(after, middle);
      expect(now.x).toBeCloseTo(at.x);
      expect(now.z).toBeCloseTo(at.z);
    }
    expect(around(model, middle, { x: 1, y: 2, z: 3 }).y).toBe(2);
  });
});

function inPlant(model: Model, at: { x: number; z: number }): { x: number; z: number } {
  const [cos, sin] = [Math.cos(model.yawRad), Math.sin(model.yawRad)];
  const [dx, dz] = [(at.x - model.x) / model.scale, (at.z - model.z) / model.scale];
  return { x: dx * cos - dz * sin, z: dx * sin + dz * cos };
}
