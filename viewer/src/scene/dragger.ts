/** Moves twins over the floor by hand while the scene is being edited. */
import { type PerspectiveCamera, Plane, Raycaster, Vector2, Vector3 } from "three";
import type { Spot } from "../state/placing";

/** Hands are not exact; places are multiples of this, metres. */
const GRID = 0.1;

export interface DragHooks {
  /** The twin under the ray and where it stands, or null to leave the pointer to the camera. */
  grab(raycaster: Raycaster): [string, Spot] | null;
  show(twin: string, spot: Spot): void;
  drop(twin: string, from: Spot, to: Spot): void;
}

interface Held {
  twin: string;
  from: Spot;
  to: Spot;
  /** From where the floor was grabbed to where the twin stands. */
  offset: Vector3;
}

export class Dragger {
  private readonly raycaster = new Raycaster();
  private readonly floor = new Plane(new Vector3(0, 1, 0));
  private readonly hit = new Vector3();
  private readonly abort = new AbortController();
  private held: Held | null = null;

  constructor(
    private readonly canvas: HTMLCanvasElement,
    private readonly camera: PerspectiveCamera,
    private readonly hooks: DragHooks,
  ) {
    const { signal } = this.abort;
    // Before the camera's own listeners, which then hear nothing of it.
    canvas.addEventListener("pointerdown", (event) => this.press(event), { capture: true, signal });
    canvas.addEventListener("pointermove", (event) => this.move(event), { signal });
    canvas.addEventListener("pointerup", () => this.release(), { signal });
    canvas.addEventListener("pointercancel", () => this.release(), { signal });
  }

  dispose(): void {
    this.abort.abort();
  }

  private press(event: PointerEvent): void {
    if (event.button !== 0 || this.held) return;
    this.aim(event);
    const grabbed = this.hooks.grab(this.raycaster);
    if (!grabbed) return;
    const [twin, from] = grabbed;
    this.floor.constant = -from.y;
    if (!this.raycaster.ray.intersectPlane(this.floor, this.hit)) return;
    event.stopImmediatePropagation();
    this.canvas.focus({ preventScroll: true });
    this.canvas.setPointerCapture(event.pointerId);
    this.held = { twin, from, to: from, offset: new Vector3(from.x, from.y, from.z).sub(this.hit) };
  }

  private move(event: PointerEvent): void {
    if (!this.held) return;
    this.aim(event);
    if (!this.raycaster.ray.intersectPlane(this.floor, this.hit)) return;
    const { twin, from, offset } = this.held;
    this.held.to = { ...from, x: onGrid(this.hit.x + offset.x), z: onGrid(this.hit.z + offset.z) };
    this.hooks.show(twin, this.held.to);
  }

  private release(): void {
    const { held } = this;
    this.held = null;
    if (held && held.to !== held.from) this.hooks.drop(held.twin, held.from, held.to);
  }

  private aim(event: PointerEvent): void {
    const rect = this.canvas.getBoundingClientRect();
    const x = ((event.clientX - rect.left) / rect.width) * 2 - 1;
    const y = 1 - ((event.clientY - rect.top) / rect.height) * 2;
    this.raycaster.setFromCamera(new Vector2(x, y), this.camera);
  }
}

function onGrid(metres: number): number {
  return Number((Math.round(metres / GRID) * GRID).toFixed(3));
}
