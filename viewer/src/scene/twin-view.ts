/** One twin in the scene: what its rules ask for, and how far the picture has come on the way there. Knows no WebGL object but matrices. */
import { MathUtils, Matrix4, type Vector3 } from "three";
import { AXES, type Axis, type Paint, Rules, type Slide } from "../bindings/rules";
import type { Place } from "../layout/layout";
import type { TwinInfo } from "../protocol/messages.gen";
import type { Bucket, JointFrame, Look } from "./bucket";
import type { Size } from "./shapes/shape";
import type { Status } from "./status";

const scratch = new Matrix4();
const scaled = new Matrix4();

export class TwinView extends Rules {
  index = -1;
  bucket: Bucket<TwinView> | null = null;
  readonly body = new Matrix4();
  readonly joints: Matrix4[] = [];
  status: Status = { mark: null, unacknowledged: false, stale: true, offline: false };
  highlight = 0;
  /** How translucent the x-ray makes it, 0 to 1. */
  ghost = 0;
  /** Age from 0 (fresh) to 1 (old), or -1 where it is unknown. */
  heat = -1;
  /** Drawn by a file, not by the viewer's own shape. */
  pictured = false;
  /** What the coarse shape is scaled by, while it is so small on the screen that it is drawn coarsely; else null. */
  farScale: Matrix4 | null = null;
  private readonly leastGhost: number;
  /** `shown` as last written. */
  wasShown = true;

  constructor(
    info: TwinInfo,
    readonly size: Size,
    public place: Place,
    protected override readonly frames: readonly JointFrame[],
    paint: Paint,
  ) {
    super(info, frames, paint);
    this.leastGhost = info.synthetic ? SYNTHETIC : 0;
    for (const _ of frames) this.joints.push(new Matrix4());
  }

  get far(): boolean {
    return this.farScale !== null;
  }

  get spins(): boolean {
    return !this.status.stale && this.turning;
  }

  override step(dtS: number): 0 | 1 | 2 {
    return super.step(dtS, this.status.stale);
  }

  /** Top of the twin where it is drawn, for what hangs above it. */
  top(out: Vector3): Vector3 {
    return out.set(0, this.size[1], 0).applyMatrix4(this.body);
  }

  center(out: Vector3): Vector3 {
    return out.set(0, this.size[1] / 2, 0).applyMatrix4(this.body);
  }

  get jointNames(): readonly string[] {
    return this.frames.map(({ name }) => name);
  }

  /** Recompute `body` and `joints`. */
  pose(): void {
    const { x, y, z, yawDeg } = this.stand(this.place);
    this.body.makeRotationY(MathUtils.degToRad(yawDeg)).setPosition(x, y, z);
    for (const slide of this.slides) if (slide.joint === -1) this.body.multiply(translation(slide));
    for (const motion of this.motions) {
      if (motion.joint !== -1) continue;
      const middle = this.size[1] / 2;
      this.body.multiply(scratch.makeTranslation(0, middle, 0));
      this.body.multiply(rotation(motion.axis, motion.angle));
      this.body.multiply(scratch.makeTranslation(0, -middle, 0));
    }
    this.poseJoints();
  }

  poseJoints(): void {
    for (let i = 0; i < this.frames.length; i++) {
      const frame = this.frames[i];
      const matrix = this.joints[i];
      matrix.copy(frame.on < 0 ? this.body : this.joints[frame.on]);
      if (frame.rest) matrix.multiply(frame.rest);
      else matrix.multiply(scratch.makeTranslation(frame.pivot[0], frame.pivot[1], frame.pivot[2]));
      for (const slide of this.slides) if (slide.joint === i) matrix.multiply(translation(slide));
      for (const motion of this.motions) if (motion.joint === i) matrix.multiply(rotation(motion.axis, motion.angle));
    }
  }

  /** How translucent it is drawn, 0 to 1. */
  get translucency(): number {
    return Math.max(this.ghost, this.leastGhost);
  }

  /** Write colour, staleness, level and highlight to the instance. */
  writeLook(): void {
    const levelled = this.levelRule !== null;
    look.body = levelled ? this.paint.body : this.rgb;
    look.content = this.rgb;
    look.level = levelled ? this.level : -1;
    look.stale = this.status.stale ? 1 : 0;
    look.highlight = this.highlight;
    look.ghost = this.translucency;
    look.vivid = this.status.mark ? 1 : 0;
    look.heat = this.heat;
    this.bucket?.setLook(this.index, look);
  }

  /** Write where body and joints are; a hidden twin shrinks to nothing. */
  writeFrames(): void {
    if (!this.bucket) return;
    if (this.shown) {
      const body = this.farScale ? scaled.multiplyMatrices(this.body, this.farScale) : this.body;
      this.bucket.setFrames(this.index, body, this.joints);
    } else
      this.bucket.setFrames(
        this.index,
        NOWHERE,
        this.joints.map(() => NOWHERE),
      );
  }

  writeJoints(): void {
    if (this.shown) this.bucket?.setJoints(this.index, this.joints);
  }
}

/** Filled anew for each twin; thirty thousand of them may change in one frame. */
const look: Look = { body: [], content: [], level: -1, stale: 0, highlight: 0, ghost: 0, vivid: 0, heat: -1 };
/** How translucent a twin is that no plant has measured. */
const SYNTHETIC = 0.6;
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
