/** What the headset's view needs of the scene. */
import type { Box3, Group, PerspectiveCamera, Raycaster, Scene, Vector3, WebGLRenderer } from "three";
import type { HeadsetLook } from "../scene/headset";
import type { TwinView } from "../scene/twin-view";
import type { Person } from "../state/store";

export interface HeadsetHost {
  readonly renderer: WebGLRenderer;
  readonly scene: Scene;
  /** Carries the camera, and with it all that belongs to the room of the one who wears the headset. */
  readonly dolly: Group;
  readonly camera: PerspectiveCamera;
  readonly views: ReadonlyMap<string, TwinView>;
  /** Motion may be shown for its own sake. */
  lively(): boolean;
  /** What the desktop looks at, and from how far. */
  focus(out: Vector3): number;
  /** The box of all twins. */
  extent(): Box3;
  pick(raycaster: Raycaster): { id: string; distance: number } | null;
  point(twin: string | null): void;
  /** The twin that is pointed at. */
  pointed(): string | null;
  people(): readonly Person[];
  /** Draw one frame, `ms` on the clock of animation frames. */
  frame(ms: number): void;
  /** Look like a headset's picture (or like the desktop's again, with null). */
  adapt(look: HeadsetLook | null): void;
}
