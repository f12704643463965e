/** Keys that work everywhere but in an input. */
import type { Model } from "./model";

/** All keys of the page with what they do, for the list that people see. */
export const KEYS: readonly (readonly [string, string])[] = [
  ["/", "search the tree"],
  ["Ctrl K", "find a twin, signal, alarm or command"],
  ["↑ ↓", "move in a list"],
  ["Enter", "fly to the twin of the row"],
  ["F", "fly to the chosen twin"],
  ["Home", "the whole plant"],
  ["M", "plan in two dimensions, and back to 3D"],
  ["Esc", "choose nothing"],
  ["L", "back from a replay to live"],
  ["A", "in the alarm list: acknowledge; in the picture: the whole plant"],
  ["T", "in the picture: plan from above, and back"],
  ["← ↑ → ↓", "in the picture: move; with Shift: turn"],
  ["+ −", "in the picture: closer, farther"],
  ["Q E", "while places are edited: turn the chosen twin; arrows move it"],
];

export function onShortcut(event: KeyboardEvent, model: Model): void {
  const typing = isTyping(event.target);
  if (event.key.toLowerCase() === "k" && (event.ctrlKey || event.metaKey)) {
    event.preventDefault();
    if (!document.querySelector("dialog[open]")) model.palette.value = true;
    return;
  }
  if (typing || event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open]")) return;
  switch (event.key) {
    case "/":
      event.preventDefault();
      focusSearch();
      break;
    case "Escape":
      if (model.replay.atUs.peek() !== null) model.replay.leave();
      else model.select(null);
      break;
    case "l":
    case "L":
      model.replay.leave();
      break;
    case "f":
    case "F":
      if (model.selected.peek() !== null) model.scene.peek()?.frameTwin(model.selected.peek());
      break;
    case "m":
    case "M":
      model.view.show(model.view.picture.peek() === "3d" ? "flat" : "3d");
      break;
    case "Home":
      // Lists use the key themselves.
      if (!(event.target instanceof HTMLElement && event.target.closest(".vlist"))) model.scene.peek()?.frameTwin(null);
      break;
    default:
  }
}

function focusSearch(): void {
  const search = document.getElementById("search");
  if (search instanceof HTMLInputElement) {
    search.focus();
    search.select();
  }
}

function isTyping(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && target.matches("input, select, textarea, [contenteditable]");
}
