/** Ways of pipes over the floor: around machines, in right angles, with few bends. Pure. */

/** A machine as a pipe sees it: middle of its base, half its width and depth as they lie, its height; metres. */
export interface Block {
  x: number;
  y: number;
  z: number;
  halfX: number;
  halfZ: number;
  height: number;
}

export type PipePoint = [number, number, number];

/** Pipes along x and along z lie at different heights, so that they cross without touching. */
const RACK_X = 0.34;
const RACK_Z = 0.62;
const CELL = 0.4;
/** What a bend costs, in cells. */
const BEND = 4;
/** What it costs to share a cell with a pipe that is there already, in cells. */
const SHARED = 3;
/** How far around both ends a way is looked for, metres. */
const AROUND = 6;
/** More cells than this are not searched; the pipe goes straight over everything. */
const MOST_CELLS = 60_000;
/** Machines this close face to face are joined directly, metres. */
const NEIGHBOURS = 5;
const STEPS = [
  [1, 0],
  [-1, 0],
  [0, 1],
  [0, -1],
] as const;

/**
 * Return the corners of a pipe from one machine to another, in the order of the flow.
 *
 * `others` are in the way; `used` counts by cell how many pipes lie there, and is added to.
 */
export function routePipe(from: Block, to: Block, others: readonly Block[], used: Map<string, number>): PipePoint[] {
  return direct(from, to, others) ?? around(from, to, others, used) ?? straight(from, to);
}

/** Height at which a pipe leaves or enters a machine. */
export function portHeight(block: Block): number {
  return block.y + Math.min(0.55, block.height * 0.5);
}

/** Neighbours that face each other are joined by one straight pipe. */
function direct(from: Block, to: Block, others: readonly Block[]): PipePoint[] | null {
  const y = Math.min(portHeight(from), portHeight(to));
  for (const axis of ["x", "z"] as const) {
    const across = axis === "x" ? "z" : "x";
    const [half, halfAcross] = axis === "x" ? (["halfX", "halfZ"] as const) : (["halfZ", "halfX"] as const);
    const low = Math.max(from[across] - from[halfAcross], to[across] - to[halfAcross]);
    const high = Math.min(from[across] + from[halfAcross], to[across] + to[halfAcross]);
    const side = Math.sign(to[axis] - from[axis]);
    const start = from[axis] + side * from[half];
    const end = to[axis] - side * to[half];
    const gap = (end - start) * side;
    if (high - low < 0.3 || gap < 0.05 || gap > NEIGHBOURS) continue;
    const middle = (low + high) / 2;
    // It begins and ends inside the machines, whose bodies hide the ends.
    const ends = [start - side * Math.min(0.25, from[half] * 0.4), end + side * Math.min(0.25, to[half] * 0.4)];
    const points = ends.map((at): PipePoint => (axis === "x" ? [at, y, middle] : [middle, y, at]));
    if (others.every((other) => clear(other, points[0], points[1]))) return points;
  }
  return null;
}

function clear(block: Block, a: PipePoint, b: PipePoint): boolean {
  return (
    Math.max(a[0], b[0]) < block.x - block.halfX ||
    Math.min(a[0], b[0]) > block.x + block.halfX ||
    Math.max(a[2], b[2]) < block.z - block.halfZ ||
    Math.min(a[2], b[2]) > block.z + block.halfZ
  );
}

interface Grid {
  x: number;
  z: number;
  columns: number;
  rows: number;
  blocked: Uint8Array;
}

function around(from: Block, to: Block, others: readonly Block[], used: Map<string, number>): PipePoint[] | null {
  const grid = gridOf(from, to, others);
  if (!grid) return null;
  const cells = search(grid, doors(from, grid), doors(to, grid), used);
  if (!cells) return null;
  for (const cell of cells) {
    const key = keyOf(grid, cell);
    used.set(key, (used.get(key) ?? 0) + 1);
  }
  return raised(
    cells.map((cell) => at(grid, cell)),
    from,
    to,
  );
}

function gridOf(from: Block, to: Block, others: readonly Block[]): Grid | null {
  // Cells lie on one lattice for all pipes, so that those that share one know of each other.
  const x = Math.floor((Math.min(from.x, to.x) - AROUND) / CELL);
  const z = Math.floor((Math.min(from.z, to.z) - AROUND) / CELL);
  const columns = Math.ceil((Math.max(from.x, to.x) + AROUND) / CELL) - x + 1;
  const rows = Math.ceil((Math.max(from.z, to.z) + AROUND) / CELL) - z + 1;
  if (!(columns * rows <= MOST_CELLS)) return null;
  const grid = { x, z, columns, rows, blocked: new Uint8Array(columns * rows) };
  for (const block of [from, to, ...others]) {
    const margin = 0.12;
    const [left, right] = [span(block.x - block.halfX - margin, x), span(block.x + block.halfX + margin, x)];
    const [back, front] = [span(block.z - block.halfZ - margin, z), span(block.z + block.halfZ + margin, z)];
    for (let row = Math.max(0, back); row <= Math.min(rows - 1, front); row++) {
      for (let column = Math.max(0, left); column <= Math.min(columns - 1, right); column++) {
        grid.blocked[row * columns + column] = 1;
      }
    }
  }
  return grid;
}

function span(value: number, origin: number): number {
  return Math.round(value / CELL) - origin;
}

/** Cells right in front of the middle of each side, where a pipe may begin or end. */
function doors(block: Block, grid: Grid): number[] {
  const found: number[] = [];
  const middle = [span(block.x, grid.x), span(block.z, grid.z)];
  for (const [dx, dz] of STEPS) {
    let [column, row] = middle;
    while (inside(grid, column, row) && grid.blocked[row * grid.columns + column]) {
      column += dx;
      row += dz;
      if (Math.abs(column - middle[0]) * CELL > block.halfX + 1.2) break;
      if (Math.abs(row - middle[1]) * CELL > block.halfZ + 1.2) break;
    }
    if (inside(grid, column, row) && !grid.blocked[row * grid.columns + column])
      found.push(row * grid.columns + column);
  }
  return found;
}

function inside(grid: Grid, column: number, row: number): boolean {
  return column >= 0 && row >= 0 && column < grid.columns && row < grid.rows;
}

/** The cheapest way, by Dijkstra over (cell, direction); costs are small whole numbers, so a ring of buckets is the queue. */
function search(grid: Grid, starts: number[], ends: number[], used: Map<string, number>): number[] | null {
  const states = grid.columns * grid.rows * 4;
  const cost = new Int32Array(states).fill(-1);
  const back = new Int32Array(states).fill(-1);
  const goal = new Set(ends);
  const ring: number[][] = Array.from({ length: 1 + BEND + SHARED * 4 + 1 }, () => []);
  let waiting = 0;
  const reach = (state: number, total: number, by: number) => {
    if (cost[state] >= 0 && cost[state] <= total) return;
    cost[state] = total;
    back[state] = by;
    ring[total % ring.length].push(state);
    waiting++;
  };
  for (const cell of starts) for (let way = 0; way < 4; way++) reach(cell * 4 + way, 0, -1);
  for (let total = 0; waiting > 0; total++) {
    const due = ring[total % ring.length].splice(0);
    for (const state of due) {
      waiting--;
      if (cost[state] !== total) continue;
      const cell = state >> 2;
      if (goal.has(cell)) return trace(state, back);
      const [column, row] = [cell % grid.columns, Math.floor(cell / grid.columns)];
      for (let way = 0; way < 4; way++) {
        const [dx, dz] = STEPS[way];
        if (!inside(grid, column + dx, row + dz)) continue;
        const next = (row + dz) * grid.columns + column + dx;
        if (grid.blocked[next]) continue;
        const shared = Math.min(4, used.get(keyOf(grid, next)) ?? 0) * SHARED;
        reach(next * 4 + way, total + 1 + shared + (way === (state & 3) ? 0 : BEND), state);
      }
    }
  }
  return null;
}

function trace(state: number, back: Int32Array): number[] {
  const cells: number[] = [];
  for (let s = state; s >= 0; s = back[s]) if (cells.at(-1) !== s >> 2) cells.push(s >> 2);
  return cells.reverse();
}

function keyOf(grid: Grid, cell: number): string {
  return `${grid.x + (cell % grid.columns)},${grid.z + Math.floor(cell / grid.columns)}`;
}

function at(grid: Grid, cell: number): [number, number] {
  return [(grid.x + (cell % grid.columns)) * CELL, (grid.z + Math.floor(cell / grid.columns)) * CELL];
}

/** From cells to corners in space: out of the machine, down to the rack, along, and up into the other one. */
function raised(cells: [number, number][], from: Block, to: Block): PipePoint[] {
  const corners = cells.filter(
    (cell, i) => i === 0 || i === cells.length - 1 || bends(cells[i - 1], cell, cells[i + 1]),
  );
  const points: PipePoint[] = [
    [...side(from, corners[0])] as PipePoint,
    [corners[0][0], portHeight(from), corners[0][1]],
  ];
  for (let i = 1; i < corners.length; i++) {
    const [a, b] = [corners[i - 1], corners[i]];
    const y = (a[1] === b[1] ? RACK_X : RACK_Z) + Math.min(from.y, to.y);
    points.push([a[0], y, a[1]], [b[0], y, b[1]]);
  }
  const last = corners[corners.length - 1];
  points.push([last[0], portHeight(to), last[1]], side(to, last));
  return points.filter((point, i) => i === 0 || Math.hypot(...point.map((v, k) => v - points[i - 1][k])) > 1e-6);
}

function bends(a: [number, number], b: [number, number], c: [number, number]): boolean {
  return (b[0] - a[0]) * (c[1] - b[1]) !== (b[1] - a[1]) * (c[0] - b[0]);
}

/** Where a pipe that comes from a door enters the machine: a little way inside. */
function side(block: Block, door: [number, number]): PipePoint {
  const away = [door[0] - block.x, door[1] - block.z];
  const alongX = Math.abs(away[0]) / block.halfX > Math.abs(away[1]) / block.halfZ;
  const y = portHeight(block);
  if (alongX) return [block.x + Math.sign(away[0]) * block.halfX * 0.6, y, door[1]];
  return [door[0], y, block.z + Math.sign(away[1]) * block.halfZ * 0.6];
}

/** Over everything, where no way is found. */
function straight(from: Block, to: Block): PipePoint[] {
  const y = Math.max(from.y + from.height, to.y + to.height) + 0.5;
  return [
    [from.x, from.y + from.height * 0.8, from.z],
    [from.x, y, from.z],
    [to.x, y, from.z],
    [to.x, y, to.z],
    [to.x, to.y + to.height * 0.8, to.z],
  ];
}
