/** What hands and keys do on the plan: look around, choose, go closer, and in edit mode move a machine. */
import { pushed, type Spot, turned } from "../state/placing";
import { Hands } from "./hands";
import { neighbour } from "./levels";
import type { Plan } from "./plan";
import type { FlatTwin } from "./twin";
import type { PlanView } from "./view";

/** Metres and degrees of one press of a key. */
const PUSH = 0.5;
const TURN_DEG = 15;
/** A machine nearer to the edge than this is brought to the middle; CSS pixels. */
const EDGE = 40;
const ARROWS: Readonly<Record<string, readonly [number, number] | undefined>> = {
  ArrowLeft: [-1, 0],
  ArrowRight: [1, 0],
  ArrowUp: [0, 1],
  ArrowDown: [0, -1],
};

export interface MoveHooks {
  selected(): FlatTwin | null;
  editing(): boolean;
  smooth(): boolean;
  hover(id: string | null): void;
  frame(id: string | null): void;
  /** Look so many levels closer. */
  level(steps: number): void;
  zoom(steps: number): void;
  showAt(id: string, spot: Spot): void;
  /** The view was moved by hand. */
  moved(): void;
  onPick(id: string | null): void;
  onPlaced(id: string, from: Spot, to: Spot): void;
}

export class Moves {
  private readonly hands: Hands;
  private readonly abort = new AbortController();
  private dragged: { twin: FlatTwin; from: Spot } | null = null;

  constructor(
    canvas: HTMLCanvasElement,
    private readonly plan: Plan,
    private readonly view: PlanView,
    private readonly hooks: MoveHooks,
  ) {
    this.hands = this.makeHands(canvas);
    canvas.addEventListener("keydown", (event) => this.key(event), { signal: this.abort.signal });
  }

  dispose(): void {
    this.hands.dispose();
    this.abort.abort();
  }

  private at(px: number, py: number): FlatTwin | null {
    return this.plan.at(this.view.planX(px), this.view.planZ(py), 6 / this.view.now.scale);
  }

  private makeHands(canvas: HTMLCanvasElement): Hands {
    const { hooks, view } = this;
    return new Hands(canvas, {
      hover: (px, py) => {
        const twin = this.at(px, py);
        canvas.style.cursor = twin ? "pointer" : "";
        hooks.hover(twin?.info.id ?? null);
      },
      leave: () => hooks.hover(null),
      pick: (px, py) => hooks.onPick(this.at(px, py)?.info.id ?? null),
      open: (px, py) => hooks.frame(this.at(px, py)?.info.id ?? null),
      pan: (dx, dy) => {
        view.pan(dx, dy);
        hooks.moved();
      },
      zoom: (px, py, factor) => {
        view.zoomAt(px, py, factor);
        hooks.moved();
      },
      grab: (px, py) => {
        const twin = hooks.editing() ? this.at(px, py) : null;
        this.dragged = twin && { twin, from: twin.place };
        if (twin) hooks.onPick(twin.info.id);
        return twin !== null;
      },
      drag: (dx, dy) => {
        const { twin } = this.dragged!;
        const { scale } = view.now;
        hooks.showAt(twin.info.id, { ...twin.place, x: twin.place.x + dx / scale, z: twin.place.z + dy / scale });
      },
      drop: () => {
        const { twin, from } = this.dragged!;
        if (twin.place !== from) hooks.onPlaced(twin.info.id, from, twin.place);
        this.dragged = null;
      },
    });
  }

  private key(event: KeyboardEvent): void {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const { hooks } = this;
    const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
    const twin = hooks.selected();
    if (this.pushKey(event, key, twin)) {
      // The twin has moved.
    } else if (ARROWS[key]) this.arrow(event, key, twin);
    else if (key === "a" || key === "Home") hooks.frame(null);
    else if ((key === "f" || key === "Enter") && twin) hooks.frame(twin.info.id);
    else if (key === "+" || key === "=") hooks.zoom(1);
    else if (key === "-") hooks.zoom(-1);
    else if (key === "PageDown") hooks.level(1);
    else if (key === "PageUp") hooks.level(-1);
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  private arrow(event: KeyboardEvent, key: string, twin: FlatTwin | null): void {
    const { view, hooks } = this;
    if (event.shiftKey) {
      const [right, up] = ARROWS[key]!;
      view.pan(-right * view.width * 0.2, up * view.height * 0.2);
      hooks.moved();
      return;
    }
    const from = twin ? { id: twin.info.id, x: twin.x, z: twin.z } : { id: "", x: view.now.x, z: view.now.z };
    const next = neighbour(from, this.spots(), key);
    if (next === null) return;
    hooks.onPick(next);
    const to = this.plan.twins.get(next)!;
    const [x, y] = [view.screenX(to.x), view.screenY(to.z)];
    if (x >= EDGE && y >= EDGE && x <= view.width - EDGE && y <= view.height - EDGE) return;
    view.go({ x: to.x, z: to.z, scale: view.now.scale }, hooks.smooth());
    hooks.moved();
  }

  private *spots(): Generator<{ id: string; x: number; z: number }> {
    for (const twin of this.plan.twins.values()) if (twin.shown) yield { id: twin.info.id, x: twin.x, z: twin.z };
  }

  /** While editing: arrows move the chosen twin, Q and E turn it. Returns whether the key did. */
  private pushKey(event: KeyboardEvent, key: string, twin: FlatTwin | null): boolean {
    if (!this.hooks.editing() || !twin || event.shiftKey) return false;
    const turn = key === "q" ? TURN_DEG : key === "e" ? -TURN_DEG : 0;
    const way = ARROWS[key];
    if (!way && turn === 0) return false;
    const from = twin.place;
    const to = way ? pushed(from, way[0] * PUSH, way[1] * PUSH, 0) : turned(from, turn);
    this.hooks.showAt(twin.info.id, to);
    this.hooks.onPlaced(twin.info.id, from, to);
    return true;
  }
}
