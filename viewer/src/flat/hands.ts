/** Pointer, wheel and pinch on the plan: pan, zoom, hover, click, double click, and in edit mode moving a machine. */

const CLICK_PX = 5;
const LONG_PX = 12;

export interface HandHooks {
  hover(px: number, py: number): void;
  leave(): void;
  pick(px: number, py: number): void;
  open(px: number, py: number): void;
  pan(dx: number, dy: number): void;
  zoom(px: number, py: number, factor: number): void;
  /** Whether a drag that begins here moves a machine rather than the plan. */
  grab(px: number, py: number): boolean;
  drag(dx: number, dy: number): void;
  drop(): void;
}

interface Finger {
  x: number;
  y: number;
}

export class Hands {
  private readonly fingers = new Map<number, Finger>();
  private readonly abort = new AbortController();
  private from: Finger = { x: 0, y: 0 };
  private moved = false;
  private holding = false;

  constructor(
    private readonly canvas: HTMLCanvasElement,
    private readonly hooks: HandHooks,
  ) {
    const { signal } = this.abort;
    canvas.addEventListener("pointerdown", (event) => this.down(event), { signal });
    canvas.addEventListener("pointermove", (event) => this.move(event), { signal });
    canvas.addEventListener("pointerup", (event) => this.up(event), { signal });
    canvas.addEventListener("pointercancel", (event) => this.cancel(event), { signal });
    canvas.addEventListener("pointerleave", () => this.hooks.leave(), { signal });
    canvas.addEventListener("dblclick", (event) => this.hooks.open(event.offsetX, event.offsetY), { signal });
    canvas.addEventListener("wheel", (event) => this.wheel(event), { signal, passive: false });
  }

  dispose(): void {
    this.abort.abort();
  }

  private down(event: PointerEvent): void {
    this.canvas.setPointerCapture(event.pointerId);
    this.canvas.focus({ preventScroll: true });
    this.fingers.set(event.pointerId, { x: event.offsetX, y: event.offsetY });
    if (this.fingers.size > 1) {
      this.moved = true;
      this.letGo();
      return;
    }
    this.from = { x: event.offsetX, y: event.offsetY };
    this.moved = false;
    this.holding = event.button === 0 && this.hooks.grab(event.offsetX, event.offsetY);
  }

  private move(event: PointerEvent): void {
    const { offsetX: x, offsetY: y } = event;
    const finger = this.fingers.get(event.pointerId);
    if (!finger) {
      if (event.pointerType !== "touch") this.hooks.hover(x, y);
      return;
    }
    const slack = event.pointerType === "touch" ? LONG_PX : CLICK_PX;
    if (!this.moved && Math.hypot(x - this.from.x, y - this.from.y) < slack) return;
    this.moved = true;
    const [dx, dy] = [x - finger.x, y - finger.y];
    if (this.fingers.size > 1) this.pinch(event.pointerId, x, y);
    else if (this.holding) this.hooks.drag(dx, dy);
    else this.hooks.pan(dx, dy);
    finger.x = x;
    finger.y = y;
  }

  /** Two fingers: what lies between them stays there, and grows as they part. */
  private pinch(id: number, x: number, y: number): void {
    const finger = this.fingers.get(id)!;
    for (const [key, other] of this.fingers) {
      if (key === id) continue;
      const before = Math.hypot(finger.x - other.x, finger.y - other.y);
      const after = Math.hypot(x - other.x, y - other.y);
      if (before > 1) this.hooks.zoom((x + other.x) / 2, (y + other.y) / 2, after / before);
      this.hooks.pan((x - finger.x) / 2, (y - finger.y) / 2);
      return;
    }
  }

  private up(event: PointerEvent): void {
    const known = this.fingers.delete(event.pointerId);
    if (this.moved) this.letGo();
    else if (known && event.button === 0) this.hooks.pick(event.offsetX, event.offsetY);
    this.holding = false;
  }

  private cancel(event: PointerEvent): void {
    this.fingers.delete(event.pointerId);
    this.letGo();
  }

  private letGo(): void {
    if (this.holding) this.hooks.drop();
    this.holding = false;
  }

  private wheel(event: WheelEvent): void {
    event.preventDefault();
    const lines = event.deltaMode === 1 ? 16 : 1;
    this.hooks.zoom(event.offsetX, event.offsetY, Math.exp(-event.deltaY * lines * 0.0015));
  }
}
