/** Hover, click and double click on twins; a drag of the camera is none of them. */
import { type PerspectiveCamera, Raycaster, Vector2 } from "three";

const CLICK_PX = 5;
/** Hover is looked at no more often than this. */
const HOVER_MS = 60;

export interface PointerHooks {
  at(raycaster: Raycaster): string | null;
  hover(id: string | null): void;
  pick(id: string | null): void;
  open(id: string | null): void;
}

export class Pointer {
  private readonly raycaster = new Raycaster();
  private readonly down = new Vector2();
  private pressed = false;
  private moved: PointerEvent | null = null;
  private timer = 0;
  private readonly abort = new AbortController();

  constructor(
    private readonly canvas: HTMLCanvasElement,
    private readonly camera: PerspectiveCamera,
    private readonly hooks: PointerHooks,
  ) {
    const { signal } = this.abort;
    canvas.addEventListener("pointerdown", (event) => this.press(event), { signal });
    canvas.addEventListener("pointerup", (event) => this.release(event), { signal });
    canvas.addEventListener("pointermove", (event) => this.move(event), { signal });
    canvas.addEventListener("pointerleave", () => this.leave(), { signal });
    canvas.addEventListener("dblclick", (event) => this.hooks.open(this.find(event)), { signal });
  }

  dispose(): void {
    this.abort.abort();
    clearTimeout(this.timer);
  }

  private press(event: PointerEvent): void {
    this.pressed = true;
    this.down.set(event.clientX, event.clientY);
    this.canvas.focus({ preventScroll: true });
  }

  private release(event: PointerEvent): void {
    this.pressed = false;
    const way = Math.hypot(event.clientX - this.down.x, event.clientY - this.down.y);
    if (event.button === 0 && way < CLICK_PX) this.hooks.pick(this.find(event));
  }

  private move(event: PointerEvent): void {
    this.moved = event;
    if (this.pressed || this.timer || event.pointerType === "touch") return;
    this.timer = window.setTimeout(() => {
      this.timer = 0;
      if (this.moved && !this.pressed) this.hover(this.find(this.moved));
    }, HOVER_MS);
  }

  private leave(): void {
    this.moved = null;
    this.pressed = false;
    this.hover(null);
  }

  private hover(id: string | null): void {
    this.canvas.style.cursor = id === null ? "" : "pointer";
    this.hooks.hover(id);
  }

  private find(event: MouseEvent): string | null {
    const rect = this.canvas.getBoundingClientRect();
    const x = ((event.clientX - rect.left) / rect.width) * 2 - 1;
    const y = 1 - ((event.clientY - rect.top) / rect.height) * 2;
    this.raycaster.setFromCamera(new Vector2(x, y), this.camera);
    return this.hooks.at(this.raycaster);
  }
}
