/** The last samples of a signal for charts: two typed arrays that wrap around. */

export class Ring {
  readonly capacity: number;
  length = 0;
  private readonly at: Float64Array;
  private readonly values: Float64Array;
  private readonly serials: Uint32Array;
  private readonly broken: Uint8Array;
  private head = 0;
  private breaks = false;

  constructor(capacity: number) {
    this.capacity = capacity;
    this.at = new Float64Array(capacity);
    this.values = new Float64Array(capacity);
    this.serials = new Uint32Array(capacity);
    this.broken = new Uint8Array(capacity);
  }

  /** Append a sample; older than the newest is left out, the same instant replaces it. */
  push(atUs: number, value: number, serial = 0): void {
    if (this.length > 0) {
      const newest = (this.head + this.capacity - 1) % this.capacity;
      if (atUs < this.at[newest]) return;
      if (atUs === this.at[newest]) {
        this.values[newest] = value;
        return;
      }
    }
    this.at[this.head] = atUs;
    this.values[this.head] = value;
    this.serials[this.head] = serial;
    this.broken[this.head] = Number(this.breaks);
    this.breaks = false;
    this.head = (this.head + 1) % this.capacity;
    if (this.length < this.capacity) this.length++;
  }

  /** For a time nobody listened: what came between the newest sample and the next one is not known here. */
  interrupt(): void {
    this.breaks = this.length > 0;
  }

  /** Index 0 is the oldest. */
  time(index: number): number {
    return this.at[this.place(index)];
  }

  value(index: number): number {
    return this.values[this.place(index)];
  }

  /** Serial number of the frame that brought it; 0 for history. */
  serial(index: number): number {
    return this.serials[this.place(index)];
  }

  /** Whether samples may be missing between this one and the one before it. */
  interrupted(index: number): boolean {
    return this.broken[this.place(index)] === 1;
  }

  /** Return the index of the sample observed at exactly this time, or -1. */
  find(atUs: number): number {
    let low = 0;
    let high = this.length - 1;
    while (low <= high) {
      const middle = (low + high) >> 1;
      const time = this.time(middle);
      if (time === atUs) return middle;
      if (time < atUs) low = middle + 1;
      else high = middle - 1;
    }
    return -1;
  }

  clear(): void {
    this.length = 0;
    this.head = 0;
    this.breaks = false;
  }

  private place(index: number): number {
    return (this.head + this.capacity - this.length + index) % this.capacity;
  }
}
