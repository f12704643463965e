/** When a frame is due, and in which order the parts of the picture are brought up to date for it. */
import { MathUtils, Vector3 } from "three";
import type { ChangedSlots } from "../state/dirty";
import type { Arrows } from "./arrows";
import type { CameraRig } from "./camera";
import type { Chosen } from "./chosen";
import { fitHeadset, type HeadsetLook } from "./headset";
import type { Stats } from "./hooks";
import type { Labels } from "./labels";
import { type Demand, Pace, Resolution } from "./loop";
import type { Marks } from "./marks";
import type { People } from "./people";
import type { Plant } from "./plant";
import type { Stage } from "./stage";

/** What a frame is made of. */
export interface Picture {
  stage: Stage;
  rig: CameraRig;
  plant: Plant;
  marks: Marks;
  chosen: Chosen;
  labels: Labels;
  arrows: Arrows;
  people: People;
  /** Slots whose values changed since the last frame. */
  changed: ChangedSlots;
  /** A frame is on the screen. */
  drawn(): void;
}

const eye = new Vector3();
const LABELS_MS = 120;
/** Shadows of what moves follow at this pace: each time, the whole plant is drawn once more. */
const SHADOWS_MS = 200;

export class Frames {
  count = 0;
  /** Labels may have to be chosen anew. */
  labelsDue = true;
  /** No frame is drawn while the graphics context is lost. */
  lost = false;
  /** How a headset shows it, while one does. */
  headset: HeadsetLook | null = null;
  /** What bringing new values into the picture took at most, milliseconds, drawing left out. */
  mostStepMs = 0;
  /** The same with all else that a frame does on the page's thread: labels, marks, calls that draw. */
  mostFrameMs = 0;
  private readonly pace = new Pace();
  private readonly reduced = matchMedia("(prefers-reduced-motion: reduce)");
  private resolution: Resolution;
  private wanted = true;
  private handle = 0;
  private lastMs = 0;
  private labelsMs = 0;
  private shadowsMs = Number.NEGATIVE_INFINITY;
  private drawnMs = 0;
  private touchMs = 0;
  private movedBefore = false;
  private width = 1;
  private height = 1;

  constructor(private readonly picture: Picture) {
    this.resolution = new Resolution(picture.stage.mostPixels);
  }

  /** What frames cost; the longest step and frame are told once. */
  stats(): Omit<Stats, "twins"> {
    const { render } = this.picture.stage.renderer.info;
    const { mostStepMs, mostFrameMs } = this;
    this.mostStepMs = this.mostFrameMs = 0;
    return {
      mostStepMs,
      mostFrameMs,
      frames: this.count,
      drawCalls: render.calls,
      triangles: render.triangles,
      frameMs: this.pace.costMs,
    };
  }

  /** Draw from now on, whenever there is a reason to. */
  start(): void {
    this.handle = requestAnimationFrame(this.onFrame);
  }

  stop(): void {
    cancelAnimationFrame(this.handle);
  }

  /** Ask for a frame. */
  want(): void {
    this.wanted = true;
  }

  resize(width: number, height: number): void {
    const { stage, rig, labels } = this.picture;
    this.width = width;
    this.height = height;
    if (this.resolution.most !== stage.mostPixels) this.resolution = new Resolution(stage.mostPixels);
    this.setResolution();
    rig.resize(width, height);
    labels.resize(width, height);
    this.labelsDue = true;
    this.want();
  }

  /** Look whether a frame is due at `nowMs`, on the clock of animation frames, and draw it. */
  tick(nowMs: number): void {
    const { stage, rig, plant, changed } = this.picture;
    // A headset has frames on a clock of its own; no step goes back.
    const dtS = Math.min(0.1, Math.max(0, nowMs - this.lastMs) / 1000);
    if (changed.size > 0) {
      const start = performance.now();
      changed.drain((slot) => plant.touch(slot));
      this.touchMs += performance.now() - start;
      this.labelsDue ||= nowMs - this.labelsMs > LABELS_MS;
    }
    plant.inspectSlice(nowMs);
    const moved = stage.renderer.xr.isPresenting || rig.update(dtS);
    const demand = this.demand(moved);
    if (moved) this.lastMs = nowMs;
    if (demand === null || this.lost || !this.pace.due(demand, nowMs)) {
      if (demand === null) this.lastMs = nowMs;
      return;
    }
    this.lastMs = nowMs;
    this.draw(nowMs, dtS, moved);
  }

  private readonly onFrame = (nowMs: number): void => {
    this.handle = requestAnimationFrame(this.onFrame);
    if (!this.picture.stage.renderer.xr.isPresenting) this.tick(nowMs);
  };

  /** What asks for a frame now, if anything does. */
  private demand(moved: boolean): Demand | null {
    const { plant, marks } = this.picture;
    if (moved || this.wanted) return "view";
    if (plant.busy || this.labelsDue) return "motion";
    const pulses = marks.pulsing && !this.reduced.matches;
    return pulses || plant.shadowsChanged ? "pulse" : null;
  }

  private draw(nowMs: number, dtS: number, moved: boolean): void {
    const { stage, rig, plant, marks, chosen } = this.picture;
    const start = performance.now();
    const { headset } = this;
    if (!headset && moved && this.movedBefore && this.resolution.note(nowMs - this.drawnMs)) this.setResolution();
    this.movedBefore = moved;
    this.drawnMs = nowMs;
    this.wanted = false;
    plant.step(dtS, !this.reduced.matches);
    const { touchMs } = this;
    this.touchMs = 0;
    this.mostStepMs = Math.max(this.mostStepMs, touchMs + performance.now() - start);
    if (plant.marksChanged) {
      plant.marksChanged = false;
      marks.write(plant.views);
      chosen.outline();
      this.labelsDue = true;
    }
    if (plant.shadowsChanged && nowMs - this.shadowsMs > SHADOWS_MS) {
      this.shadowsMs = nowMs;
      plant.shadowsChanged = false;
      stage.refreshShadows();
    }
    const timeS = this.reduced.matches ? 0 : nowMs / 1000;
    if (headset) fitHeadset(this.picture, headset, timeS);
    else {
      marks.update(timeS, this.width, this.height);
      stage.setHaze(rig.distance, rig.radius);
      chosen.update(Math.tan(MathUtils.degToRad(rig.camera.fov) / 2), this.height);
    }
    stage.draw(rig.camera);
    if (!headset) this.write(nowMs, dtS, moved);
    this.mostFrameMs = Math.max(this.mostFrameMs, touchMs + performance.now() - start);
    this.count++;
    this.pace.drawn(nowMs, performance.now() - start);
    this.picture.drawn();
  }

  /** What stands over the canvas as HTML. */
  private write(nowMs: number, dtS: number, moved: boolean): void {
    const { plant, rig, labels, arrows, people, chosen } = this.picture;
    const { views } = plant;
    if ((this.labelsDue || moved) && nowMs - this.labelsMs > LABELS_MS) {
      this.labelsMs = nowMs;
      this.labelsDue = false;
      const pixels = rig.camera.projectionMatrix.elements[5] * this.height * 0.5;
      plant.refine(rig.camera.getWorldPosition(eye), pixels);
      labels.choose(views, rig.camera, chosen.selected, chosen.hovered);
      arrows.update(views.values(), rig.camera, this.width, this.height);
    }
    labels.move(views, rig.camera);
    if (people.update(rig.camera, dtS, this.width, this.height)) this.want();
  }

  private setResolution(): void {
    const { stage } = this.picture;
    stage.renderer.setPixelRatio(this.resolution.ratio);
    stage.resize(this.width, this.height);
  }
}
