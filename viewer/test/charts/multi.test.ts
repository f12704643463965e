import { describe, expect, test } from "vitest";
import { heldValue, jointColumns, tableCsv } from "../../src/charts/multi";
import { Ring } from "../../src/state/ring";
import { MOST_TRENDS, toggled } from "../../src/state/trend-list";

function ring(...samples: [number, number][]): Ring {
  const out = new Ring(64);
  for (const [atS, value] of samples) out.push(atS * 1e6, value);
  return out;
}

describe("several signals in one chart", () => {
  const sources = [
    { history: null, ring: ring([10, 1], [12, 2]) },
    { history: null, ring: ring([11, 5], [12, 6]) },
  ];

  test("share one ascending column of times", () => {
    expect(jointColumns(sources, 0)).toEqual([
      [10, 11, 12],
      [1, undefined, 2],
      [undefined, 5, 6],
    ]);
  });

  test("end where the range ends", () => {
    expect(jointColumns(sources, 0, 11)[0]).toEqual([10, 11]);
  });

  test("read at one moment what each had been until then; a gap stays a gap", () => {
    const column = [1, undefined, null, undefined, 4];
    expect([0, 1, 2, 3, 4].map((i) => heldValue(column, i))).toEqual([1, 1, null, null, 4]);
    expect(heldValue([undefined], 0)).toBeNull();
  });

  test("become CSV with quoted heads and without rows that say nothing", () => {
    const csv = tableCsv(
      ["a:x", 'b,"y"'],
      [
        [0, 1, 2],
        [1, null, undefined],
        [undefined, null, 2.5],
      ],
    );
    expect(csv).toBe('time,a:x,"b,""y"""\r\n1970-01-01T00:00:00.000Z,1,\r\n1970-01-01T00:00:02.000Z,,2.5\r\n');
  });
});

test("a signal goes in and out of the trends, and the oldest makes room", () => {
  expect(toggled(["a"], "b")).toEqual(["a", "b"]);
  expect(toggled(["a", "b"], "a")).toEqual(["b"]);
  const full = Array.from({ length: MOST_TRENDS }, (_, i) => `s${i}`);
  expect(toggled(full, "new")).toEqual([...full.slice(1), "new"]);
});
