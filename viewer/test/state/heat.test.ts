import { describe, expect, test } from "vitest";
import { HEAT_TICKS, heatCss, heatOf, heatRgb, twinAgeS, UNKNOWN_HEAT } from "../../src/state/heat";

const signal = (slot: number, maxAgeS: number) => ({ slot, max_age_s: maxAgeS }) as never;

describe("age as heat", () => {
  test("is logarithmic between half a second and ten minutes", () => {
    expect([0, 0.5, 600, 86_400].map(heatOf)).toEqual([0, 0, 1, 1]);
    expect(heatOf(Math.sqrt(0.5 * 600))).toBeCloseTo(0.5);
    expect(heatOf(Number.NaN)).toBe(-1);
  });

  test("grows in lightness, so that it needs no sense of colour", () => {
    const lightness = Array.from({ length: 21 }, (_, i) => heatRgb(i / 20)).map(
      ([r, g, b]) => 0.2126 * r + 0.7152 * g + 0.0722 * b,
    );
    for (let i = 1; i < lightness.length; i++) expect(lightness[i]).toBeGreaterThan(lightness[i - 1]);
    expect(heatCss(-1)).toBe(UNKNOWN_HEAT);
    expect(heatCss(0)).toBe("rgb(27 58 122)");
  });

  test("has ticks that ascend", () => {
    const heats = HEAT_TICKS.map(([seconds]) => heatOf(seconds));
    expect([...heats].sort((a, b) => a - b)).toEqual(heats);
  });

  test("of a twin is that of the oldest signal that is due", () => {
    const ages = [3, 40, 9000, Number.NaN];
    const age = (slot: number) => ages[slot];
    expect(twinAgeS({ signals: [signal(0, 10), signal(1, 60), signal(2, 0)] }, age)).toBe(40);
    expect(twinAgeS({ signals: [signal(2, 0), signal(3, 0)] }, age)).toBe(9000);
    expect(twinAgeS({ signals: [signal(3, 5)] }, age)).toBeNaN();
    expect(twinAgeS({ signals: [] }, age)).toBeNaN();
  });
});
