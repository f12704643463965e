/** A way through the plant, measured in metres along it. Pure. */

export type Point = readonly [number, number, number];

export class Polyline {
  /** Metres. */
  readonly length: number;
  /** The way ends where it began. */
  readonly closed: boolean;
  private readonly points: readonly Point[];
  /** How far along each point lies. */
  private readonly at: number[] = [0];

  constructor(points: readonly Point[]) {
    this.points = points.filter((point, i) => i === 0 || apart(point, points[i - 1]) > 0);
    for (let i = 1; i < this.points.length; i++) {
      this.at.push(this.at[i - 1] + apart(this.points[i], this.points[i - 1]));
    }
    this.length = this.at[this.at.length - 1];
    this.closed = this.points.length > 2 && apart(this.points[0], this.points[this.points.length - 1]) < 1e-6;
  }

  /** Bring a distance onto the way: round and round where it is closed, else to its nearer end. */
  on(distance: number): number {
    if (this.closed) return ((distance % this.length) + this.length) % this.length;
    return Math.min(this.length, Math.max(0, distance));
  }

  /** How far to go from one distance to another: the shorter way round where it is closed. */
  way(from: number, to: number): number {
    const straight = to - from;
    if (!this.closed) return straight;
    const half = this.length / 2;
    return ((((straight + half) % this.length) + this.length) % this.length) - half;
  }

  /** Where one stands after `distance` metres, and the degrees about the up axis that turn x along the way. */
  spot(distance: number): { x: number; y: number; z: number; yawDeg: number } {
    const along = this.on(distance);
    let i = 1;
    while (i < this.at.length - 1 && this.at[i] < along) i++;
    const [from, to] = [this.points[i - 1], this.points[Math.min(i, this.points.length - 1)]];
    const share = i < this.at.length ? (along - this.at[i - 1]) / (this.at[i] - this.at[i - 1]) : 0;
    return {
      x: from[0] + (to[0] - from[0]) * share,
      y: from[1] + (to[1] - from[1]) * share,
      z: from[2] + (to[2] - from[2]) * share,
      yawDeg: (Math.atan2(from[2] - to[2], to[0] - from[0]) * 180) / Math.PI,
    };
  }
}

function apart(a: Point, b: Point): number {
  return Math.hypot(a[0] - b[0], a[1] - b[1], a[2] - b[2]);
}
