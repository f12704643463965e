import { describe, expect, test } from "vitest";
import { Replay } from "../../src/app/replay";
import { AlarmIndex } from "../../src/state/alarms";
import { qualityNamed } from "../../src/state/quality";
import { type AsOf, inputText, momentOf } from "../../src/state/replay";
import { frame, liveStore, signal, twin } from "../build";

const reading = (name: string, value: number | boolean | null, observed_us: number | null, quality = "good") => ({
  signal: name,
  value,
  observed_us,
  quality,
});

describe("the past in the store", () => {
  const answer: AsOf = {
    at_us: 500e6,
    signals: [
      reading("a:t", 3, 490e6, "uncertain: out_of_range"),
      reading("a:on", true, 450e6),
      reading("gone:t", 9, 480e6),
    ],
  };
  const filled = () => {
    const held = liveStore([twin("a", [signal(0, "t", { max_age_s: 20 }), signal(1, "on", { max_age_s: 20 })])]);
    held.store.applyFrame(frame([{ slot: 0, value: 8, observedUs: 999e6 }], 2), held.clock.ms);
    return held;
  };

  test("values, qualities and ages are those of the moment, and live ones are back afterwards", () => {
    const { store, clock } = filled();
    store.setPast(answer);
    expect([store.value(0), store.value(1), store.quality(0)]).toEqual([3, 1, 65]);
    expect([store.ageS(0), store.ageS(1)]).toEqual([10, 50]);
    expect([store.isStale(0), store.isStale(1)]).toEqual([false, true]);
    store.applyFrame(frame([{ slot: 0, value: 7, observedUs: 1000e6 }], 3), clock.ms);
    expect(store.value(0)).toBe(3);
    store.setPast(null);
    expect([store.value(0), store.quality(0)]).toEqual([7, 0]);
    expect(store.value(1)).toBeNaN();
  });

  test("a twin that moves to other slots keeps its past, and every reader hears of it", () => {
    const { store } = filled();
    store.setPast(answer);
    const reader = store.watch();
    reader.drain(() => {});
    store.applySchema({ type: "schema", revision: 3, twins: [twin("a", [signal(5, "t")])], removed: [], reset: true });
    expect(store.value(5)).toBe(3);
    store.setPast(null);
    const seen: number[] = [];
    reader.drain((slot) => seen.push(slot));
    expect(seen).toContain(5);
  });

  test("alarms are those of the moment, and nothing is said about connectivity", () => {
    const { store } = filled();
    store.applyPatch([["a", { connectivity: { online: false } }, true]]);
    expect(store.worstOf("a").offline).toBe(true);
    store.applyPatch([
      ["a", { connectivity: { online: false }, alarms: { now: { priority: "low", state: "unacknowledged" } } }, true],
    ]);
    expect(store.worstOf("a").priority).toBe("low");
    const alarms = new AlarmIndex();
    alarms.update("a", { alarms: { former: { priority: "critical", state: "acknowledged" } } });
    store.setPast({ ...answer, alarms });
    expect(store.worstOf("a")).toMatchObject({ offline: false, priority: "critical", unacknowledged: false });
    expect([store.alarms.counts().active, store.liveAlarms.counts().unacknowledged]).toEqual([1, 1]);
    store.setPast(answer);
    expect(store.worstOf("a")).toMatchObject({ offline: false, priority: null });
  });
});

describe("moving through the past", () => {
  const recorder = () => {
    const asked: number[] = [];
    const shown: (number | null)[] = [];
    const release: (() => void)[] = [];
    const store = { serverNowUs: () => 1000e6, setPast: (past: AsOf | null) => shown.push(past?.at_us ?? null) };
    const replay = new Replay(store, (at_us) => {
      asked.push(at_us);
      return new Promise((resolve) => release.push(() => resolve({ at_us, signals: [] })));
    });
    const answer = async () => {
      release.shift()!();
      await new Promise((resolve) => setTimeout(resolve));
    };
    return { replay, asked, shown, answer };
  };

  test("moments passed over while the history works are not asked for", async () => {
    const { replay, asked, shown, answer } = recorder();
    for (const at of [1e6, 2e6, 3e6]) replay.seek(at);
    await answer();
    await answer();
    expect(asked).toEqual([1e6, 3e6]);
    expect(shown).toEqual([1e6, 3e6]);
  });

  test("an answer that comes after the return to live is not shown", async () => {
    const { replay, shown, answer } = recorder();
    replay.seek(1e6);
    replay.leave();
    await answer();
    expect(shown).toEqual([null]);
  });

  test("it plays at its speed and stops at now", () => {
    const { replay } = recorder();
    replay.seek(900e6);
    replay.advance(1e6);
    expect(replay.atUs.value).toBe(900e6);
    replay.playing.value = true;
    replay.speed.value = 60;
    replay.advance(1e6);
    expect(replay.atUs.value).toBe(960e6);
    replay.advance(1e6);
    expect([replay.atUs.value, replay.playing.value]).toEqual([1000e6, false]);
  });

  test("a refusal of the history is told and ends the play", async () => {
    const store = { serverNowUs: () => 1000e6, setPast: () => {} };
    const replay = new Replay(store, () => Promise.reject(new Error("no history")));
    replay.playing.value = true;
    replay.seek(1e6);
    await new Promise((resolve) => setTimeout(resolve));
    expect([replay.problem.value, replay.playing.value]).toEqual(["no history", false]);
  });
});

test("moments survive the way into an input and back", () => {
  const us = 1_790_000_000e6;
  expect(momentOf(inputText(us))).toBe(us);
  expect(momentOf("")).toBeNull();
  expect(momentOf("yesterday")).toBeNull();
});

test("qualities by name", () => {
  expect(["good", "uncertain: stale", "bad: never_seen", "bad: brand_new"].map(qualityNamed)).toEqual([
    0, 66, 146, 144,
  ]);
});
