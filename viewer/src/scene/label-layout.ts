/** Which labels are shown and where: the most important ones that don't cover each other. Pure. */

export interface Candidate {
  id: string;
  /** Where the label points, CSS pixels from the top left. */
  x: number;
  y: number;
  width: number;
  height: number;
  /** The more, the sooner it gets a place. */
  weight: number;
}

/** Room around a label. */
const AIR = 4;
const CELL = 64;

/**
 * Return the ids that get a label, most important first, at most `most`.
 *
 * A label hangs above its point, centred. Those in `before` weigh a little more, so that two neighbours don't take turns.
 */
export function chooseLabels(candidates: readonly Candidate[], most: number, before: ReadonlySet<string>): string[] {
  const weight = (candidate: Candidate) => candidate.weight * (before.has(candidate.id) ? 1.15 : 1);
  const sorted = [...candidates].sort((a, b) => weight(b) - weight(a) || (a.id < b.id ? -1 : 1));
  const taken = new Map<string, Candidate[]>();
  const chosen: string[] = [];
  for (const candidate of sorted) {
    if (chosen.length === most) break;
    const cells = cellsOf(candidate);
    if (cells.some((cell) => taken.get(cell)?.some((other) => covers(candidate, other)))) continue;
    for (const cell of cells) taken.set(cell, [...(taken.get(cell) ?? []), candidate]);
    chosen.push(candidate.id);
  }
  return chosen;
}

function covers(a: Candidate, b: Candidate): boolean {
  const apart = Math.abs(a.x - b.x) >= (a.width + b.width) / 2 + AIR;
  const above = a.y - a.height - AIR >= b.y || b.y - b.height - AIR >= a.y;
  return !apart && !above;
}

function cellsOf({ x, y, width, height }: Candidate): string[] {
  const cells: string[] = [];
  const half = width / 2 + AIR;
  for (let i = Math.floor((x - half) / CELL); i <= Math.floor((x + half) / CELL); i++) {
    for (let k = Math.floor((y - height - AIR) / CELL); k <= Math.floor((y + AIR) / CELL); k++) cells.push(`${i},${k}`);
  }
  return cells;
}
