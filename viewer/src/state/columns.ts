/** The newest sample of every slot, as columns; and which slots changed since each reader last looked. */
import type { Frame } from "../protocol/frames";
import { ChangedSlots } from "./dirty";

/** Quality of a slot that no frame has named yet: bad, never seen. */
export const NEVER_SEEN = (2 << 6) | 18;

export class Columns {
  /** One above the highest slot that the schema named. */
  size = 0;
  value = new Float64Array(0);
  /** Microseconds since the Unix epoch, server's clock; 0 = unknown. */
  observedUs = new Float64Array(0);
  /** When the browser got it: microseconds since the Unix epoch, server's clock. */
  receivedUs = new Float64Array(0);
  quality = new Uint8Array(0);
  /** Revision of the frame that brought the value; 0 = none. */
  revision = new Float64Array(0);
  /** Serial number of the frame that brought the value (see `FrameLog`); 0 = none. */
  frame = new Uint32Array(0);
  /** Integers whose float64 is only the nearest. */
  readonly exact = new Map<number, bigint>();
  /** Rows for slots that no schema named (rule T1); stays 0 with a correct server. */
  unknownRows = 0;
  private readonly readers = new Set<ChangedSlots>();

  /** Return a new reader of changes; all slots count as changed for it. */
  watch(): ChangedSlots {
    const reader = new ChangedSlots();
    reader.grow(this.value.length);
    for (let slot = 0; slot < this.size; slot++) reader.mark(slot);
    this.readers.add(reader);
    return reader;
  }

  unwatch(reader: ChangedSlots): void {
    this.readers.delete(reader);
  }

  /** Make room for slots below `size`; doubles, so that n twins cost n in total. */
  grow(size: number): void {
    if (size <= this.size) return;
    if (size > this.value.length) {
      const capacity = Math.max(size, this.value.length * 2, 64);
      this.value = enlarged(this.value, new Float64Array(capacity).fill(Number.NaN));
      this.observedUs = enlarged(this.observedUs, new Float64Array(capacity));
      this.receivedUs = enlarged(this.receivedUs, new Float64Array(capacity));
      this.quality = enlarged(this.quality, new Uint8Array(capacity).fill(NEVER_SEEN));
      this.revision = enlarged(this.revision, new Float64Array(capacity));
      this.frame = enlarged(this.frame, new Uint32Array(capacity));
      for (const reader of this.readers) reader.grow(capacity);
    }
    this.size = size;
  }

  /** Take a frame that arrived at `receivedUs` and has this serial number in the frame log. */
  apply(frame: Frame, serial: number, receivedUs: number): void {
    const { rows, slot, value, observedUs, quality, revision } = frame;
    for (let row = 0; row < rows; row++) {
      const s = slot[row];
      if (s >= this.size) {
        this.unknownRows++;
        continue;
      }
      this.value[s] = value[row];
      this.observedUs[s] = observedUs[row];
      this.receivedUs[s] = receivedUs;
      this.quality[s] = quality[row];
      this.revision[s] = revision;
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
    for (const reader of this.readers) reader.mark(slot);
  }

  markAll(): void {
    for (let slot = 0; slot < this.size; slot++) this.mark(slot);
  }

  /** A removed twin's slot falls silent (rule T2). */
  forget(slot: number): void {
    this.value[slot] = Number.NaN;
    this.observedUs[slot] = 0;
    this.receivedUs[slot] = 0;
    this.quality[slot] = NEVER_SEEN;
    this.revision[slot] = 0;
    this.frame[slot] = 0;
    this.exact.delete(slot);
  }

  reset(): void {
    for (let slot = 0; slot < this.size; slot++) this.forget(slot);
    for (const reader of this.readers) reader.clear();
    this.exact.clear();
    this.size = 0;
  }
}

function enlarged<T extends Float64Array | Uint8Array | Uint32Array>(from: T, to: T): T {
  to.set(from);
  return to;
}
