import { Quaternion, Vector3 } from "three";
import { expect, test } from "vitest";
import { pose2Of, poseOf } from "../../src/flat/poses";

test("a plan survives the way into space and back", () => {
  const view = { x: 3, z: -7, scale: 24 };
  const back = pose2Of(poseOf(view, 600), 1, 600);
  expect(back.x).toBeCloseTo(3);
  expect(back.z).toBeCloseTo(-7);
  expect(back.scale).toBeCloseTo(24);
});

test("what somebody looks at in 3D comes into the middle of the plan", () => {
  const eye = new Vector3(10, 8, 10);
  const target = new Vector3(2, 0, -1);
  const turn = new Quaternion().setFromUnitVectors(new Vector3(0, 0, -1), target.clone().sub(eye).normalize());
  const rotation = turn.toArray() as [number, number, number, number];
  const position = eye.toArray() as [number, number, number];
  const without = pose2Of({ position, rotation }, 30, 600);
  expect(without.x).toBeCloseTo(2);
  expect(without.z).toBeCloseTo(-1);
  expect(without.scale).toBe(30);
  const near = pose2Of({ position, rotation, distance: eye.distanceTo(target) / 2 }, 30, 600);
  expect(near.x).toBeCloseTo(6);
});

test("who looks at the sky is still somewhere on the plan", () => {
  const up = pose2Of({ position: [1, 2, 3], rotation: [0.5, 0, 0, Math.sqrt(0.75)] }, 30, 600);
  expect(Number.isFinite(up.x + up.z)).toBe(true);
  expect(up.scale).toBe(30);
});
