import { describe, expect, test } from "vitest";
import { sparkPath, trendColumns, WINDOWS, windowFor } from "../../src/charts/trend";
import { Ring } from "../../src/state/ring";

function ring(...samples: [number, number][]): Ring {
  const out = new Ring(64);
  for (const [atS, value] of samples) out.push(atS * 1e6, value);
  return out;
}

function history(starts: number[], widthS = 10) {
  const value = starts.map((s) => s);
  return {
    startUs: starts.map((s) => s * 1e6),
    mean: value,
    min: value.map((v) => v - 1),
    max: value.map((v) => v + 1),
    widthS,
  };
}

describe("columns of a chart", () => {
  test("history stands in the middle of its bucket and ends where the live part begins", () => {
    const [at, line, low, high] = trendColumns(history([100, 110, 120]), ring([121, 7], [122, 8]), 0);
    expect(at).toEqual([105, 115, 121, 122]);
    expect(line).toEqual([100, 110, 7, 8]);
    expect(low).toEqual([99, 109, 7, 8]);
    expect(high).toEqual([101, 111, 7, 8]);
  });

  test("a stretch without buckets breaks the line, and so does one before the live part", () => {
    const [at, line] = trendColumns(history([100, 200]), ring([300, 1]), 0);
    expect(line).toEqual([100, null, 200, null, 1]);
    expect([...at].sort((a, b) => a - b)).toEqual(at);
  });

  describe("where nobody listened for a time", () => {
    const interrupted = () => {
      const out = ring([100, 1], [101, 2]);
      out.interrupt();
      out.push(160e6, 3);
      out.push(161e6, 4);
      return out;
    };

    test("the history fills in", () => {
      const [at, line] = trendColumns(history([100, 110, 120, 130, 140, 150]), interrupted(), 0);
      expect(at).toEqual([100, 101, 105, 115, 125, 135, 145, 155, 160, 161]);
      expect(line).toEqual([1, 2, 100, 110, 120, 130, 140, 150, 3, 4]);
    });

    test("the line is broken as long as the history has not answered, and where it has nothing", () => {
      expect(trendColumns(null, interrupted(), 0)[1]).toEqual([1, 2, null, 3, 4]);
      expect(trendColumns(history([100]), interrupted(), 0)[1]).toEqual([1, 2, 100, null, 3, 4]);
      const fine = history([110, 150], 1);
      const [at, line] = trendColumns(fine, interrupted(), 0);
      expect(line).toEqual([1, 2, null, 110, null, 150, null, 3, 4]);
      expect([...at].sort((a, b) => a - b)).toEqual(at);
    });

    test("and so is a sparkline, also where it leaves samples out", () => {
      const trace = { ring: interrupted(), pastUs: [], past: [] };
      const letters = (width: number) => sparkPath(trace, 100e6, 200e6, width, 22).replace(/[^ML]/g, "");
      expect(letters(100)).toBe("MLML");
      for (const atS of [170, 171, 172, 173, 174]) trace.ring.push(atS * 1e6, 1);
      // Every fourth is drawn; the first one after the pause is not.
      expect(letters(1)).toBe("MML");
    });
  });

  test("what is older than the window is left out", () => {
    const [at] = trendColumns(history([0, 100]), ring([101, 1], [200, 2]), 104);
    expect(at[0]).toBeGreaterThanOrEqual(104);
    expect(at.at(-1)).toBe(200);
  });

  test("without anything the columns are empty", () => {
    expect(trendColumns(null, ring(), 0)).toEqual([[], [], [], []]);
  });
});

describe("sparkline", () => {
  const trace = (live: Ring, pastUs: number[] = [], past: (number | null)[] = []) => ({ ring: live, pastUs, past });

  test("needs two points", () => {
    expect(sparkPath(trace(ring([1, 1])), 0, 10e6, 100, 20)).toBe("");
  });

  test("joins the past and the live part, and skips gaps", () => {
    const path = sparkPath(trace(ring([8, 4], [9, 2]), [1e6, 2e6, 9e6], [0, null, 99]), 0, 10e6, 100, 22);
    expect(path).toBe("M10.0 21.0L80.0 1.0L90.0 11.0");
  });

  test("a constant runs through the middle", () => {
    expect(sparkPath(trace(ring([1, 5], [2, 5])), 0, 10e6, 100, 20)).toBe("M10.0 10.0L20.0 10.0");
  });
});

test("a chart opened from an alarm reaches back to it", () => {
  const label = (agoS: number) => WINDOWS[windowFor(agoS)].label;
  expect([0, 400, 600, 10_000, 1e9].map(label)).toEqual(["10 min", "10 min", "1 h", "8 h", "24 h"]);
});
