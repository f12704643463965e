/** One twin in the scene: what its rules ask for, and how far the picture has come on the way there. Knows no WebGL object but matrices. */
import { MathUtils, Matrix4, type Vector3 } from "three";
import type { Place } from "../layout/layout";
import type { TwinInfo, VisualInfo } from "../protocol/messages.gen";
import { approach, formatColor, fraction, nearestAngle, Ramp, type Rgb, scaled, shownRpm } from "./bindings";
import type { Bucket, JointFrame } from "./bucket";
import type { Axis } from "./shapes/parts";
import type { Size } from "./shapes/shape";
import type { Status } from "./status";

const AXES: Record<string, number> = { x: 0, y: 1, z: 2 };
/** Seconds in which two thirds of the way to a new value are gone: about one frame message. */
const EASE_S = 0.12;
const RPM_TO_DEG_PER_S = 6;

/** A spin or turn rule, on the joint it drives or (-1) on the whole twin. */
interface Motion {
  rule: VisualInfo;
  joint: number;
  axis: Axis;
  /** Degrees. */
  angle: number;
  target: number;
  /** As drawn; 0 for a turn. */
  rpm: number;
}

/** A move rule, on the joint it drives or (-1) on the whole twin; metres. */
interface Slide {
  rule: VisualInfo;
  joint: number;
  at: number;
  target: number;
}

/** What a twin looks like while no rule says otherwise; sRGB, 0 to 1. */
export interface Paint {
  body: Rgb;
  content: Rgb;
}

const scratch = new Matrix4();

export class TwinView {
  index = -1;
  bucket: Bucket<TwinView> | null = null;
  readonly body = new Matrix4();
  readonly joints: Matrix4[] = [];
  status: Status = { mark: null, unacknowledged: false, stale: true, offline: false };
  /** By the `visible` rule. */
  shown = true;
  highlight = 0;
  /** `shown` as last written. */
  wasShown = true;
  /** Slots that the rules read. */
  readonly slots: number[];
  labelSlot = -1;
  private readonly motions: Motion[] = [];
  private readonly slides: Slide[] = [];
  private ramp: { rule: VisualInfo; ramp: Ramp } | null = null;
  private levelRule: VisualInfo | null = null;
  private level = -1;
  private levelTarget = -1;
  private readonly rgb: Rgb = [0, 0, 0];
  private readonly rgbTarget: Rgb = [0, 0, 0];
  private visibleRule: VisualInfo | null = null;
  private settled = false;
  /** The pose jumped since the last step. */
  private snapped = false;

  constructor(
    public info: TwinInfo,
    readonly size: Size,
    public place: Place,
    private readonly frames: readonly JointFrame[],
    private paint: Paint,
  ) {
    this.slots = info.visuals.map((rule) => rule.slot);
    for (const rule of info.visuals) this.take(rule);
    for (const _ of frames) this.joints.push(new Matrix4());
    this.setPaint(paint);
  }

  /** The colours while no rule gives one. */
  setPaint(paint: Paint): void {
    this.paint = paint;
    if (!this.ramp) copy(this.rgbTarget, this.plain);
    if (!this.settled) copy(this.rgb, this.rgbTarget);
  }

  get spins(): boolean {
    return !this.status.stale && this.motions.some((motion) => motion.rpm !== 0);
  }

  /** Top of the twin where it is drawn, for what hangs above it. */
  top(out: Vector3): Vector3 {
    return out.set(0, this.size[1], 0).applyMatrix4(this.body);
  }

  center(out: Vector3): Vector3 {
    return out.set(0, this.size[1] / 2, 0).applyMatrix4(this.body);
  }

  /** Take the newest values as targets. Unknown values leave the resting state; the first known one is taken at once. */
  aim(value: (slot: number) => number): void {
    let known = false;
    const read = (slot: number) => {
      const found = value(slot);
      known ||= Number.isFinite(found);
      return found;
    };
    if (this.ramp) {
      const found = read(this.ramp.rule.slot);
      if (Number.isFinite(found)) this.ramp.ramp.at(found, this.rgbTarget);
      else copy(this.rgbTarget, this.plain);
    }
    if (this.levelRule) {
      const found = read(this.levelRule.slot);
      this.levelTarget = Number.isFinite(found) ? fraction(found, this.levelRule.low, this.levelRule.high) : -1;
    }
    for (const slide of this.slides) {
      const found = read(slide.rule.slot);
      slide.target = Number.isFinite(found) ? scaled(found, slide.rule) : 0;
    }
    for (const motion of this.motions) this.aimMotion(motion, read(motion.rule.slot));
    if (this.visibleRule) {
      const found = read(this.visibleRule.slot);
      this.shown = Number.isNaN(found) || found !== 0;
    }
    if (known && !this.settled) this.snap();
    this.settled ||= known;
  }

  /** Come to all targets now. */
  snap(): void {
    this.snapped = true;
    copy(this.rgb, this.rgbTarget);
    this.level = this.levelTarget;
    for (const slide of this.slides) slide.at = slide.target;
    for (const motion of this.motions) if (motion.rule.kind === "turn") motion.angle = motion.target;
  }

  /** Go on by `dtS`. Returns what changed: 0 nothing, 1 joints or look only, 2 the body as well. */
  step(dtS: number): 0 | 1 | 2 {
    const share = approach(dtS, EASE_S);
    let change: 0 | 1 | 2 = this.snapped ? 2 : 0;
    this.snapped = false;
    for (let i = 0; i < 3; i++) {
      if (ease(this.rgb, this.rgbTarget, i, share, 0.002)) change ||= 1;
    }
    if (this.level < 0 || this.levelTarget < 0) {
      if (this.level !== this.levelTarget) change ||= 1;
      this.level = this.levelTarget;
    } else if (Math.abs(this.levelTarget - this.level) > 0.0005) {
      this.level += (this.levelTarget - this.level) * share;
      change ||= 1;
    }
    for (const motion of this.motions) {
      // A motion says "it runs now"; nobody vouches for that when the picture is stale.
      if (motion.rpm !== 0 && this.status.stale) continue;
      if (!turn(motion, dtS, share)) continue;
      change = motion.joint < 0 ? 2 : (Math.max(change, 1) as 1 | 2);
    }
    for (const slide of this.slides) {
      if (slide.at === slide.target) continue;
      const way = slide.target - slide.at;
      slide.at = Math.abs(way) < 0.001 ? slide.target : slide.at + way * share;
      change = slide.joint < 0 ? 2 : (Math.max(change, 1) as 1 | 2);
    }
    return change;
  }

  /** Recompute `body` and `joints`. */
  pose(): void {
    const { x, y, z, yawDeg } = this.place;
    this.body.makeRotationY(MathUtils.degToRad(yawDeg)).setPosition(x, y, z);
    for (const slide of this.slides) if (slide.joint < 0) this.body.multiply(translation(slide));
    for (const motion of this.motions) {
      if (motion.joint >= 0) continue;
      const middle = this.size[1] / 2;
      this.body.multiply(scratch.makeTranslation(0, middle, 0));
      this.body.multiply(rotation(motion.axis, motion.angle));
      this.body.multiply(scratch.makeTranslation(0, -middle, 0));
    }
    this.poseJoints();
  }

  poseJoints(): void {
    this.frames.forEach((frame, i) => {
      const matrix = this.joints[i];
      matrix.copy(frame.on < 0 ? this.body : this.joints[frame.on]);
      matrix.multiply(scratch.makeTranslation(...frame.pivot));
      const motion = this.motions.find((candidate) => candidate.joint === i);
      if (motion) matrix.multiply(rotation(frame.axis, motion.angle));
      const slide = this.slides.find((candidate) => candidate.joint === i);
      if (slide) matrix.multiply(translation(slide));
    });
  }

  /** Write colour, staleness, level and highlight to the instance. */
  writeLook(): void {
    const levelled = this.levelRule !== null;
    this.bucket?.setLook(this.index, {
      body: levelled ? this.paint.body : this.rgb,
      content: this.rgb,
      level: levelled ? this.level : -1,
      stale: this.status.stale ? 1 : 0,
      highlight: this.highlight,
    });
  }

  /** Write where body and joints are; a hidden twin shrinks to nothing. */
  writeFrames(): void {
    if (!this.bucket) return;
    if (this.shown) this.bucket.setFrames(this.index, this.body, this.joints);
    else
      this.bucket.setFrames(
        this.index,
        NOWHERE,
        this.joints.map(() => NOWHERE),
      );
  }

  writeJoints(): void {
    if (this.shown) this.bucket?.setJoints(this.index, this.joints);
  }

  /** What tests and panels may ask. */
  describe(): { color: string; level: number; angles: number[]; shift: number[] } {
    return {
      color: formatColor(this.rgb),
      level: this.level,
      angles: this.motions.map((motion) => motion.angle),
      shift: this.shift,
    };
  }

  /** Where a colour rule doesn't colour the twin: its content if it shows a level, else its body. */
  private get plain(): Rgb {
    return this.levelRule ? this.paint.content : this.paint.body;
  }

  private get shift(): [number, number, number] {
    const sum: [number, number, number] = [0, 0, 0];
    for (const { rule, at } of this.slides) sum[AXES[rule.axis] ?? 0] += at;
    return sum;
  }

  private take(rule: VisualInfo): void {
    if (rule.kind === "spin" || rule.kind === "turn") {
      const joint = this.freeJoint("turn", this.motions);
      const axis = this.frames[joint]?.axis ?? (rule.axis as Axis);
      this.motions.push({ rule, joint, axis, angle: 0, target: 0, rpm: 0 });
    } else if (rule.kind === "move") {
      this.slides.push({ rule, joint: this.freeJoint("slide", this.slides), at: 0, target: 0 });
    } else if (rule.kind === "color") {
      const ramp = new Ramp(rule.stops);
      if (!ramp.empty) this.ramp = { rule, ramp };
    } else if (rule.kind === "level") this.levelRule = rule;
    else if (rule.kind === "visible") this.visibleRule = rule;
    else if (rule.kind === "label") this.labelSlot = rule.slot;
  }

  /** The next joint of that kind that no rule drives yet, or -1 for the whole twin. */
  private freeJoint(kind: JointFrame["kind"], taken: readonly { joint: number }[]): number {
    return this.frames.findIndex((frame, i) => frame.kind === kind && taken.every(({ joint }) => joint !== i));
  }

  private aimMotion(motion: Motion, value: number): void {
    if (motion.rule.kind === "spin") motion.rpm = Number.isFinite(value) ? shownRpm(scaled(value, motion.rule)) : 0;
    else if (Number.isFinite(value)) motion.target = scaled(value, motion.rule);
  }
}

const NOWHERE = new Matrix4().makeScale(0, 0, 0);
const turnMatrix = new Matrix4();

function rotation(axis: Axis, degrees: number): Matrix4 {
  const angle = MathUtils.degToRad(degrees);
  if (axis === "x") return turnMatrix.makeRotationX(angle);
  if (axis === "z") return turnMatrix.makeRotationZ(angle);
  return turnMatrix.makeRotationY(angle);
}

function translation({ rule, at }: Slide): Matrix4 {
  const axis = AXES[rule.axis] ?? 0;
  return turnMatrix.makeTranslation(axis === 0 ? at : 0, axis === 1 ? at : 0, axis === 2 ? at : 0);
}

function turn(motion: Motion, dtS: number, share: number): boolean {
  if (motion.rule.kind === "spin") {
    motion.angle = (motion.angle + motion.rpm * RPM_TO_DEG_PER_S * dtS) % 360;
    return motion.rpm !== 0;
  }
  // A joint has stops and goes back the way it came; something that stands free turns the short way round.
  const to = motion.joint < 0 ? nearestAngle(motion.angle, motion.target) : motion.target;
  if (Math.abs(to - motion.angle) < 0.05) {
    motion.angle = motion.target;
    return false;
  }
  motion.angle += (to - motion.angle) * share;
  return true;
}

function ease(from: number[], to: readonly number[], i: number, share: number, enough: number): boolean {
  const way = to[i] - from[i];
  if (way === 0) return false;
  from[i] = Math.abs(way) < enough ? to[i] : from[i] + way * share;
  return true;
}

function copy(to: number[], from: readonly number[]): void {
  for (let i = 0; i < 3; i++) to[i] = from[i];
}
