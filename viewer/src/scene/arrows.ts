/** Arrows at the edge of the picture to unacknowledged alarms outside of it; a click flies there. */
import { type PerspectiveCamera, Vector3 } from "three";
import { type Edge, edgeOf } from "./edge";
import type { TwinView } from "./twin-view";

const MOST = 8;
/** Between two arrows; CSS pixels. */
const APART = 34;

export class Arrows {
  private readonly root = document.createElement("div");
  private readonly buttons: HTMLButtonElement[] = [];

  constructor(
    host: HTMLElement,
    private readonly fly: (id: string) => void,
  ) {
    this.root.className = "plant3d-arrows";
    host.append(this.root);
  }

  update(views: Iterable<TwinView>, camera: PerspectiveCamera, width: number, height: number): void {
    const open = [...views].filter((view) => view.shown && view.status.unacknowledged && view.status.mark);
    open.sort((a, b) => a.status.mark!.icon - b.status.mark!.icon);
    const taken: Edge[] = [];
    for (const view of open) {
      if (taken.length === MOST) break;
      const edge = this.edge(view, camera, width, height);
      if (!edge || taken.some((other) => Math.hypot(other.x - edge.x, other.y - edge.y) < APART)) continue;
      this.show(taken.length, view, edge);
      taken.push(edge);
    }
    for (let i = taken.length; i < this.buttons.length; i++) this.buttons[i].hidden = true;
  }

  dispose(): void {
    this.root.remove();
  }

  private edge(view: TwinView, camera: PerspectiveCamera, width: number, height: number): Edge | null {
    view.center(at);
    const behind = seen.copy(at).applyMatrix4(camera.matrixWorldInverse).z > 0;
    at.project(camera);
    return edgeOf(at.x, at.y, behind, width, height);
  }

  private show(index: number, view: TwinView, edge: Edge): void {
    const button = this.buttons[index] ?? this.make();
    const mark = view.status.mark!;
    const name = view.info.name || view.info.id;
    const title = `${mark.word} alarm outside the picture: ${name}`;
    if (button.title !== title) {
      button.title = title;
      button.setAttribute("aria-label", title);
      button.textContent = mark.letter;
      button.style.setProperty("--tone", mark.color);
    }
    button.dataset.twin = view.info.id;
    button.style.transform = `translate(${edge.x.toFixed(0)}px, ${edge.y.toFixed(0)}px) translate(-50%, -50%)`;
    button.style.setProperty("--turn", `${edge.turnDeg.toFixed(0)}deg`);
    button.hidden = false;
  }

  private make(): HTMLButtonElement {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "plant3d-arrow";
    button.addEventListener("click", () => this.fly(button.dataset.twin!));
    this.root.append(button);
    this.buttons.push(button);
    return button;
  }
}

const at = new Vector3();
const seen = new Vector3();
