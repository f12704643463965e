import { describe, expect, test } from "vitest";
import { Polyline } from "../../src/bindings/polyline";
import { type Joint, Rules } from "../../src/bindings/rules";
import type { VisualInfo } from "../../src/protocol/messages.gen";
import { twin, visual } from "../build";

const PLACE = { x: 7, y: 0, z: 7, yawDeg: 10 };

function rules(visuals: VisualInfo[], joints: Joint[] = []): Rules {
  return new Rules(twin("t", [], { visuals }), joints, { body: [0, 0, 0], content: [0, 0, 0] });
}

function settle(of: Rules, value: number): void {
  of.aim(() => value);
  for (let i = 0; i < 400; i++) of.step(0.02, false);
}

describe("a way through the plant", () => {
  const bent = new Polyline([
    [0, 0, 0],
    [4, 0, 0],
    [4, 0, 3],
  ]);

  test("is measured in metres and ends at its ends", () => {
    expect(bent.length).toBe(7);
    expect(bent.spot(2)).toMatchObject({ x: 2, z: 0, yawDeg: 0 });
    expect(bent.spot(5.5)).toMatchObject({ x: 4, z: 1.5, yawDeg: -90 });
    expect(bent.spot(-3)).toMatchObject({ x: 0, z: 0 });
    expect(bent.spot(99)).toMatchObject({ x: 4, z: 3 });
  });

  test("goes round and round where it is closed, the shorter way", () => {
    const ring = new Polyline([
      [0, 0, 0],
      [2, 0, 0],
      [2, 0, 2],
      [0, 0, 2],
      [0, 0, 0],
    ]);
    expect(ring.closed).toBe(true);
    expect(ring.on(9)).toBe(1);
    expect(ring.way(7.5, 0.5)).toBeCloseTo(1);
    expect(ring.way(0.5, 7.5)).toBeCloseTo(-1);
  });
});

describe("a path rule", () => {
  const points: [number, number, number][] = [
    [0, 0, 0],
    [10, 0, 0],
  ];

  test("stands where it was placed until a value is known, then as far along as it says", () => {
    const agv = rules([visual("path", 0, { points })]);
    expect(agv.stand(PLACE)).toBe(PLACE);
    expect(agv.roams).toBe(true);
    agv.aim(() => Number.NaN);
    expect(agv.stand(PLACE)).toBe(PLACE);
    settle(agv, 4);
    expect(agv.stand(PLACE)).toMatchObject({ x: 4, z: 0, yawDeg: 0 });
  });

  test("takes a share of the way as well", () => {
    const lift = rules([visual("path", 0, { points, unit: "share" })]);
    settle(lift, 0.25);
    expect(lift.stand(PLACE).x).toBeCloseTo(2.5, 2);
  });

  test("leaves the last place when the value is no number", () => {
    const agv = rules([visual("path", 0, { points }), visual("move", 1, { axis: "z" })]);
    settle(agv, 4);
    settle(agv, Number.NaN);
    expect(agv.stand(PLACE).x).toBeCloseTo(4, 2);
    expect(agv.shift[2]).toBeCloseTo(4, 2);
  });
});

describe("a rule with a joint", () => {
  const joints: Joint[] = [
    { name: "Base", kind: "node", axis: "y" },
    { name: "Arm", kind: "node", axis: "y" },
  ];

  test("moves the one that it names, about its own axis, and may share it with a shift", () => {
    const robot = rules(
      [visual("turn", 0, { joint: "Arm", axis: "z" }), visual("move", 1, { joint: "Arm", axis: "x" })],
      joints,
    );
    expect(robot.roams).toBe(false);
    settle(robot, 30);
    expect(robot.describe().angles[0]).toBeCloseTo(30, 1);
    expect(robot.step(0.02, false)).toBe(0);
  });

  test("that the shape does not have moves nothing, not the whole machine instead", () => {
    const robot = rules([visual("move", 0, { joint: "Leg" })], joints);
    expect(robot.roams).toBe(false);
    settle(robot, 5);
    robot.aim(() => 6);
    expect(robot.step(0.02, false)).not.toBe(2);
  });
});
