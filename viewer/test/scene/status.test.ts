/** Which twins nobody vouches for: by what is drawn of them, and without the signals that nothing feeds (T6). */
import { describe, expect, test } from "vitest";
import { looksOld } from "../../src/scene/status";
import { commandObstacle } from "../../src/state/obstacle";
import { frame, liveStore, signal, twin } from "../build";

const FRESH = { value: 1, quality: 0 };
const BAD = { value: 1, quality: (2 << 6) | 11 };
const NO_NUMBER = { value: Number.NaN, quality: 0 };

/** Signals 0 and 1 have a source, 2 and 3 have none; what is not in `rows` was never seen. */
function storeOf(rows: Record<number, { value: number; quality: number }>) {
  const signals = [0, 1, 2, 3].map((slot) => signal(slot, `s${slot}`, { bound: slot < 2 }));
  const { store, clock } = liveStore([twin("a", signals)]);
  const seen = Object.entries(rows).map(([slot, row]) => ({ slot: Number(slot), observedUs: clock.ms * 1e3, ...row }));
  store.applyFrame(frame(seen, 2), clock.ms);
  return store;
}

describe("a twin looks old", () => {
  test.each([
    ["when one of its drawn values is not known", [0, 1], { 0: FRESH }, true],
    ["when one of its drawn values is bad", [0], { 0: BAD, 1: FRESH }, true],
    ["when one of its drawn values is no number", [0], { 0: NO_NUMBER, 1: FRESH }, true],
    ["not when a drawn one has no source and the other is fresh", [0, 2], { 0: FRESH }, false],
    ["when a drawn one has no source and the other is not known", [0, 2], {}, true],
    ["not when only what has no source is drawn and something is known", [2], { 1: FRESH }, false],
    ["when only what has no source is drawn and nothing is known", [2, 3], {}, true],
    ["not when nothing is drawn and one value is known", [], { 1: FRESH }, false],
    ["when nothing is drawn and no value is known", [], {}, true],
  ])("%s", (_, slots, rows, old) => {
    const store = storeOf(rows as Record<number, typeof FRESH>);
    expect(looksOld(store, { info: store.twins.get("a")!, slots })).toBe(old);
  });

  test("never, when nothing at all feeds it", () => {
    const { store } = liveStore([twin("a", [signal(0, "s", { bound: false })])]);
    expect(looksOld(store, { info: store.twins.get("a")!, slots: [] })).toBe(false);
    expect(looksOld(store, { info: store.twins.get("a")!, slots: [0] })).toBe(false);
  });
});

test("a device whose values nothing reads may be commanded, as at the server", () => {
  const { store } = liveStore([twin("a", [signal(0, "s", { bound: false })]), twin("b", [signal(1, "s")])]);
  expect(commandObstacle(store, false, "a", { role: "operator" })).toBe("");
  expect(commandObstacle(store, false, "b", { role: "operator" })).toBe("The device has never sent a value.");
});
