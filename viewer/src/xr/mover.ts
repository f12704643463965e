/** Moving through the plant at life size: jump, turn, glide. */
import { MathUtils, type Raycaster, Vector3 } from "three";
import type { TwinView } from "../scene/twin-view";
import { JumpMark } from "./beam";
import type { HeadsetHost } from "./host";
import type { Pointer } from "./pointers";
import { type Comfort, STANDING_EYES_M } from "./settings";
import type { Space } from "./space";
import { beyondRest, jump, type Stance, Step, turn } from "./stance";
import { emptyArc, type Ground, type Obstacle, placeBefore, standable, throwArc } from "./teleport";

const GLIDE_M_S = 1.8;
const SWING_DEG_S = 80;
/** Room to walk around the plant. */
const AROUND_M = 8;
/** Machines move and come; what stands where is looked up so often while one aims. */
const GROUND_MS = 500;

export class Mover {
  readonly stance: Stance = { x: 0, y: 0, z: 0, yawRad: 0 };
  readonly mark: JumpMark;
  /** One glides or swings right now. */
  moving = false;
  private readonly arc = emptyArc();
  private readonly steps = [new Step(), new Step()];
  private readonly home: Stance = { x: 0, y: 0, z: 0, yawRad: 0 };
  private aimed = -1;
  private byStick = false;
  private ground: Ground = { minX: 0, maxX: 0, minZ: 0, maxZ: 0, obstacles: [] };
  private groundMs = Number.NEGATIVE_INFINITY;

  constructor(
    private readonly host: HeadsetHost,
    private readonly space: Space,
    private readonly comfort: () => Comfort,
    private readonly blink: () => void,
  ) {
    this.mark = new JumpMark(this.arc.points);
  }

  /** Come in: before what the desktop looks at, facing it. */
  enter(nowMs: number): void {
    const target = new Vector3();
    const distance = Math.min(this.host.focus(target), 12);
    this.look(nowMs);
    const from = { x: target.x, z: target.z + Math.max(2, distance * 0.6) };
    const spot = this.nearest(from.x, from.z);
    this.stance.yawRad = Math.atan2(spot.x - target.x, spot.z - target.z) - this.space.headYaw;
    jump(this.stance, this.space.headAt, spot.x, spot.z);
    this.settle();
    Object.assign(this.home, this.stance);
  }

  goHome(): void {
    this.blink();
    Object.assign(this.stance, this.home);
    this.settle();
  }

  /** Stand before a twin, looking at it. */
  goTo(view: TwinView, nowMs: number): void {
    this.look(nowMs);
    const head = this.headNow();
    const box = obstacleOf(view);
    const spot = placeBefore(this.ground, box, head.x, head.z) ?? this.nearest(box.x, box.z);
    this.blink();
    this.stance.yawRad = Math.atan2(spot.x - box.x, spot.z - box.z) - this.space.headYaw;
    jump(this.stance, this.space.headAt, spot.x, spot.z);
    this.settle();
  }

  turnBy(steps: number): void {
    turn(this.stance, this.space.headAt, MathUtils.degToRad(steps * this.comfort().turnDeg));
    this.settle();
  }

  get aiming(): number {
    return this.aimed;
  }

  /** Begin to aim with a pointer that was pressed on nothing else. */
  aim(pointer: Pointer): void {
    this.aimed = pointer.index;
    this.byStick = false;
  }

  /** Let go: jump if there is a place to stand. Returns whether there was. */
  let(pointer: Pointer, nowMs: number): boolean {
    if (pointer.index !== this.aimed) return false;
    this.throw(pointer, nowMs);
    this.aimed = -1;
    this.mark.show(null);
    if (!this.arc.lands) return false;
    const end = (this.arc.count - 1) * 3;
    this.blink();
    jump(this.stance, this.space.headAt, this.arc.points[end], this.arc.points[end + 2]);
    this.settle();
    return true;
  }

  forget(pointer: Pointer): void {
    if (pointer.index !== this.aimed) return;
    this.aimed = -1;
    this.mark.show(null);
  }

  update(pointers: readonly Pointer[], nowMs: number, dtS: number): void {
    const { smooth, leftHanded } = this.comfort();
    this.moving = false;
    for (const pointer of pointers) {
      if (pointer.index > 1) continue;
      const main = (pointer.index === 0) === leftHanded;
      if (smooth && main) this.swing(pointer, dtS);
      else if (smooth) this.glide(pointer, nowMs, dtS);
      else {
        const step = this.steps[pointer.index].take(pointer.stickX);
        if (step !== 0 && this.aimed < 0) this.turnBy(-step);
      }
      if (!smooth || main) this.stickAims(pointer, nowMs);
    }
    const pointer = pointers[this.aimed];
    if (!pointer) return;
    if (pointer.tracked) this.throw(pointer, nowMs);
    else this.forget(pointer);
  }

  /** Bring the dolly to the stance; a seated person's eyes go up to where a standing one's are. */
  settle(): void {
    const raise = this.comfort().seated ? STANDING_EYES_M - this.space.headAt.y : 0;
    this.stance.y = Math.max(0, raise);
    this.space.stand(this.stance);
  }

  private headNow(): Vector3 {
    return this.space.toPlant(point.copy(this.space.headAt));
  }

  private stickAims(pointer: Pointer, nowMs: number): void {
    const forward = -pointer.stickY;
    if (this.aimed < 0 && forward > 0.7 && Math.abs(pointer.stickX) < 0.6) {
      this.aimed = pointer.index;
      this.byStick = true;
      this.steps[pointer.index].disarm();
    } else if (this.aimed === pointer.index && this.byStick && forward < 0.3) this.let(pointer, nowMs);
  }

  private swing(pointer: Pointer, dtS: number): void {
    const by = this.aimed < 0 ? beyondRest(pointer.stickX) : 0;
    if (by === 0) return;
    this.moving = true;
    turn(this.stance, this.space.headAt, -by * MathUtils.degToRad(SWING_DEG_S) * dtS);
    this.settle();
  }

  private glide(pointer: Pointer, nowMs: number, dtS: number): void {
    const [right, back] = [beyondRest(pointer.stickX), beyondRest(pointer.stickY)];
    if (right === 0 && back === 0) return;
    this.look(nowMs);
    const yaw = this.stance.yawRad + this.space.headYaw;
    const [cos, sin] = [Math.cos(yaw), Math.sin(yaw)];
    const head = this.headNow();
    const way = GLIDE_M_S * dtS;
    const x = head.x + (right * cos + back * sin) * way;
    const z = head.z + (back * cos - right * sin) * way;
    if (!standable(this.ground, x, z)) return;
    this.moving = true;
    jump(this.stance, this.space.headAt, x, z);
    this.settle();
  }

  private throw(pointer: Pointer, nowMs: number): void {
    this.look(nowMs);
    this.mark.show(throwArc(pointer.plantFrom, pointer.plantAlong, this.ground, this.arc));
  }

  private look(nowMs: number): void {
    if (nowMs - this.groundMs < GROUND_MS) return;
    this.groundMs = nowMs;
    const { min, max } = this.host.extent();
    const obstacles = [...this.host.views.values()].filter((view) => view.shown).map(obstacleOf);
    this.ground = {
      minX: min.x - AROUND_M,
      maxX: max.x + AROUND_M,
      minZ: min.z - AROUND_M,
      maxZ: max.z + AROUND_M,
      obstacles,
    };
  }

  /** The free place nearest to one that may be taken. */
  private nearest(x: number, z: number): { x: number; z: number } {
    for (let ring = 0; ring < 40; ring++) {
      for (let k = 0; k < 12; k++) {
        const angle = (k * Math.PI) / 6 + Math.PI / 2;
        const spot = { x: x + Math.cos(angle) * ring * 0.5, z: z + Math.sin(angle) * ring * 0.5 };
        if (standable(this.ground, spot.x, spot.z)) return spot;
      }
    }
    return { x, z };
  }
}

const point = new Vector3();

/** The twin's box on the floor. */
export function obstacleOf(view: TwinView): Obstacle {
  const { elements } = view.body;
  const [width, height, depth] = view.size;
  const bottom = elements[13];
  return {
    x: elements[12],
    z: elements[14],
    bottom,
    top: bottom + height,
    halfX: width / 2,
    halfZ: depth / 2,
    yawRad: Math.atan2(-elements[2], elements[0]),
  };
}

export function aimRay(raycaster: Raycaster, pointer: Pointer): Raycaster {
  raycaster.ray.origin.copy(pointer.plantFrom);
  raycaster.ray.direction.copy(pointer.plantAlong);
  return raycaster;
}
