/** Arrows at the edge of the plan to unacknowledged alarms outside of it; a press goes there. */
import { edgeOf } from "../scene/edge";
import { PRIORITIES } from "../state/alarms";
import type { FlatPalette } from "./palette";
import type { FlatTwin } from "./twin";
import type { PlanView } from "./view";

const MOST = 8;
/** Between two arrows; CSS pixels. */
const APART = 36;

export class Edges {
  private readonly root = document.createElement("div");
  private readonly buttons: HTMLButtonElement[] = [];

  constructor(
    host: HTMLElement,
    private readonly go: (id: string) => void,
  ) {
    this.root.className = "flat-arrows";
    host.append(this.root);
  }

  update(twins: Iterable<FlatTwin>, view: PlanView, palette: FlatPalette): void {
    const taken: { x: number; y: number }[] = [];
    for (const twin of [...twins].filter(calls).sort((a, b) => a.status.mark!.icon - b.status.mark!.icon)) {
      if (taken.length === MOST) break;
      const x = (view.screenX(twin.x) / view.width) * 2 - 1;
      const y = 1 - (view.screenY(twin.z) / view.height) * 2;
      const edge = edgeOf(x, y, false, view.width, view.height);
      if (!edge || taken.some((other) => Math.hypot(other.x - edge.x, other.y - edge.y) < APART)) continue;
      const button = this.buttons[taken.length] ?? this.make();
      const { word, icon } = twin.status.mark!;
      button.hidden = false;
      button.dataset.twin = twin.info.id;
      button.title = `${word} alarm: ${twin.name}`;
      button.setAttribute("aria-label", button.title);
      button.style.setProperty("--tone", palette[PRIORITIES[icon]]);
      button.style.transform = `translate(${edge.x.toFixed(0)}px, ${edge.y.toFixed(0)}px)`;
      (button.firstChild as SVGElement).style.transform = `rotate(${edge.turnDeg.toFixed(0)}deg)`;
      taken.push(edge);
    }
    for (let i = taken.length; i < this.buttons.length; i++) this.buttons[i].hidden = true;
  }

  dispose(): void {
    this.root.remove();
  }

  private make(): HTMLButtonElement {
    const button = document.createElement("button");
    button.type = "button";
    button.style.left = button.style.top = "0";
    button.innerHTML = '<svg viewBox="0 0 16 16" aria-hidden="true"><path d="M8 1l6 12H2z"/></svg>';
    button.addEventListener("click", () => this.go(button.dataset.twin!));
    this.buttons.push(button);
    this.root.append(button);
    return button;
  }
}

function calls({ shown, status }: FlatTwin): boolean {
  return shown && status.unacknowledged && status.mark !== null;
}
