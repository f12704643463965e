import { describe, expect, test } from "vitest";
import { eventText } from "../../src/state/event-text";
import { type FieldSpec, parseField, rangeText } from "../../src/state/fields";
import {
  ageText,
  durationText,
  jsonText,
  numberText,
  plainNumber,
  rateText,
  sentence,
  timeText,
  unitText,
  valueText,
  wordsOf,
} from "../../src/state/format";
import { hopsOf, stepText } from "../../src/state/hops";
import { barBounds, chartBounds, codeBounds, codesBetween } from "../../src/state/limits";
import { describeQuality, isOld } from "../../src/state/quality";
import { mayDo } from "../../src/state/roles";

test.each([
  ["Cel", "°C"],
  ["m3/h", "m³/h"],
  ["mm/s", "mm/s"],
  ["kg/m2", "kg/m²"],
  ["1", ""],
  ["", ""],
  ["{bottles}/min", "bottles/min"],
  ["N.m", "Nm"],
  ["kg.m/s2", "kg·m/s²"],
  ["{rev}/min", "rpm"],
  ["m3{n}/h", "Nm³/h"],
  ["kW.h/m3{n}", "kWh/Nm³"],
  ["kV.A.h", "kVAh"],
  ["bar{g}", "bar(g)"],
  ["%{RH}", "%RH"],
  ["uS/cm", "µS/cm"],
  ["mm[H2O]", "mmH2O"],
  ["[gal_us]/min", "gal/min"],
])("unit %s is shown as %s", (ucum, text) => {
  expect(unitText(ucum)).toBe(text);
});

test.each([
  [0, null, "0"],
  [-0.00001, 2, "0.00"],
  [-3.456, null, "−3.46"],
  [12345.678, null, "12346"],
  [123.456, null, "123.5"],
  [0.0625, null, "0.063"],
  [1e-7, null, "1.00e−7"],
  [2.5e9, null, "2.50e+9"],
  [7, 0, "7"],
  [Number.NaN, null, "–"],
  [Number.NEGATIVE_INFINITY, null, "−∞"],
])("number %d with decimals %s is %s", (value, decimals, text) => {
  expect(numberText(value, decimals)).toBe(text);
});

test("limits are as short as they can be", () => {
  expect([5, 7.1, 0.1 + 0.2, -40].map(plainNumber)).toEqual(["5", "7.1", "0.3", "−40"]);
});

test("codes are shown as their words, and an unknown code as itself", () => {
  const mode = { kind: "enum", codes: { 0: "off", 2: "automatic" }, decimals: null };
  expect(valueText(mode, 2)).toBe("automatic");
  expect(valueText(mode, 7)).toBe("code 7");
  expect(valueText({ kind: "bool", codes: {}, decimals: null }, 1)).toBe("on");
  expect(valueText({ kind: "int", codes: {}, decimals: null }, 9007199254740992, 9007199254740993n)).toBe(
    "9007199254740993",
  );
});

test.each([
  [0.04, "0.0 s"],
  [9.96, "10.0 s"],
  [59.9, "59 s"],
  [119, "119 s"],
  [121, "2 min"],
  [3600, "1 h"],
  [12_000, "3 h 20 min"],
  [187_200, "2 d 4 h"],
  [Number.NaN, "–"],
])("age of %d s is %s", (seconds, text) => {
  expect(ageText(seconds)).toBe(text);
});

test("durations and rates", () => {
  expect([0.04, 12.4, 1400, 180_000].map(durationText)).toEqual(["0.0 ms", "12 ms", "1.4 s", "3 min"]);
  expect([0, 7.54, 432.1, 1234, 12_340, Number.NaN].map(rateText)).toEqual(["0", "7.5", "432", "1,234", "12.3 k", "–"]);
});

test("a time of another day carries its date", () => {
  const noon = new Date(2026, 10, 25, 12, 3, 4).getTime() * 1e3;
  expect(timeText(noon, noon)).toBe("12:03:04");
  expect(timeText(noon, noon + 86_400e6)).toBe("11-25 12:03");
  expect(timeText(noon, noon + 366 * 86_400e6)).toBe("2026-11-25 12:03");
  expect(timeText(0, noon)).toBe("–");
});

test("identifiers become words", () => {
  expect(wordsOf("motor.winding_temperature")).toBe("Motor winding temperature");
  expect(wordsOf("setPoint2")).toBe("Set Point2");
  expect(jsonText({ a: 1 })).toBe('{"a":1}');
  expect(jsonText(null)).toBe("–");
  expect([sentence("not allowed"), sentence("Done."), sentence("")]).toEqual(["Not allowed.", "Done.", ""]);
});

test("quality in words", () => {
  expect(describeQuality(0)).toBe("good");
  expect(describeQuality((1 << 6) | 2)).toBe("uncertain: stale");
  expect(describeQuality((2 << 6) | 5)).toBe("bad: not a number");
  expect(describeQuality((2 << 6) | 60)).toBe("bad: unknown cause");
  expect(isOld((1 << 6) | 9)).toBe(true);
  expect(isOld((1 << 6) | 1)).toBe(false);
});

describe("fields of commands and properties", () => {
  const spec = (change: Partial<FieldSpec>): FieldSpec => ({
    kind: "float",
    unit: "m3/h",
    choices: [],
    range: null,
    required: true,
    ...change,
  });

  test.each([
    ["12,5", {}, 12.5],
    ["−3", {}, -3],
    ["1e3", {}, 1000],
    ["7", { kind: "int" }, 7],
    ["true", { kind: "bool" }, true],
    ["fast", { kind: "enum", choices: ["slow", "fast"] }, "fast"],
    [" text ", { kind: "str" }, "text"],
    ["", { required: false }, undefined],
  ])("%s is taken", (text, change, value) => {
    expect(parseField(spec(change), text)).toEqual({ value, error: null });
  });

  test.each([
    ["", {}, "a value is needed"],
    ["abc", {}, "a number is needed"],
    ["0x10", {}, "a number is needed"],
    ["Infinity", {}, "a number is needed"],
    ["1.5", { kind: "int" }, "a whole number is needed"],
    ["121", { range: [0, 120] as [number, number] }, "between 0 and 120 m³/h"],
    ["warp", { kind: "enum", choices: ["slow", "fast"] }, "one of slow, fast"],
  ])("%s is refused", (text, change, error) => {
    expect(parseField(spec(change), text).error).toBe(error);
  });

  test("a range says its unit", () => {
    expect(rangeText({ range: [0.5, 2], unit: "bar" })).toBe("0.5 and 2 bar");
    expect(rangeText({ range: null, unit: "bar" })).toBe("");
  });
});

describe("events in words", () => {
  const event = (kind: string, body: Record<string, unknown>) => ({ revision: 1, at_us: 0, kind, twin: "a", body });

  test.each([
    [
      event("alarm", { alarm: "a:t:h", action: "acknowledged", message: "too hot", user: "anna", comment: "fan" }),
      "too hot – acknowledged by anna “fan”",
    ],
    [event("alarm", { alarm: "a:t:h", action: "raised", value: 91.25 }), "a:t:h – raised, value 91.25"],
    [
      event("command", { command: "ramp_up", status: "failed", args: { speed: 900 }, user: "bo", message: "locked" }),
      "Ramp up: failed (speed = 900) by bo: locked",
    ],
    [event("desired", { status: "succeeded", patch: { mode: "off" } }), "Set mode = off: succeeded"],
    [event("death", { reason: "last will" }), "Offline: last will"],
    [event("counter_reset", { signal: "n", from: 100, to: 3 }), "Counter n was reset from 100 to 3"],
    [event("novelty", { x: 1 }), 'Novelty {"x":1}'],
  ])("%#", (given, text) => {
    expect(eventText(given)).toBe(text);
  });
});

test("hops add up to the age on the screen, on the server's clock", () => {
  const times = {
    observedUs: 1_000_000,
    receivedUs: 1_010_000,
    committedUs: 1_011_000,
    madeUs: 1_040_000,
    arrivedMs: 543,
    paintedMs: 556,
    offsetMs: 500,
  };
  const { hops, totalMs } = hopsOf(times);
  const steps = hops.slice(1).map((hop) => hop.stepMs);
  expect(steps.map((step) => Math.round(step))).toEqual([10, 1, 29, 3, 13]);
  expect(totalMs).toBeCloseTo(56);
  expect(steps.reduce((sum, step) => sum + step, 0)).toBeCloseTo(totalMs);
});

test("a step back in time is called a difference of clocks", () => {
  expect(stepText(-12)).toBe("-12 ms (clocks differ)");
  expect(stepText(-0.01)).toBe("+0.0 ms");
  expect(stepText(Number.NaN)).toBe("");
});

test("bounds of bars and charts", () => {
  expect(barBounds({ range: [0, 120], limits: null })).toEqual([0, 120]);
  expect(barBounds({ range: null, limits: [null, null, 80, 100] })).toEqual([0, 120]);
  expect(barBounds({ range: null, limits: [10, 20, 80, 110] })).toEqual([-10, 130]);
  expect(barBounds({ range: null, limits: null })).toBeNull();
  const [low, high] = chartBounds({ range: null, limits: [null, null, 80, 500] }, 60, 75);
  expect(low).toBeLessThan(60);
  expect(high).toBeGreaterThan(80);
  expect(high).toBeLessThan(100);
});

test("the axis of codes shows the few that are known and what was there", () => {
  expect(codeBounds({ codes: { 0: "off", 3: "fault" } }, 1, 1)).toEqual([-0.5, 3.5]);
  expect(codeBounds({ codes: {} }, 4, 9)).toEqual([-0.5, 9.5]);
  expect(codesBetween(-0.5, 3.5)).toEqual([0, 1, 2, 3]);
  expect(codesBetween(-0.5, 100.5).length).toBeLessThanOrEqual(12);
});

test("roles include those before them, and an unknown role may nothing", () => {
  expect(mayDo("engineer", "operator")).toBe(true);
  expect(mayDo("viewer", "operator")).toBe(false);
  expect(mayDo("guest", "viewer")).toBe(false);
});
