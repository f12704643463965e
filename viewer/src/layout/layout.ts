/**
 * Where twins stand: at their placement, otherwise in an automatic layout that never moves what already stands.
 *
 * Unplaced twins are grouped by area, else by the path of their id. A group fills shelves (rows of one type) inside a
 * block of floor; a block is opened near the group's own members, near the twin whose children they are, or near the
 * group with the most similar name.
 */
import { footprint, Occupancy, overlaps, type Rect, rectAt, sameRect, union } from "./geometry";

/** What the layout needs to know of a twin; metres. */
export interface Item {
  id: string;
  type: string;
  area: string;
  /** Along x, y, z. */
  size: readonly [number, number, number];
  /** It drives about, so where it was placed says nothing about its area. */
  roams: boolean;
  position: readonly [number, number, number] | null;
  yawDeg: number;
}

export interface Place {
  x: number;
  y: number;
  z: number;
  yawDeg: number;
  /** Whether the plant says so, rather than the automatic layout. */
  fixed: boolean;
}

export interface Area {
  name: string;
  rect: Rect;
}

interface Shelf {
  type: string;
  z: number;
  depth: number;
  /** Where the next twin begins. */
  x: number;
}

interface Block {
  x: number;
  width: number;
  z: number;
  shelves: Shelf[];
}

interface Group {
  blocks: Block[];
  members: Set<string>;
}

interface Known {
  item: Item;
  place: Place;
  rect: Rect;
  group: string;
}

/** Free floor between neighbours, and between groups. */
const GAP = 1.2;
const AISLE = 4;
const MARGIN = 1.5;
/** Discovered twins and tags are small: keep room for a label. */
const LEAST = 1;
const REMEMBERED = 20_000;

export class Layout {
  private readonly known = new Map<string, Known>();
  private readonly groups = new Map<string, Group>();
  private readonly floor = new Occupancy();
  /** Where twins stood that have gone; oldest first. */
  private readonly past = new Map<string, Known>();

  /** Take the twins there are now; those that stay keep their place. */
  update(items: Iterable<Item>): void {
    const wanted = new Map<string, Item>();
    for (const item of items) wanted.set(item.id, item);
    for (const id of [...this.known.keys()]) if (!wanted.has(id)) this.remove(id);
    const fresh: Item[] = [];
    for (const item of wanted.values()) {
      if (item.position) this.fix(item, item.position);
      else if (!this.keep(item) && !this.restore(item)) fresh.push(item);
    }
    this.arrange(fresh);
  }

  place(id: string): Place | undefined {
    return this.known.get(id)?.place;
  }

  /** Floor of each named group, for zones and their titles. */
  areas(): Area[] {
    const found: Area[] = [];
    for (const [key, group] of this.groups) {
      const rect = this.extent(group, true) ?? this.extent(group);
      if (rect && key) found.push({ name: key, rect });
    }
    found.sort((a, b) => compareNames(a.name, b.name));
    part(found, 2 * MARGIN);
    return found;
  }

  private fix(item: Item, [x, y, z]: readonly [number, number, number]): void {
    const [width, depth] = footprint(item.size[0], item.size[2], item.yawDeg);
    this.stand(item, { x, y, z, yawDeg: item.yawDeg, fixed: true }, rectAt(x, z, width, depth));
  }

  /** A twin that stood here without a placement stays, whatever else of it changed. */
  private keep(item: Item): boolean {
    const before = this.known.get(item.id);
    if (!before || before.place.fixed) return false;
    this.stand(item, before.place, before.rect);
    return true;
  }

  /** A twin that comes back, perhaps because the connection did, stands where it stood if that is still free. */
  private restore(item: Item): boolean {
    const before = this.past.get(item.id);
    if (!before || before.group !== groupOf(item) || before.item.size.some((length, i) => length !== item.size[i]))
      return false;
    this.past.delete(item.id);
    if (!this.floor.free(before.rect, 0)) return false;
    this.stand(item, before.place, before.rect);
    return true;
  }

  private stand(item: Item, place: Place, rect: Rect): void {
    const key = groupOf(item);
    const before = this.known.get(item.id);
    const rests = before?.group === key && before.place.fixed === place.fixed && sameRect(before.rect, rect);
    if (before && before.group !== key) this.leave(item.id, before.group);
    this.known.set(item.id, { item, place, rect, group: key });
    if (rests) return;
    this.group(key).members.add(item.id);
    this.floor.set(item.id, rect);
  }

  private remove(id: string): void {
    const known = this.known.get(id);
    if (!known) return;
    this.known.delete(id);
    this.floor.delete(id);
    this.leave(id, known.group);
    if (known.place.fixed) return;
    this.past.delete(id);
    this.past.set(id, known);
    if (this.past.size > REMEMBERED) this.past.delete(this.past.keys().next().value!);
  }

  private leave(id: string, key: string): void {
    const group = this.groups.get(key);
    if (!group) return;
    group.members.delete(id);
    if (group.members.size === 0) this.groups.delete(key);
    // Its place can be taken: rows are looked through from their beginning again.
    for (const block of group.blocks) for (const shelf of block.shelves) shelf.x = block.x;
  }

  private group(key: string): Group {
    const group = this.groups.get(key) ?? { blocks: [], members: new Set() };
    this.groups.set(key, group);
    return group;
  }

  private arrange(items: readonly Item[]): void {
    const byGroup = new Map<string, Item[]>();
    for (const item of items) {
      const key = groupOf(item);
      byGroup.set(key, [...(byGroup.get(key) ?? []), item]);
    }
    for (const key of [...byGroup.keys()].sort(compareNames)) {
      const members = byGroup.get(key)!;
      members.sort(compareItems);
      this.fill(key, members);
    }
  }

  private fill(key: string, items: readonly Item[]): void {
    const group = this.group(key);
    const others = this.areas().filter((area) => area.name !== key);
    items.forEach((item, index) => {
      const width = Math.max(item.size[0], LEAST);
      const depth = Math.max(item.size[2], LEAST);
      let rect = this.onShelf(group, item.type, width, depth, others);
      if (!rect) {
        group.blocks.push(this.open(key, group, items.slice(index), others));
        rect = this.onShelf(group, item.type, width, depth, others)!;
      }
      const x = (rect.minX + rect.maxX) / 2;
      const z = (rect.minZ + rect.maxZ) / 2;
      this.stand(item, { x, y: 0, z, yawDeg: item.yawDeg, fixed: false }, rect);
    });
  }

  /** Return room on a shelf of that type, or on a new shelf below; null when the group's blocks are full. */
  private onShelf(group: Group, type: string, width: number, depth: number, others: readonly Area[]): Rect | null {
    for (const block of group.blocks) {
      for (const shelf of block.shelves) {
        if (!suits(shelf, type, depth)) continue;
        while (shelf.x + width <= block.x + block.width + 1e-6) {
          const minZ = shelf.z + (shelf.depth - depth) / 2;
          const rect = { minX: shelf.x, minZ, maxX: shelf.x + width, maxZ: minZ + depth };
          shelf.x += width + GAP;
          if (this.floor.free(rect, GAP / 2)) return rect;
        }
      }
    }
    const block = group.blocks.at(-1);
    if (!block) return null;
    const last = block.shelves.at(-1);
    const z = last ? last.z + last.depth + GAP : block.z;
    const rect = { minX: block.x, minZ: z, maxX: block.x + width, maxZ: z + depth };
    if (!this.floor.free(rect, last ? GAP / 2 : 0)) return null;
    if (last && others.some((other) => overlaps(rect, other.rect, AISLE / 2))) return null;
    block.shelves.push({ type, z, depth, x: block.x + width + GAP });
    return rect;
  }

  /** Open a block for these twins on free floor. */
  private open(key: string, group: Group, items: readonly Item[], others: readonly Area[]): Block {
    const [width, depth] = blockSize(items);
    const own = this.extent(group);
    const anchor = own ?? this.known.get(key)?.rect ?? this.neighbour(key);
    const gap = own ? GAP : AISLE;
    if (!anchor) return { x: -width / 2, width, z: 0, shelves: [] };
    const fits = (x: number, z: number) => {
      const rect = { minX: x, minZ: z, maxX: x + width, maxZ: z + depth };
      return others.every((other) => !overlaps(rect, other.rect, AISLE)) && this.floor.free(rect, gap);
    };
    const around = [anchor, ...others.map((other) => other.rect)];
    // Right of everything there is, nothing can stand in the way.
    const [x, z] = nearest(around, anchor, width, depth, gap, fits) ?? [this.rightmost() + AISLE, anchor.minZ];
    return { x, width, z, shelves: [] };
  }

  private rightmost(): number {
    let x = 0;
    for (const { rect } of this.known.values()) x = Math.max(x, rect.maxX);
    return x;
  }

  /** Extent of the group whose name shares the longest beginning. */
  private neighbour(key: string): Rect | null {
    let best: Rect | null = null;
    let most = -1;
    for (const [name, group] of this.groups) {
      const rect = this.extent(group);
      const shared = sharedPath(name, key);
      if (!rect || shared <= most) continue;
      most = shared;
      best = rect;
    }
    return best;
  }

  private extent(group: Group, resting = false): Rect | null {
    let rect: Rect | null = null;
    for (const id of group.members) {
      const { item, rect: own } = this.known.get(id)!;
      if (!(resting && item.roams)) rect = union(rect, own);
    }
    if (!rect) return null;
    return { minX: rect.minX - MARGIN, minZ: rect.minZ - MARGIN, maxX: rect.maxX + MARGIN, maxZ: rect.maxZ + MARGIN };
  }
}

/** Where frames overlap by no more than their margins, draw each back to the middle of what they share. */
function part(areas: Area[], most: number): void {
  for (const [i, { rect: a }] of areas.entries()) {
    for (const { rect: b } of areas.slice(i + 1)) {
      if (!overlaps(a, b)) continue;
      const [left, right] = a.minX + a.maxX < b.minX + b.maxX ? [a, b] : [b, a];
      const [back, front] = a.minZ + a.maxZ < b.minZ + b.maxZ ? [a, b] : [b, a];
      const shared = [left.maxX - right.minX, back.maxZ - front.minZ];
      if (shared[0] <= shared[1] && shared[0] <= most) left.maxX = right.minX = (left.maxX + right.minX) / 2;
      else if (shared[1] <= most) back.maxZ = front.minZ = (back.maxZ + front.minZ) / 2;
    }
  }
}

/** Area, else the id up to its last part, else nothing. */
export function groupOf(item: Pick<Item, "id" | "area">): string {
  return item.area || item.id.slice(0, Math.max(0, item.id.lastIndexOf("/")));
}

/** `pump-2` before `pump-10`. */
export function compareNames(a: string, b: string): number {
  return COLLATOR.compare(a, b) || (a < b ? -1 : Number(a > b));
}

const COLLATOR = new Intl.Collator("en", { numeric: true });

function sharedPath(a: string, b: string): number {
  const [x, y] = [a.split("/"), b.split("/")];
  let shared = 0;
  while (shared < x.length && shared < y.length && x[shared] === y[shared]) shared++;
  return shared;
}

/** Tall ones first, so that they stand at the back; then by type and name. */
function compareItems(a: Item, b: Item): number {
  const tall = Math.round(b.size[1]) - Math.round(a.size[1]);
  return tall || compareNames(a.type, b.type) || compareNames(a.id, b.id);
}

/** A row takes its own type, and another one that is not much less deep. */
function suits(shelf: Pick<Shelf, "type" | "depth">, type: string, depth: number): boolean {
  return depth <= shelf.depth + 1e-6 && (shelf.type === type || depth >= shelf.depth * 0.45);
}

/** Width and depth of a block that holds the twins in shelves and is a little wider than deep. */
function blockSize(items: readonly Item[]): [number, number] {
  const cells = items.map(({ type, size }) => ({
    type,
    width: Math.max(size[0], LEAST),
    depth: Math.max(size[2], LEAST),
  }));
  const floor = cells.reduce((sum, cell) => sum + (cell.width + GAP) * (cell.depth + GAP), 0);
  const widest = Math.max(...cells.map((cell) => cell.width));
  const width = Math.max(widest, Math.sqrt(floor * 1.7));
  let depth = 0;
  let x = Number.POSITIVE_INFINITY;
  let type = "";
  let shelf = 0;
  for (const cell of cells) {
    if (x + cell.width > width + 1e-6 || !suits({ type, depth: shelf }, cell.type, cell.depth)) {
      depth += cell.depth + GAP;
      shelf = cell.depth;
      x = 0;
      type = cell.type;
    }
    x += cell.width + GAP;
  }
  return [width, depth];
}

/**
 * Try right of, below, left of and above each rectangle. Return the fitting corner that keeps all of them together in
 * the most compact floor, a little wider than deep, and near the anchor.
 */
function nearest(
  rects: readonly Rect[],
  anchor: Rect,
  width: number,
  depth: number,
  gap: number,
  fits: (x: number, z: number) => boolean,
): [number, number] | undefined {
  const whole = rects.reduce<Rect>((sum, rect) => union(sum, rect), anchor);
  const cost = ([x, z]: readonly [number, number]) => {
    const all = union(whole, { minX: x, minZ: z, maxX: x + width, maxZ: z + depth });
    const spread = Math.max(all.maxX - all.minX, (all.maxZ - all.minZ) * 1.4);
    const dx = x + width / 2 - (anchor.minX + anchor.maxX) / 2;
    const dz = z + depth / 2 - (anchor.minZ + anchor.maxZ) / 2;
    return spread + 0.5 * Math.hypot(dx, dz);
  };
  const corners: [number, number][] = [];
  for (const rect of rects) {
    const apart = rect === anchor ? gap : AISLE;
    corners.push(
      [rect.maxX + apart, rect.minZ],
      [rect.minX, rect.maxZ + apart],
      [rect.minX - apart - width, rect.minZ],
      [rect.minX, rect.minZ - apart - depth],
    );
  }
  return corners.filter(([x, z]) => fits(x, z)).sort((a, b) => cost(a) - cost(b))[0];
}
