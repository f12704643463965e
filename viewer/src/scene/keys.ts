/** What the keyboard does while the picture has it. */
import { pushed, type Spot, turned } from "../state/placing";
import type { TwinView } from "./twin-view";

export interface KeyHooks {
  home(): void;
  /** Fly to the selected twin; returns false where there is none. */
  toSelected(): boolean;
  plan(): void;
  /** What is left over goes to the camera; returns whether it took the key. */
  camera(event: KeyboardEvent): boolean;
  /** The twin that keys push, while places are edited, and where one looks from: radians about the up axis. */
  held(): { view: TwinView; azimuth: number } | null;
  placed(id: string, from: Spot, to: Spot): void;
  /** The picture is out of date. */
  changed(): void;
}

/** Steps of a twin that is moved by keys: metres and degrees. */
const PUSH = 0.5;
const TURN_DEG = 15;
const PUSHES: Record<string, readonly [number, number] | undefined> = {
  ArrowLeft: [-1, 0],
  ArrowRight: [1, 0],
  ArrowUp: [0, 1],
  ArrowDown: [0, -1],
};
const SPOKEN =
  "Plant in 3D. Arrows move, Shift and arrows turn, plus and minus zoom, A shows everything, F the selected machine, T switches between plan and free view, Escape deselects.";

/** Make the canvas take keys, until `signal`. */
export function listenToKeys(canvas: HTMLCanvasElement, hooks: KeyHooks, signal: AbortSignal): void {
  canvas.tabIndex = 0;
  canvas.setAttribute("role", "application");
  canvas.setAttribute("aria-label", SPOKEN);
  canvas.addEventListener(
    "keydown",
    (event) => {
      if (event.ctrlKey || event.metaKey || event.altKey || !take(event, hooks)) return;
      event.preventDefault();
      // The page has keys of its own, some with the same meaning.
      event.stopPropagation();
      hooks.changed();
    },
    { signal },
  );
}

function take(event: KeyboardEvent, hooks: KeyHooks): boolean {
  const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
  if (push(event, key, hooks)) return true;
  if (key === "f" && hooks.toSelected()) return true;
  if (key === "a" || key === "Home") hooks.home();
  else if (key === "t") hooks.plan();
  else return hooks.camera(event);
  return true;
}

/** While editing: arrows move the chosen twin, Q and E turn it. Returns whether the key did. */
function push(event: KeyboardEvent, key: string, hooks: KeyHooks): boolean {
  const held = hooks.held();
  if (!held || event.shiftKey) return false;
  const arrow = PUSHES[key];
  const turn = key === "q" ? TURN_DEG : key === "e" ? -TURN_DEG : 0;
  if (!arrow && turn === 0) return false;
  const from = held.view.place;
  const to = arrow ? pushed(from, arrow[0] * PUSH, arrow[1] * PUSH, held.azimuth) : turned(from, turn);
  hooks.placed(held.view.info.id, from, to);
  return true;
}
