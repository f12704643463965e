/** The plant as a model in the room: placed, turned and scaled by hands, controllers or the panel. */
import { type Box3, MathUtils, type Vector3 } from "three";
import { around, dragged, inRoom, LIFE_SIZE, type Model, onTable, scaledAbout, stretched, turnedAbout } from "./grab";
import type { Pointer } from "./pointers";
import type { Comfort } from "./settings";
import type { Space } from "./space";
import { beyondRest, Step } from "./stance";

const TABLE_M = 0.9;
const BEFORE_M = 0.85;
/** So far below the eyes is a table. */
const BELOW_M = 0.5;
/** A hand that moved so far while pinching wants to move the model, not to choose. */
const GRAB_M = 0.03;
/** Scale per second with the stick, and per press of a button. */
const STICK_FACTOR = 2.2;
const PRESS_FACTOR = 1.25;

interface Grip {
  pointer: Pointer;
  start: Vector3;
  /** It has become a grab; a pinch is none before the hand moved. */
  on: boolean;
}

export class Table {
  model: Model = { x: 0, y: 0, z: 0, yawRad: 0, scale: LIFE_SIZE };
  private grips: Grip[] = [];
  private base: Model = this.model;
  private kept: Model | null = null;
  private readonly steps = [new Step(), new Step()];

  constructor(
    private readonly space: Space,
    private readonly extent: () => Box3,
    private readonly comfort: () => Comfort,
  ) {}

  /** Put the model on a table before the one who looks. */
  bring(): void {
    const { headAt, headYaw } = this.space;
    const at = {
      x: headAt.x - Math.sin(headYaw) * BEFORE_M,
      y: Math.max(0.4, headAt.y - BELOW_M),
      z: headAt.z - Math.cos(headYaw) * BEFORE_M,
    };
    const { min, max } = this.extent();
    const scale = this.model.scale;
    const reach = Math.max(max.x - min.x, max.z - min.z);
    this.model = onTable(at, this.middle, reach, TABLE_M, headYaw);
    // A size that was chosen by hand stays.
    if (scale < LIFE_SIZE) this.model = around({ ...this.model, scale }, this.middle, at);
    this.show();
  }

  /** Life size: the floor of the plant on that of the room, its middle before the one who looks; or back on the table. */
  setLife(on: boolean): void {
    if (on === this.model.scale >= LIFE_SIZE) return;
    if (on) {
      this.kept = this.model;
      const { headAt, headYaw } = this.space;
      const { min, max } = this.extent();
      const away = (max.z - min.z) / 2 + 1.5;
      const at = { x: headAt.x - Math.sin(headYaw) * away, y: 0, z: headAt.z - Math.cos(headYaw) * away };
      this.model = around({ ...this.model, yawRad: headYaw, scale: LIFE_SIZE }, this.middle, at);
    } else if (this.kept) this.model = this.kept;
    else {
      this.model = { ...this.model, scale: LIFE_SIZE };
      this.bring();
    }
    this.show();
  }

  scaleBy(steps: number): void {
    this.model = scaledAbout(this.model, inRoom(this.model, this.middle), PRESS_FACTOR ** steps);
    this.show();
  }

  turnBy(steps: number): void {
    const byRad = MathUtils.degToRad(steps * this.comfort().turnDeg);
    this.model = turnedAbout(this.model, inRoom(this.model, this.middle), byRad);
    this.show();
  }

  /** `sure`: a grip button, which means nothing else; a pinch has to move first. */
  take(pointer: Pointer, sure: boolean): void {
    this.grips = this.grips.filter((grip) => grip.pointer !== pointer);
    this.grips.push({ pointer, start: pointer.at.clone(), on: sure });
    if (sure) this.rebase();
  }

  /** Returns whether the model was moved by this pointer. */
  let(pointer: Pointer): boolean {
    const grip = this.grips.find((candidate) => candidate.pointer === pointer);
    this.grips = this.grips.filter((candidate) => candidate !== grip);
    if (grip?.on) this.rebase();
    return grip?.on === true;
  }

  get held(): boolean {
    return this.grips.some((grip) => grip.on);
  }

  update(pointers: readonly Pointer[], dtS: number): void {
    for (const grip of this.grips) {
      // Two hands that pinch mean the model, however little they moved.
      const both = this.grips.length > 1;
      if (grip.on || (!both && grip.pointer.at.distanceTo(grip.start) < GRAB_M)) continue;
      grip.on = true;
      this.rebase();
    }
    const [a, b] = this.grips.filter((grip) => grip.on);
    if (a && b) this.model = stretched(this.base, a.start, b.start, a.pointer.at, b.pointer.at);
    else if (a) this.model = dragged(this.base, a.start, a.pointer.at);
    for (const pointer of pointers) {
      if (pointer.index > 1) continue;
      const step = this.steps[pointer.index].take(pointer.stickX);
      if (step !== 0) this.turnBy(step);
      const grow = -beyondRest(pointer.stickY);
      if (grow !== 0)
        this.model = scaledAbout(this.model, inRoom(this.model, this.middle), STICK_FACTOR ** (grow * dtS));
    }
    this.show();
  }

  private get middle(): { x: number; z: number } {
    const { min, max } = this.extent();
    return { x: (min.x + max.x) / 2, z: (min.z + max.z) / 2 };
  }

  /** From here on, hands move what there is now. */
  private rebase(): void {
    this.base = this.model;
    for (const grip of this.grips) grip.start.copy(grip.pointer.at);
  }

  private show(): void {
    this.space.behold(this.model);
  }
}
