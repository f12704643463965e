/** Where a thrown arc lands: on the floor, inside the site, clear of machines. Pure; metres in the plant's frame. */

export interface Point {
  x: number;
  y: number;
  z: number;
}

/** What stands in the way: an upright box, turned by `yawRad` about its middle. */
export interface Obstacle {
  x: number;
  z: number;
  bottom: number;
  top: number;
  halfX: number;
  halfZ: number;
  yawRad: number;
}

export interface Ground {
  minX: number;
  maxX: number;
  minZ: number;
  maxZ: number;
  obstacles: readonly Obstacle[];
}

/** The way of the arc, written in place: `points` has x, y, z in a row for `count` of them. */
export interface Arc {
  points: Float32Array;
  count: number;
  /** One may stand where it ends. */
  lands: boolean;
}

const MOST_POINTS = 48;
/** Metres per second: the farthest jump is about ten metres. */
const SPEED = 9.5;
const GRAVITY = 9.8;
const STEP_S = 0.05;
/** Who points up to the roof, as the sine of the angle, does not mean the floor. */
const STEEPEST = 0.7;
/** A person needs so much room around the middle. */
const BODY_M = 0.3;

export function emptyArc(): Arc {
  return { points: new Float32Array(MOST_POINTS * 3), count: 0, lands: false };
}

/** Throw from `from` along the unit vector `along`. */
export function throwArc(from: Point, along: Point, ground: Ground, arc: Arc): Arc {
  arc.count = 0;
  arc.lands = false;
  let { x, y, z } = from;
  let fall = along.y * SPEED;
  push(arc, x, y, z);
  while (arc.count < MOST_POINTS) {
    const before = y;
    fall -= GRAVITY * STEP_S;
    const stepX = along.x * SPEED * STEP_S;
    const stepZ = along.z * SPEED * STEP_S;
    y += fall * STEP_S;
    const share = y < 0 ? before / (before - y) : 1;
    x += stepX * share;
    z += stepZ * share;
    y = Math.max(0, y);
    push(arc, x, y, z);
    if (ground.obstacles.some((box) => inside(box, x, y, z, 0))) return arc;
    if (y > 0) continue;
    arc.lands = along.y < STEEPEST && standable(ground, x, z);
    return arc;
  }
  return arc;
}

/** Whether a person has room at this place of the floor. */
export function standable(ground: Ground, x: number, z: number): boolean {
  if (!(x >= ground.minX && x <= ground.maxX && z >= ground.minZ && z <= ground.maxZ)) return false;
  return !ground.obstacles.some((box) => inside(box, x, Math.max(0, box.bottom), z, BODY_M) && box.bottom < 1.8);
}

/** The nearest free place in front of an obstacle's middle, seen from (`eyeX`, `eyeZ`); null if there is none. */
export function placeBefore(
  ground: Ground,
  box: Obstacle,
  eyeX: number,
  eyeZ: number,
): { x: number; z: number } | null {
  const reach = Math.hypot(box.halfX, box.halfZ) + 1.2;
  const first = Math.atan2(eyeZ - box.z, eyeX - box.x);
  for (let ring = 0; ring < 4; ring++) {
    for (let k = 0; k < 16; k++) {
      // From the side one is on, ever farther around to both sides.
      const angle = first + ((k % 2 ? 1 : -1) * Math.ceil(k / 2) * Math.PI) / 8;
      const x = box.x + Math.cos(angle) * (reach + ring * 0.8);
      const z = box.z + Math.sin(angle) * (reach + ring * 0.8);
      if (standable(ground, x, z)) return { x, z };
    }
  }
  return null;
}

function push(arc: Arc, x: number, y: number, z: number): void {
  const at = arc.count++ * 3;
  arc.points[at] = x;
  arc.points[at + 1] = y;
  arc.points[at + 2] = z;
}

function inside(box: Obstacle, x: number, y: number, z: number, room: number): boolean {
  if (y < box.bottom || y > box.top) return false;
  const [dx, dz] = [x - box.x, z - box.z];
  const [cos, sin] = [Math.cos(box.yawRad), Math.sin(box.yawRad)];
  return Math.abs(dx * cos - dz * sin) <= box.halfX + room && Math.abs(dx * sin + dz * cos) <= box.halfZ + room;
}
