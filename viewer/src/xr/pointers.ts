/** Controllers, hands and whatever else the headset points with: where they are and what is pressed. */
import { Matrix4, Vector3 } from "three";
import type { Space } from "./space";

export interface Pointer {
  /** 0 left, 1 right, 2 any other. */
  readonly index: number;
  source: XRInputSource | null;
  /** Its ray is known in this frame. */
  tracked: boolean;
  /** In the room. */
  readonly ray: Matrix4;
  readonly grip: Matrix4;
  readonly from: Vector3;
  readonly along: Vector3;
  readonly at: Vector3;
  /** In the plant. */
  readonly plantFrom: Vector3;
  readonly plantAlong: Vector3;
  selecting: boolean;
  squeezing: boolean;
  stickX: number;
  stickY: number;
  /** The upper button of a controller is down. */
  menu: boolean;
}

export interface PointerHooks {
  selectStart(pointer: Pointer): void;
  selectEnd(pointer: Pointer): void;
  squeezeStart(pointer: Pointer): void;
  squeezeEnd(pointer: Pointer): void;
  /** It is no longer tracked, or no longer there. */
  lost(pointer: Pointer): void;
}

export class Pointers {
  readonly all: readonly Pointer[] = [make(0), make(1), make(2)];
  private readonly abort = new AbortController();

  constructor(
    private readonly session: XRSession,
    private readonly space: Space,
    private readonly base: () => XRReferenceSpace | null,
    private readonly hooks: PointerHooks,
  ) {
    const { signal } = this.abort;
    const on = (name: string, take: (pointer: Pointer) => void) =>
      session.addEventListener(
        name as "select",
        (event: XRInputSourceEvent) => {
          const pointer = this.find(event.inputSource);
          const base = this.base();
          // A tap on a screen has its ray only while it lasts.
          if (base) this.place(pointer, event.frame, base);
          take(pointer);
        },
        { signal },
      );
    on("selectstart", (pointer) => {
      pointer.selecting = true;
      hooks.selectStart(pointer);
    });
    on("selectend", (pointer) => {
      pointer.selecting = false;
      hooks.selectEnd(pointer);
    });
    on("squeezestart", (pointer) => {
      pointer.squeezing = true;
      hooks.squeezeStart(pointer);
    });
    on("squeezeend", (pointer) => {
      pointer.squeezing = false;
      hooks.squeezeEnd(pointer);
    });
  }

  /** Take all poses of this frame. */
  update(frame: XRFrame, base: XRReferenceSpace): void {
    for (const source of this.session.inputSources) this.find(source);
    for (const pointer of this.all) {
      const before = pointer.tracked;
      const there = pointer.source !== null && includes(this.session.inputSources, pointer.source);
      if (!there) pointer.source = null;
      pointer.tracked = there && this.place(pointer, frame, base);
      this.read(pointer);
      if (before && !pointer.tracked) {
        pointer.selecting = pointer.squeezing = false;
        this.hooks.lost(pointer);
      }
    }
  }

  dispose(): void {
    this.abort.abort();
  }

  private find(source: XRInputSource): Pointer {
    const index = source.handedness === "left" ? 0 : source.handedness === "right" ? 1 : 2;
    const pointer = this.all[index];
    if (pointer.source !== source) {
      if (pointer.source && pointer.tracked) this.hooks.lost(pointer);
      pointer.source = source;
    }
    return pointer;
  }

  private place(pointer: Pointer, frame: XRFrame, base: XRReferenceSpace): boolean {
    const source = pointer.source!;
    const ray = frame.getPose(source.targetRaySpace, base);
    if (!ray) return false;
    pointer.ray.fromArray(ray.transform.matrix);
    const grip = source.gripSpace && frame.getPose(source.gripSpace, base);
    pointer.grip.fromArray((grip || ray).transform.matrix);
    pointer.from.setFromMatrixPosition(pointer.ray);
    pointer.at.setFromMatrixPosition(pointer.grip);
    pointer.along.set(0, 0, -1).transformDirection(pointer.ray);
    this.space.toPlant(pointer.plantFrom.copy(pointer.from));
    this.space.turnToPlant(pointer.plantAlong.copy(pointer.along));
    return true;
  }

  private read(pointer: Pointer): void {
    const gamepad = pointer.source?.hand ? null : pointer.source?.gamepad;
    pointer.stickX = gamepad?.axes[2] ?? 0;
    pointer.stickY = gamepad?.axes[3] ?? 0;
    pointer.menu = gamepad?.buttons[5]?.pressed === true;
  }
}

function includes(sources: XRInputSourceArray, wanted: XRInputSource): boolean {
  for (const source of sources) if (source === wanted) return true;
  return false;
}

function make(index: number): Pointer {
  return {
    index,
    source: null,
    tracked: false,
    ray: new Matrix4(),
    grip: new Matrix4(),
    from: new Vector3(),
    along: new Vector3(0, 0, -1),
    at: new Vector3(),
    plantFrom: new Vector3(),
    plantAlong: new Vector3(0, 0, -1),
    selecting: false,
    squeezing: false,
    stickX: 0,
    stickY: 0,
    menu: false,
  };
}
