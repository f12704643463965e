import { describe, expect, test } from "vitest";
import { Pace, Resolution } from "../../src/scene/loop";
import { chooseQuality } from "../../src/scene/quality";

describe("when a frame is due", () => {
  test("the hand at the camera never waits", () => {
    const pace = new Pace();
    pace.drawn(0, 300);
    expect(pace.due("view", 1)).toBe(true);
  });

  test("what moves by itself gets thirty frames a second, and dear ones leave half of the time to others", () => {
    const pace = new Pace();
    pace.drawn(0, 4);
    expect(pace.due("motion", 16)).toBe(false);
    expect(pace.due("motion", 33)).toBe(true);
    const slow = new Pace();
    slow.drawn(0, 100);
    expect(slow.due("motion", 150)).toBe(false);
    expect(slow.due("motion", 200)).toBe(true);
  });

  test("a pulse needs no full rate", () => {
    const pace = new Pace();
    pace.drawn(0, 4);
    expect(pace.due("pulse", 16)).toBe(false);
    expect(pace.due("pulse", 60)).toBe(true);
  });
});

test("without a GPU, or when asked, the picture is a plain one", () => {
  expect(chooseQuality(null, "ANGLE (Google, Vulkan 1.3 (SwiftShader Device))").shadows).toBe(false);
  expect(chooseQuality(null, "ANGLE (Intel, Iris Xe)").shadows).toBe(true);
  expect(chooseQuality("low", "ANGLE (Intel, Iris Xe)").shadows).toBe(false);
  expect(chooseQuality("high", "llvmpipe").shadows).toBe(true);
});

describe("resolution", () => {
  const notes = (resolution: Resolution, intervalMs: number, frames: number) => {
    for (let i = 0; i < frames; i++) resolution.note(intervalMs);
    return resolution.ratio;
  };

  test("falls on a slow machine, has a floor, and comes back with room to spare", () => {
    const resolution = new Resolution(2);
    expect(notes(resolution, 16, 48)).toBe(2);
    expect(notes(resolution, 50, 24)).toBeCloseTo(1.6);
    expect(notes(resolution, 50, 2400)).toBe(0.7);
    expect(notes(resolution, 24, 240)).toBe(0.7);
    expect(notes(resolution, 16, 2400)).toBe(2);
  });
});
