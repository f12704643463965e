import { Vector3 } from "three";
import { describe, expect, test } from "vitest";
import type { TwinInfo, VisualInfo } from "../../src/protocol/messages.gen";
import type { JointFrame } from "../../src/scene/bucket";
import { TwinView } from "../../src/scene/twin-view";
import { visual as rule } from "../build";

function view(visuals: VisualInfo[], joints: JointFrame[] = [], yawDeg = 0): TwinView {
  const info = {
    id: "t",
    type: "T",
    visuals,
    signals: [],
    geometry: { shape: "box", size: [1, 2, 1], color: "", mesh: "", problem: "" },
  };
  const place = { x: 10, y: 0, z: 5, yawDeg, fixed: true };
  const made = new TwinView(info as unknown as TwinInfo, [1, 2, 1], place, joints, {
    body: [0.5, 0.5, 0.5],
    content: [0, 0, 1],
  });
  made.status = { mark: null, unacknowledged: false, stale: false, offline: false };
  return made;
}

function run(target: TwinView, seconds: number, stepS = 0.02): void {
  for (let t = 0; t < seconds - 1e-9; t += stepS) target.step(stepS);
}

const values = (known: Record<number, number>) => (slot: number) => known[slot] ?? Number.NaN;

describe("a twin's picture", () => {
  test("takes the first values at once and glides to later ones", () => {
    const tank = view([rule("level", 1, { low: 0, high: 100 }), rule("move", 2, { axis: "x" })]);
    tank.aim(values({ 1: 40, 2: 3 }));
    expect(tank.describe()).toMatchObject({ level: 0.4, shift: [3, 0, 0] });
    tank.aim(values({ 1: 80, 2: 5 }));
    tank.step(0.02);
    expect(tank.describe().level).toBeGreaterThan(0.4);
    expect(tank.describe().level).toBeLessThan(0.8);
    run(tank, 2);
    expect(tank.describe().level).toBeCloseTo(0.8, 2);
    expect(tank.describe().shift[0]).toBeCloseTo(5, 2);
    expect(tank.step(0.02)).toBe(0);
  });

  test("moves in its own frame, which its yaw turns", () => {
    const agv = view([rule("move", 1, { axis: "x", scale: 2, offset: 1 })], [], 90);
    agv.aim(values({ 1: 2 }));
    agv.pose();
    const at = new Vector3().setFromMatrixPosition(agv.body);
    expect(at.x).toBeCloseTo(10);
    // A quarter turn counter-clockwise takes x to minus z.
    expect(at.z).toBeCloseTo(0);
  });

  test("spins by its speed and time", () => {
    const fan = view([rule("spin", 1)]);
    fan.aim(values({ 1: 10 }));
    run(fan, 1.5);
    // 10 revolutions per minute are 60 degrees per second.
    expect(fan.describe().angles[0]).toBeCloseTo(90, 5);
  });

  test("stops spinning when nobody vouches for the value", () => {
    const fan = view([rule("spin", 1)]);
    fan.aim(values({ 1: 10 }));
    fan.status = { ...fan.status, stale: true };
    run(fan, 1);
    expect(fan.describe().angles[0]).toBe(0);
    expect(fan.spins).toBe(false);
  });

  test("turn rules drive the joints in order, each on the one before", () => {
    const frames: JointFrame[] = [
      { name: "", kind: "turn", axis: "y", pivot: [0, 1, 0], on: -1 },
      { name: "", kind: "turn", axis: "z", pivot: [1, 0, 0], on: 0 },
    ];
    const arm = view([rule("turn", 1), rule("turn", 2)], frames);
    arm.aim(values({ 1: 90, 2: 90 }));
    arm.pose();
    const elbow = new Vector3().setFromMatrixPosition(arm.joints[1]);
    expect(elbow.toArray().map((part) => Math.round(part * 1e6) / 1e6)).toEqual([10, 1, 4]);
    const hand = new Vector3(1, 0, 0).applyMatrix4(arm.joints[1]);
    expect(hand.y).toBeCloseTo(2);
  });

  test("a move rule drives a part that slides, and a turn rule one that hangs on it", () => {
    const frames: JointFrame[] = [
      { name: "", kind: "slide", axis: "y", pivot: [0, 1, 0], on: -1 },
      { name: "", kind: "turn", axis: "y", pivot: [0, -0.5, 0], on: 0 },
    ];
    const gantry = view(
      [rule("turn", 2), rule("move", 1)].map((each) => ({ ...each, axis: "y" })),
      frames,
    );
    gantry.aim(values({ 1: 2, 2: 90 }));
    gantry.pose();
    expect(new Vector3().setFromMatrixPosition(gantry.body).y).toBe(0);
    expect(new Vector3().setFromMatrixPosition(gantry.joints[1]).y).toBeCloseTo(2.5);
    expect(new Vector3(1, 0, 0).transformDirection(gantry.joints[1]).z).toBeCloseTo(-1);
    expect(gantry.describe()).toMatchObject({ shift: [0, 2, 0], angles: [90] });
  });

  test("without a joint the whole twin turns about its middle", () => {
    const door = view([rule("turn", 1, { axis: "z" })]);
    door.aim(values({ 1: 180 }));
    door.pose();
    expect(door.center(new Vector3()).y).toBeCloseTo(1);
    expect(door.top(new Vector3()).y).toBeCloseTo(0);
  });

  test("colour follows the ramp and falls back to its own when the value is unknown", () => {
    const pump = view([
      rule("color", 1, {
        stops: [
          [0, "#000000"],
          [10, "#ffffff"],
        ],
      }),
    ]);
    pump.aim(values({ 1: 10 }));
    expect(pump.describe().color).toBe("#ffffff");
    pump.aim(values({}));
    run(pump, 3);
    expect(pump.describe().color).toBe("#808080");
  });

  test("a zero hides it, an unknown value does not", () => {
    const lamp = view([rule("visible", 1)]);
    lamp.aim(values({}));
    expect(lamp.shown).toBe(true);
    lamp.aim(values({ 1: 0 }));
    expect(lamp.shown).toBe(false);
    lamp.aim(values({ 1: 3 }));
    expect(lamp.shown).toBe(true);
  });
});
