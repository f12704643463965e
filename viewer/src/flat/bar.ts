/** Buttons over the plan, big enough for gloves: the three levels, closer, farther, a picture as a file. */
import { LEVELS, type Level } from "./levels";

export interface BarHooks {
  level(level: Level): void;
  /** Come closer (above 0) or go farther. */
  zoom(steps: number): void;
  picture(): void;
}

const WORDS: Record<Level, string> = { overview: "Plant", area: "Area", machine: "Machine" };

export class Bar {
  private readonly root = document.createElement("div");
  private readonly levels = new Map<Level, HTMLButtonElement>();

  constructor(host: HTMLElement, hooks: BarHooks) {
    this.root.className = "flat-bar";
    this.root.setAttribute("role", "toolbar");
    this.root.setAttribute("aria-label", "Plan");
    for (const level of LEVELS) {
      const button = this.add(WORDS[level], `Show one ${WORDS[level].toLowerCase()} (Page up, Page down)`, () =>
        hooks.level(level),
      );
      this.levels.set(level, button);
    }
    this.add("+", "Closer (+)", () => hooks.zoom(1));
    this.add("−", "Farther (-)", () => hooks.zoom(-1));
    this.add("Save", "Save the plan as a picture, fit for print", () => hooks.picture());
    host.append(this.root);
  }

  show(level: Level): void {
    for (const [name, button] of this.levels) button.setAttribute("aria-pressed", String(name === level));
  }

  dispose(): void {
    this.root.remove();
  }

  private add(text: string, title: string, press: () => void): HTMLButtonElement {
    const button = document.createElement("button");
    button.type = "button";
    button.title = title;
    button.textContent = text;
    if (text.length === 1) button.setAttribute("aria-label", title);
    button.addEventListener("click", press);
    this.root.append(button);
    return button;
  }
}
