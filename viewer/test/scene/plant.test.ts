import { Raycaster, Vector3 } from "three";
import { beforeEach, describe, expect, test } from "vitest";
import type { SignalInfo, TwinInfo } from "../../src/protocol/messages.gen";
import { Plant } from "../../src/scene/plant";
import { PALETTES } from "../../src/scene/theme";
import { Store } from "../../src/state/store";
import { visual as rule } from "../build";

let nowMs = 1_000_000;
let store: Store;
let plant: Plant;
let frames: number;

function signal(slot: number, path: string): SignalInfo {
  return {
    slot,
    path,
    kind: "float",
    unit: "",
    name: "",
    description: "",
    range: null,
    limits: null,
    codes: {},
    max_age_s: 5,
    decimals: null,
    derived: false,
    bound: true,
  };
}

function twin(id: string, more: Partial<TwinInfo> = {}): TwinInfo {
  return {
    id,
    type: "Thing",
    name: "",
    area: "",
    tags: [],
    signals: [],
    properties: [],
    commands: [],
    relations: {},
    geometry: { shape: "box", size: [2, 2, 2], color: "#808080", mesh: "", problem: "" },
    visuals: [],
    position: [0, 0, 0],
    yaw_deg: 0,
    discovered: false,
    synthetic: null,
    topic: "",
    ...more,
  };
}

function schema(twins: TwinInfo[], removed: string[] = [], reset = false): void {
  store.applySchema({ type: "schema", revision: 1, twins, removed, reset });
}

function measure(slot: number, value: number): void {
  store.columns.value[slot] = value;
  store.columns.observedUs[slot] = store.serverNowUs();
  store.columns.quality[slot] = 0;
  plant.touch(slot);
}

/** Let everything come to rest. */
function settle(): void {
  for (let i = 0; i < 200; i++) plant.step(0.02, true);
}

function instance(id: string): { tint: number[]; content: number[]; at: Vector3 } {
  const view = plant.views.get(id)!;
  const mesh = view.bucket!.meshes[0];
  const read = (name: string) => {
    const attribute = mesh.geometry.getAttribute(name);
    return Array.from({ length: attribute.itemSize }, (_, k) => attribute.getComponent(view.index, k));
  };
  const matrix = view.body.clone();
  mesh.getMatrixAt(view.index, matrix);
  return { tint: read("tint"), content: read("content"), at: new Vector3().setFromMatrixPosition(matrix) };
}

beforeEach(() => {
  nowMs = 1_000_000;
  frames = 0;
  store = new Store(() => nowMs);
  store.setConnection({ phase: "live", frameMs: nowMs });
  plant = new Plant(store, PALETTES.dark, false, { changed: () => frames++, headers: () => ({}) });
  store.on("schema", ({ changed, removed, reset }) => plant.rebuild(changed, removed, reset));
  store.on("patch", ({ twins }) => plant.inspect(twins));
});

describe("the plant in the scene", () => {
  test("what no plant has measured is translucent, also in the middle of an x-ray", () => {
    const synthetic = { generator: "pumps", version: "", condition: {}, seed: null };
    schema([twin("a", { position: [0, 0, 0] }), twin("a.ghost", { position: [2, 0, 0], synthetic })]);
    settle();
    const translucency = (id: string) => {
      const view = plant.views.get(id)!;
      return view.bucket!.meshes[0].geometry.getAttribute("state").getComponent(view.index, 1);
    };
    expect(translucency("a")).toBe(0);
    expect(translucency("a.ghost")).toBeCloseTo(0.6);
    plant.xray("a.ghost");
    expect(translucency("a.ghost")).toBeCloseTo(0.6);
  });

  test("values reach the instance: level, shift and colour", () => {
    const visuals = [
      rule("level", 0, { high: 100 }),
      rule("move", 1, { axis: "x" }),
      rule("color", 2, {
        stops: [
          [0, "#000000"],
          [1, "#ffffff"],
        ],
      }),
    ];
    schema([twin("a", { signals: [signal(0, "l"), signal(1, "x"), signal(2, "c")], visuals })]);
    measure(0, 25);
    measure(1, 3);
    measure(2, 1);
    settle();
    const { tint, content, at } = instance("a");
    expect(content.map((part) => Math.round(part * 100) / 100)).toEqual([1, 1, 1, 0.25]);
    expect(at.x).toBeCloseTo(3);
    // The colour rule colours the content; the body keeps what its geometry declares.
    expect(tint[0]).toBeCloseTo(0.216, 2);
    expect(tint[3]).toBe(0);
    expect(plant.busy).toBe(false);
  });

  test("equal twins share a bucket, and the others keep their places in it when one goes", () => {
    schema(Array.from({ length: 40 }, (_, i) => twin(`t${i}`, { position: [i * 5, 0, 0] })));
    const bucket = plant.views.get("t0")!.bucket!;
    expect(plant.views.get("t39")!.bucket).toBe(bucket);
    schema([], ["t3", "t39", "t0"]);
    expect(bucket.meshes[0].count).toBe(37);
    for (const [id, view] of plant.views) expect(instance(id).at.x).toBe(view.place.x);
  });

  test("a twin whose drawn value is too old turns grey, and a fresh value ends that", () => {
    schema([twin("a", { signals: [signal(0, "v")], visuals: [rule("label", 0)] })]);
    measure(0, 1);
    settle();
    expect(instance("a").tint[3]).toBe(0);
    nowMs += 6_000;
    for (let i = 1; i <= 4; i++) plant.inspectSlice(nowMs + i * 250);
    settle();
    expect(instance("a").tint[3]).toBe(1);
    measure(0, 2);
    settle();
    expect(instance("a").tint[3]).toBe(0);
  });

  test("a dead signal that nobody sees leaves the machine its colour", () => {
    schema([twin("a", { signals: [signal(0, "seen"), signal(1, "dead")], visuals: [rule("label", 0)] })]);
    measure(0, 1);
    settle();
    expect(plant.views.get("a")!.status.stale).toBe(false);
  });

  test("a drawn signal that nothing feeds leaves the machine its colour", () => {
    const unbound = { ...signal(1, "unbound"), bound: false };
    schema([twin("a", { signals: [signal(0, "v"), unbound], visuals: [rule("label", 1)] })]);
    measure(0, 1);
    settle();
    expect(plant.views.get("a")!.status.stale).toBe(false);
  });

  test("an alarm gives its mark, acknowledged or not, and a shelved one none", () => {
    schema([twin("a")]);
    const alarm = { state: "unacknowledged", priority: "high", message: "m", since_us: 1 };
    store.applyPatch([["a", { alarms: { x: alarm } }, true]]);
    expect(plant.views.get("a")!.status).toMatchObject({ mark: { word: "High" }, unacknowledged: true });
    store.applyPatch([["a", { alarms: { x: { state: "acknowledged" } } }, false]]);
    expect(plant.views.get("a")!.status.unacknowledged).toBe(false);
    store.applyPatch([["a", { alarms: { x: { shelved_until_us: 9e15 } } }, false]]);
    expect(plant.views.get("a")!.status.mark).toBeNull();
    expect(frames).toBeGreaterThan(0);
  });

  test("a ray meets the nearest twin that is shown", () => {
    schema([
      twin("near", { signals: [signal(0, "on")], visuals: [rule("visible", 0)] }),
      twin("far", { position: [0, 0, -10] }),
      twin("aside", { position: [20, 0, 0] }),
    ]);
    const ray = new Raycaster(new Vector3(0, 1, 10), new Vector3(0, 0, -1));
    expect(plant.pick(ray)?.info.id).toBe("near");
    measure(0, 0);
    settle();
    expect(plant.pick(ray)?.info.id).toBe("far");
    expect(plant.pick(new Raycaster(new Vector3(0, 50, 0), new Vector3(0, 1, 0)))).toBeNull();
  });

  test("a discovered twin has a place and no machine", () => {
    schema([twin("d", { discovered: true, position: null })]);
    expect(plant.views.get("d")!.bucket).toBeNull();
    expect(plant.pick(new Raycaster(new Vector3(0, 0.5, 10), new Vector3(0, 0, -1)))).toBeDefined();
  });

  test("a new session brings the same picture back", () => {
    const twins = Array.from({ length: 9 }, (_, i) => twin(`hall/t${i}`, { position: null }));
    schema(twins);
    const before = [...plant.views].map(([id, view]) => [id, view.place.x, view.place.z]).sort();
    schema([], [], true);
    expect(plant.views.size).toBe(0);
    schema([...twins].reverse());
    expect([...plant.views].map(([id, view]) => [id, view.place.x, view.place.z]).sort()).toEqual(before);
  });

  test("a change of type or place changes the picture of that twin alone", () => {
    schema([twin("a"), twin("b", { position: [9, 0, 0] })]);
    const other = plant.views.get("b");
    schema([twin("a", { type: "Pump", position: [1, 0, 2], yaw_deg: 90 })]);
    const view = plant.views.get("a")!;
    expect([instance("a").at.x, instance("a").at.z]).toEqual([1, 2]);
    expect(view.bucket).not.toBe(other!.bucket);
    expect(plant.views.get("b")).toBe(other);
  });

  test("a pose that is no number leaves a machine where it was, and greys it", () => {
    schema([
      twin("a", {
        visuals: [rule("move", 1, { axis: "x" }), rule("turn", 2)],
        signals: [signal(1, "x"), signal(2, "heading")],
      }),
    ]);
    measure(1, 4);
    measure(2, 30);
    settle();
    expect(plant.views.get("a")!.status.stale).toBe(false);
    measure(1, Number.NaN);
    measure(2, Number.NaN);
    plant.inspect(["a"]);
    settle();
    const view = plant.views.get("a")!;
    expect(view.status.stale).toBe(true);
    expect(instance("a").at.x).toBeCloseTo(4, 2);
    expect(view.describe().angles[0]).toBeCloseTo(30, 1);
    measure(1, 5);
    measure(2, 30);
    expect(view.status.stale).toBe(false);
  });

  test("two thousand twins of twenty kinds are drawn in at most a hundred calls", () => {
    const types = ["Pump", "Tank", "Valve", "Motor", "Fan", "Silo", "Mixer", "Conveyor", "Robot", "Sensor"];
    const more = ["Cabinet", "Oven", "Pipe", "Agv", "Compressor", "Press", "Chiller", "Turbine", "Thing", "Reactor"];
    const kinds = [...types, ...more];
    schema(
      Array.from({ length: 2000 }, (_, i) =>
        twin(`hall-${i % 8}/t${i}`, {
          type: kinds[i % kinds.length],
          position: null,
          geometry: { shape: "box", size: [1, 1, 1], color: "", mesh: "", problem: "" },
        }),
      ),
    );
    expect(plant.group.children.length).toBeLessThan(100);
    expect(plant.views.size).toBe(2000);
  });
});
