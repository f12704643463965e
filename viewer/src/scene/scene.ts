/** Puts plant, stage, camera, signs and labels together. */
import { Vector3 } from "three";
import { groupOf } from "../layout/layout";
import type { Presence } from "../protocol/messages.gen";
import type { Blame } from "../state/anomalies";
import type { ChangedSlots } from "../state/dirty";
import { type PictureOptions, PLAIN } from "../state/look";
import type { Spot } from "../state/placing";
import type { Person } from "../state/store";
import { HeadsetOffer } from "../xr/offer";
import type { HeadsetProbe } from "../xr/probe";
import { Around } from "./around";
import { Arrows } from "./arrows";
import { CameraRig } from "./camera";
import { Chosen } from "./chosen";
import { Dragger } from "./dragger";
import { extentOf, outlineOf } from "./extent";
import { Floor } from "./floor";
import { Frames } from "./frames";
import { headsetHost } from "./headset-host";
import type { SceneHooks, Stats } from "./hooks";
import { listenToKeys } from "./keys";
import { Labels } from "./labels";
import { Marks } from "./marks";
import { People } from "./people";
import { Plant, type Source } from "./plant";
import { Pointer } from "./pointer";
import { type Probe, probeOf } from "./probe";
import { chooseQuality, rendererName } from "./quality";
import "./scene.css";
import { cutOf, SectionFrame } from "./section";
import { Stage } from "./stage";
import { PALETTES, type Theme } from "./theme";
import { Toolbar } from "./toolbar";

const NOTHING = "Nothing here yet. A twin appears as soon as a topic brings data or plant.toml names it.";
const LOST = "The graphics driver dropped the 3D picture. It comes back by itself; values go on.";

export class Scene {
  private readonly stage: Stage;
  private readonly rig: CameraRig;
  private readonly plant: Plant;
  private readonly floor: Floor;
  private readonly marks = new Marks();
  private readonly chosen: Chosen;
  private readonly labels: Labels;
  private readonly arrows: Arrows;
  private readonly people: People;
  private readonly toolbar: Toolbar;
  private readonly pointer: Pointer;
  private readonly frames: Frames;
  private readonly around: Around;
  private readonly changed: ChangedSlots;
  private readonly undo: (() => void)[] = [];
  private readonly note = document.createElement("div");
  private dragger: Dragger | null = null;
  private readonly section = new SectionFrame();
  private options: PictureOptions = PLAIN;
  private readonly offer: HeadsetOffer | null;
  private others: readonly Person[] = [];
  private theme: Theme = "dark";
  private ready = false;
  private framed = false;
  private width = 1;
  private height = 1;

  constructor(
    private readonly host: HTMLElement,
    private readonly source: Source,
    private readonly hooks: SceneHooks,
  ) {
    const palette = PALETTES[this.theme];
    const quality = chooseQuality(new URLSearchParams(location.search).get("quality"), rendererName());
    const headers = () => hooks.headers?.() ?? {};
    const reduced = matchMedia("(prefers-reduced-motion: reduce)");
    host.classList.add("plant3d");
    this.stage = new Stage(host, quality, palette);
    this.rig = new CameraRig(this.stage.canvas, () => !reduced.matches);
    this.floor = new Floor(palette, quality.shadows);
    this.plant = new Plant(source, palette, quality.shadows, {
      // The plant says so already while it is built, before there is anything to draw it.
      changed: () => this.frames?.want(),
      headers,
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
    this.note.className = "plant3d-note";
    this.note.setAttribute("role", "status");
    host.append(this.note);
    this.stage.scene.add(this.rig.dolly, this.floor.group, this.plant.group, this.marks.group, this.section.line);
    this.chosen = new Chosen(this.plant, this.stage.scene);
    this.pointer = new Pointer(this.stage.canvas, this.rig.camera, {
      at: (raycaster) => this.plant.pick(raycaster)?.info.id ?? null,
      hover: (id) => {
        if (this.chosen.point(id)) this.wantLabels();
      },
      pick: (id) => this.hooks.onPick(id),
      open: (id) => this.frameTwin(id),
    });
    this.changed = source.watch();
    const { stage, rig, plant, marks, chosen, labels, arrows, people, changed } = this;
    const drawn = () => this.onDrawn();
    this.frames = new Frames({ stage, rig, plant, marks, chosen, labels, arrows, people, changed, drawn });
    this.setTheme(this.theme);
    this.listen();
    this.resize();
    this.settle();
    const hallChanged = () => {
      plant.hallChanged();
      this.settle();
      if (rig.whole) this.frameTwin(null);
    };
    const ask = hooks.surroundings;
    this.around = new Around(source, plant.hall, this.floor, { ask, headers, hallChanged, changed: () => this.want() });
    const { floor, frames } = this;
    const parts = { stage, rig, plant, chosen, floor, frames, people: () => this.others, resize: () => this.resize() };
    this.offer = hooks.desk ? new HeadsetOffer(host, () => headsetHost(parts), hooks.desk) : null;
    this.frames.start();
  }

  select(id: string | null): void {
    if (!this.chosen.select(id)) return;
    this.plant.xray(id);
    this.wantLabels();
  }

  /** Fly to a twin, or with null to the whole plant. */
  frameTwin(id: string | null): void {
    const view = this.view(id);
    if (view) void this.rig.frame(view.center(new Vector3()), view.size);
    else void this.rig.frameAll(outlineOf(this.plant.views.values(), this.plant.areas()));
    this.want();
  }

  /** Fly to an area of the floor. */
  frameArea(name: string): void {
    const areas = this.plant.areas().filter((area) => area.name === name);
    if (areas.length === 0) return;
    const inside = [...this.plant.views.values()].filter((view) => groupOf(view.info) === name);
    void this.rig.frameAll(outlineOf(inside, areas), false);
    this.want();
  }

  /** Show these other people. */
  setPeople(people: readonly Person[]): void {
    this.others = people;
    this.people.show(people);
    this.want();
  }

  /** Let parts glow whose signals are blamed by a detector's alarm. */
  setBlames(blames: readonly Blame[]): void {
    this.marks.setBlames(blames);
    this.plant.marksChanged = true;
    this.want();
  }

  /** The session with a headset that is under way, for tests. */
  get headset(): HeadsetProbe | null {
    return this.offer?.experience?.probe() ?? null;
  }

  /**
   * Where one looks from: metres, and a quaternion (x, y, z, w); how far away is what one looks at; and with a headset
   * where the hands are.
   */
  pose(): Pick<Presence, "position" | "rotation" | "left" | "right"> & { distance: number } {
    const hands = this.offer?.experience?.hands();
    return { ...this.rig.pose(), distance: this.rig.distance, left: null, right: null, ...hands };
  }

  /** Look from where somebody else does, or from a place that was kept with its distance. */
  lookFrom(pose: Pick<Presence, "position" | "rotation"> & { distance?: number }): void {
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
    this.chosen.setPalette(palette);
    this.section.setColor(palette.accent);
    this.want();
  }

  /** Look, x-ray, section and heat. */
  setOptions(options: PictureOptions): void {
    this.options = options;
    const box = extentOf(this.plant.views.values());
    this.stage.setLook(options.look);
    this.plant.setOptions(options, cutOf(options.section, box));
    this.section.show(options.section, box);
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

  /** Whether the picture is a plan from straight above. */
  get flat(): boolean {
    return this.rig.flat;
  }

  setFlat(flat: boolean): void {
    this.rig.setFlat(flat);
    // Seen from elsewhere, the whole plant takes other room.
    if (this.rig.whole) this.frameTwin(null);
    this.toolbar.showPlan(flat);
    this.wantLabels();
  }

  probe(id: string): Probe | null {
    const view = this.view(id);
    const label = this.labels.shown.has(id);
    return view && probeOf(view, this.rig.camera, this.width, this.height, label, this.marks.glowing(id));
  }

  stats(): Stats {
    return { ...this.frames.stats(), twins: this.plant.views.size };
  }

  dispose(): void {
    this.frames.stop();
    this.offer?.dispose();
    this.setEditing(false);
    for (const undo of this.undo) undo();
    this.source.unwatch(this.changed);
    this.around.dispose();
    this.pointer.dispose();
    this.rig.dispose();
    this.labels.dispose();
    this.arrows.dispose();
    this.people.dispose();
    this.toolbar.dispose();
    this.marks.dispose();
    this.chosen.dispose();
    this.section.dispose();
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
    this.frames.want();
  }

  private wantLabels(): void {
    this.frames.labelsDue = true;
    this.want();
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
    const abort = new AbortController();
    this.listenToKeys(canvas, abort.signal);
    canvas.addEventListener("webglcontextlost", (event) => this.onLost(event), { signal: abort.signal });
    canvas.addEventListener("webglcontextrestored", () => this.onRestored(), { signal: abort.signal });
    undo.push(() => abort.abort());
  }

  private listenToKeys(canvas: HTMLCanvasElement, signal: AbortSignal): void {
    const hooks = {
      home: () => this.frameTwin(null),
      toSelected: () => {
        if (this.chosen.selected) this.frameTwin(this.chosen.selected);
        return this.chosen.selected !== null;
      },
      plan: () => this.setFlat(!this.flat),
      camera: (event: KeyboardEvent) => this.rig.key(event),
      held: () => {
        const view = this.dragger && this.view(this.chosen.selected);
        return view && { view, azimuth: this.rig.controls.azimuthAngle };
      },
      placed: (id: string, from: Spot, to: Spot) => {
        this.showAt(id, to);
        this.hooks.onPlaced?.(id, from, to);
      },
      changed: () => this.want(),
    };
    listenToKeys(canvas, hooks, signal);
  }

  /** What was drawn is gone with the task that drew it, so the canvas is drawn and read in one. */
  private takePicture(): void {
    this.stage.draw(this.rig.camera);
    this.stage.canvas.toBlob((picture) => {
      if (picture) this.hooks.onPicture?.(picture);
      else this.note.textContent = "The browser gave no picture of the canvas.";
    }, "image/png");
  }

  private onLost(event: Event): void {
    event.preventDefault();
    this.frames.lost = true;
    this.note.textContent = LOST;
    this.hooks.onLost?.();
  }

  private onRestored(): void {
    this.frames.lost = false;
    this.note.textContent = "";
    this.stage.lightUp();
    this.plant.shadowsChanged = true;
    this.want();
  }

  /** Fit floor, light and camera limits to what stands there now. */
  private settle(): void {
    const box = extentOf(this.plant.views.values());
    const center = box.getCenter(new Vector3());
    const size = box.getSize(new Vector3());
    const radius = Math.hypot(size.x, size.z) / 2;
    this.rig.setBounds(box);
    this.floor.setAreas(this.plant.areas(), center.x, center.z, radius);
    this.stage.setExtent(center.setY(0), radius, size.y);
    if (this.options.section) this.setOptions(this.options);
    this.chosen.refresh();
    if (!this.framed && this.plant.views.size > 0) {
      this.framed = true;
      void this.rig.frameAll(outlineOf(this.plant.views.values(), this.plant.areas()));
    }
    this.wantLabels();
  }

  private resize(): void {
    this.width = Math.max(1, this.host.clientWidth);
    this.height = Math.max(1, this.host.clientHeight);
    this.frames.resize(this.width, this.height);
  }

  private onDrawn(): void {
    const empty = this.plant.views.size === 0;
    if (!this.frames.lost) this.note.textContent = empty && this.source.live ? NOTHING : this.around.problem;
    if (this.ready || (empty && !this.source.live)) return;
    this.ready = true;
    this.hooks.onReady();
  }
}
