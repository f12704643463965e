/** Levels of detail as ISA-101 has them: the whole plant, an area, a machine. The details of a machine are the panel's. Pure. */

export const LEVELS = ["overview", "area", "machine"] as const;
export type Level = (typeof LEVELS)[number];

/** A machine that fills so many pixels is looked at alone; one with so many has room for its name. */
const MACHINE_PX = 150;
const AREA_PX = 34;

/** `scale` in pixels per metre; `typicalM` is the usual length of a machine's longer side. */
export function levelOf(scale: number, typicalM: number): Level {
  const pixels = scale * typicalM;
  if (pixels >= MACHINE_PX) return "machine";
  return pixels >= AREA_PX ? "area" : "overview";
}

/** Return the middle one of the lengths, 2 where there is none. */
export function typical(lengths: readonly number[]): number {
  if (lengths.length === 0) return 2;
  const sorted = [...lengths].sort((a, b) => a - b);
  return Math.max(0.5, sorted[Math.floor(sorted.length / 2)]);
}

const TURNS: Readonly<Record<string, readonly [number, number]>> = {
  ArrowLeft: [-1, 0],
  ArrowRight: [1, 0],
  ArrowUp: [0, -1],
  ArrowDown: [0, 1],
};

export interface Spot2 {
  id: string;
  x: number;
  z: number;
}

/**
 * Return the id of the nearest one in the direction of an arrow key, seen from `from`; null where there is none.
 *
 * What lies straight ahead wins over what lies as far away but aside.
 */
export function neighbour(from: Spot2, others: Iterable<Spot2>, key: string): string | null {
  const turn = TURNS[key];
  if (!turn) return null;
  let best: string | null = null;
  let least = Number.POSITIVE_INFINITY;
  for (const other of others) {
    if (other.id === from.id) continue;
    const [dx, dz] = [other.x - from.x, other.z - from.z];
    const along = dx * turn[0] + dz * turn[1];
    const aside = Math.abs(dx * turn[1]) + Math.abs(dz * turn[0]);
    if (along <= 1e-6 || aside > along * 3) continue;
    const cost = along + 2 * aside;
    if (cost < least || (cost === least && best !== null && other.id < best)) {
      least = cost;
      best = other.id;
    }
  }
  return best;
}
