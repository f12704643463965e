/** What the rules of one twin ask for, and how far the picture has come on the way there. Every picture draws from this. */
import type { TwinInfo, VisualInfo } from "../protocol/messages.gen";
import { Polyline } from "./polyline";
import { approach, formatColor, fraction, nearestAngle, type Ramp, type Rgb, rampOf, scaled, shownRpm } from "./values";

export const AXES: Record<string, number> = { x: 0, y: 1, z: 2 };
/** Seconds in which two thirds of the way to a new value are gone: about one frame message. */
const EASE_S = 0.12;
const RPM_TO_DEG_PER_S = 6;

export type Axis = "x" | "y" | "z";

/** A part that a rule can move: it turns about an axis or slides along the rule's own; a node of a file does both. */
export interface Joint {
  readonly name: string;
  readonly kind: "turn" | "slide" | "node";
  readonly axis: Axis;
}

/** A rule for a joint that the shape doesn't have moves nothing. */
const NO_JOINT = -2;

/** Where a twin stands: metres, and degrees about the up axis. */
export interface Stand {
  x: number;
  y: number;
  z: number;
  yawDeg: number;
}

/** A spin or turn rule, on the joint it drives or (-1) on the whole twin; -2 where there is no such joint. */
export interface Motion {
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
export interface Slide {
  rule: VisualInfo;
  joint: number;
  at: number;
  target: number;
}

/** A path rule: metres along a way, not a number until one is known. */
interface Track {
  rule: VisualInfo;
  way: Polyline;
  at: number;
  target: number;
}

/** What a twin looks like while no rule says otherwise; sRGB, 0 to 1. */
export interface Paint {
  body: Rgb;
  content: Rgb;
}

export class Rules {
  /** By the `visible` rule. */
  shown = true;
  /** Slots that the rules read. */
  readonly slots: number[];
  labelSlot = -1;
  /** Whether pieces lie on it. */
  readonly carries: boolean;
  protected readonly motions: Motion[] = [];
  protected readonly slides: Slide[] = [];
  protected levelRule: VisualInfo | null = null;
  /** 0 to 1, or -1. */
  protected level = -1;
  protected readonly rgb: Rgb = [0, 0, 0];
  /** Its place in `Movers`. */
  seat = 0;
  /** Something turned or slid in the last step. */
  jointsMoved = false;
  private ramp: Ramp | null = null;
  private rampSlot = -1;
  private levelTarget = -1;
  private readonly rgbTarget: Rgb = [0, 0, 0];
  private visibleRule: VisualInfo | null = null;
  private track: Track | null = null;
  private settled = false;
  /** Some rule moves it; most twins are only coloured. */
  private readonly moves: boolean;
  /** What jumped since the last step, as `step` says it. */
  private snapped: 0 | 1 | 2 = 0;

  constructor(
    readonly info: TwinInfo,
    protected readonly frames: readonly Joint[],
    protected paint: Paint,
  ) {
    this.slots = info.visuals.flatMap((rule) => (rule.amount < 0 ? [rule.slot] : [rule.slot, rule.amount]));
    this.carries = info.visuals.some((rule) => rule.kind === "carry");
    for (const rule of info.visuals) this.take(rule);
    this.moves = this.slides.length > 0 || this.motions.length > 0 || this.track !== null;
    this.setPaint(paint);
  }

  /** The colours while no rule gives one. */
  setPaint(paint: Paint): void {
    this.paint = paint;
    if (!this.ramp) copy(this.rgbTarget, this.plain);
    if (!this.settled) copy(this.rgb, this.rgbTarget);
  }

  /** Whether something spins. */
  get turning(): boolean {
    return this.moves && this.motions.some((motion) => motion.rpm !== 0);
  }

  /** Take the newest values as targets. Unknown values leave the resting state; the first known one is taken at once. */
  aim(value: (slot: number) => number): void {
    const { ramp, levelRule, visibleRule } = this;
    let known = false;
    if (ramp) {
      const found = value(this.rampSlot);
      if (Number.isFinite(found)) {
        known = true;
        ramp.at(found, this.rgbTarget);
      } else copy(this.rgbTarget, this.plain);
    }
    if (levelRule) {
      const found = value(levelRule.slot);
      known ||= Number.isFinite(found);
      this.levelTarget = Number.isFinite(found) ? fraction(found, levelRule.low, levelRule.high) : -1;
    }
    if (this.moves && this.aimMoves(value)) known = true;
    if (visibleRule) {
      const found = value(visibleRule.slot);
      known ||= Number.isFinite(found);
      this.shown = Number.isNaN(found) || found !== 0;
    }
    if (!known || this.settled) return;
    this.settled = true;
    this.snap();
  }

  /** Come to all targets now. */
  snap(): void {
    this.snapped = this.moves ? 2 : 1;
    copy(this.rgb, this.rgbTarget);
    this.level = this.levelTarget;
    if (!this.moves) return;
    for (const slide of this.slides) slide.at = slide.target;
    if (this.track) this.track.at = this.track.target;
    for (const motion of this.motions) if (motion.rule.kind === "turn") motion.angle = motion.target;
  }

  /** Go on by `dtS`; motion stands while the picture is `stale`. Returns what changed: 0 nothing, 1 joints or look only, 2 the body as well. */
  step(dtS: number, stale: boolean): 0 | 1 | 2 {
    this.jointsMoved = false;
    const share = approach(dtS, EASE_S);
    let change: 0 | 1 | 2 = this.snapped;
    this.snapped = 0;
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
    if (!this.moves) return change;
    for (const motion of this.motions) {
      // A motion says "it runs now"; nobody vouches for that when the picture is stale.
      if (motion.rpm !== 0 && stale) continue;
      if (!turn(motion, dtS, share)) continue;
      this.jointsMoved = true;
      change = motion.joint === -1 ? 2 : (Math.max(change, 1) as 1 | 2);
    }
    for (const slide of this.slides) {
      if (slide.at === slide.target) continue;
      this.jointsMoved = true;
      const way = slide.target - slide.at;
      slide.at = Math.abs(way) < 0.001 ? slide.target : slide.at + way * share;
      change = slide.joint === -1 ? 2 : (Math.max(change, 1) as 1 | 2);
    }
    return this.track && advance(this.track, share) ? 2 : change;
  }

  /** The first joint that is driven by a signal whose path is `wanted`, or -1. */
  drivenBy(wanted: (path: string) => boolean): number {
    const driver = [...this.motions, ...this.slides].find(({ rule, joint }) => {
      const signal = joint < 0 ? undefined : this.info.signals.find(({ slot }) => slot === rule.slot);
      return signal !== undefined && wanted(signal.path);
    });
    return driver?.joint ?? -1;
  }

  /** Whether it moves as a whole: a vehicle, a crane. */
  get roams(): boolean {
    return this.track !== null || this.slides.some((slide) => slide.joint === -1);
  }

  /** Where it stands: as placed, or on its way. */
  stand(place: Stand): Stand {
    return this.track && Number.isFinite(this.track.at) ? this.track.way.spot(this.track.at) : place;
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

  /** How far the move rules have taken it, metres along x, y, z of its own frame. */
  get shift(): [number, number, number] {
    const sum: [number, number, number] = [0, 0, 0];
    for (const { rule, at } of this.slides) sum[AXES[rule.axis] ?? 0] += at;
    return sum;
  }

  private take(rule: VisualInfo): void {
    if (rule.kind === "spin" || rule.kind === "turn") {
      const joint = this.jointOf(rule, "turn", this.motions);
      const frame = this.frames[joint];
      const axis = frame && frame.kind !== "node" ? frame.axis : (rule.axis as Axis);
      this.motions.push({ rule, joint, axis, angle: 0, target: 0, rpm: 0 });
    } else if (rule.kind === "move") {
      this.slides.push({ rule, joint: this.jointOf(rule, "slide", this.slides), at: 0, target: 0 });
    } else if (rule.kind === "color") {
      const ramp = rampOf(rule.stops);
      if (ramp.empty) return;
      this.ramp = ramp;
      this.rampSlot = rule.slot;
    } else if (rule.kind === "level") this.levelRule = rule;
    else if (rule.kind === "visible") this.visibleRule = rule;
    else if (rule.kind === "label") this.labelSlot = rule.slot;
    else if (rule.kind === "path") {
      const way = new Polyline(rule.points);
      if (way.length > 0) this.track = { rule, way, at: Number.NaN, target: Number.NaN };
    }
  }

  /** The joint that the rule names, else the next of that kind that no rule drives yet, or -1 for the whole twin. */
  private jointOf(rule: VisualInfo, kind: "turn" | "slide", taken: readonly { joint: number }[]): number {
    if (rule.joint) {
      const named = this.frames.findIndex((frame) => frame.name === rule.joint);
      return named < 0 ? NO_JOINT : named;
    }
    return this.frames.findIndex((frame, i) => frame.kind === kind && taken.every(({ joint }) => joint !== i));
  }

  /** Take the newest values for all that moves; returns whether one is known. */
  private aimMoves(value: (slot: number) => number): boolean {
    let known = false;
    for (const slide of this.slides) {
      const found = scaled(value(slide.rule.slot), slide.rule);
      if (Number.isNaN(found)) continue;
      known = true;
      slide.target = found;
    }
    if (this.track && aimTrack(this.track, scaled(value(this.track.rule.slot), this.track.rule))) known = true;
    for (const motion of this.motions) {
      if (aimMotion(motion, scaled(value(motion.rule.slot), motion.rule))) known = true;
    }
    return known;
  }
}

/** What is no number leaves the target where it was; returns whether it is one. */
function aimTrack(track: Track, along: number): boolean {
  if (Number.isNaN(along)) return false;
  track.target = track.way.on(track.rule.unit === "share" ? along * track.way.length : along);
  if (Number.isNaN(track.at)) track.at = track.target;
  return true;
}

/** What is no number leaves a part where it stands; returns whether it is one. */
function aimMotion(motion: Motion, found: number): boolean {
  const known = !Number.isNaN(found);
  if (motion.rule.kind === "spin") motion.rpm = known ? shownRpm(found) : 0;
  else if (known) motion.target = found;
  return known;
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

/** Go on along the way; returns whether it moved. */
function advance(track: Track, share: number): boolean {
  const way = track.way.way(track.at, track.target);
  if (way === 0 || Number.isNaN(way)) return false;
  track.at = Math.abs(way) < 0.001 ? track.target : track.way.on(track.at + way * share);
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
