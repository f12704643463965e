/** Keys that work everywhere but in an input. */
import { NUMBERED } from "../state/bookmarks";
import { compare } from "./Ghost";
import type { Model } from "./model";
import { toggleViewMenu } from "./ViewMenu";

export interface KeyGroup {
  where: string;
  keys: readonly (readonly [string, string])[];
}

/** All keys of the page with what they do, for the sheet that people see. */
export const KEY_GROUPS: readonly KeyGroup[] = [
  {
    where: "Find and go",
    keys: [
      ["/", "search the tree"],
      ["Ctrl K", "find a twin, signal, alarm, view or command"],
      ["F6", "next part of the page; with Shift the one before"],
      ["F", "go to the chosen twin"],
      ["Home", "the whole plant"],
      ["1 … 9", "go to a view that was kept"],
      ["B", "keep the present view"],
      ["Esc", "choose nothing; leave a replay or the kiosk"],
      ["L", "back from a replay to live"],
      ["?", "this sheet"],
    ],
  },
  {
    where: "How the plant is shown",
    keys: [
      ["V", "everything about the view"],
      ["M", "plan in two dimensions, and back to 3D"],
      ["O", "Operate or Present"],
      ["G", "age of every machine as colour"],
      ["X", "x-ray around the chosen twin"],
      ["C", "section: off, across, along, level"],
      ["[ ]", "move the section"],
    ],
  },
  {
    where: "In the tree and in lists",
    keys: [
      ["↑ ↓", "move"],
      ["Enter", "go to the twin; on an alarm: to its cause, with the ten minutes around it"],
      ["A", "on an alarm: acknowledge"],
      ["T", "on a signal: into the trends, or out"],
      ["D", "a twin and its ghost in one chart"],
    ],
  },
  {
    where: "In the 3D picture",
    keys: [
      ["← ↑ → ↓", "move; with Shift: turn"],
      ["+ −", "closer, farther"],
      ["A", "the whole plant"],
      ["T", "from straight above, and back"],
    ],
  },
  {
    where: "In the plan",
    keys: [
      ["← ↑ → ↓", "to the next machine; with Shift: move the plan"],
      ["Enter", "the chosen machine"],
      ["Page up, down", "plant, area, machine"],
      ["+ −", "closer, farther"],
    ],
  },
  {
    where: "While places are edited",
    keys: [
      ["← ↑ → ↓", "move the chosen twin"],
      ["Q E", "turn it"],
    ],
  },
];

export function onShortcut(event: KeyboardEvent, model: Model): void {
  if (event.key.toLowerCase() === "k" && (event.ctrlKey || event.metaKey)) {
    event.preventDefault();
    if (!document.querySelector("dialog[open]")) model.palette.value = true;
    return;
  }
  if (event.key === "F6") {
    event.preventDefault();
    focusPart(event.shiftKey ? -1 : 1);
    return;
  }
  if (isTyping(event.target) || event.ctrlKey || event.metaKey || event.altKey) return;
  // What lies over the page has the keys; Escape closes it.
  if (document.querySelector("dialog[open]") || (event.key === "Escape" && document.querySelector(":popover-open")))
    return;
  const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
  const act = ACTIONS[key];
  if (act) {
    act(model, event);
  } else if (/^[1-9]$/.test(key) && Number(key) <= NUMBERED) model.goToView(Number(key) - 1);
  else return;
  if (key === "/" || key === "?") event.preventDefault();
}

const ACTIONS: Readonly<Record<string, ((model: Model, event: KeyboardEvent) => void) | undefined>> = {
  "/": focusSearch,
  "?": (model) => {
    model.help.value = true;
  },
  Escape: (model) => {
    if (model.kiosk.on.peek()) model.kiosk.stop();
    else if (model.replay.atUs.peek() !== null) model.replay.leave();
    else model.select(null);
  },
  l: (model) => model.replay.leave(),
  f: (model) => {
    if (model.selected.peek() !== null) model.scene.peek()?.frameTwin(model.selected.peek());
  },
  Home: (model, event) => {
    // Lists use the key themselves.
    if (!(event.target instanceof HTMLElement && event.target.closest(".vlist"))) model.scene.peek()?.frameTwin(null);
  },
  b: (model) => model.keepView(),
  v: () => toggleViewMenu(),
  d: (model) => compare(model, model.selected.peek() ?? ""),
  m: ({ view }) => view.show(view.picture.peek() === "3d" ? "flat" : "3d"),
  o: ({ view }) => view.setLook(view.look.peek() === "operate" ? "present" : "operate"),
  g: ({ view }) => view.toggleHeat(),
  x: ({ view }) => view.toggleXray(),
  c: ({ view }) => view.nextSection(),
  "[": ({ view }) => view.moveSection(-1),
  "]": ({ view }) => view.moveSection(1),
};

/** Parts of the page that F6 goes through: what in each takes the keyboard. */
const PARTS: readonly string[] = [
  ".topbar button",
  "#search",
  ".scene canvas",
  ".inspector button",
  ".dock [role=tab][tabindex='0']",
];

function focusPart(steps: number): void {
  const parts = PARTS.map((selector) => document.querySelector<HTMLElement>(selector)).filter(
    (element) => element !== null && element.offsetParent !== null,
  ) as HTMLElement[];
  const now = document.activeElement;
  const roots = parts.map((part) => part.closest(".topbar, .tree, .scene, .inspector, .dock"));
  const at = roots.findIndex((root) => root?.contains(now));
  const next = at < 0 ? (steps > 0 ? 0 : parts.length - 1) : (at + steps + parts.length) % parts.length;
  parts[next]?.focus();
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
