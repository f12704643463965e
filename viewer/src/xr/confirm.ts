/**
 * Hold to confirm: nothing is sent before a button was held down, in view of the one who holds it, for long enough.
 *
 * Pure. Whatever breaks the attention closes the question: headset off, session gone, too long a silence between
 * frames, a reason against it. Then everything has to be asked anew.
 */

export type Phase = "closed" | "asked" | "holding";

/** Milliseconds to hold. */
export const HOLD_MS = 1200;
/** A question that nobody answers goes away. */
const PATIENCE_MS = 60_000;
/** A longer gap between two frames means that nobody saw what happened. */
const GAP_MS = 10_000;
/** A slow frame counts no more than this towards the hold: it must be seen in several. */
const SEEN_MS = 150;

export class Confirm {
  phase: Phase = "closed";
  /** Why the last question was closed without an answer, for people; or "". */
  cancelled = "";
  private by = -1;
  private heldMs = 0;
  private openedMs = 0;
  private lastMs = 0;

  /** 0 to 1. */
  get share(): number {
    return this.phase === "holding" ? Math.min(1, this.heldMs / HOLD_MS) : 0;
  }

  open(nowMs: number): void {
    this.phase = "asked";
    this.cancelled = "";
    this.openedMs = nowMs;
    this.lastMs = nowMs;
  }

  /** A pointer began to press the button. */
  press(pointer: number, nowMs: number): void {
    if (this.phase !== "asked") return;
    this.phase = "holding";
    this.by = pointer;
    this.heldMs = 0;
    this.lastMs = nowMs;
  }

  /** A pointer let go, or left the button, or is no longer tracked. */
  release(pointer: number): void {
    if (this.phase === "holding" && pointer === this.by) this.phase = "asked";
  }

  /** Close the question; `why` is told. */
  interrupt(why: string): void {
    if (this.phase === "closed") return;
    this.phase = "closed";
    this.cancelled = why;
  }

  /** Time passed and this is still seen; `obstacle` is what speaks against it now, or "". True once: send it. */
  tick(nowMs: number, obstacle: string): boolean {
    if (this.phase === "closed") return false;
    const passedMs = nowMs - this.lastMs;
    this.lastMs = nowMs;
    if (obstacle) this.interrupt(obstacle);
    else if (passedMs > GAP_MS || passedMs < 0) this.interrupt("Cancelled: the picture stood still.");
    else if (nowMs - this.openedMs > PATIENCE_MS && this.phase === "asked")
      this.interrupt("Cancelled: no answer came.");
    if (this.phase !== "holding") return false;
    this.heldMs += Math.min(passedMs, SEEN_MS);
    if (this.heldMs < HOLD_MS) return false;
    this.phase = "closed";
    return true;
  }
}
