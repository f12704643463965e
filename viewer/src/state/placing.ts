/** Places that somebody changes by hand: what is not saved yet, and the way back. Pure. */

/** Metres, y up; degrees about the up axis. */
export interface Spot {
  x: number;
  y: number;
  z: number;
  yawDeg: number;
}

interface Step {
  twin: string;
  from: Spot;
  to: Spot;
}

export class Placing {
  /** Where twins shall stand that do not stand there on the server. */
  readonly unsaved = new Map<string, Spot>();
  private readonly steps: Step[] = [];

  get canUndo(): boolean {
    return this.steps.length > 0;
  }

  move(twin: string, from: Spot, to: Spot): void {
    this.steps.push({ twin, from, to });
    this.unsaved.set(twin, to);
  }

  /** Take the last step back, saved or not; the place before it waits to be saved. Returns whose place changed. */
  undo(): [string, Spot] | null {
    const step = this.steps.pop();
    if (!step) return null;
    this.unsaved.set(step.twin, step.from);
    return [step.twin, step.from];
  }

  /** The server has this place now; a later one of the same twin still waits. */
  saved(twin: string, spot: Spot): void {
    if (this.unsaved.get(twin) === spot) this.unsaved.delete(twin);
  }

  clear(): void {
    this.unsaved.clear();
    this.steps.length = 0;
  }
}

/** Return the spot turned, within 0 to 360 degrees. */
export function turned(spot: Spot, byDeg: number): Spot {
  return { ...spot, yawDeg: (((spot.yawDeg + byDeg) % 360) + 360) % 360 };
}

/** Return the spot moved as seen by one who looks from `azimuth` (radians), along the nearest axes of the floor. */
export function pushed(spot: Spot, right: number, ahead: number, azimuth: number): Spot {
  const quarter = Math.round(azimuth / (Math.PI / 2)) * (Math.PI / 2);
  const sin = Math.round(Math.sin(quarter));
  const cos = Math.round(Math.cos(quarter));
  return { ...spot, x: spot.x + right * cos - ahead * sin, z: spot.z - right * sin - ahead * cos };
}
