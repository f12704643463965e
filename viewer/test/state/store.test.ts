import { describe, expect, test } from "vitest";
import { frame, liveStore, signal, twin, welcome } from "../build";

const schema = (twins: ReturnType<typeof twin>[], removed: string[] = [], reset = false) =>
  ({ type: "schema", revision: 2, twins, removed, reset }) as const;

describe("values", () => {
  test("a frame writes value, times, quality and revision of its slots", () => {
    const { store, clock } = liveStore([twin("a", [signal(0, "t"), signal(3, "p")])]);
    store.setConnection({ offsetMs: 500 });
    store.applyFrame(frame([{ slot: 3, value: 2.5, observedUs: 7e8, quality: 64 }], 2, 99), clock.ms);
    const slot = store.slotOf("a:p");
    expect(slot).toBe(3);
    expect(store.value(slot)).toBe(2.5);
    expect(store.observedUs(slot)).toBe(7e8);
    expect(store.receivedUs(slot)).toBe((clock.ms + 500) * 1e3);
    expect(store.quality(slot)).toBe(64);
    expect(store.revision(slot)).toBe(99);
    expect(store.value(store.slotOf("a:t"))).toBeNaN();
    expect(store.slotOf("a:x")).toBe(-1);
    expect(store.value(-1)).toBeNaN();
  });

  test("integers beyond 2^53 stay exact until a plain value replaces them", () => {
    const { store, clock } = liveStore([twin("a", [signal(0, "n", { kind: "int" })])]);
    const big = 2n ** 53n + 1n;
    store.applyFrame(frame([{ slot: 0, value: Number(big), exact: big }], 2), clock.ms);
    expect(store.columns.exact.get(0)).toBe(big);
    store.applyFrame(frame([{ slot: 0, value: 4 }], 3), clock.ms);
    expect(store.columns.exact.has(0)).toBe(false);
  });

  test("T1: a row for a slot that no schema named is counted and touches nothing", () => {
    const { store, clock } = liveStore([twin("a", [signal(0, "t")])]);
    store.applyFrame(frame([{ slot: 12, value: 1 }], 2), clock.ms);
    expect(store.columns.unknownRows).toBe(1);
    expect(store.value(12)).toBeNaN();
  });

  test("every reader of changes gets each changed slot once", () => {
    const { store, clock } = liveStore([twin("a", [signal(0, "t"), signal(1, "p")])]);
    const first = store.watch();
    const second = store.watch();
    const drained = (reader: typeof first) => {
      const slots: number[] = [];
      reader.drain((slot) => slots.push(slot));
      return slots.sort();
    };
    expect(drained(first)).toEqual([0, 1]);
    store.applyFrame(
      frame(
        [
          { slot: 1, value: 1 },
          { slot: 1, value: 2 },
        ],
        2,
      ),
      clock.ms,
    );
    store.applyFrame(frame([{ slot: 1, value: 3 }], 3), clock.ms);
    expect(drained(first)).toEqual([1]);
    expect(drained(first)).toEqual([]);
    expect(drained(second)).toEqual([0, 1]);
  });
});

describe("structure", () => {
  test("T3: a changed twin is taken whole; slots that stay keep their values, others fall silent", () => {
    const { store, clock } = liveStore([twin("a", [signal(0, "t"), signal(1, "p")])]);
    store.applyFrame(
      frame(
        [
          { slot: 0, value: 5 },
          { slot: 1, value: 6 },
        ],
        2,
      ),
      clock.ms,
    );
    store.applySchema(schema([twin("a", [signal(0, "t"), signal(2, "q")], { type: "Fan" })]));
    expect(store.value(store.slotOf("a:t"))).toBe(5);
    expect(store.slotOf("a:p")).toBe(-1);
    expect(store.value(1)).toBeNaN();
    expect([...store.types.keys()]).toEqual(["Fan"]);
  });

  test("T2: a removed twin takes its documents, alarms and slots along", () => {
    const { store, clock } = liveStore([twin("a", [signal(0, "t")]), twin("b")]);
    store.applyFrame(frame([{ slot: 0, value: 5 }], 2), clock.ms);
    store.applyPatch([["a", { alarms: { "a:t:h": { state: "unacknowledged", priority: "high" } } }, false]]);
    store.applySchema(schema([], ["a"]));
    expect(store.twins.has("a")).toBe(false);
    expect(store.alarms.all.size).toBe(0);
    expect(store.value(0)).toBeNaN();
    expect(store.signals[0]).toBeUndefined();
    expect(store.document("a")).toEqual({});
  });

  test("R2: a session that was not resumed replaces the picture with its first message, not before", () => {
    const { store } = liveStore([twin("a", [signal(0, "t")])]);
    const resets: boolean[] = [];
    store.on("schema", ({ reset }) => resets.push(reset));
    store.applyWelcome(welcome({ epoch: 2 }));
    expect(store.twins.has("a")).toBe(true);
    store.applySchema(schema([twin("b", [signal(0, "x")])]));
    expect([...store.twins.keys()]).toEqual(["b"]);
    expect(store.slotOf("a:t")).toBe(-1);
    expect(resets).toEqual([true]);
  });

  test("a resumed session keeps everything", () => {
    const { store, clock } = liveStore([twin("a", [signal(0, "t")])]);
    store.applyFrame(frame([{ slot: 0, value: 5 }], 2), clock.ms);
    store.applyWelcome(welcome({ resumed: true }));
    store.applySchema(schema([twin("b")]));
    expect(store.value(store.slotOf("a:t"))).toBe(5);
    expect(store.twins.size).toBe(2);
  });
});

describe("documents", () => {
  test("T4: patches merge, null removes, full replaces", () => {
    const { store } = liveStore([twin("a")]);
    store.applyPatch([["a", { reported: { x: 1, y: { z: 2 } } }, false]]);
    store.applyPatch([["a", { reported: { x: null, y: { w: 3 } } }, false]]);
    expect(store.document("a")).toEqual({ reported: { y: { z: 2, w: 3 } } });
    store.applyPatch([["a", { desired: { x: 9 } }, true]]);
    expect(store.document("a")).toEqual({ desired: { x: 9 } });
  });

  test("a patch that changes nothing tells nobody", () => {
    const { store } = liveStore([twin("a")]);
    store.applyPatch([["a", { reported: { x: 1 } }, false]]);
    let told = 0;
    store.on("patch", () => told++);
    store.applyPatch([["a", { reported: { x: 1 } }, false]]);
    expect(told).toBe(0);
  });

  test("R4: an event that comes twice is told once, and counted anew in another epoch", () => {
    const { store } = liveStore([]);
    const event = { revision: 5, at_us: 1, kind: "system", twin: "", body: {} };
    const told: number[] = [];
    store.on("events", (events) => told.push(events.length));
    store.applyEvents([event], 0);
    store.applyEvents([event, { ...event, revision: 6 }], 0);
    store.applyWelcome(welcome({ epoch: 2 }));
    store.applyEvents([event], 0);
    expect(told).toEqual([1, 1, 1]);
  });
});

describe("worst of a twin", () => {
  const alarm = (priority: string, change = {}) => ({ state: "acknowledged", priority, message: "m", ...change });

  test("is the most urgent alarm that is not shelved, and says whether one waits", () => {
    const { store } = liveStore([twin("a")]);
    const alarms = {
      "a:x": alarm("low", { state: "unacknowledged" }),
      "a:y": alarm("high"),
      "a:z": alarm("critical", { shelved_until_us: 1e15 }),
      "a:w": alarm("critical", { suppressed: true }),
    };
    store.applyPatch([["a", { alarms }, false]]);
    expect(store.worstOf("a")).toMatchObject({ priority: "high", unacknowledged: true });
  });

  test("tells bad quality, staleness by quality and by age, and offline", () => {
    const { store, clock } = liveStore([twin("a", [signal(0, "t", { max_age_s: 10 }), signal(1, "p")])]);
    const now = () => clock.ms * 1e3;
    const write = (quality: number) =>
      store.applyFrame(
        frame([
          { slot: 0, value: 1, observedUs: now() },
          { slot: 1, value: 1, observedUs: now(), quality },
        ]),
        clock.ms,
      );
    write(0);
    expect(store.worstOf("a")).toMatchObject({ quality: 0, stale: false, offline: false });
    write((2 << 6) | 7);
    expect(store.worstOf("a")).toMatchObject({ quality: 2, stale: false });
    write((1 << 6) | 2);
    expect(store.worstOf("a")).toMatchObject({ quality: 1, stale: true });
    write(0);
    clock.ms += 10_500;
    expect(store.worstOf("a").stale).toBe(true);
    store.applyPatch([["a", { connectivity: { online: false } }, false]]);
    expect(store.worstOf("a")).toMatchObject({ offline: true, stale: true });
  });

  test("T6: a signal that nothing feeds says nothing about its twin, until something does", () => {
    const signals = (bound: boolean) => [signal(0, "t"), signal(1, "p", { bound })];
    const { store, clock } = liveStore([twin("a", signals(false))]);
    store.applyFrame(frame([{ slot: 0, value: 1, observedUs: clock.ms * 1e3 }], 2), clock.ms);
    expect(store.worstOf("a")).toMatchObject({ quality: 0, stale: false });
    store.applySchema({ type: "schema", revision: 2, twins: [twin("a", signals(true))], removed: [], reset: false });
    expect(store.worstOf("a")).toMatchObject({ quality: 2, stale: true });
  });
});

test("without a connection every value is stale, and readers hear of it", () => {
  const { store, clock } = liveStore([twin("a", [signal(0, "t")])]);
  store.applyFrame(frame([{ slot: 0, value: 1, observedUs: clock.ms * 1e3 }], 2), clock.ms);
  const reader = store.watch();
  reader.drain(() => {});
  expect(store.isStale(0)).toBe(false);
  store.setConnection({ phase: "waiting" });
  expect(store.isStale(0)).toBe(true);
  expect(reader.size).toBe(1);
});

test("age counts on the server's clock and is never negative", () => {
  const { store, clock } = liveStore([twin("a", [signal(0, "t")])]);
  store.setConnection({ offsetMs: 2000 });
  store.applyFrame(frame([{ slot: 0, value: 1, observedUs: clock.ms * 1e3 }], 2), clock.ms);
  expect(store.ageS(0)).toBe(2);
  clock.ms += 500;
  expect(store.ageS(0)).toBe(2.5);
  store.setConnection({ offsetMs: -10_000 });
  expect(store.ageS(0)).toBe(0);
});

test("one listener that throws does not silence the others", () => {
  const { store } = liveStore([]);
  const errors: unknown[] = [];
  const original = console.error;
  console.error = (...args: unknown[]) => errors.push(args);
  let heard = 0;
  store.on("frame", () => {
    throw new Error("mine");
  });
  store.on("frame", () => heard++);
  store.applyFrame(frame([], 2), 0);
  console.error = original;
  expect(heard).toBe(1);
  expect(errors).toHaveLength(1);
});
