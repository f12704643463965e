/** The plant from above on a 2D canvas: what stands in for the 3D scene without WebGL, or because somebody likes it calm. */

import { rectAt } from "../layout/geometry";
import { type Demand, Pace } from "../scene/loop";
import type { Source } from "../scene/plant";
import type { Theme } from "../scene/theme";
import type { ChangedSlots } from "../state/dirty";
import { FONT } from "../state/font";
import { heatOf, twinAgeS } from "../state/heat";
import { type PictureOptions, PLAIN } from "../state/look";
import type { Spot } from "../state/placing";
import type { Person } from "../state/store";
import { answers, spoken } from "./answers";
import { Bar } from "./bar";
import { CARD_WIDTH, drawCard } from "./card";
import { Edges } from "./edges";
import "./flat.css";
import type { FlatHooks } from "./hooks";
import { chooseWords, type Label, readingOf } from "./labels";
import { LEVELS, type Level, levelOf, typical } from "./levels";
import { Moves } from "./moves";
import { Painter } from "./painter";
import { FLAT_PALETTES } from "./palette";
import { Plan } from "./plan";
import { type KeptPose, pose2Of, poseOf } from "./poses";
import type { FlatTwin } from "./twin";
import { PlanView } from "./view";

const WORDS_MS = 250;
const PULSE_S = 2;
/** Around what is framed; CSS pixels. */
const AIR = 20;
/** Room for the buttons; CSS pixels. */
const BELOW = 56;
/** Pixels per CSS pixel of a picture for print: 300 dots an inch where the screen has 96. */
const PRINT = 3;
const LABEL =
  "Plan of the plant. Arrows go from machine to machine, Shift and arrows move the plan, plus and minus zoom, " +
  "Page up and Page down change the level, Enter shows the chosen machine, A shows everything, Escape deselects.";

export class Flat {
  private readonly canvas = document.createElement("canvas");
  private readonly ctx: CanvasRenderingContext2D;
  private readonly said = document.createElement("div");
  private readonly view = new PlanView();
  private readonly plan: Plan;
  private readonly painter: Painter;
  private readonly bar: Bar;
  private readonly edges: Edges;
  private readonly moves: Moves;
  private readonly pace = new Pace();
  private readonly changed: ChangedSlots;
  private readonly undo: (() => void)[] = [];
  private readonly reduced = matchMedia("(prefers-reduced-motion: reduce)");
  private theme: Theme = "dark";
  private options: PictureOptions = PLAIN;
  private people: readonly Person[] = [];
  private labels: Label[] = [];
  private labelled: ReadonlySet<string> = new Set();
  private heat: Map<string, number> | null = null;
  private selected: string | null = null;
  private hovered: string | null = null;
  private editing = false;
  private level: Level = "overview";
  private machineM = 2;
  private frame = 0;
  private frames = 0;
  private lastMs = 0;
  private wordsMs = 0;
  private wordsDue = true;
  private wanted = true;
  private framed = false;
  /** The whole plant is shown, and stays so when the window changes. */
  private whole = true;
  private ready = false;

  constructor(
    private readonly host: HTMLElement,
    private readonly source: Source,
    private readonly hooks: FlatHooks,
  ) {
    host.classList.add("flat");
    this.ctx = this.canvas.getContext("2d", { alpha: false })!;
    this.canvas.tabIndex = 0;
    this.canvas.setAttribute("role", "application");
    this.canvas.setAttribute("aria-label", LABEL);
    this.said.className = "unseen";
    this.said.setAttribute("aria-live", "polite");
    host.append(this.canvas, this.said);
    this.painter = new Painter(this.ctx);
    this.plan = new Plan(source, FLAT_PALETTES[this.theme]);
    this.bar = new Bar(host, {
      level: (level) => this.goLevel(level),
      zoom: (steps) => this.zoom(steps),
      picture: () => this.takePicture(),
    });
    this.edges = new Edges(host, (id) => {
      this.hooks.onPick(id);
      this.frameTwin(id);
    });
    this.moves = new Moves(this.canvas, this.plan, this.view, {
      ...hooks,
      selected: () => this.twin(this.selected),
      editing: () => this.editing,
      smooth: () => this.smooth,
      hover: (id) => this.setHovered(id),
      frame: (id) => this.frameTwin(id),
      level: (steps) => this.goLevel(LEVELS[Math.min(2, Math.max(0, LEVELS.indexOf(this.level) + steps))]),
      zoom: (steps) => this.zoom(steps),
      showAt: (id, spot) => this.showAt(id, spot),
      moved: () => {
        this.whole = false;
        this.wanted = this.wordsDue = true;
      },
    });
    this.changed = source.watch();
    this.listen();
    this.settle();
    this.frame = requestAnimationFrame(this.onFrame);
  }

  select(id: string | null): void {
    this.selected = id;
    const twin = this.twin(id);
    this.said.textContent = twin ? spoken(twin) : "";
    this.wordsDue = true;
    this.wanted = true;
  }

  /** Go to a twin, or with null to the whole plant. */
  frameTwin(id: string | null): void {
    const twin = this.twin(id);
    this.whole = !twin;
    if (!twin) this.view.fit(this.plan.extent(), AIR, BELOW, this.smooth);
    else {
      const around = Math.max(twin.width, twin.depth) * 2.2;
      // The card needs room beside the machine, where there is any.
      const beside = this.view.width > 2 * CARD_WIDTH ? CARD_WIDTH : 0;
      this.view.fit(rectAt(twin.x, twin.z, around, around), AIR, BELOW, this.smooth, beside);
    }
    this.wanted = true;
  }

  setPeople(people: readonly Person[]): void {
    this.people = people;
    this.wanted = true;
  }

  /** As seen from straight above, at a height from which a usual camera would see as much. */
  pose(): KeptPose {
    return poseOf(this.view.now, this.view.height);
  }

  /** Look at what somebody else looks at, or at what was kept. */
  lookFrom(pose: Omit<KeptPose, "distance"> & { distance?: number }): void {
    this.whole = false;
    this.view.go(pose2Of(pose, this.view.now.scale, this.view.height), this.smooth);
    this.wanted = this.wordsDue = true;
  }

  frameArea(name: string): void {
    const area = this.plan.areas.find((candidate) => candidate.name === name);
    if (!area) return;
    this.whole = false;
    this.view.fit(area.rect, AIR, BELOW, this.smooth);
    this.wanted = this.wordsDue = true;
  }

  setTheme(theme: Theme): void {
    this.theme = theme;
    this.plan.setPalette(FLAT_PALETTES[theme]);
    this.wanted = true;
  }

  setOptions(options: PictureOptions): void {
    this.options = options;
    this.warm();
    this.wanted = true;
  }

  setEditing(on: boolean): void {
    this.editing = on;
  }

  showAt(id: string, spot: Spot | null): void {
    this.plan.hold(id, spot && { ...spot, fixed: true });
    this.wordsDue = true;
    this.wanted = true;
  }

  putBack(id: string): void {
    this.plan.putBack(id);
    this.wanted = true;
  }

  /** What tests ask: the same questions as in 3D, as far as a plan has answers. */
  probe(id: string): unknown {
    const twin = this.twin(id);
    return (
      twin && {
        ...answers(twin, this.view),
        label: this.labelled.has(id),
        heat: this.heat?.get(id) ?? null,
        planLevel: this.level,
      }
    );
  }

  stats(): { frames: number; frameMs: number; twins: number } {
    return { frames: this.frames, frameMs: this.pace.costMs, twins: this.plan.twins.size };
  }

  dispose(): void {
    cancelAnimationFrame(this.frame);
    for (const undo of this.undo) undo();
    this.source.unwatch(this.changed);
    this.moves.dispose();
    this.bar.dispose();
    this.edges.dispose();
    this.canvas.remove();
    this.said.remove();
    this.host.classList.remove("flat");
  }

  private twin(id: string | null): FlatTwin | null {
    return (id !== null && this.plan.twins.get(id)) || null;
  }

  private get smooth(): boolean {
    return !this.reduced.matches;
  }

  private listen(): void {
    const { source, undo } = this;
    undo.push(
      source.on("schema", () => {
        this.plan.rebuild();
        this.settle();
      }),
      source.on("patch", ({ twins }) => {
        if (this.plan.inspectAll(twins)) this.wanted = this.wordsDue = true;
      }),
      source.on("connection", () => {
        this.plan.inspectAll(this.plan.twins.keys());
        this.wanted = true;
      }),
    );
    const watch = new ResizeObserver(() => this.resize());
    watch.observe(this.host);
    undo.push(() => watch.disconnect());
  }

  private setHovered(id: string | null): void {
    if (id === this.hovered) return;
    this.hovered = id;
    this.canvas.style.cursor = id === null ? "" : "pointer";
    this.wanted = this.wordsDue = true;
  }

  /** Show the plant, the area that the chosen machine (else the middle of the picture) is in, or that machine. */
  private goLevel(level: Level): void {
    const { x, z } = this.view.now;
    const twin = this.twin(this.selected) ?? this.plan.nearest(x, z);
    if (level === "overview" || !twin) this.frameTwin(null);
    else if (level === "machine") {
      if (this.selected === null) this.hooks.onPick(twin.info.id);
      this.frameTwin(twin.info.id);
    } else this.frameArea(twin.group);
  }

  private zoom(steps: number): void {
    this.whole = false;
    this.view.zoomAt(this.view.width / 2, this.view.height / 2, steps > 0 ? 1.3 : 1 / 1.3);
    this.wanted = this.wordsDue = true;
  }

  /** Fit the limits of the view to what stands there now. */
  private settle(): void {
    const extent = this.plan.extent();
    this.view.setBounds(extent);
    this.machineM = typical([...this.plan.twins.values()].map((twin) => Math.max(twin.width, twin.depth)));
    if (!this.framed && this.plan.twins.size > 0 && this.view.width > 1) {
      this.framed = true;
      this.view.fit(extent, AIR, BELOW, false);
    }
    this.warm();
    this.wanted = this.wordsDue = true;
  }

  private resize(): void {
    const { clientWidth: width, clientHeight: height } = this.host;
    const whole = this.whole;
    this.view.resize(width, height);
    this.canvas.width = Math.round(this.view.width * devicePixelRatio);
    this.canvas.height = Math.round(this.view.height * devicePixelRatio);
    if (whole || !this.framed) this.settle();
    if (whole && this.framed) this.view.fit(this.plan.extent(), AIR, BELOW, false);
    this.wanted = this.wordsDue = true;
  }

  private readonly onFrame = (nowMs: number): void => {
    this.frame = requestAnimationFrame(this.onFrame);
    const dtS = Math.min(0.25, Math.max(0, nowMs - this.lastMs) / 1000);
    if (this.changed.size > 0) {
      this.changed.drain((slot) => this.plan.touch(slot));
      this.wordsDue = true;
    }
    if (this.plan.inspectDue(nowMs)) {
      this.warm();
      this.wordsDue = true;
    }
    const moved = this.view.step(dtS);
    const demand = this.demand(moved, nowMs);
    if (demand === null || !this.pace.due(demand, nowMs)) {
      if (demand === null || moved) this.lastMs = nowMs;
      return;
    }
    this.lastMs = nowMs;
    this.draw(nowMs, dtS);
  };

  private demand(moved: boolean, nowMs: number): Demand | null {
    if (moved || this.wanted) return "view";
    if (this.plan.busy || (this.wordsDue && nowMs - this.wordsMs > WORDS_MS)) return "motion";
    return this.smooth && this.plan.calls ? "pulse" : null;
  }

  private draw(nowMs: number, dtS: number): void {
    const start = performance.now();
    this.wanted = false;
    this.plan.step(dtS, this.smooth);
    this.level = levelOf(this.view.now.scale, this.machineM);
    if (this.wordsDue && nowMs - this.wordsMs > WORDS_MS) this.choose(nowMs);
    this.ctx.setTransform(devicePixelRatio, 0, 0, devicePixelRatio, 0, 0);
    this.paint(nowMs);
    this.frames++;
    this.pace.drawn(nowMs, performance.now() - start);
    if (this.ready || (this.plan.twins.size === 0 && !this.source.live)) return;
    this.ready = true;
    this.hooks.onReady();
  }

  private choose(nowMs: number): void {
    this.wordsMs = nowMs;
    this.wordsDue = false;
    for (const twin of this.plan.twins.values()) if (twin.labelSlot >= 0) twin.reading = readingOf(twin, this.source);
    const asked = new Set([this.selected, this.hovered]);
    this.labels = chooseWords(this.plan.twins.values(), this.view, this.level, asked, this.labelled);
    this.labelled = new Set(this.labels.map(({ twin }) => twin.info.id));
    this.bar.show(this.level);
    this.edges.update(this.plan.twins.values(), this.view, FLAT_PALETTES[this.theme]);
  }

  private paint(nowMs: number): void {
    const { plan, view, theme, level, labels, people, selected, hovered, heat } = this;
    const palette = FLAT_PALETTES[theme];
    const pulse = this.reduced.matches ? 0 : 0.5 - 0.5 * Math.cos((nowMs / 1000 / PULSE_S) * 2 * Math.PI);
    const { look } = this.options;
    this.painter.paint({ plan, view, palette, look, level, labels, people, selected, hovered, heat, pulse });
    const twin = this.level === "machine" ? this.twin(this.selected) : null;
    if (twin) this.card(twin);
  }

  private card(twin: FlatTwin): void {
    const { view } = this;
    const right = view.screenX(twin.x) + (Math.max(twin.width, twin.depth) * view.now.scale) / 2 + 24;
    const x = Math.max(8, Math.min(right, view.width - CARD_WIDTH - 12));
    drawCard(this.ctx, twin, this.source, FLAT_PALETTES[this.theme], FONT, { x, y: 12, height: view.height - 84 });
  }

  private warm(): void {
    if (!this.options.heat) {
      this.heat = null;
      return;
    }
    this.heat ??= new Map();
    this.heat.clear();
    for (const { info } of this.plan.twins.values())
      this.heat.set(info.id, heatOf(twinAgeS(info, (slot) => this.source.ageS(slot))));
    this.wanted = true;
  }

  /** Drawn anew at the resolution of print, whatever the screen has. */
  private takePicture(): void {
    const { canvas, ctx, view } = this;
    const [width, height] = [canvas.width, canvas.height];
    canvas.width = Math.round(view.width * PRINT);
    canvas.height = Math.round(view.height * PRINT);
    ctx.setTransform(PRINT, 0, 0, PRINT, 0, 0);
    this.paint(0);
    canvas.toBlob((picture) => {
      canvas.width = width;
      canvas.height = height;
      this.wanted = true;
      if (picture) this.hooks.onPicture(picture);
    }, "image/png");
  }
}
