/** Where the play space stands in the plant, and how turning and jumping move it. Pure. */

/** Place of the play space's origin, metres, and its turn about the up axis, radians. */
export interface Stance {
  x: number;
  y: number;
  z: number;
  yawRad: number;
}

/** Where the head is in the play space, metres. */
export interface Head {
  x: number;
  z: number;
}

/** Where the head is in the plant. */
export function headAt(stance: Stance, head: Head): { x: number; z: number } {
  const [cos, sin] = [Math.cos(stance.yawRad), Math.sin(stance.yawRad)];
  return { x: stance.x + head.x * cos + head.z * sin, z: stance.z - head.x * sin + head.z * cos };
}

/** Bring the head over this place of the floor. */
export function jump(stance: Stance, head: Head, x: number, z: number): void {
  const now = headAt(stance, head);
  stance.x += x - now.x;
  stance.z += z - now.z;
}

/** Turn about the head, so that one does not swing around the middle of the room; positive is to the left. */
export function turn(stance: Stance, head: Head, byRad: number): void {
  const { x, z } = headAt(stance, head);
  stance.yawRad += byRad;
  jump(stance, head, x, z);
}

/** Turns the stick into single steps: one per push, and no second one before it came back. */
export class Step {
  private armed = true;

  /** Return -1, 0 or 1 for the stick's value, -1 to 1. */
  take(value: number): -1 | 0 | 1 {
    const size = Math.abs(value);
    if (size < 0.4) this.armed = true;
    if (!this.armed || !(size > 0.7)) return 0;
    this.armed = false;
    return value > 0 ? 1 : -1;
  }

  /** No step before the stick came back. */
  disarm(): void {
    this.armed = false;
  }
}

/** A stick's value without the tremble around its middle. */
export function beyondRest(value: number): number {
  const size = Math.abs(value);
  return size < 0.2 || !Number.isFinite(value) ? 0 : Math.sign(value) * Math.min(1, (size - 0.2) / 0.75);
}
