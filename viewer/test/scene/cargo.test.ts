import { Matrix4, Vector3 } from "three";
import { beforeEach, describe, expect, test } from "vitest";
import type { SignalInfo, TwinInfo } from "../../src/protocol/messages.gen";
import { scatter } from "../../src/scene/cargo";
import { Plant } from "../../src/scene/plant";
import { sweep } from "../../src/scene/sweep";
import { PALETTES } from "../../src/scene/theme";
import { Store } from "../../src/state/store";
import { signal, twin, visual } from "../build";

const NOW_MS = 1_000_000;
let store: Store;
let plant: Plant;

function place(id: string, x: number, change: Partial<TwinInfo> = {}): TwinInfo {
  return twin(id, [], { type: "Thing", position: [x, 0, 0], ...change });
}

function measure(slot: number, value: number): void {
  store.columns.value[slot] = value;
  store.columns.observedUs[slot] = store.serverNowUs();
  store.columns.quality[slot] = 0;
  plant.touch(slot);
}

function show(twins: TwinInfo[]): void {
  store = new Store(() => NOW_MS);
  store.setConnection({ phase: "live", frameMs: NOW_MS });
  store.applySchema({ type: "schema", revision: 1, twins, removed: [], reset: true });
  plant = new Plant(store, PALETTES.dark, false, { changed: () => {}, headers: () => ({}) });
}

const SIGNALS: SignalInfo[] = [signal(0, "speed"), signal(1, "fill")];

describe("what lies on a belt", () => {
  beforeEach(() => {
    const belt = twin("belt", SIGNALS, {
      type: "Conveyor",
      position: [3, 0, 0],
      geometry: { shape: "box", size: [4, 1, 0.7], color: "", mesh: "", problem: "" },
      visuals: [visual("carry", 0, { item: "bottle", amount: 1, high: 100 })],
    });
    show([belt]);
    measure(0, 0.5);
    measure(1, 50);
    plant.inspect(["belt"]);
    plant.step(0, true);
  });

  test("is as much as the belt is full, and moves at its speed", () => {
    const half = plant.cargo.count;
    plant.step(0.1, true);
    expect(plant.cargo.run("belt")).toBeCloseTo(0.05, 5);
    measure(1, 100);
    plant.step(0, true);
    expect(half / plant.cargo.count).toBeGreaterThan(0.3);
    expect(half / plant.cargo.count).toBeLessThan(0.7);
    measure(1, 0);
    plant.step(0, true);
    expect(plant.cargo.count).toBe(0);
  });

  test("stands when the belt stands, and then asks for no frame", () => {
    measure(0, 0);
    for (let i = 0; i < 50; i++) plant.step(0.1, true);
    const run = plant.cargo.run("belt");
    plant.step(0.1, true);
    expect(plant.cargo.run("belt")).toBe(run);
    expect(plant.cargo.moving).toBe(false);
    expect(plant.busy).toBe(false);
  });

  test("stands where nobody knows the speed, and under reduced motion", () => {
    measure(0, Number.NaN);
    plant.step(0.1, true);
    expect(plant.cargo.run("belt")).toBe(0);
    measure(0, 0.5);
    plant.step(0.1, false);
    expect(plant.cargo.run("belt")).toBe(0);
  });

  test("lies on the belt, at its height and within its ends", () => {
    measure(1, 100);
    plant.step(0.3, true);
    const matrix = new Matrix4();
    const at = new Vector3();
    const mesh = plant.cargo.group.children[0] as unknown as { getMatrixAt(i: number, m: Matrix4): void };
    for (let i = 0; i < plant.cargo.count; i++) {
      mesh.getMatrixAt(i, matrix);
      at.setFromMatrixPosition(matrix);
      expect(at.y).toBeCloseTo(1, 5);
      expect(Math.abs(at.x - 3)).toBeLessThan(2.05);
      expect(Math.abs(at.z)).toBeLessThan(0.35);
    }
  });

  test("keeps its place on the endless belt, so that gaps travel with it", () => {
    expect(scatter(3, 1)).toBe(scatter(3, 1));
    const values = Array.from({ length: 1000 }, (_, i) => scatter(i - 500, i % 3));
    expect(values.filter((value) => value < 0.3).length).toBeGreaterThan(230);
    expect(values.filter((value) => value < 0.3).length).toBeLessThan(370);
  });
});

describe("pipes", () => {
  const tank = (x: number) =>
    place("tank", x, {
      signals: SIGNALS,
      relations: { feeds: ["pump", "gone"] },
      visuals: [visual("flow", 0, { relation: "feeds", scale: 2 })],
    });

  test("join a twin with those of its relation that exist, in one mesh", () => {
    show([tank(0), place("pump", 4)]);
    expect(plant.pipes.count).toBe(1);
    expect(plant.pipes.group.children).toHaveLength(1);
    store.applySchema({ type: "schema", revision: 2, twins: [], removed: ["pump"], reset: false });
    plant.rebuild([], ["pump"], false);
    expect(plant.pipes.count).toBe(0);
    expect(plant.pipes.group.visible).toBe(false);
  });

  test("their content moves at the signal's speed and stands at nought", () => {
    show([tank(0), place("pump", 4)]);
    measure(0, 0.1);
    plant.inspect(["tank"]);
    plant.step(0, true);
    plant.step(0.5, true);
    expect(plant.pipes.offsets("tank")[0]).toBeCloseTo(0.1, 5);
    expect(plant.busy).toBe(true);
    measure(0, 0);
    for (let i = 0; i < 50; i++) plant.step(0.1, true);
    expect(plant.pipes.moving).toBe(false);
    expect(plant.pipes.offsets("tank")[0]).toBeCloseTo(0.1, 5);
  });

  test("are laid anew when a machine is moved", () => {
    show([tank(0), place("pump", 4)]);
    const mesh = plant.pipes.group.children[0] as unknown as {
      geometry: { getAttribute(n: string): { count: number } };
    };
    const before = mesh.geometry;
    plant.hold("pump", { x: 9, y: 0, z: 6, yawDeg: 0, fixed: true });
    expect(mesh.geometry).not.toBe(before);
  });

  test("a bend is no wider than the pipe and its ends lie where they should", () => {
    const geometry = sweep(
      [
        [0, 1, 0],
        [2, 1, 0],
        [2, 1, 3],
      ],
      0.05,
    );
    geometry.computeBoundingBox();
    const { min, max } = geometry.boundingBox!;
    expect(min.x).toBeCloseTo(0, 5);
    expect(max.x).toBeCloseTo(2.05, 2);
    expect(max.z).toBeCloseTo(3, 5);
    expect(max.y - min.y).toBeLessThan(0.1001);
    const along = geometry.getAttribute("along").array;
    expect(along[along.length - 1]).toBeGreaterThan(4.8);
    expect(along[along.length - 1]).toBeLessThanOrEqual(5);
    expect([...geometry.getAttribute("position").array].every(Number.isFinite)).toBe(true);
  });
});
