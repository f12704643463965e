import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { AgeMeter } from "../../src/state/ages";
import { FrameLog } from "../../src/state/frame-log";
import { Journal } from "../../src/state/journal";
import { mergePatch } from "../../src/state/merge";
import { Ring } from "../../src/state/ring";
import { Traces } from "../../src/state/traces";
import { frame, liveStore, signal, twin } from "../build";

describe("T4: merge patch", () => {
  test("the examples of RFC 7396, appendix A", () => {
    const cases: [unknown, unknown, unknown][] = [
      [{ a: "b" }, { a: "c" }, { a: "c" }],
      [{ a: "b" }, { b: "c" }, { a: "b", b: "c" }],
      [{ a: "b" }, { a: null }, {}],
      [{ a: "b", b: "c" }, { a: null }, { b: "c" }],
      [{ a: ["b"] }, { a: "c" }, { a: "c" }],
      [{ a: "c" }, { a: ["b"] }, { a: ["b"] }],
      [{ a: { b: "c" } }, { a: { b: "d", c: null } }, { a: { b: "d" } }],
      [{ a: [{ b: "c" }] }, { a: [1] }, { a: [1] }],
      [
        ["a", "b"],
        ["c", "d"],
        ["c", "d"],
      ],
      [{ a: "b" }, ["c"], ["c"]],
      [{ a: "foo" }, "bar", "bar"],
      [[1, 2], { a: "b", c: null }, { a: "b" }],
      [{}, { a: { bb: { ccc: null } } }, { a: { bb: {} } }],
    ];
    for (const [target, patch, result] of cases) expect(mergePatch(target, patch)).toEqual(result);
  });

  test("arguments stay as they are, and applying twice is applying once", () => {
    const json = fc.jsonValue({ maxDepth: 3 });
    fc.assert(
      fc.property(json, json, (target, patch) => {
        const before = JSON.stringify([target, patch]);
        const once = mergePatch(target, patch);
        expect(JSON.stringify([target, patch])).toBe(before);
        expect(mergePatch(once, patch)).toBe(once);
      }),
      { numRuns: 100 },
    );
  });

  test("a key named __proto__ is a key", () => {
    const patched = mergePatch({}, JSON.parse('{"__proto__": {"x": 1}}')) as object;
    expect(Object.keys(patched)).toEqual(["__proto__"]);
    expect(({} as { x?: number }).x).toBeUndefined();
  });
});

describe("ring", () => {
  test("keeps the newest, in order, whatever came", () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 30 }), { maxLength: 60 }), (times) => {
        const ring = new Ring(8);
        const model: number[] = [];
        for (const at of times) {
          ring.push(at, at * 2);
          const last = model.at(-1);
          if (last === undefined || at > last) model.push(at);
        }
        const held = Array.from({ length: ring.length }, (_, i) => ring.time(i));
        expect(held).toEqual(model.slice(-8));
        for (const at of held) expect(ring.value(ring.find(at))).toBe(at * 2);
      }),
      { numRuns: 100 },
    );
  });
});

test("the journal is bounded and takes the past without doubles", () => {
  const journal = new Journal(3);
  const event = (revision: number) => ({ revision, at_us: revision, kind: "system", twin: "", body: {} });
  journal.add([event(5), event(6)], 0);
  journal.prepend([event(4), event(5)]);
  expect(journal.events.map((e) => e.revision)).toEqual([4, 5, 6]);
  journal.add([event(7)], 2);
  expect(journal.events.map((e) => e.revision)).toEqual([5, 6, 7]);
  expect(journal.holes).toBe(1);
});

test("the frame log forgets old frames and never tells of the future", () => {
  const log = new FrameLog();
  for (let i = 0; i < 5000; i++) log.add(i, i);
  log.paint(9);
  expect(log.get(1)).toBeNull();
  expect(log.get(5001)).toBeNull();
  expect(log.get(5000)).toEqual({ madeUs: 4999, arrivedMs: 4999, paintedMs: 9 });
});

test("percentiles of ages are within a bucket's width, rates count all rows", () => {
  const meter = new AgeMeter();
  meter.roll(0);
  for (let i = 1; i <= 100; i++) meter.add(i);
  meter.count(250);
  expect(meter.roll(999)).toBe(false);
  expect(meter.roll(2000)).toBe(true);
  expect(meter.window.p50).toBeGreaterThan(45);
  expect(meter.window.p50).toBeLessThan(55);
  expect(meter.window.p99).toBeGreaterThan(90);
  expect(meter.window.p99).toBeLessThan(110);
  expect(meter.window.rate).toBe(125);
});

test("traces notice a pause of the frames, which come each second also when nothing changes", () => {
  const { store, clock } = liveStore([twin("a", [signal(0, "t")])]);
  const traces = new Traces(store);
  const { ring } = traces.of("a:t");
  const made = (second: number, ...rows: Parameters<typeof frame>[0]) =>
    store.applyFrame(frame(rows, 1, 1, second * 1e6), clock.ms);
  const sample = (second: number) => ({ slot: 0, value: second, observedUs: second * 1e6 });
  made(10, sample(10));
  made(11);
  made(12.5);
  made(13, sample(13));
  expect([ring.interrupted(1), traces.pauses]).toEqual([false, 0]);
  made(60);
  made(61, sample(61));
  made(62, sample(62));
  expect([traces.pauses, ring.length, ring.interrupted(2), ring.interrupted(3)]).toEqual([1, 4, true, false]);
});

test("traces record what is looked at, forget the least recently used, and start anew with another plant", () => {
  const { store, clock } = liveStore([twin("a", [signal(0, "t"), signal(1, "p")])]);
  const traces = new Traces(store);
  const trace = traces.of("a:t");
  const write = (observedUs: number) =>
    store.applyFrame(
      frame([
        { slot: 0, value: observedUs, observedUs },
        { slot: 1, value: 1, observedUs },
      ]),
      clock.ms,
    );
  write(10);
  write(10);
  write(20);
  expect([trace.ring.length, trace.ring.time(1)]).toEqual([2, 20]);
  for (let i = 0; i < 100; i++) traces.of(`x:${i}`);
  expect(traces.of("a:t")).not.toBe(trace);
  const before = traces.of("a:t");
  store.applySchema({ type: "schema", revision: 9, twins: [], removed: [], reset: true });
  expect(traces.of("a:t")).not.toBe(before);
});
