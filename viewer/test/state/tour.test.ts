import { describe, expect, test } from "vitest";
import type { Alarm } from "../../src/state/alarms";
import { HOLD_MS, Tour } from "../../src/state/tour";

function alarm(id: string, sinceUs: number): Alarm {
  return { id, sinceUs } as Alarm;
}

describe("a screen on the wall", () => {
  test("goes from stop to stop, and over the whole plant between two rounds", () => {
    const tour = new Tour<string>(10_000, 0);
    const at = (ms: number) => tour.next(ms, [], ["a", "b"]);
    expect(at(0)).toEqual({ kind: "place", place: "a" });
    expect(at(9_999)).toBeNull();
    expect(at(10_000)).toEqual({ kind: "place", place: "b" });
    expect(at(20_000)).toEqual({ kind: "overview" });
    expect(at(30_000)).toEqual({ kind: "place", place: "a" });
  });

  test("goes to a new alarm at once, stays until somebody took care, then shows the whole plant", () => {
    const tour = new Tour<string>(10_000, 1000);
    tour.next(0, [alarm("old", 5)], ["a"]);
    const fresh = alarm("new", 2000);
    expect(tour.next(100, [fresh, alarm("old", 5)], ["a"])).toEqual({ kind: "alarm", alarm: fresh });
    expect(tour.next(60_000, [fresh], ["a"])).toBeNull();
    expect(tour.next(60_500, [], ["a"])).toEqual({ kind: "overview" });
    expect(tour.next(61_000, [], ["a"])).toBeNull();
    expect(tour.next(70_500, [], ["a"])).toEqual({ kind: "place", place: "a" });
  });

  test("does not stay for ever at an alarm that nobody takes care of, nor come back to it until it is raised anew", () => {
    const tour = new Tour<string>(10_000, 0);
    const fresh = alarm("new", 2000);
    tour.next(0, [fresh], []);
    expect(tour.next(HOLD_MS, [fresh], [])).toEqual({ kind: "overview" });
    expect(tour.next(HOLD_MS + 1, [fresh], [])).toBeNull();
    const again = alarm("new", 3000);
    expect(tour.next(HOLD_MS + 2, [again], [])).toEqual({ kind: "alarm", alarm: again });
  });
});
