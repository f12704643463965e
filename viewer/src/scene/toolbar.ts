/** Buttons over the picture, big enough for gloves: whole plant, plan, closer, farther, a picture as a file. */

export interface ToolbarHooks {
  home(): void;
  /** Switch between plan and free view; returns whether it is the plan now. */
  plan(): boolean;
  /** Come closer (above 0) or go farther. */
  zoom(steps: number): void;
  picture(): void;
}

const ICONS = {
  home: "M3 9V3h6M15 3h6v6M21 15v6h-6M9 21H3v-6",
  plan: "M4 4h16v16H4zM4 11h9M13 4v16",
  closer: "M12 5v14M5 12h14",
  farther: "M5 12h14",
  picture: "M3 7h4l2-3h6l2 3h4v13H3zM12 10a3.5 3.5 0 1 0 0 7a3.5 3.5 0 0 0 0-7z",
};

export class Toolbar {
  readonly root = document.createElement("div");
  private readonly planButton: HTMLButtonElement;

  constructor(host: HTMLElement, hooks: ToolbarHooks) {
    this.root.className = "plant3d-bar";
    this.root.setAttribute("role", "toolbar");
    this.root.setAttribute("aria-label", "View");
    this.add("home", "Show the whole plant (A)", () => hooks.home());
    this.planButton = this.add("plan", "Plan from above (T)", () => this.showPlan(hooks.plan()));
    this.add("closer", "Closer (+)", () => hooks.zoom(1));
    this.add("farther", "Farther (-)", () => hooks.zoom(-1));
    this.add("picture", "Save the picture as a file", () => hooks.picture());
    this.showPlan(false);
    host.append(this.root);
  }

  showPlan(on: boolean): void {
    this.planButton.setAttribute("aria-pressed", String(on));
  }

  dispose(): void {
    this.root.remove();
  }

  private add(icon: keyof typeof ICONS, title: string, press: () => void): HTMLButtonElement {
    const button = document.createElement("button");
    button.type = "button";
    button.title = title;
    button.setAttribute("aria-label", title);
    button.innerHTML = `<svg viewBox="0 0 24 24" aria-hidden="true"><path d="${ICONS[icon]}"/></svg>`;
    button.addEventListener("click", press);
    this.root.append(button);
    return button;
  }
}
