import { MathUtils, PerspectiveCamera, Vector3 } from "three";
import { describe, expect, test } from "vitest";
import { corners, fitPoints } from "../../src/scene/camera";

describe("framing", () => {
  test.each([
    [16 / 9, 24, 54, [20, 2, 5]],
    [0.6, -100, 80, [1, 9, 30]],
    [3, 200, 10, [5, 5, 5]],
  ] as [number, number, number, [number, number, number]][])(
    "aspect %d, azimuth %d, polar %d",
    (aspect, azimuth, polar, half) => {
      const points = corners(40, half[1], -7, ...half);
      const [phi, theta] = [MathUtils.degToRad(polar), MathUtils.degToRad(azimuth)];
      const { target, distance } = fitPoints(points, theta, phi, 38, aspect);
      const camera = new PerspectiveCamera(38, aspect, 0.1, 1000);
      camera.position.setFromSphericalCoords(distance, phi, theta).add(target);
      camera.lookAt(target);
      camera.updateMatrixWorld();
      let widest = 0;
      const sides = { left: 0, right: 0, down: 0, up: 0 };
      for (let i = 0; i < points.length; i += 3) {
        const seen = new Vector3(points[i], points[i + 1], points[i + 2]).project(camera);
        widest = Math.max(widest, Math.abs(seen.x), Math.abs(seen.y));
        sides.left = Math.max(sides.left, -seen.x);
        sides.right = Math.max(sides.right, seen.x);
        sides.down = Math.max(sides.down, -seen.y);
        sides.up = Math.max(sides.up, seen.y);
      }
      // Everything is in the picture, and something touches its edge.
      expect(widest).toBeLessThan(1.0001);
      expect(widest).toBeGreaterThan(0.99);
      // And it stands in the middle.
      expect(sides.left).toBeCloseTo(sides.right, 3);
      expect(sides.down).toBeCloseTo(sides.up, 3);
    },
  );
});
