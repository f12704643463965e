/** What tests may ask of a session with a headset. */
import { Matrix4, Quaternion, Vector3 } from "three";

/** x, y, z and a quaternion. */
export type HandPose = [number, number, number, number, number, number, number];

export interface HeadsetProbe {
  mode: "vr" | "ar";
  /** The first frame was drawn. */
  ready: boolean;
  visibility: XRVisibilityState;
  /** In the plant's frame, metres. */
  head: [number, number, number];
  yawDeg: number;
  /** Room metres per plant metre. */
  scale: number;
  /** One aims a jump at a place to stand. */
  landing: boolean;
  narrowed: number;
  open: boolean;
  page: string;
  asking: string | null;
  holding: number;
  /** All words on the panel. */
  texts: string[];
  /** Controllers and hands that are drawn. */
  handsShown: string[];
  people: { user: string; at: [number, number, number]; hands: number }[];
  drawCalls: number;
  triangles: number;
  /** Where in the room something is: `button ID`, `twin ID` or `at X,Y,Z` of the plant; null if nowhere. */
  where(what: string): [number, number, number] | null;
}

const world = new Matrix4();
const at = new Vector3();
const turn = new Quaternion();
const size = new Vector3();

/** A pose in the room as one in the plant. */
export function poseOf(inRoom: Matrix4, room: Matrix4): HandPose {
  world.multiplyMatrices(room, inRoom).decompose(at, turn, size);
  return [at.x, at.y, at.z, turn.x, turn.y, turn.z, turn.w];
}
