import { describe, expect, test } from "vitest";
import { readingOf } from "../../src/flat/labels";
import { levelOf, neighbour, typical } from "../../src/flat/levels";
import { linksOf } from "../../src/flat/links";
import { FLAT_PALETTES } from "../../src/flat/palette";
import { Plan } from "../../src/flat/plan";
import { FlatTwin, JOINTS } from "../../src/flat/twin";
import type { TwinInfo } from "../../src/protocol/messages.gen";
import { ARCHETYPES } from "../../src/scene/shapes/archetype";
import { buildShape } from "../../src/scene/shapes/build";
import { Store } from "../../src/state/store";
import { visual as rule } from "../build";

function twin(id: string, more: Partial<TwinInfo> = {}): TwinInfo {
  return {
    id,
    type: "Box",
    name: "",
    area: "hall",
    tags: [],
    signals: [],
    properties: [],
    commands: [],
    relations: {},
    geometry: { shape: "box", size: [2, 1, 1], color: "", mesh: "", problem: "" },
    visuals: [],
    position: [0, 0, 0],
    yaw_deg: 0,
    discovered: false,
    synthetic: null,
    topic: "",
    ...more,
  };
}

const signal = (slot: number, path: string) => ({
  slot,
  path,
  kind: "float",
  unit: "%",
  name: "",
  description: "",
  range: null,
  limits: null,
  codes: {},
  max_age_s: 0,
  decimals: 1,
  derived: false,
  bound: true,
});

function storeOf(...twins: TwinInfo[]): Store {
  const store = new Store(() => 1_000_000);
  store.applySchema({ type: "schema", revision: 1, twins, removed: [], reset: true });
  store.setConnection({ phase: "live", frameMs: 1_000_000 });
  return store;
}

function put(store: Store, slot: number, value: number): void {
  store.columns.value[slot] = value;
  store.columns.observedUs[slot] = store.serverNowUs();
  store.columns.quality[slot] = 0;
}

describe("a machine seen from above", () => {
  test("has the same moving parts as its shape in 3D", () => {
    for (const archetype of ARCHETYPES) {
      const joints = buildShape(archetype, [2, 2, 2]).joints.map(({ name, kind, axis }) => ({ name, kind, axis }));
      expect([archetype, JOINTS[archetype] ?? []]).toEqual([archetype, joints]);
    }
  });

  test("drives and turns as its rules say, in its own frame", () => {
    const info = twin("agv", {
      type: "Agv",
      visuals: [rule("move", 0, { axis: "x" }), rule("turn", 1)],
      yaw_deg: 90,
    });
    const place = { x: 10, y: 0, z: 5, yawDeg: 90, fixed: true };
    const agv = new FlatTwin(info, place, { body: [0, 0, 0], content: [0, 0, 0] });
    agv.aim((slot) => [4, 30][slot]);
    agv.pose();
    expect(agv.roams).toBe(true);
    // A quarter turn counter-clockwise takes x to minus z.
    expect(agv.x).toBeCloseTo(10);
    expect(agv.z).toBeCloseTo(1);
    expect(agv.turn).toBeCloseTo((-120 * Math.PI) / 180);
  });

  test("a part that turns does not turn the whole", () => {
    const info = twin("robot", { type: "Robot", visuals: [rule("turn", 0)] });
    const place = { x: 0, y: 0, z: 0, yawDeg: 0, fixed: true };
    const robot = new FlatTwin(info, place, { body: [0, 0, 0], content: [0, 0, 0] });
    robot.aim(() => 90);
    robot.pose();
    expect(robot.turn).toBeCloseTo(0);
    expect(robot.partTurn).toBeCloseTo(-Math.PI / 2);
  });
});

describe("the plan", () => {
  const tank = twin("hall/tank", {
    signals: [signal(0, "level")],
    visuals: [rule("level", 0, { high: 100 }), rule("label", 0)],
  });

  test("shows values, and that nobody vouches for them", () => {
    const store = storeOf(tank);
    const plan = new Plan(store, FLAT_PALETTES.dark);
    const shown = plan.twins.get("hall/tank")!;
    expect(shown.status.stale).toBe(true);
    put(store, 0, 40);
    plan.touch(0);
    plan.step(0, false);
    expect(shown.status.stale).toBe(false);
    expect(shown.fill).toBeCloseTo(0.4);
    expect(readingOf(shown, store)).toBe("40.0 %");
    store.setConnection({ phase: "waiting" });
    expect(plan.inspectAll(["hall/tank"])).toBe(true);
    expect(shown.status.stale).toBe(true);
  });

  test("a value that nothing feeds greys no machine, drawn or not", () => {
    const unbound = { ...signal(1, "pressure"), bound: false };
    const store = storeOf(twin("t", { signals: [signal(0, "level"), unbound], visuals: [rule("label", 1)] }));
    const plan = new Plan(store, FLAT_PALETTES.dark);
    expect(plan.twins.get("t")!.status.stale).toBe(true);
    put(store, 0, 40);
    plan.inspectAll(["t"]);
    expect(plan.twins.get("t")!.status.stale).toBe(false);
  });

  test("shows the worst alarm, and forgets twins that go", () => {
    const store = storeOf(tank);
    const plan = new Plan(store, FLAT_PALETTES.dark);
    const alarm = { a: { priority: "high", state: "unacknowledged", message: "m", since_us: 1 } };
    store.applyPatch([["hall/tank", { alarms: alarm }, true]]);
    expect(plan.inspectAll(["hall/tank"])).toBe(true);
    expect(plan.twins.get("hall/tank")!.status).toMatchObject({ unacknowledged: true, mark: { letter: "H" } });
    store.applySchema({ type: "schema", revision: 2, twins: [], removed: ["hall/tank"], reset: false });
    plan.rebuild();
    expect(plan.twins.size).toBe(0);
    expect(plan.extent().maxX).toBe(6);
  });

  test("finds the smaller of two machines under a finger, with a little air", () => {
    const small = twin("hall/probe", {
      geometry: { shape: "box", size: [0.4, 1, 0.4], color: "", mesh: "", problem: "" },
    });
    const plan = new Plan(storeOf(tank, small), FLAT_PALETTES.dark);
    expect(plan.at(0.1, 0, 0)?.info.id).toBe("hall/probe");
    expect(plan.at(0.9, 0, 0)?.info.id).toBe("hall/tank");
    expect(plan.at(1.2, 0, 0)).toBeNull();
    expect(plan.at(1.2, 0, 0.3)?.info.id).toBe("hall/tank");
  });
});

describe("levels", () => {
  test("follow how large a machine looks", () => {
    expect([5, 30, 120].map((scale) => levelOf(scale, 2))).toEqual(["overview", "area", "machine"]);
    expect(typical([1, 9, 2])).toBe(2);
    expect(typical([])).toBe(2);
  });

  test("arrow keys go to the nearest machine that lies that way", () => {
    const spots = [
      { id: "right", x: 5, z: 0 },
      { id: "right and down", x: 4, z: 3 },
      { id: "below", x: 0, z: 2 },
      { id: "left", x: -9, z: 1 },
    ];
    const from = { id: "me", x: 0, z: 0 };
    expect(["ArrowRight", "ArrowDown", "ArrowLeft", "ArrowUp", "x"].map((key) => neighbour(from, spots, key))).toEqual([
      "right",
      "below",
      "left",
      null,
      null,
    ]);
  });
});

describe("pipes", () => {
  const known = () => true;

  test("run the way things flow, each once", () => {
    const twins = [
      twin("tank", { relations: { feeds: ["pump"], near: ["office"] } }),
      twin("pump", { relations: { draws_from: ["tank"], feeds: ["pump"] } }),
    ];
    expect(linksOf(twins, known)).toEqual([{ from: "tank", to: "pump" }]);
    expect(linksOf(twins, (id) => id !== "pump")).toEqual([]);
  });

  test("follow a rule that draws them, whatever its relation is called", () => {
    const visuals = [rule("flow", 0, { relation: "pours_into" })];
    const twins = [twin("tank", { relations: { pours_into: ["drain"] }, visuals }), twin("drain")];
    expect(linksOf(twins, known)).toEqual([{ from: "tank", to: "drain" }]);
    expect(linksOf([{ ...twins[0], visuals: [] }, twins[1]], known)).toEqual([]);
  });

  test("leave out the way past a machine in between", () => {
    const twins = [
      twin("a", { relations: { next: ["c"] } }),
      twin("b", { relations: { from_machine: ["a"], to_machine: ["c"] } }),
    ];
    expect(linksOf(twins, known)).toEqual([
      { from: "a", to: "b" },
      { from: "b", to: "c" },
    ]);
  });
});
