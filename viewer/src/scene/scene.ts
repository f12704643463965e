/** Puts plant, stage, camera, signs and labels together and draws when there is a reason to. */
import { Box3, MathUtils, Vector3 } from "three";
import type { Presence } from "../protocol/messages.gen";
import type { ChangedSlots } from "../state/dirty";
import { pushed, type Spot, turned } from "../state/placing";
import type { Person } from "../state/store";
import { Arrows } from "./arrows";
import { CameraRig, corners } from "./camera";
import { Dragger } from "./dragger";
import { Floor } from "./floor";
import { Labels } from "./labels";
import { type Demand, Pace, Resolution } from "./loop";
import { Marks } from "./marks";
import { Outline } from "./outline";
import { People } from "./people";
import { Plant, type Source } from "./plant";
import { Pointer } from "./pointer";
import { chooseQuality, type Quality, rendererName } from "./quality";
import "./scene.css";
import { Stage } from "./stage";
import { PALETTES, type Theme } from "./theme";
import { Toolbar } from "./toolbar";
import { offerXr } from "./xr";

export interface SceneHooks {
  onPick(id: string | null): void;
  /** The first picture of the plant is on the screen. */
  onReady(): void;
  /** The user asks for the picture as a file: a PNG. */
  onPicture?(picture: Blob): void;
  /** While places are edited: a twin was moved from one to another. */
  onPlaced?(id: string, from: Spot, to: Spot): void;
  /** Headers for requests of mesh files, where the server wants a token. */
  headers?(): Record<string, string>;
}

/** What a test may ask about a twin in the picture. */
export interface Probe {
  /** CSS pixels from the top left of the scene; where the twin's middle is. */
  x: number;
  y: number;
  onScreen: boolean;
  color: string;
  position: [number, number, number];
  /** Degrees about the up axis as placed, then the angle of each spin and turn rule. */
  yawDeg: number;
  angles: number[];
  shift: number[];
  /** 0 to 1, or -1. */
  level: number;
  visible: boolean;
  stale: boolean;
  alarm: string | null;
  label: boolean;
}

export interface Stats {
  frames: number;
  drawCalls: number;
  triangles: number;
  /** Cost of a frame on this thread, milliseconds, smoothed. */
  frameMs: number;
  twins: number;
}

const LABELS_MS = 120;
/** Shadows of what moves follow at this pace: each time, the whole plant is drawn once more. */
const SHADOWS_MS = 200;
const NOTHING = "Nothing here yet. A twin appears as soon as a topic brings data or plant.toml names it.";
/** Steps of a twin that is moved by keys: metres and degrees. */
const PUSH = 0.5;
const TURN_DEG = 15;
const PUSHES: Record<string, readonly [number, number] | undefined> = {
  ArrowLeft: [-1, 0],
  ArrowRight: [1, 0],
  ArrowUp: [0, 1],
  ArrowDown: [0, -1],
};
const HOVER = 0.35;
const SELECTED = 0.5;

export class Scene {
  private readonly quality: Quality;
  private readonly stage: Stage;
  private readonly rig: CameraRig;
  private readonly plant: Plant;
  private readonly floor: Floor;
  private readonly marks = new Marks();
  private readonly selection = new Outline(2.5);
  private readonly hover = new Outline(1.5);
  private readonly labels: Labels;
  private readonly arrows: Arrows;
  private readonly people: People;
  private readonly toolbar: Toolbar;
  private resolution: Resolution;
  private readonly pointer: Pointer;
  private readonly pace = new Pace();
  private readonly changed: ChangedSlots;
  private readonly undo: (() => void)[] = [];
  private readonly reduced = matchMedia("(prefers-reduced-motion: reduce)");
  private readonly note = document.createElement("div");
  private dragger: Dragger | null = null;
  private theme: Theme = "dark";
  private selected: string | null = null;
  private hovered: string | null = null;
  private wanted = true;
  private frame = 0;
  private lastMs = 0;
  private labelsMs = 0;
  private shadowsMs = Number.NEGATIVE_INFINITY;
  private labelsDue = true;
  private frames = 0;
  private drawnMs = 0;
  private movedBefore = false;
  private ready = false;
  private framed = false;
  private lost = false;
  private width = 1;
  private height = 1;

  constructor(
    private readonly host: HTMLElement,
    private readonly source: Source,
    private readonly hooks: SceneHooks,
  ) {
    const palette = PALETTES[this.theme];
    this.quality = chooseQuality(new URLSearchParams(location.search).get("quality"), rendererName());
    host.classList.add("plant3d");
    this.stage = new Stage(host, this.quality, palette);
    this.rig = new CameraRig(this.stage.canvas, () => !this.reduced.matches);
    this.floor = new Floor(palette, this.quality.shadows);
    this.plant = new Plant(source, palette, this.quality.shadows, {
      changed: () => this.want(),
      headers: () => this.hooks.headers?.() ?? {},
    });
    this.labels = new Labels(host, source);
    this.people = new People(host);
    this.arrows = new Arrows(host, (id) => {
      this.hooks.onPick(id);
      this.frameTwin(id);
    });
    this.toolbar = new Toolbar(host, {
      home: () => this.frameTwin(null),
      plan: () => {
        this.setFlat(!this.flat);
        return this.flat;
      },
      zoom: (steps) => {
        this.rig.zoom(steps);
        this.want();
      },
      picture: () => this.takePicture(),
    });
    this.resolution = new Resolution(this.stage.mostPixels);
    this.note.className = "plant3d-note";
    this.note.setAttribute("role", "status");
    host.append(this.note);
    const { scene } = this.stage;
    scene.add(
      this.rig.dolly,
      this.floor.group,
      this.plant.group,
      this.marks.group,
      this.selection.group,
      this.hover.group,
    );
    this.pointer = new Pointer(this.stage.canvas, this.rig.camera, {
      at: (raycaster) => this.plant.pick(raycaster)?.info.id ?? null,
      hover: (id) => this.setHovered(id),
      pick: (id) => this.hooks.onPick(id),
      open: (id) => this.frameTwin(id),
    });
    this.changed = source.watch();
    this.setTheme(this.theme);
    this.listen();
    this.resize();
    this.settle();
    void this.offerXr();
    this.frame = requestAnimationFrame(this.onFrame);
  }

  select(id: string | null): void {
    if (id === this.selected) return;
    this.plant.highlight(this.selected, 0);
    this.selected = id;
    this.plant.highlight(id, SELECTED);
    this.selection.show(this.view(id));
    this.labelsDue = true;
    this.want();
  }

  /** Fly to a twin, or with null to the whole plant. */
  frameTwin(id: string | null): void {
    const view = this.view(id);
    if (view) void this.rig.frame(view.center(new Vector3()), view.size);
    else void this.rig.frameAll(this.outline());
    this.want();
  }

  /** Show these other people. */
  setPeople(people: readonly Person[]): void {
    this.people.show(people);
    this.want();
  }

  /** Where one looks from: metres, and a quaternion (x, y, z, w). */
  pose(): Pick<Presence, "position" | "rotation"> {
    return this.rig.pose();
  }

  /** Look from where somebody else does. */
  lookFrom(pose: Pick<Presence, "position" | "rotation">): void {
    this.rig.lookFrom(pose);
    this.want();
  }

  setTheme(theme: Theme): void {
    this.theme = theme;
    const palette = PALETTES[theme];
    this.host.dataset.theme = theme;
    this.stage.setPalette(palette);
    this.floor.setPalette(palette);
    this.plant.setPalette(palette);
    this.selection.setColor(palette.accent);
    this.hover.setColor(palette.hover);
    this.want();
  }

  /** Let twins be moved over the floor by hand, or no longer. */
  setEditing(on: boolean): void {
    this.dragger?.dispose();
    this.dragger = null;
    if (!on) return;
    this.dragger = new Dragger(this.stage.canvas, this.rig.camera, {
      grab: (raycaster) => {
        const view = this.plant.pick(raycaster);
        if (!view) return null;
        this.hooks.onPick(view.info.id);
        return [view.info.id, view.place];
      },
      show: (id, spot) => this.showAt(id, spot),
      drop: (id, from, to) => this.hooks.onPlaced?.(id, from, to),
    });
  }

  showAt(id: string, spot: Spot | null): void {
    this.plant.hold(id, spot && { ...spot, fixed: true });
    this.want();
  }

  putBack(id: string): void {
    this.plant.putBack(id);
    this.want();
  }

  /** What was drawn is gone with the task that drew it, so the canvas is drawn and read in one. */
  private takePicture(): void {
    this.stage.draw(this.rig.camera);
    this.stage.canvas.toBlob((picture) => {
      if (picture) this.hooks.onPicture?.(picture);
      else this.note.textContent = "The browser gave no picture of the canvas.";
    }, "image/png");
  }

  /** Whether the picture is a plan from straight above. */
  get flat(): boolean {
    return this.rig.flat;
  }

  setFlat(flat: boolean): void {
    this.rig.setFlat(flat);
    this.toolbar.showPlan(flat);
    this.labelsDue = true;
    this.want();
  }

  probe(id: string): Probe | null {
    const view = this.plant.views.get(id);
    if (!view) return null;
    const at = view.center(new Vector3());
    const position: [number, number, number] = [view.body.elements[12], view.body.elements[13], view.body.elements[14]];
    at.project(this.rig.camera);
    return {
      x: ((at.x + 1) / 2) * this.width,
      y: ((1 - at.y) / 2) * this.height,
      onScreen: Math.abs(at.x) <= 1 && Math.abs(at.y) <= 1 && Math.abs(at.z) <= 1,
      position,
      yawDeg: view.place.yawDeg,
      visible: view.shown,
      stale: view.status.stale,
      alarm: view.status.mark?.word.toLowerCase() ?? null,
      label: this.labels.shown.has(id),
      ...view.describe(),
    };
  }

  stats(): Stats {
    const { render } = this.stage.renderer.info;
    return {
      frames: this.frames,
      drawCalls: render.calls,
      triangles: render.triangles,
      frameMs: this.pace.costMs,
      twins: this.plant.views.size,
    };
  }

  dispose(): void {
    cancelAnimationFrame(this.frame);
    this.setEditing(false);
    for (const undo of this.undo) undo();
    this.source.unwatch(this.changed);
    this.pointer.dispose();
    this.rig.dispose();
    this.labels.dispose();
    this.arrows.dispose();
    this.people.dispose();
    this.toolbar.dispose();
    this.marks.dispose();
    this.selection.dispose();
    this.hover.dispose();
    this.plant.dispose();
    this.floor.dispose();
    this.stage.dispose();
    this.note.remove();
    this.host.classList.remove("plant3d");
  }

  private view(id: string | null) {
    return (id !== null && this.plant.views.get(id)) || null;
  }

  private want(): void {
    this.wanted = true;
  }

  private listen(): void {
    const { source, undo } = this;
    undo.push(
      source.on("schema", ({ changed, removed, reset }) => {
        this.plant.rebuild(changed, removed, reset);
        this.settle();
      }),
      source.on("patch", ({ twins }) => this.plant.inspect(twins)),
      source.on("connection", () => this.want()),
    );
    const watch = new ResizeObserver(() => this.resize());
    watch.observe(this.host);
    undo.push(() => watch.disconnect());
    const { canvas } = this.stage;
    canvas.tabIndex = 0;
    canvas.setAttribute("role", "application");
    canvas.setAttribute(
      "aria-label",
      "Plant in 3D. Arrows move, Shift and arrows turn, plus and minus zoom, A shows everything, F the selected machine, T switches between plan and free view, Escape deselects.",
    );
    const abort = new AbortController();
    canvas.addEventListener("keydown", (event) => this.key(event), { signal: abort.signal });
    canvas.addEventListener("webglcontextlost", (event) => this.onLost(event), { signal: abort.signal });
    canvas.addEventListener("webglcontextrestored", () => this.onRestored(), { signal: abort.signal });
    undo.push(() => abort.abort());
  }

  private key(event: KeyboardEvent): void {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
    if (this.pushKey(event, key)) {
      // The twin has moved.
    } else if (key === "a" || key === "Home") this.frameTwin(null);
    else if (key === "f" && this.selected) this.frameTwin(this.selected);
    else if (key === "t") this.setFlat(!this.flat);
    else if (!this.rig.key(event)) return;
    event.preventDefault();
    // The page has keys of its own, some with the same meaning.
    event.stopPropagation();
    this.want();
  }

  /** While editing: arrows move the chosen twin, Q and E turn it. Returns whether the key did. */
  private pushKey(event: KeyboardEvent, key: string): boolean {
    const view = this.dragger && this.view(this.selected);
    if (!view || event.shiftKey) return false;
    const arrow = PUSHES[key];
    const turn = key === "q" ? TURN_DEG : key === "e" ? -TURN_DEG : 0;
    if (!arrow && turn === 0) return false;
    const from = view.place;
    const azimuth = this.rig.controls.azimuthAngle;
    const to = arrow ? pushed(from, arrow[0] * PUSH, arrow[1] * PUSH, azimuth) : turned(from, turn);
    this.showAt(view.info.id, to);
    this.hooks.onPlaced?.(view.info.id, from, to);
    return true;
  }

  private onLost(event: Event): void {
    event.preventDefault();
    this.lost = true;
    this.note.textContent = "The graphics driver dropped the 3D picture. It comes back by itself; values go on.";
  }

  private onRestored(): void {
    this.lost = false;
    this.note.textContent = "";
    this.stage.lightUp();
    this.plant.shadowsChanged = true;
    this.want();
  }

  /** Fit floor, light and camera limits to what stands there now. */
  private settle(): void {
    const box = new Box3();
    const at = new Vector3();
    for (const view of this.plant.views.values()) {
      view.center(at);
      const half = Math.hypot(view.size[0], view.size[2]) / 2;
      box.expandByPoint(new Vector3(at.x - half, 0, at.z - half));
      box.expandByPoint(new Vector3(at.x + half, at.y + view.size[1] / 2, at.z + half));
    }
    if (box.isEmpty()) box.set(new Vector3(-6, 0, -6), new Vector3(6, 3, 6));
    const center = box.getCenter(new Vector3());
    const size = box.getSize(new Vector3());
    const radius = Math.hypot(size.x, size.z) / 2;
    this.rig.setBounds(box);
    this.floor.setAreas(this.plant.areas(), center.x, center.z, radius);
    this.stage.setExtent(center.setY(0), radius, size.y);
    this.plant.highlight(this.selected, SELECTED);
    this.labelsDue = true;
    if (!this.framed && this.plant.views.size > 0) {
      this.framed = true;
      void this.rig.frameAll(this.outline());
    }
    this.want();
  }

  /** Corners of all twins, and of the zones with their titles. */
  private outline(): number[] {
    const at = new Vector3();
    const points: number[] = [];
    for (const view of this.plant.views.values()) {
      view.center(at);
      points.push(...corners(at.x, at.y, at.z, view.size[0] / 2, view.size[1] / 2, view.size[2] / 2));
    }
    for (const { rect } of this.plant.areas()) {
      points.push(
        rect.minX,
        0,
        rect.minZ,
        rect.maxX,
        0,
        rect.minZ,
        rect.minX,
        0,
        rect.maxZ + 2,
        rect.maxX,
        0,
        rect.maxZ,
      );
    }
    return points.length > 0 ? points : corners(0, 1, 0, 6, 1, 6);
  }

  private setHovered(id: string | null): void {
    if (id === this.hovered) return;
    if (this.hovered !== this.selected) this.plant.highlight(this.hovered, 0);
    this.hovered = id;
    if (id !== this.selected) this.plant.highlight(id, HOVER);
    this.hover.show(id === this.selected ? null : this.view(id));
    this.labelsDue = true;
    this.want();
  }

  private resize(): void {
    this.width = Math.max(1, this.host.clientWidth);
    this.height = Math.max(1, this.host.clientHeight);
    if (this.resolution.most !== this.stage.mostPixels) this.resolution = new Resolution(this.stage.mostPixels);
    this.setResolution();
    this.rig.resize(this.width, this.height);
    this.labels.resize(this.width, this.height);
    this.labelsDue = true;
    this.want();
  }

  private async offerXr(): Promise<void> {
    const button = await offerXr(this.host, this.stage.renderer, {
      frame: (ms) => {
        this.want();
        this.tick(ms);
      },
      carry: (present) => {
        this.rig.carry(present);
        // The renderer takes no size before the session is wholly over.
        if (!present) requestAnimationFrame(() => this.resize());
      },
      pick: (from, along) => this.hooks.onPick(this.plant.pick(this.rig.ray(from, along))?.info.id ?? null),
    });
    if (button) this.undo.push(() => button.remove());
  }

  private readonly onFrame = (nowMs: number): void => {
    this.frame = requestAnimationFrame(this.onFrame);
    if (!this.stage.renderer.xr.isPresenting) this.tick(nowMs);
  };

  private tick(nowMs: number): void {
    // A headset has frames on a clock of its own; no step goes back.
    const dtS = Math.min(0.1, Math.max(0, nowMs - this.lastMs) / 1000);
    if (this.changed.size > 0) {
      this.changed.drain((slot) => this.plant.touch(slot));
      this.labelsDue ||= nowMs - this.labelsMs > LABELS_MS;
    }
    this.plant.inspectSlice(nowMs);
    const moved = this.stage.renderer.xr.isPresenting || this.rig.update(dtS);
    const demand = this.demand(moved);
    if (moved) this.lastMs = nowMs;
    if (demand === null || this.lost || !this.pace.due(demand, nowMs)) {
      if (demand === null) this.lastMs = nowMs;
      return;
    }
    this.lastMs = nowMs;
    this.draw(nowMs, dtS, moved);
  }

  /** What asks for a frame now, if anything does. */
  private demand(moved: boolean): Demand | null {
    if (moved || this.wanted) return "view";
    if (this.plant.busy || this.labelsDue) return "motion";
    const pulses = this.marks.pulsing && !this.reduced.matches;
    return pulses || this.plant.shadowsChanged ? "pulse" : null;
  }

  private draw(nowMs: number, dtS: number, moved: boolean): void {
    const start = performance.now();
    const flat = !this.stage.renderer.xr.isPresenting;
    if (flat && moved && this.movedBefore && this.resolution.note(nowMs - this.drawnMs)) this.setResolution();
    this.movedBefore = moved;
    this.drawnMs = nowMs;
    this.wanted = false;
    this.plant.step(dtS, !this.reduced.matches);
    if (this.plant.marksChanged) {
      this.plant.marksChanged = false;
      this.marks.write(this.plant.views.values());
      this.selection.show(this.view(this.selected));
      this.hover.show(this.hovered === this.selected ? null : this.view(this.hovered));
      this.labelsDue = true;
    }
    if (this.plant.shadowsChanged && nowMs - this.shadowsMs > SHADOWS_MS) {
      this.shadowsMs = nowMs;
      this.plant.shadowsChanged = false;
      this.stage.refreshShadows();
    }
    const { camera } = this.rig;
    this.marks.update(this.reduced.matches ? 0 : nowMs / 1000, this.width, this.height);
    this.stage.setHaze(this.rig.distance, this.rig.radius);
    const fieldTan = Math.tan(MathUtils.degToRad(camera.fov) / 2);
    this.selection.update(fieldTan, this.height);
    this.hover.update(fieldTan, this.height);
    this.stage.draw(camera);
    this.write(nowMs, dtS, moved);
    this.frames++;
    this.pace.drawn(nowMs, performance.now() - start);
    const empty = this.plant.views.size === 0;
    if (!this.lost) this.note.textContent = empty && this.source.live ? NOTHING : "";
    if (this.ready || (empty && !this.source.live)) return;
    this.ready = true;
    this.hooks.onReady();
  }

  private setResolution(): void {
    this.stage.renderer.setPixelRatio(this.resolution.ratio);
    this.stage.resize(this.width, this.height);
  }

  private write(nowMs: number, dtS: number, moved: boolean): void {
    const { views } = this.plant;
    const { camera } = this.rig;
    if ((this.labelsDue || moved) && nowMs - this.labelsMs > LABELS_MS) {
      this.labelsMs = nowMs;
      this.labelsDue = false;
      this.labels.choose(views, camera, this.selected, this.hovered);
      this.arrows.update(views.values(), camera, this.width, this.height);
    }
    this.labels.move(views, camera);
    if (this.people.update(camera, dtS, this.width, this.height)) this.want();
  }
}
