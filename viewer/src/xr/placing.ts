/** Where a panel hangs: before the eyes, a little below, and it comes along when one has turned away from it. */
import { Euler, MathUtils, type Vector3 } from "three";
import type { Panel } from "./panel";
import type { Space } from "./space";

/** One may turn or step away so far before the panel follows. */
const SLACK_RAD = MathUtils.degToRad(48);
const SLACK_M = 0.45;
/** And for so long: a glance aside moves nothing. */
const PATIENCE_MS = 700;
/** Seconds in which two thirds of the way are gone. */
const EASE_S = 0.12;

const euler = new Euler(0, 0, 0, "YXZ");

export class Hanging {
  private yaw = Number.NaN;
  private awayMs = Number.NaN;

  constructor(
    private readonly panel: Panel,
    private readonly space: Space,
    /** Degrees below the horizon. */
    private readonly belowDeg: number,
    /** Radians to the left of straight ahead. */
    private readonly aside: () => number,
  ) {}

  /** Hang it before the eyes now. */
  bring(): void {
    this.yaw = this.space.headYaw + this.aside();
    this.place(this.space.headAt, 1);
  }

  update(nowMs: number, dtS: number, lively: boolean): void {
    if (Number.isNaN(this.yaw)) this.bring();
    const { mesh } = this.panel;
    const wanted = this.space.headYaw + this.aside();
    const turned = Math.abs(shortWay(this.yaw, wanted)) > SLACK_RAD;
    const gone = mesh.position.distanceTo(this.space.headAt) > SLACK_M;
    if (!turned && !gone) {
      this.awayMs = Number.NaN;
      return;
    }
    if (Number.isNaN(this.awayMs)) this.awayMs = nowMs;
    if (nowMs - this.awayMs < PATIENCE_MS) return;
    const share = lively ? 1 - Math.exp(-dtS / EASE_S) : 1;
    this.yaw += shortWay(this.yaw, wanted) * share;
    this.place(this.space.headAt, share);
  }

  private place(eye: Vector3, share: number): void {
    const { mesh } = this.panel;
    mesh.position.lerp(eye, share);
    mesh.quaternion.setFromEuler(euler.set(-MathUtils.degToRad(this.belowDeg), this.yaw, 0));
    mesh.updateMatrix();
  }
}

function shortWay(from: number, to: number): number {
  const way = (to - from) % (2 * Math.PI);
  return way > Math.PI ? way - 2 * Math.PI : way < -Math.PI ? way + 2 * Math.PI : way;
}
