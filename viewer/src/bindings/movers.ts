/**
 * Twins on the way to new values: each once, walked in place.
 *
 * Thirty thousand values may change in one frame. What a change has to know of a twin therefore lies in columns by slot
 * and by seat, as the values do: to look into that many objects takes longer than to colour them.
 */
import type { Rules } from "./rules";

export class Movers<T extends Rules> {
  /** By seat; a hole where a twin has gone. */
  private readonly twins: (T | undefined)[] = [];
  private readonly free: number[] = [];
  /** By slot: seat of the twin whose signal it is plus 1, and whether rules of that twin read it. */
  private owner = new Uint32Array(0);
  private own = new Uint8Array(0);
  /** Readers of slots that are another twin's. */
  private readonly others = new Map<number, T[]>();
  /** By seat: takes part in the next walk; nobody vouches for what it shows. */
  private moving = new Uint8Array(0);
  private stale = new Uint8Array(0);
  /** Seats that take part in the next walk. */
  private queue = new Uint32Array(0);
  private queued = 0;

  /** How many move. */
  get size(): number {
    return this.queued;
  }

  /** Follow the slots of a twin from now on. */
  enlist(twin: T): void {
    const seat = this.free.pop() ?? this.twins.length;
    twin.seat = seat;
    this.twins[seat] = twin;
    this.moving = grown(this.moving, seat);
    this.stale = grown(this.stale, seat);
    this.queue = grown(this.queue, seat);
    for (const { slot } of twin.info.signals) {
      this.owner = grown(this.owner, slot);
      this.own = grown(this.own, slot);
      this.owner[slot] = seat + 1;
      this.own[slot] = 0;
    }
    for (const slot of new Set(twin.slots)) {
      if (this.owner[slot] === seat + 1) this.own[slot] = 1;
      else this.others.set(slot, [...(this.others.get(slot) ?? []), twin]);
    }
    this.add(twin);
  }

  /** Follow it no longer. */
  retire(twin: T): void {
    const { seat } = twin;
    for (const { slot } of twin.info.signals) if (this.owner[slot] === seat + 1) this.owner[slot] = 0;
    for (const slot of twin.slots) {
      const readers = this.others.get(slot)?.filter((reader) => reader !== twin) ?? [];
      if (readers.length > 0) this.others.set(slot, readers);
      else this.others.delete(slot);
    }
    const at = this.moving[seat] ? this.queue.subarray(0, this.queued).indexOf(seat) : -1;
    if (at >= 0) this.queue[at] = this.queue[--this.queued];
    this.moving[seat] = 0;
    this.stale[seat] = 0;
    this.twins[seat] = undefined;
    this.free.push(seat);
  }

  /** Let a twin take part in the next walk. */
  add(twin: T): void {
    this.seat(twin.seat);
  }

  /** Say whether nobody vouches for what the twin shows, so that its next value must be looked at. */
  setStale(twin: T, stale: boolean): void {
    this.stale[twin.seat] = stale ? 1 : 0;
  }

  /** A slot changed: its readers take part in the next walk. Returns the twin whose signal it is if that was stale. */
  touch(slot: number): T | undefined {
    const seat = this.owner[slot] - 1;
    if (seat >= 0 && this.own[slot]) this.seat(seat);
    if (this.others.size > 0) for (const reader of this.others.get(slot) ?? []) this.add(reader);
    return seat >= 0 && this.stale[seat] ? this.twins[seat] : undefined;
  }

  /** Let every twin that moves go on by `dtS`, as long as `go` says that it still does. */
  walk(dtS: number, glide: boolean, go: (twin: T, dtS: number, glide: boolean) => boolean): void {
    let kept = 0;
    for (let i = 0; i < this.queued; i++) {
      const seat = this.queue[i];
      if (go(this.twins[seat]!, dtS, glide)) this.queue[kept++] = seat;
      else this.moving[seat] = 0;
    }
    this.queued = kept;
  }

  clear(): void {
    this.twins.length = 0;
    this.free.length = 0;
    this.owner.fill(0);
    this.others.clear();
    this.moving.fill(0);
    this.stale.fill(0);
    this.queued = 0;
  }

  private seat(seat: number): void {
    if (this.moving[seat]) return;
    this.moving[seat] = 1;
    this.queue[this.queued++] = seat;
  }
}

/** Return the column with room for `index`; doubles, so that n twins cost n in total. */
function grown<Column extends Uint8Array | Uint32Array>(column: Column, index: number): Column {
  if (index < column.length) return column;
  const size = Math.max(index + 1, column.length * 2, 64);
  const more = (column instanceof Uint8Array ? new Uint8Array(size) : new Uint32Array(size)) as Column;
  more.set(column);
  return more;
}
