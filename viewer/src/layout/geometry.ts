/** Rectangles on the floor; metres, x to the right, z towards the viewer. */

export interface Rect {
  minX: number;
  minZ: number;
  maxX: number;
  maxZ: number;
}

export function rectAt(x: number, z: number, width: number, depth: number): Rect {
  return { minX: x - width / 2, minZ: z - depth / 2, maxX: x + width / 2, maxZ: z + depth / 2 };
}

/** Return whether two rectangles come closer than `gap`; edges at just that distance do not count. */
export function overlaps(a: Rect, b: Rect, gap = 0): boolean {
  const slack = gap - 1e-6;
  return a.minX < b.maxX + slack && b.minX < a.maxX + slack && a.minZ < b.maxZ + slack && b.minZ < a.maxZ + slack;
}

export function sameRect(a: Rect, b: Rect): boolean {
  return a.minX === b.minX && a.minZ === b.minZ && a.maxX === b.maxX && a.maxZ === b.maxZ;
}

export function union(a: Rect | null, b: Rect): Rect {
  if (!a) return { ...b };
  return {
    minX: Math.min(a.minX, b.minX),
    minZ: Math.min(a.minZ, b.minZ),
    maxX: Math.max(a.maxX, b.maxX),
    maxZ: Math.max(a.maxZ, b.maxZ),
  };
}

/** Width and depth of what a box of that size covers once turned by `yawDeg` about the up axis. */
export function footprint(width: number, depth: number, yawDeg: number): [number, number] {
  const angle = (yawDeg * Math.PI) / 180;
  const cos = Math.abs(Math.cos(angle));
  const sin = Math.abs(Math.sin(angle));
  return [width * cos + depth * sin, width * sin + depth * cos];
}

/** Rectangles by coarse cell, so that a test against thousands looks at a few. */
export class Occupancy {
  private readonly cells = new Map<string, Set<string>>();
  private readonly rects = new Map<string, Rect>();

  constructor(private readonly cell = 8) {}

  set(id: string, rect: Rect): void {
    this.delete(id);
    this.rects.set(id, rect);
    this.visit(rect, 0, (key) => {
      const ids = this.cells.get(key) ?? new Set();
      this.cells.set(key, ids.add(id));
    });
  }

  delete(id: string): void {
    const rect = this.rects.get(id);
    if (!rect) return;
    this.rects.delete(id);
    this.visit(rect, 0, (key) => this.cells.get(key)?.delete(id));
  }

  clear(): void {
    this.cells.clear();
    this.rects.clear();
  }

  /** Return whether nothing stands in the rectangle or closer to it than `gap`. */
  free(rect: Rect, gap: number): boolean {
    let free = true;
    this.visit(rect, gap, (key) => {
      if (!free) return;
      for (const id of this.cells.get(key) ?? []) {
        if (!overlaps(rect, this.rects.get(id)!, gap)) continue;
        free = false;
        return;
      }
    });
    return free;
  }

  private visit(rect: Rect, gap: number, take: (key: string) => void): void {
    const from = (value: number) => Math.floor((value - gap) / this.cell);
    const to = (value: number) => Math.floor((value + gap) / this.cell);
    for (let i = from(rect.minX); i <= to(rect.maxX); i++) {
      for (let k = from(rect.minZ); k <= to(rect.maxZ); k++) take(`${i},${k}`);
    }
  }
}
