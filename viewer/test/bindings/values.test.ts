import { describe, expect, test } from "vitest";
import {
  approach,
  formatColor,
  fraction,
  nearestAngle,
  parseColor,
  Ramp,
  type Rgb,
  scaled,
  shownRpm,
} from "../../src/bindings/values";

function at(ramp: Ramp, value: number): string {
  const out: Rgb = [0, 0, 0];
  ramp.at(value, out);
  return formatColor(out);
}

describe("colour by value", () => {
  const ramp = new Ramp([
    [0, "#000000"],
    [10, "#ff0000"],
    [20, "#ff00ff"],
  ]);

  test("stops have their own colour, and between them it is blended", () => {
    expect([0, 5, 10, 15, 20].map((value) => at(ramp, value))).toEqual([
      "#000000",
      "#800000",
      "#ff0000",
      "#ff0080",
      "#ff00ff",
    ]);
  });

  test("outside, the outermost colour stays", () => {
    expect(at(ramp, -100)).toBe("#000000");
    expect(at(ramp, 1e9)).toBe("#ff00ff");
  });

  test("two stops at one value are a step", () => {
    const step = new Ramp([
      [0, "#00ff00"],
      [5, "#00ff00"],
      [5, "#ff0000"],
      [9, "#ff0000"],
    ]);
    expect(at(step, 4.999)).toBe("#00ff00");
    expect(at(step, 5)).toBe("#ff0000");
  });

  test("what is no colour is left out", () => {
    expect(
      new Ramp([
        [0, "red"],
        [1, ""],
      ]).empty,
    ).toBe(true);
    expect(
      at(
        new Ramp([
          [0, "nonsense"],
          [1, "#102030"],
        ]),
        0.5,
      ),
    ).toBe("#102030");
  });

  test("colours survive the way there and back", () => {
    expect(formatColor(parseColor("#1a2B3c")!)).toBe("#1a2b3c");
    expect(parseColor("#12345")).toBeNull();
  });
});

test("a level is a fraction between its ends and no more", () => {
  expect([-5, 0, 25, 100, 130].map((value) => fraction(value, 0, 100))).toEqual([0, 0, 0.25, 1, 1]);
  expect(fraction(25, 100, 0)).toBe(0.75);
  expect(fraction(1, 1, 1)).toBe(1);
});

test("shift and turn are value times scale plus offset", () => {
  expect(scaled(3, { scale: 2, offset: -1 })).toBe(5);
});

describe("shown speed", () => {
  test("is true while the eye can follow", () => {
    expect(shownRpm(30)).toBe(30);
    expect(shownRpm(-30)).toBe(-30);
    expect(shownRpm(0)).toBe(0);
  });

  test("keeps order and direction, and stays below what a screen can show", () => {
    const speeds = [10, 40, 41, 100, 1500, 3000, 60_000].map(shownRpm);
    expect([...speeds].sort((a, b) => a - b)).toEqual(speeds);
    expect(Math.max(...speeds)).toBeLessThan(120);
    expect(shownRpm(-3000)).toBe(-shownRpm(3000));
  });
});

test("easing does not hang on the frame rate", () => {
  const once = approach(0.1, 0.12);
  let left = 1;
  for (let i = 0; i < 10; i++) left *= 1 - approach(0.01, 0.12);
  expect(1 - left).toBeCloseTo(once, 10);
  expect(approach(0.1, 0)).toBe(1);
});

test("something that stands free turns the short way round", () => {
  expect(nearestAngle(350, 10)).toBe(370);
  expect(nearestAngle(10, 350)).toBe(-10);
  expect(nearestAngle(725, 0)).toBe(720);
});
