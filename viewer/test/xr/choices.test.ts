import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { ParameterInfo } from "../../src/protocol/messages.gen";
import { argumentText, fineStep, missing, needsKeyboard, stepped } from "../../src/xr/arguments";
import { buttonAt, pageOf, type Sheet } from "../../src/xr/items";
import { COMFORT, keepComfort, nextOf, recallComfort, TURNS_DEG } from "../../src/xr/settings";
import { offers } from "../../src/xr/why";

function parameter(change: Partial<ParameterInfo> = {}): ParameterInfo {
  return { name: "p", kind: "float", unit: "", required: true, choices: [], range: null, ...change };
}

describe("why no headset", () => {
  const supported = { vr: true, ar: true };
  const reasons = (secure: boolean, known: boolean, vr: boolean, ar: boolean) =>
    offers({ secure, known, supported: { vr, ar } }).map(({ obstacle }) => obstacle);

  test("nothing speaks against it", () => {
    expect(offers({ secure: true, known: true, supported })).toEqual([
      { mode: "vr", obstacle: "" },
      { mode: "ar", obstacle: "" },
    ]);
  });

  test("each reason says what to do", () => {
    expect(reasons(false, false, false, false)[0]).toContain("--lan");
    expect(reasons(true, false, false, false)[1]).toContain("no WebXR");
    expect(reasons(true, true, false, false)[0]).toContain("No headset was found");
    expect(reasons(true, true, true, false)).toEqual(["", expect.stringContaining("VR works")]);
  });
});

describe("arguments without a keyboard", () => {
  test("steps are round and about a hundredth of the range", () => {
    const steps: [[number, number], number][] = [
      [[0, 100], 1],
      [[0, 3000], 50],
      [[0, 1], 0.01],
      [[-40, 80], 2],
    ];
    for (const [range, step] of steps) expect(fineStep(parameter({ range }))).toBeCloseTo(step);
    expect(fineStep(parameter({ kind: "int", range: [0, 3] }))).toBe(1);
    expect(fineStep(parameter())).toBe(1);
  });

  test("a number never leaves its range, whatever is pressed", () => {
    fc.assert(
      fc.property(
        fc.double({ min: -1e6, max: 1e6, noNaN: true }),
        fc.double({ min: 1e-3, max: 1e6, noNaN: true }),
        fc.array(fc.constantFrom(-10, -1, 1, 10)),
        fc.constantFrom("int", "float"),
        (low, span, presses, kind) => {
          const range: [number, number] =
            kind === "int" ? [Math.ceil(low), Math.ceil(low) + Math.ceil(span)] : [low, low + span];
          const of = parameter({ range, kind });
          let value: unknown;
          for (const by of presses) {
            value = stepped(of, value, by);
            expect(value as number).toBeGreaterThanOrEqual(range[0]);
            expect(value as number).toBeLessThanOrEqual(range[1]);
            if (kind === "int") expect(Number.isInteger(value)).toBe(true);
          }
        },
      ),
    );
  });

  test("choices go round, a switch turns over", () => {
    const mode = parameter({ kind: "string", choices: ["auto", "hand", "off"] });
    expect(stepped(mode, undefined, 1)).toBe("auto");
    expect(stepped(mode, "off", 1)).toBe("auto");
    expect(stepped(mode, "auto", -1)).toBe("off");
    const on = parameter({ kind: "bool" });
    expect([stepped(on, undefined, 1), stepped(on, true, 1)]).toEqual([true, false]);
    expect(argumentText(on, false)).toBe("no");
  });

  test("what is missing is named; a text needs a keyboard, an optional one doesn't hinder", () => {
    const words = (name: string) => name.toUpperCase();
    expect(missing([parameter()], {}, words)).toBe("P is not set.");
    expect(missing([parameter()], { p: 0 }, words)).toBe("");
    const text = parameter({ kind: "string" });
    expect(needsKeyboard(text)).toBe(true);
    expect(missing([text], {}, words)).toContain("keyboard");
    expect(missing([{ ...text, required: false }], {}, words)).toBe("");
  });
});

describe("comfort is kept", () => {
  function storage(start: Record<string, string> = {}) {
    const kept = new Map(Object.entries(start));
    return {
      getItem: (key: string) => kept.get(key) ?? null,
      setItem: (key: string, text: string) => void kept.set(key, text),
    };
  }

  test("and comes back", () => {
    const place = storage();
    keepComfort({ ...COMFORT, turnDeg: 45, seated: true }, place);
    expect(recallComfort(place)).toEqual({ ...COMFORT, turnDeg: 45, seated: true });
  });

  test.each(["{", "null", "[]", '{"turnDeg": 720, "text": 0, "smooth": "yes"}'])("nonsense falls back: %s", (text) => {
    expect(recallComfort(storage({ "plantverse.comfort": text }))).toEqual(COMFORT);
  });

  test("the next choice after the last is the first", () => {
    expect(nextOf<number>(TURNS_DEG, 45)).toBe(30);
    expect(nextOf<number>(TURNS_DEG, 99)).toBe(30);
  });
});

test("a button is found where it is, the one on top first", () => {
  const at = (id: string, x: number) => ({ kind: "button" as const, id, x, y: 0, w: 4, h: 3, text: "", cap: 1 });
  const sheet: Sheet = { width: 20, height: 10, items: [at("row", 0), at("ack", 2)] };
  expect(buttonAt(sheet, 1, 1)?.id).toBe("row");
  expect(buttonAt(sheet, 3, 1)?.id).toBe("ack");
  expect(buttonAt(sheet, 1, 4)).toBeNull();
});

test("pages of a list that shrank while one was on the last", () => {
  expect(pageOf(11, 5, 9)).toEqual({ from: 10, to: 11, page: 2, pages: 3 });
  expect(pageOf(0, 5, 2)).toEqual({ from: 0, to: 0, page: 0, pages: 1 });
  expect(pageOf(3, 0, 0).pages).toBe(3);
});
