import { expect, test } from "vitest";
import { Placing, pushed, turned } from "../../src/state/placing";

const spot = (x: number, yawDeg = 0) => ({ x, y: 0, z: 0, yawDeg });

test("undo goes back step by step, also behind a save, and what it restores waits to be saved", () => {
  const placing = new Placing();
  const [start, one, two] = [spot(0), spot(1), spot(2)];
  placing.move("a", start, one);
  placing.move("a", one, two);
  expect(placing.undo()).toEqual(["a", one]);
  placing.saved("a", one);
  expect(placing.unsaved.size).toBe(0);
  expect(placing.undo()).toEqual(["a", start]);
  expect(placing.unsaved.get("a")).toBe(start);
  expect([placing.canUndo, placing.undo()]).toEqual([false, null]);
});

test("a move made while the save of an earlier one is on its way still waits", () => {
  const placing = new Placing();
  const [one, two] = [spot(1), spot(2)];
  placing.move("a", spot(0), one);
  placing.move("a", one, two);
  placing.saved("a", one);
  expect(placing.unsaved.get("a")).toBe(two);
});

test("turns stay within a circle", () => {
  expect(turned(spot(0, 350), 15).yawDeg).toBe(5);
  expect(turned(spot(0, 5), -15).yawDeg).toBe(350);
});

test("moves follow the eye: right is right on the screen, ahead is away from it", () => {
  expect(pushed(spot(0), 1, 0, 0.3)).toMatchObject({ x: 1, z: 0 });
  expect(pushed(spot(0), 0, 1, 0.3)).toMatchObject({ x: 0, z: -1 });
  expect(pushed(spot(0), 0, 1, Math.PI / 2)).toMatchObject({ x: -1, z: 0 });
  expect(pushed(spot(0), 1, 0, Math.PI / 2)).toMatchObject({ x: 0, z: -1 });
});
