/** Slots that changed since one reader last looked, each once; every reader has its own. */

export class ChangedSlots {
  private slots = new Uint32Array(0);
  private marked = new Uint8Array(0);
  private count = 0;

  get size(): number {
    return this.count;
  }

  /** Make room for slots below `size`. */
  grow(size: number): void {
    if (size <= this.marked.length) return;
    const capacity = Math.max(size, this.marked.length * 2, 64);
    const slots = new Uint32Array(capacity);
    const marked = new Uint8Array(capacity);
    slots.set(this.slots);
    marked.set(this.marked);
    this.slots = slots;
    this.marked = marked;
  }

  mark(slot: number): void {
    if (this.marked[slot]) return;
    this.marked[slot] = 1;
    this.slots[this.count++] = slot;
  }

  /** Hand over every changed slot and start anew. A slot marked meanwhile comes next time. */
  drain(take: (slot: number) => void): void {
    const count = this.count;
    for (let i = 0; i < count; i++) this.marked[this.slots[i]] = 0;
    this.count = 0;
    // `take` may not mark: the items below `count` are still being read.
    for (let i = 0; i < count; i++) take(this.slots[i]);
  }

  clear(): void {
    for (let i = 0; i < this.count; i++) this.marked[this.slots[i]] = 0;
    this.count = 0;
  }
}
