/** The room of the one who wears the headset, and where it stands in the plant. */
import { type Group, Matrix4, Quaternion, Vector3 } from "three";
import type { Model } from "./grab";
import type { Stance } from "./stance";

const UP = new Vector3(0, 1, 0);
const matrix = new Matrix4();

export class Space {
  /** Room metres per plant metre. */
  scale = 1;
  /** Pose of the head in the room. */
  readonly head = new Matrix4();
  readonly headAt = new Vector3();
  readonly headTurn = new Quaternion();

  constructor(private readonly dolly: Group) {}

  /** Take the head's pose from this frame; false while it is not tracked. */
  track(frame: XRFrame, base: XRReferenceSpace): boolean {
    const pose = frame.getViewerPose(base);
    if (!pose) return false;
    this.head.fromArray(pose.transform.matrix);
    this.headAt.setFromMatrixPosition(this.head);
    this.headTurn.setFromRotationMatrix(this.head);
    return true;
  }

  /** Where the head looks along the floor, radians about the up axis as in a stance; also when one looks down. */
  get headYaw(): number {
    const { elements } = this.head;
    // Looking steeply down, the top of the head points where the person does.
    const steep = Math.abs(elements[9]) > 0.85;
    const [x, z] = steep
      ? [elements[4] * Math.sign(elements[9]), elements[6] * Math.sign(elements[9])]
      : [-elements[8], -elements[10]];
    return Math.atan2(-x, -z);
  }

  /** Stand in the plant at life size. */
  stand({ x, y, z, yawRad }: Stance): void {
    this.scale = 1;
    this.dolly.position.set(x, y, z);
    this.dolly.quaternion.setFromAxisAngle(UP, yawRad);
    this.dolly.scale.setScalar(1);
    this.dolly.updateMatrixWorld(true);
  }

  /** The plant stands in the room as a model: seen from the plant, the room is as much larger. */
  behold({ x, y, z, yawRad, scale }: Model): void {
    this.scale = scale;
    this.dolly.quaternion.setFromAxisAngle(UP, -yawRad);
    this.dolly.scale.setScalar(1 / scale);
    this.dolly.position.set(-x, -y, -z).applyQuaternion(this.dolly.quaternion).divideScalar(scale);
    this.dolly.updateMatrixWorld(true);
  }

  /** A place of the room in the plant's frame, in place. */
  toPlant(at: Vector3): Vector3 {
    return at.applyMatrix4(this.dolly.matrixWorld);
  }

  /** A direction of the room in the plant's frame, in place; its length becomes 1. */
  turnToPlant(along: Vector3): Vector3 {
    return along.transformDirection(this.dolly.matrixWorld);
  }

  /** A place of the plant in the room's frame, in place. */
  toRoom(at: Vector3): Vector3 {
    return at.applyMatrix4(matrix.copy(this.dolly.matrixWorld).invert());
  }
}
