/** From the plan's view to a place in space and back, so that people, bookmarks and both pictures understand each other. Pure. */
import type { Pose2 } from "./view";

export interface KeptPose {
  position: [number, number, number];
  /** Quaternion x, y, z, w. */
  rotation: [number, number, number, number];
  /** To what is looked at, metres. */
  distance: number;
}

/** Metres in sight from top to bottom, per metre of distance: the field of the 3D picture. */
const FIELD = 2 * Math.tan((38 / 2) * (Math.PI / 180));
/** No one looks farther than this past the horizon. */
const FAR_M = 200;

/** Return where somebody stands who sees, straight down, what the plan shows. */
export function poseOf({ x, z, scale }: Pose2, height: number): KeptPose {
  const distance = height / scale / FIELD;
  const down = Math.SQRT1_2;
  return { position: [x, distance, z], rotation: [-down, 0, 0, down], distance };
}

/** Return the plan of what somebody looks at: where their view meets the floor, or what stands at their distance. */
export function pose2Of(
  pose: Omit<KeptPose, "distance"> & { distance?: number },
  scale: number,
  height: number,
): Pose2 {
  const [qx, qy, qz, qw] = pose.rotation;
  // The third column of the rotation is where one's back is.
  const along = [-2 * (qx * qz + qw * qy), -2 * (qy * qz - qw * qx), -(1 - 2 * (qx * qx + qy * qy))];
  const [x, y, z] = pose.position;
  const reach = pose.distance ?? (along[1] < -0.05 ? Math.min(FAR_M, -y / along[1]) : Math.min(FAR_M, Math.max(4, y)));
  return {
    x: x + along[0] * reach,
    z: z + along[2] * reach,
    scale: pose.distance === undefined ? scale : height / (pose.distance * FIELD),
  };
}
