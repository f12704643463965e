/** Ghosts and their twins: who belongs to whom, how far apart, and that synthetic alarms are not the plant's. */
import { describe, expect, test } from "vitest";
import type { TwinInfo } from "../../src/protocol/messages.gen";
import { AlarmIndex } from "../../src/state/alarms";
import { differences, largest, originText, pairOf } from "../../src/state/ghosts";
import { signal, twin } from "../build";

const ORIGIN = { generator: "pumps", version: "3", condition: { fault: "leak", severity: 0.5 }, seed: 7 };

function plant(...twins: TwinInfo[]): Map<string, TwinInfo> {
  return new Map(twins.map((info) => [info.id, info]));
}

const REAL = twin("p", [
  signal(0, "flow", { range: [0, 100] }),
  signal(1, "running", { kind: "bool" }),
  signal(2, "level", { unit: "m" }),
  signal(3, "own"),
]);
const GHOST = twin(
  "p.ghost",
  [
    signal(10, "flow", { range: [0, 100] }),
    signal(11, "running", { kind: "bool" }),
    signal(12, "level"),
    signal(13, "other"),
  ],
  { synthetic: ORIGIN, relations: { ghost_of: ["p"] } },
);

describe("pairs", () => {
  test("are found from either side", () => {
    const twins = plant(REAL, GHOST, twin("q"));
    expect(pairOf(twins, "p")).toEqual({ real: REAL, ghost: GHOST });
    expect(pairOf(twins, "p.ghost")).toEqual({ real: REAL, ghost: GHOST });
    expect(pairOf(twins, "q")).toBeNull();
    expect(pairOf(twins, "none")).toBeNull();
  });

  test("a ghost whose twin went, or is synthetic too, stands alone; a real twin that claims to be a ghost is none", () => {
    expect(pairOf(plant(GHOST), "p.ghost")).toBeNull();
    expect(pairOf(plant({ ...REAL, synthetic: ORIGIN }, GHOST), "p.ghost")).toBeNull();
    expect(pairOf(plant(REAL, { ...GHOST, synthetic: null }), "p")).toBeNull();
  });
});

describe("differences", () => {
  const values = [50, 1, 2, 9, 20, 0, 2.5];
  const slots: Record<number, number> = { 0: 0, 1: 1, 2: 2, 3: 3, 10: 4, 11: 5, 12: 6 };
  const found = differences({ real: REAL, ghost: GHOST }, (slot) => values[slots[slot]] ?? Number.NaN);

  test("cover the signals that both have, as ghost minus real, in shares of what a signal spans", () => {
    expect(found.map(({ path, by }) => [path, by])).toEqual([
      ["flow", -30],
      ["running", 1],
      ["level", 0.5],
    ]);
    expect(found.map(({ share }) => share)).toEqual([0.3, 1, 0.25]);
    expect(largest(found)?.path).toBe("running");
  });

  test("are unknown while one has no value", () => {
    const none = differences({ real: REAL, ghost: GHOST }, (slot) => (slot < 10 ? 1 : Number.NaN));
    expect(none.every(({ by, share }) => Number.isNaN(by) && share === 0)).toBe(true);
    expect(largest(none)).toBeNull();
  });
});

test("who made it is said in words", () => {
  expect(originText(GHOST)).toBe("pumps, version 3 (fault leak, severity 0.5, seed 7)");
  expect(originText({ ...GHOST, synthetic: { generator: "by hand", version: "", condition: {}, seed: null } })).toBe(
    "by hand",
  );
  expect(originText(REAL)).toBe("");
});

test("synthetic alarms stand last and do not count", () => {
  const alarms = new AlarmIndex();
  alarms.update("p", { alarms: { a: { state: "acknowledged", priority: "low", message: "real" } } });
  alarms.update("p.ghost", {
    alarms: { b: { state: "unacknowledged", priority: "critical", message: "ghost", synthetic: true } },
  });
  expect(alarms.sorted().map(({ id, synthetic }) => [id, synthetic])).toEqual([
    ["a", false],
    ["b", true],
  ]);
  expect(alarms.counts()).toEqual({ unacknowledged: 0, active: 1, shelved: 0, byPriority: [0, 0, 0, 1] });
});
