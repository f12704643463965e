/** One twin of the plan: the same rules as in 3D, seen from above. */
import { type Joint, type Paint, Rules } from "../bindings/rules";
import { itemOf } from "../layout/items";
import { groupOf, type Place } from "../layout/layout";
import type { TwinInfo } from "../protocol/messages.gen";
import { type Archetype, archetypeOf } from "../scene/shapes/archetype";
import type { Status } from "../scene/status";

const TURN = (name: string, axis: Joint["axis"]): Joint => ({ name, kind: "turn", axis });

const ROBOT = ["y", "z", "z", "x", "z", "x"] as const;

/** Parts of each machine that rules move, as the shapes in 3D have them: what a part does, the whole does not. */
export const JOINTS: Partial<Record<Archetype, readonly Joint[]>> = {
  mixer: [TURN("hub", "y")],
  pump: [TURN("shaft", "x")],
  motor: [TURN("shaft", "x")],
  fan: [TURN("blades", "z")],
  valve: [TURN("wheel", "y")],
  conveyor: [TURN("drum", "z")],
  robot: ROBOT.map((axis, i) => TURN(`axis-${i + 1}`, axis)),
  turbine: [TURN("blades", "z")],
  compressor: [TURN("wheel", "x")],
  carousel: [TURN("table", "y")],
  palletiser: [{ name: "bridge", kind: "slide", axis: "y" }, TURN("arm", "y")],
};

const RAD = Math.PI / 180;

export class FlatTwin extends Rules {
  readonly archetype: Archetype;
  /** Width along x and depth along z, metres. */
  readonly width: number;
  readonly depth: number;
  status: Status = { mark: null, unacknowledged: false, stale: true, offline: false };
  /** Where it is now, metres, and how far it is turned on the screen, radians clockwise. */
  x = 0;
  z = 0;
  turn = 0;
  /** Angle of its first part that turns, radians: a rotor, an arm. */
  partTurn = 0;
  readonly name: string;
  /** Name of the area it belongs to. */
  readonly group: string;
  /** Text of its label rule, "" without one. */
  reading = "";

  constructor(
    info: TwinInfo,
    public place: Place,
    paint: Paint,
  ) {
    const archetype = info.discovered ? "box" : archetypeOf(info.geometry.shape, info.type);
    super(info, JOINTS[archetype] ?? [], paint);
    this.archetype = archetype;
    const { size } = itemOf(info);
    this.width = Math.max(size[0], 0.4);
    this.depth = Math.max(size[2], 0.4);
    this.name = info.name || info.id.slice(info.id.lastIndexOf("/") + 1);
    this.group = groupOf(info);
    this.pose();
  }

  get spins(): boolean {
    return !this.status.stale && this.turning;
  }

  /** Colour by the rules, sRGB 0 to 1; of the content where there is a level. Do not change it. */
  get colour(): readonly number[] {
    return this.rgb;
  }

  /** 0 to 1, or -1 for none. */
  get fill(): number {
    return this.levelRule ? this.level : -1;
  }

  override step(dtS: number): 0 | 1 | 2 {
    const change = super.step(dtS, this.status.stale);
    if (change > 0) this.pose();
    return change;
  }

  /** Work out place and turn on the plan. */
  pose(): void {
    const [dx, , dz] = this.shift;
    const { x, z, yawDeg } = this.stand(this.place);
    const yaw = yawDeg * RAD;
    this.x = x + dx * Math.cos(yaw) + dz * Math.sin(yaw);
    this.z = z - dx * Math.sin(yaw) + dz * Math.cos(yaw);
    let turn = -yaw;
    this.partTurn = 0;
    for (const motion of this.motions) {
      if (motion.joint === 0 || (motion.joint === 1 && this.archetype === "palletiser")) {
        this.partTurn = -motion.angle * RAD;
      } else if (motion.joint === -1 && motion.axis === "y") turn -= motion.angle * RAD;
    }
    this.turn = turn;
  }
}
