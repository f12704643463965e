/** Age of samples on arrival: percentiles and rate over the last second, without an allocation per sample. */

/** Buckets grow by 2^(1/8), 9 %: from 0.1 ms to more than a day. */
const PER_OCTAVE = 8;
const BUCKETS = 256;
const FLOOR_MS = 0.1;

export interface AgeWindow {
  /** Milliseconds; NaN where no sample came. */
  p50: number;
  p99: number;
  /** Samples per second, all of them. */
  rate: number;
}

export class AgeMeter {
  window: AgeWindow = { p50: Number.NaN, p99: Number.NaN, rate: 0 };
  private readonly counts = new Uint32Array(BUCKETS);
  private aged = 0;
  private rows = 0;
  private startMs = Number.NaN;

  /** Count a live sample of this age. */
  add(ageMs: number): void {
    this.counts[bucketOf(ageMs)]++;
    this.aged++;
  }

  /** Count samples, live or not. */
  count(rows: number): void {
    this.rows += rows;
  }

  /** Close the window when a second has passed; returns whether it did. */
  roll(nowMs: number): boolean {
    if (Number.isNaN(this.startMs)) this.startMs = nowMs;
    const elapsed = nowMs - this.startMs;
    if (elapsed < 1000) return false;
    this.window = { p50: this.percentile(0.5), p99: this.percentile(0.99), rate: (this.rows * 1000) / elapsed };
    this.counts.fill(0);
    this.aged = 0;
    this.rows = 0;
    this.startMs = nowMs;
    return true;
  }

  private percentile(share: number): number {
    if (this.aged === 0) return Number.NaN;
    let left = Math.ceil(this.aged * share);
    for (let bucket = 0; bucket < BUCKETS; bucket++) {
      left -= this.counts[bucket];
      if (left <= 0) return FLOOR_MS * 2 ** ((bucket + 0.5) / PER_OCTAVE);
    }
    return Number.NaN;
  }
}

function bucketOf(ageMs: number): number {
  if (!(ageMs > FLOOR_MS)) return 0;
  return Math.min(BUCKETS - 1, Math.floor(Math.log2(ageMs / FLOOR_MS) * PER_OCTAVE));
}
