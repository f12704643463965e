import { describe, expect, test } from "vitest";
import { actionsFor, alarmsShown, stateText } from "../../src/state/alarm-list";
import { AlarmIndex } from "../../src/state/alarms";
import { DISCOVERED, matcher, NO_AREA, treeRows } from "../../src/state/tree";
import { targetOf } from "../../src/ui/VirtualList";
import { twin } from "../build";

const twins = [
  twin("w/pump-10", [], { type: "Pump", name: "Pump 10", area: "Hall 2", tags: ["critical"] }),
  twin("w/pump-2", [], { type: "Pump", name: "Pump 2", area: "Hall 2" }),
  twin("w/tank-1", [], { type: "Tank", area: "Hall 1" }),
  twin("x/new", [], { discovered: true, topic: "plant/x/state" }),
  twin("y/lost", []),
  twin("alone", []),
];

describe("tree", () => {
  test("areas in order, discovered ones last, names in the order people count", () => {
    const { rows, hits } = treeRows(twins, "", new Set());
    expect(hits).toBe(6);
    expect(rows.map((row) => (row.kind === "area" ? row.area : row.twin.id))).toEqual([
      "Hall 1",
      "w/tank-1",
      "Hall 2",
      "w/pump-2",
      "w/pump-10",
      "y",
      "y/lost",
      NO_AREA,
      "alone",
      DISCOVERED,
      "x/new",
    ]);
  });

  test("a closed area hides its twins, but never hits of a search", () => {
    const closed = new Set(["Hall 2"]);
    expect(treeRows(twins, "", closed).rows.filter((row) => row.kind === "twin")).toHaveLength(4);
    expect(treeRows(twins, "pump", closed).rows.filter((row) => row.kind === "twin")).toHaveLength(2);
  });

  test.each([
    ["PUMP", ["w/pump-10", "w/pump-2"]],
    ["pump hall 10", ["w/pump-10"]],
    ["type:tank", ["w/tank-1"]],
    ["area:hall tag:crit", ["w/pump-10"]],
    ["area:y", ["y/lost"]],
    ["plant/x", ["x/new"]],
    ["id:w/ type:pump 10", ["w/pump-10"]],
    ["nothing", []],
  ])("search %s", (query, ids) => {
    expect(twins.filter(matcher(query)).map((t) => t.id)).toEqual(ids);
  });
});

describe("alarms", () => {
  const index = new AlarmIndex();
  index.update("a", {
    alarms: {
      "a:1": { state: "acknowledged", priority: "critical", message: "burst", since_us: 5 },
      "a:2": { state: "unacknowledged", priority: "low", message: "dirty filter", since_us: 9 },
      "a:3": { state: "returned", priority: "high", message: "too hot", since_us: 1 },
      "a:4": { state: "unacknowledged", priority: "high", message: "too cold", since_us: 2, shelved_until_us: 99 },
    },
  });
  index.update("b", {
    alarms: { "b:1": { state: "unacknowledged", priority: "high", message: "too hot", since_us: 7 } },
  });
  const name = (id: string) => (id === "a" ? "Boiler" : "Dryer");
  const ids = (change = {}) =>
    alarmsShown(index, { scope: "open", priority: null, text: "", ...change }, name).map((alarm) => alarm.id);

  test("what stands unseen, then what came and went, then what is dealt with; each by priority, then the newest", () => {
    expect(ids()).toEqual(["b:1", "a:2", "a:3", "a:1"]);
  });

  test("scopes and filters", () => {
    expect(ids({ scope: "unacknowledged" })).toEqual(["b:1", "a:2", "a:3"]);
    expect(ids({ scope: "shelved" })).toEqual(["a:4"]);
    expect(ids({ priority: "high" })).toEqual(["b:1", "a:3"]);
    expect(ids({ text: "hot boiler" })).toEqual(["a:3"]);
  });

  test("counts leave shelved ones out", () => {
    expect(index.counts()).toEqual({ unacknowledged: 3, active: 4, shelved: 1, byPriority: [1, 2, 0, 1] });
  });

  test("what can be done depends on the state", () => {
    const actions = (id: string) => actionsFor(index.all.get(id)!);
    expect(actions("a:1")).toEqual(["shelve"]);
    expect(actions("a:3")).toEqual(["acknowledge", "shelve"]);
    expect(actions("a:4")).toEqual(["unshelve"]);
    expect(stateText(index.all.get("a:3")!)).toBe("Back to normal, to acknowledge");
  });

  test("an alarm that is gone from the document is gone from the list", () => {
    const small = new AlarmIndex();
    small.update("a", { alarms: { x: { priority: "odd" } } });
    expect(small.all.get("x")).toMatchObject({ priority: "medium", message: "x", state: "unacknowledged" });
    small.update("a", {});
    expect(small.all.size).toBe(0);
  });
});

test("keys in a list stop at its ends", () => {
  expect(targetOf("ArrowDown", -1, 5, 3)).toBe(0);
  expect(targetOf("ArrowDown", 4, 5, 3)).toBe(4);
  expect(targetOf("ArrowUp", 0, 5, 3)).toBe(0);
  expect(targetOf("PageDown", 0, 5, 3)).toBe(3);
  expect(targetOf("PageUp", 1, 5, 3)).toBe(0);
  expect(targetOf("End", 0, 5, 3)).toBe(4);
  expect(targetOf("x", 0, 5, 3)).toBeNull();
});
