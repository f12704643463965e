/** Name and value above twins, as HTML over the canvas: sharp text, at most a few dozen, never on top of each other. */
import { type PerspectiveCamera, Vector3 } from "three";
import { unitText, valueText } from "../state/format";
import { type Candidate, chooseLabels } from "./label-layout";
import type { Source } from "./plant";
import type { TwinView } from "./twin-view";

const MOST = 48;
const HEIGHT = 22;
const PX_PER_CHAR = 6.9;
const PADDING = 22;
/** Between a twin's top and its label, and room for a beacon. */
const LEADER = 12;
const BEACON = 34;
/** Twins that look smaller than this get a label only for a reason. */
const LEAST_PX = 30;

interface Label {
  root: HTMLElement;
  badge: HTMLElement;
  name: HTMLElement;
  value: HTMLElement;
  lift: number;
}

const at = new Vector3();

export class Labels {
  readonly root = document.createElement("div");
  private readonly pool: Label[] = [];
  private readonly live = new Map<string, Label>();
  private width = 1;
  private height = 1;

  constructor(
    host: HTMLElement,
    private readonly source: Source,
  ) {
    this.root.className = "plant3d-labels";
    this.root.setAttribute("aria-hidden", "true");
    host.append(this.root);
  }

  resize(width: number, height: number): void {
    this.width = width;
    this.height = height;
  }

  /** Choose anew who has a label. */
  choose(
    views: ReadonlyMap<string, TwinView>,
    camera: PerspectiveCamera,
    selected: string | null,
    hovered: string | null,
  ): void {
    const candidates: Candidate[] = [];
    for (const [id, view] of views) {
      if (!view.shown) continue;
      const asked = id === selected || id === hovered;
      const found = this.candidate(id, view, camera, asked);
      if (found) candidates.push(found);
    }
    const chosen = new Set(chooseLabels(candidates, MOST, new Set(this.live.keys())));
    for (const [id, label] of this.live) {
      if (chosen.has(id)) continue;
      label.root.style.display = "none";
      this.live.delete(id);
      this.pool.push(label);
    }
    for (const id of chosen) {
      const label = this.live.get(id) ?? this.take(id);
      this.fill(label, views.get(id)!, id === selected, id === hovered);
    }
  }

  /** Move those shown to where their twins are now. */
  move(views: ReadonlyMap<string, TwinView>, camera: PerspectiveCamera): void {
    for (const [id, label] of this.live) {
      const view = views.get(id);
      if (!view || !this.project(view, camera)) {
        label.root.style.display = "none";
        continue;
      }
      label.root.style.display = "";
      label.root.style.transform = `translate(${at.x.toFixed(1)}px, ${(at.y - label.lift).toFixed(1)}px) translate(-50%, -100%)`;
    }
  }

  get shown(): ReadonlySet<string> {
    return new Set(this.live.keys());
  }

  dispose(): void {
    this.root.remove();
  }

  private candidate(id: string, view: TwinView, camera: PerspectiveCamera, asked: boolean): Candidate | null {
    if (!this.project(view, camera)) return null;
    const distance = camera.position.distanceTo(view.center(center));
    const reach = Math.cbrt(view.size[0] * view.size[1] * view.size[2]) * 1.6;
    const pixels = (reach / distance) * this.height * camera.projectionMatrix.elements[5] * 0.5;
    const alarm = view.status.mark !== null;
    if (pixels < LEAST_PX && !asked && !alarm) return null;
    const weight = pixels * (view.labelSlot >= 0 ? 2 : 1) + urgency(view, asked);
    const text = nameOf(view).length + (view.labelSlot >= 0 ? 10 : 0) + (view.info.synthetic ? 11 : 0);
    return {
      id,
      x: at.x,
      y: at.y - liftOf(view),
      width: Math.min(300, text * PX_PER_CHAR + PADDING),
      height: HEIGHT + liftOf(view),
      weight,
    };
  }

  /** Leave the screen place of a twin's top in `at`; false when it is not in view. */
  private project(view: TwinView, camera: PerspectiveCamera): boolean {
    view.top(at).project(camera);
    if (at.z > 1 || at.z < -1 || Math.abs(at.x) > 1.02 || Math.abs(at.y) > 1.04) return false;
    at.set(((at.x + 1) / 2) * this.width, ((1 - at.y) / 2) * this.height, at.z);
    return true;
  }

  private take(id: string): Label {
    const label = this.pool.pop() ?? this.make();
    this.live.set(id, label);
    return label;
  }

  private make(): Label {
    const root = document.createElement("div");
    root.className = "plant3d-label";
    const name = document.createElement("span");
    name.className = "plant3d-label-name";
    const value = document.createElement("span");
    value.className = "plant3d-label-value";
    const badge = document.createElement("span");
    badge.className = "plant3d-label-badge";
    root.append(badge, name, value);
    this.root.append(root);
    return { root, badge, name, value, lift: LEADER };
  }

  private fill(label: Label, view: TwinView, selected: boolean, hovered: boolean): void {
    label.lift = liftOf(view);
    write(label.badge, view.info.synthetic ? "synthetic" : "");
    write(label.name, nameOf(view));
    write(label.value, view.labelSlot < 0 ? "" : this.value(view.labelSlot));
    const { mark, unacknowledged, stale } = view.status;
    const { dataset, style } = label.root;
    const synthetic = view.info.synthetic !== null;
    const flags = [
      synthetic && "synthetic",
      selected && "selected",
      hovered && "hovered",
      stale && "stale",
      unacknowledged && "open",
    ]
      .filter(Boolean)
      .join(" ");
    if (dataset.flags !== flags) dataset.flags = flags;
    const tone = mark?.color ?? "";
    if (dataset.tone !== tone) {
      dataset.tone = tone;
      style.setProperty("--tone", tone || "transparent");
    }
    label.root.style.setProperty("--leader", `${label.lift - 2}px`);
  }

  private value(slot: number): string {
    const info = this.source.signals[slot]?.info;
    if (!info) return "";
    const value = this.source.value(slot);
    const unit = Number.isFinite(value) ? unitText(info.unit) : "";
    return unit ? `${valueText(info, value)} ${unit}` : valueText(info, value);
  }
}

const center = new Vector3();

/** What is asked for comes before any alarm, and that before all that is merely near. */
function urgency(view: TwinView, asked: boolean): number {
  const { mark } = view.status;
  return (asked ? 1e6 : 0) + (mark ? 1e5 * (4 - mark.icon) : 0);
}

function liftOf(view: TwinView): number {
  return view.status.mark || view.info.discovered || view.status.offline ? BEACON : LEADER;
}

function nameOf(view: TwinView): string {
  const name = view.info.name || view.info.id.split("/").at(-1)!;
  return name.length > 26 ? `${name.slice(0, 25)}…` : name;
}

function write(element: HTMLElement, text: string): void {
  if (element.textContent !== text) element.textContent = text;
}
