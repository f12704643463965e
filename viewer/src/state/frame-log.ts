/** When the last frames were made, arrived and were painted, so that a sample's way can be told (its hops). */

const KEPT = 4096;

export class FrameLog {
  /** Serial number of the newest frame, counted over all sessions from 1. */
  serial = 0;
  private readonly made = new Float64Array(KEPT);
  private readonly arrived = new Float64Array(KEPT);
  private readonly painted = new Float64Array(KEPT);
  private unpainted = 1;

  /** Note a frame: made at the server's `timeUs`, arrived at `arrivedMs` of our clock; returns its serial. */
  add(timeUs: number, arrivedMs: number): number {
    const at = ++this.serial % KEPT;
    this.made[at] = timeUs;
    this.arrived[at] = arrivedMs;
    this.painted[at] = 0;
    return this.serial;
  }

  /** All frames up to now are on the screen. */
  paint(nowMs: number): void {
    this.unpainted = Math.max(this.unpainted, this.serial - KEPT + 1);
    while (this.unpainted <= this.serial) this.painted[this.unpainted++ % KEPT] = nowMs;
  }

  /** Return the times of a frame, or null once it has left the log. `paintedMs` is 0 until it was painted. */
  get(serial: number): { madeUs: number; arrivedMs: number; paintedMs: number } | null {
    if (serial < 1 || serial > this.serial || serial <= this.serial - KEPT) return null;
    const at = serial % KEPT;
    return { madeUs: this.made[at], arrivedMs: this.arrived[at], paintedMs: this.painted[at] };
  }
}
