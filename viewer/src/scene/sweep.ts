/** A round pipe along corners: bends are arcs, ends have flanges. */
import { BufferGeometry, Float32BufferAttribute, Vector3 } from "three";

const ROUND = 10;
/** Segments of a bend. */
const ARC = 4;

interface Ring {
  at: Vector3;
  /** Of the pipe there. */
  radius: number;
  /** Metres from its beginning. */
  along: number;
}

/** Return attributes `position`, `normal` and `along`: metres from the beginning, for what moves in the pipe. */
export function sweep(corners: readonly (readonly [number, number, number])[], radius: number): BufferGeometry {
  const rings = ringsOf(
    rounded(
      corners.map((corner) => new Vector3(...corner)),
      radius * 2.2,
    ),
    radius,
  );
  const position: number[] = [];
  const normal: number[] = [];
  const along: number[] = [];
  const index: number[] = [];
  const side = new Vector3();
  const up = new Vector3();
  const out = new Vector3();
  const forward = new Vector3();
  const before = new Vector3();
  rings.forEach((ring, i) => {
    forward.subVectors(rings[Math.min(i + 1, rings.length - 1)].at, rings[Math.max(i - 1, 0)].at).normalize();
    if (i === 0) {
      side.crossVectors(Math.abs(forward.y) > 0.9 ? before.set(1, 0, 0) : before.set(0, 1, 0), forward).normalize();
    } else {
      // The frame is carried along, so that the pipe doesn't twist.
      side.addScaledVector(forward, -side.dot(forward)).normalize();
    }
    up.crossVectors(forward, side);
    for (let k = 0; k < ROUND; k++) {
      const angle = (k * 2 * Math.PI) / ROUND;
      out.copy(side).multiplyScalar(Math.cos(angle)).addScaledVector(up, Math.sin(angle));
      position.push(ring.at.x + out.x * ring.radius, ring.at.y + out.y * ring.radius, ring.at.z + out.z * ring.radius);
      normal.push(out.x, out.y, out.z);
      along.push(ring.along);
      if (i === 0) continue;
      const [a, b] = [(i - 1) * ROUND + k, (i - 1) * ROUND + ((k + 1) % ROUND)];
      index.push(a, b, a + ROUND, b, b + ROUND, a + ROUND);
    }
  });
  const geometry = new BufferGeometry();
  geometry.setAttribute("position", new Float32BufferAttribute(position, 3));
  geometry.setAttribute("normal", new Float32BufferAttribute(normal, 3));
  geometry.setAttribute("along", new Float32BufferAttribute(along, 1));
  geometry.setIndex(index);
  return geometry;
}

/** Corners as arcs of `bend` metres, less where the pipe between two corners is shorter. */
function rounded(corners: Vector3[], bend: number): Vector3[] {
  const points = [corners[0]];
  for (let i = 1; i < corners.length - 1; i++) {
    const [before, corner, after] = [corners[i - 1], corners[i], corners[i + 1]];
    const room = Math.min(bend, before.distanceTo(corner) * 0.48, corner.distanceTo(after) * 0.48);
    const start = corner.clone().lerp(before, room / before.distanceTo(corner));
    const end = corner.clone().lerp(after, room / corner.distanceTo(after));
    for (let k = 0; k <= ARC; k++) {
      const t = k / ARC;
      // A quadratic curve is near enough to an arc for a pipe.
      points.push(
        start
          .clone()
          .multiplyScalar((1 - t) ** 2)
          .addScaledVector(corner, 2 * t * (1 - t))
          .addScaledVector(end, t * t),
      );
    }
  }
  points.push(corners[corners.length - 1]);
  return points;
}

function ringsOf(points: Vector3[], radius: number): Ring[] {
  const rings: Ring[] = [];
  let along = 0;
  points.forEach((at, i) => {
    if (i > 0) along += at.distanceTo(points[i - 1]);
    rings.push({ at, radius, along });
  });
  return rings;
}
