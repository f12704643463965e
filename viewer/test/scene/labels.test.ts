import { describe, expect, test } from "vitest";
import { type Candidate, chooseLabels } from "../../src/scene/label-layout";

function at(id: string, x: number, y: number, weight: number): Candidate {
  return { id, x, y, width: 100, height: 20, weight };
}

const NONE: ReadonlySet<string> = new Set();

describe("which labels are shown", () => {
  test("of two that would cover each other the weightier stays", () => {
    expect(chooseLabels([at("a", 100, 100, 1), at("b", 140, 105, 2), at("c", 400, 100, 1)], 10, NONE)).toEqual([
      "b",
      "c",
    ]);
  });

  test("neighbours above and beside each other both stay", () => {
    expect(chooseLabels([at("a", 100, 100, 1), at("b", 100, 130, 1), at("c", 210, 100, 1)], 10, NONE)).toHaveLength(3);
  });

  test("no more than asked for, the weightiest first", () => {
    const many = Array.from({ length: 50 }, (_, i) => at(`t${i}`, i * 200, 100, i));
    expect(chooseLabels(many, 3, NONE)).toEqual(["t49", "t48", "t47"]);
  });

  test("who was there a moment ago stays against an equal", () => {
    const pair = [at("a", 100, 100, 10), at("b", 120, 100, 10.5)];
    expect(chooseLabels(pair, 5, NONE)).toEqual(["b"]);
    expect(chooseLabels(pair, 5, new Set(["a"]))).toEqual(["a"]);
  });

  test("none of those shown cover each other", () => {
    const crowd = Array.from({ length: 400 }, (_, i) => at(`t${i}`, (i * 37) % 900, (i * 53) % 600, i));
    const shown = new Set(chooseLabels(crowd, 100, NONE));
    const kept = crowd.filter(({ id }) => shown.has(id));
    expect(kept.length).toBeGreaterThan(20);
    for (const a of kept) {
      for (const b of kept) {
        if (a === b) continue;
        expect(Math.abs(a.x - b.x) < 100 && Math.abs(a.y - b.y) < 20).toBe(false);
      }
    }
  });
});
