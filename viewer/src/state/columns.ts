/** The newest sample of every slot, as columns; and which slots changed since somebody last looked. */
import type { Frame } from "../protocol/frames";

/** Quality of a slot that no frame has named yet: bad, never seen. */
export const NEVER_SEEN = (2 << 6) | 18;

export class Columns {
  /** One above the highest slot that the schema named. */
  size = 0;
  value = new Float64Array(0);
  /** Microseconds since the Unix epoch, server's clock; 0 = unknown. */
  observedUs = new Float64Array(0);
  quality = new Uint8Array(0);
  /** Serial number of the frame that brought the value (see `FrameLog`); 0 = none. */
  frame = new Uint32Array(0);
  /** Integers whose float64 is only the nearest. */
  readonly exact = new Map<number, bigint>();
  /** Slots changed since `clean`, each once: the first `dirtyCount` items. */
  dirty = new Uint32Array(0);
  dirtyCount = 0;
  /** Rows for slots that no schema named (rule T1); stays 0 with a correct server. */
  unknownRows = 0;
  private marked = new Uint8Array(0);

  /** Make room for slots below `size`; doubles, so that n twins cost n in total. */
  grow(size: number): void {
    if (size <= this.size) return;
    if (size > this.value.length) {
      const capacity = Math.max(size, this.value.length * 2, 64);
      this.value = enlarged(this.value, new Float64Array(capacity).fill(Number.NaN));
      this.observedUs = enlarged(this.observedUs, new Float64Array(capacity));
      this.quality = enlarged(this.quality, new Uint8Array(capacity).fill(NEVER_SEEN));
      this.frame = enlarged(this.frame, new Uint32Array(capacity));
      this.dirty = enlarged(this.dirty, new Uint32Array(capacity));
      this.marked = enlarged(this.marked, new Uint8Array(capacity));
    }
    this.size = size;
  }

  apply(frame: Frame, serial: number): void {
    const { rows, slot, value, observedUs, quality } = frame;
    for (let row = 0; row < rows; row++) {
      const s = slot[row];
      if (s >= this.size) {
        this.unknownRows++;
        continue;
      }
      this.value[s] = value[row];
      this.observedUs[s] = observedUs[row];
      this.quality[s] = quality[row];
      this.frame[s] = serial;
      this.mark(s);
      if (this.exact.size > 0) this.exact.delete(s);
    }
    for (let i = 0; i < frame.exact.length; i++) {
      const row = frame.exactRow[i];
      // A later row of the same slot replaces an exact one.
      if (row < rows && value[row] === this.value[slot[row]]) this.exact.set(slot[row], frame.exact[i]);
    }
  }

  mark(slot: number): void {
    if (this.marked[slot]) return;
    this.marked[slot] = 1;
    this.dirty[this.dirtyCount++] = slot;
  }

  markAll(): void {
    for (let slot = 0; slot < this.size; slot++) this.mark(slot);
  }

  clean(): void {
    for (let i = 0; i < this.dirtyCount; i++) this.marked[this.dirty[i]] = 0;
    this.dirtyCount = 0;
  }

  /** A removed twin's slot falls silent (rule T2). */
  forget(slot: number): void {
    this.value[slot] = Number.NaN;
    this.observedUs[slot] = 0;
    this.quality[slot] = NEVER_SEEN;
    this.frame[slot] = 0;
    this.exact.delete(slot);
  }

  reset(): void {
    for (let slot = 0; slot < this.size; slot++) this.forget(slot);
    this.clean();
    this.exact.clear();
    this.size = 0;
  }
}

function enlarged<T extends Float64Array | Uint8Array | Uint32Array>(from: T, to: T): T {
  to.set(from);
  return to;
}
