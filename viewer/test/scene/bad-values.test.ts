/** Values that are no pose, and rules whose signal has left: the picture stays where it was, and only numbers reach matrices. */
import { type InstancedMesh, type Object3D, Vector3 } from "three";
import { beforeEach, describe, expect, test } from "vitest";
import { FLAT_PALETTES } from "../../src/flat/palette";
import { Plan } from "../../src/flat/plan";
import type { TwinInfo, VisualInfo } from "../../src/protocol/messages.gen";
import { Plant } from "../../src/scene/plant";
import { PALETTES } from "../../src/scene/theme";
import type { Store } from "../../src/state/store";
import { frame, liveStore, signal, twin, visual } from "../build";

const POINTS: [number, number, number][] = [
  [0, 0, 0],
  [4, 0, 0],
  [4, 0, 4],
];
const STOPS: [number, string][] = [
  [0, "#000000"],
  [1, "#ffffff"],
];
/** By name: the rule, and the type whose parts it moves. */
const RULES: Record<string, [VisualInfo, string]> = {
  move: [visual("move", 0, { axis: "x", scale: 10 }), "Thing"],
  "turn as a whole": [visual("turn", 0, { scale: 10 }), "Thing"],
  "turn of a part": [visual("turn", 0, { scale: 10 }), "Robot"],
  "slide of a part": [visual("move", 0, { joint: "bridge", scale: 10 }), "Palletiser"],
  spin: [visual("spin", 0, { scale: 10 }), "Pump"],
  path: [visual("path", 0, { points: POINTS }), "Agv"],
  "share of a path": [visual("path", 0, { points: POINTS, unit: "share" }), "Agv"],
  "closed path": [visual("path", 0, { points: [...POINTS, POINTS[0]] }), "Agv"],
  level: [visual("level", 0), "Tank"],
  color: [visual("color", 0, { stops: STOPS }), "Thing"],
  visible: [visual("visible", 0), "Thing"],
  label: [visual("label", 0), "Thing"],
  "carry at a speed": [visual("carry", 0, { scale: 10, amount: 1, item: "box" }), "Conveyor"],
  "carry of an amount": [visual("carry", 1, { amount: 0, item: "box" }), "Conveyor"],
  flow: [visual("flow", 0, { relation: "feeds", scale: 10 }), "Pump"],
};
const NO_NUMBERS = [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
const TOO_LARGE = [1e308, -1e308, 1e40, -1e12];

let store: Store;
let plant: Plant;
let plan: Plan;
let clock: { ms: number };
let sent: number;

function show(name: string, signals = [signal(0, "v"), signal(1, "w")]): void {
  const [rule, type] = RULES[name];
  const geometry: TwinInfo["geometry"] = { shape: "box", size: [4, 2, 2], color: "", mesh: "", problem: "" };
  const a = twin("a", signals, { type, geometry, visuals: [rule], position: [0, 0, 0], relations: { feeds: ["b"] } });
  const b = twin("b", [], { position: [20, 0, 0] });
  store.applySchema({ type: "schema", revision: 1, twins: [a, b], removed: [], reset: false });
  plan.rebuild();
}

function measure(value: number): void {
  const rows = [value, 0.5].map((number, slot) => ({ slot, value: number, observedUs: clock.ms * 1e3 }));
  store.applyFrame(frame(rows, ++sent), clock.ms);
  for (const slot of [0, 1]) {
    plant.touch(slot);
    plan.touch(slot);
  }
  plant.inspect(["a"]);
  plan.inspectAll(["a"]);
  for (let i = 0; i < 100; i++) {
    plant.step(0.02, true);
    plan.step(0.02, true);
  }
}

/** Every number that goes to the graphics card, by the object it belongs to. */
function drawn(): number[] {
  const found: number[] = [];
  plant.group.traverse((object: Object3D) => {
    const { instanceMatrix, count } = object as InstancedMesh;
    if (instanceMatrix) found.push(...(instanceMatrix.array as Float32Array).subarray(0, 16 * count));
    found.push(...object.matrix.elements);
  });
  for (const view of plant.views.values()) {
    found.push(...view.body.elements, ...view.joints.flatMap((joint) => joint.elements));
    found.push(...view.center(new Vector3()).toArray());
  }
  const { x, z, turn, partTurn } = plan.twins.get("a")!;
  return [...found, x, z, turn, partTurn, ...plant.pipes.offsets("a")];
}

/** Where it stands and how its parts are turned; what goes round says nothing by its angle. */
function pose(name: string): number[] {
  const view = plant.views.get("a")!;
  const flat = plan.twins.get("a")!;
  return name === "spin" ? [] : [...view.body.elements, ...view.describe().angles, flat.x, flat.z, flat.turn];
}

beforeEach(() => {
  ({ store, clock } = liveStore([]));
  sent = 1;
  plant = new Plant(store, PALETTES.dark, false, { changed: () => {}, headers: () => ({}) });
  plan = new Plan(store, FLAT_PALETTES.dark);
  store.on("schema", ({ changed, removed, reset }) => plant.rebuild(changed, removed, reset));
});

describe.each(Object.keys(RULES))("%s", (name) => {
  test.each([...NO_NUMBERS, ...TOO_LARGE])("a value of %d leaves it where it was", (value) => {
    show(name);
    measure(0.5);
    const before = pose(name);
    measure(value);
    expect(drawn().every(Number.isFinite)).toBe(true);
    for (const [i, part] of pose(name).entries()) expect(part).toBeCloseTo(before[i], 3);
    const old = !Number.isFinite(value);
    expect([plant.views.get("a")!.status.stale, plan.twins.get("a")!.status.stale]).toEqual([old, old]);
    measure(0.25);
    expect(drawn().every(Number.isFinite)).toBe(true);
    expect(plant.views.get("a")!.status.stale).toBe(false);
  });

  test("a signal that leaves while the rule still names its slot greys it, also when a frame was on its way", () => {
    show(name);
    measure(0.5);
    show(name, []);
    expect(plant.views.get("a")!.status.stale).toBe(true);
    measure(0.9);
    expect(drawn().every(Number.isFinite)).toBe(true);
    expect(plant.views.get("a")!.status.stale).toBe(true);
    show(name);
    measure(0.5);
    expect(plant.views.get("a")!.status.stale).toBe(false);
  });

  test("a slot that no twin ever had is as good as none", () => {
    const [rule, type] = RULES[name];
    const lost = { ...rule, slot: 9_999, amount: rule.amount < 0 ? -1 : 9_998 };
    const info = twin("a", [signal(0, "v")], { type, visuals: [lost], position: [1, 0, 2], relations: { feeds: [] } });
    store.applySchema({ type: "schema", revision: 1, twins: [info], removed: [], reset: false });
    plan.rebuild();
    measure(0.5);
    expect(drawn().every(Number.isFinite)).toBe(true);
    expect(plant.views.get("a")!.body.elements.slice(12, 15)).toEqual([1, 0, 2]);
    expect([plant.views.get("a")!.status.stale, plan.twins.get("a")!.status.stale]).toEqual([true, true]);
  });
});
