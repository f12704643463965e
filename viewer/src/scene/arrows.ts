/** Arrows at the edge of the picture to unacknowledged alarms outside of it; a click flies there. */
import { type PerspectiveCamera, Vector3 } from "three";
import type { TwinView } from "./twin-view";

const MOST = 8;
/** From the edge, and between two arrows; CSS pixels. */
const INSET = 26;
const APART = 34;

export interface Edge {
  x: number;
  y: number;
  /** Where the arrow points, degrees clockwise from upwards. */
  turnDeg: number;
}

/**
 * Return where on the frame the way from the middle to a point leaves the picture; null for a point inside.
 *
 * `x`, `y` are normalised device coordinates; `behind` says that the point lies behind the camera, which mirrors them.
 */
export function edgeOf(x: number, y: number, behind: boolean, width: number, height: number): Edge | null {
  if (!behind && Math.abs(x) <= 1 && Math.abs(y) <= 1) return null;
  const [toX, toY] = behind ? [-x, -y] : [x, y];
  const [alongX, alongY] = [toX * width, -toY * height];
  const length = Math.hypot(alongX, alongY) || 1;
  const [dirX, dirY] = [alongX / length, alongY / length];
  const reach = Math.min((width / 2 - INSET) / Math.abs(dirX || 1e-9), (height / 2 - INSET) / Math.abs(dirY || 1e-9));
  return {
    x: width / 2 + dirX * reach,
    y: height / 2 + dirY * reach,
    turnDeg: (Math.atan2(dirX, -dirY) * 180) / Math.PI,
  };
}

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
