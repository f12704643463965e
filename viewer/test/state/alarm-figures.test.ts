import { describe, expect, test } from "vitest";
import { firstOut, loadWord, raisedAlarms } from "../../src/state/alarm-figures";

const alarm = (id: string, atS: number) => ({ id, sinceUs: atS * 1e6 });
const event = (atS: number, action: string, kind = "alarm") => ({
  revision: atS,
  at_us: atS * 1e6,
  kind,
  twin: "t",
  body: { action },
});

test("the first of a burst is marked, a lonely alarm is not", () => {
  expect(firstOut([alarm("c", 109), alarm("a", 100), alarm("b", 105), alarm("d", 130)])).toEqual(new Set(["a"]));
  expect(firstOut([alarm("a", 0), alarm("b", 10), alarm("c", 21), alarm("d", 22)])).toEqual(new Set(["a", "c"]));
  expect(firstOut([])).toEqual(new Set());
});

describe("flood figures", () => {
  test("have the words of EEMUA 191", () => {
    expect([0, 1, 2, 3, 10, 11].map(loadWord)).toEqual([
      "acceptable",
      "acceptable",
      "manageable",
      "over-demanding",
      "over-demanding",
      "unacceptable",
    ]);
  });
});

test("an acknowledged alarm still counts from when it was raised, and not at all where nobody knows when", () => {
  const raised = { ...event(5, "raised"), body: { action: "raised", alarm: "a" } };
  const alarms = [
    { id: "a", sinceUs: 9e6, state: "acknowledged" as const },
    { id: "b", sinceUs: 7e6, state: "unacknowledged" as const },
    { id: "c", sinceUs: 8e6, state: "returned" as const },
  ];
  expect(raisedAlarms(alarms, [raised])).toEqual([
    { id: "a", sinceUs: 5e6 },
    { id: "b", sinceUs: 7e6 },
  ]);
});
