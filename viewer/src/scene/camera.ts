/** The camera: orbit, pan and zoom with limits, fly to the plant or a twin, keyboard. */
import CameraControls from "camera-controls";
import {
  Box3,
  MathUtils,
  Matrix4,
  PerspectiveCamera,
  Quaternion,
  Raycaster,
  Sphere,
  Spherical,
  Vector2,
  Vector3,
  Vector4,
} from "three";

CameraControls.install({
  THREE: { Vector2, Vector3, Vector4, Quaternion, Matrix4, Spherical, Box3, Sphere, Raycaster },
});

const FIELD = 38;
const AZIMUTH = MathUtils.degToRad(32);
const POLAR = MathUtils.degToRad(57);
/** A little air around what is framed. */
const AIR = 1.12;

/** Distance from the middle of a box at which it just fits the view, seen from `azimuth` and `polar` (radians). */
export function fitDistance(half: Vector3, azimuth: number, polar: number, fieldDeg: number, aspect: number): number {
  const back = new Vector3().setFromSphericalCoords(1, polar, azimuth);
  const right = new Vector3(Math.cos(azimuth), 0, -Math.sin(azimuth));
  const up = new Vector3().crossVectors(back, right);
  const tanY = Math.tan(MathUtils.degToRad(fieldDeg) / 2);
  const tanX = tanY * aspect;
  let distance = 0;
  const corner = new Vector3();
  for (let i = 0; i < 8; i++) {
    corner.set(i & 1 ? half.x : -half.x, i & 2 ? half.y : -half.y, i & 4 ? half.z : -half.z);
    const near = corner.dot(back);
    const side = Math.max(Math.abs(corner.dot(right)) / tanX, Math.abs(corner.dot(up)) / tanY);
    distance = Math.max(distance, side + near);
  }
  return distance;
}

export class CameraRig {
  readonly camera = new PerspectiveCamera(FIELD, 1, 0.1, 2000);
  readonly controls: CameraControls;
  private readonly box = new Box3(new Vector3(-5, 0, -5), new Vector3(5, 3, 5));
  private framed = false;

  constructor(
    canvas: HTMLCanvasElement,
    private readonly smooth: () => boolean,
  ) {
    this.controls = new CameraControls(this.camera, canvas);
    this.controls.minDistance = 1.5;
    this.controls.maxPolarAngle = MathUtils.degToRad(87);
    this.controls.smoothTime = 0.18;
    this.controls.draggingSmoothTime = 0.06;
    this.controls.dollyToCursor = true;
    this.controls.mouseButtons.right = CameraControls.ACTION.TRUCK;
    this.controls.mouseButtons.middle = CameraControls.ACTION.TRUCK;
    this.setBounds(this.box);
  }

  /** The plant's extent: limits how far one can go. */
  setBounds(box: Box3): void {
    this.box.copy(box);
    const radius = this.radius;
    const limits = box.clone().expandByScalar(radius * 0.3 + 5);
    limits.min.y = 0;
    this.controls.setBoundary(limits);
    this.controls.maxDistance = radius * 6 + 30;
  }

  get radius(): number {
    return this.box.getSize(new Vector3()).length() / 2;
  }

  get distance(): number {
    return this.controls.distance;
  }

  /** Show everything; the first time with a short flight towards it. */
  async frameAll(): Promise<void> {
    if (!this.framed) {
      this.framed = true;
      if (this.smooth()) await this.frameBox(this.box, { far: 1.35, glide: false, home: true });
    }
    await this.frameBox(this.box, { far: 1, glide: true, home: true });
  }

  /** Show one thing, from where one is looking now. */
  async frame(center: Vector3, size: readonly [number, number, number]): Promise<void> {
    const reach = Math.max(2.2, Math.hypot(...size) * 0.9);
    const around = new Box3().setFromCenterAndSize(center, new Vector3(reach, reach, reach).multiplyScalar(2));
    await this.frameBox(around, { far: 1, glide: true, home: false });
  }

  async top(): Promise<void> {
    await this.controls.rotateTo(0, 0.001, this.smooth());
  }

  /** Near and far plane follow the distance, so that depth stays exact close by and on a large site. */
  update(dtS: number): boolean {
    const moved = this.controls.update(dtS);
    const near = Math.max(0.05, this.distance / 200);
    const far = this.distance + this.radius * 6 + 600;
    if (Math.abs(near - this.camera.near) > near * 0.1 || Math.abs(far - this.camera.far) > far * 0.1) {
      this.camera.near = near;
      this.camera.far = far;
      this.camera.updateProjectionMatrix();
    }
    return moved;
  }

  resize(width: number, height: number): void {
    this.camera.aspect = width / height;
    this.camera.updateProjectionMatrix();
  }

  /** Arrows move, Shift and arrows turn, plus and minus come and go. Returns whether the key meant something. */
  key(event: KeyboardEvent): boolean {
    const smooth = this.smooth();
    const step = this.distance * 0.08;
    const turn = 0.12;
    const arrows: Record<string, [number, number]> = {
      ArrowLeft: [-1, 0],
      ArrowRight: [1, 0],
      ArrowUp: [0, 1],
      ArrowDown: [0, -1],
    };
    const arrow = arrows[event.key];
    if (arrow && event.shiftKey) void this.controls.rotate(-arrow[0] * turn, arrow[1] * turn, smooth);
    else if (arrow?.[0]) void this.controls.truck(arrow[0] * step, 0, smooth);
    else if (arrow) void this.controls.forward(arrow[1] * step, smooth);
    else if (event.key === "+" || event.key === "=") void this.controls.dolly(this.distance * 0.2, smooth);
    else if (event.key === "-") void this.controls.dolly(-this.distance * 0.25, smooth);
    else return false;
    return true;
  }

  dispose(): void {
    this.controls.dispose();
  }

  private async frameBox(box: Box3, how: { far: number; glide: boolean; home: boolean }): Promise<void> {
    const center = box.getCenter(new Vector3());
    const half = box.getSize(new Vector3()).multiplyScalar(0.5);
    const azimuth = how.home ? AZIMUTH : this.controls.azimuthAngle;
    const polar = how.home ? POLAR : Math.min(this.controls.polarAngle, MathUtils.degToRad(68));
    const distance = fitDistance(half, azimuth, polar, FIELD, this.camera.aspect) * AIR * how.far;
    const eye = new Vector3().setFromSphericalCoords(distance, polar, azimuth).add(center);
    const glide = how.glide && this.smooth();
    await this.controls.setLookAt(eye.x, eye.y, eye.z, center.x, center.y, center.z, glide);
  }
}
