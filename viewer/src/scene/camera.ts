/** The camera: orbit, pan and zoom with limits, fly to the plant or a twin, keyboard. */
import CameraControls from "camera-controls";
import {
  Box3,
  Group,
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
/** So narrow that verticals don't lean: a plan, for the same scene and the same controls. */
const FLAT_FIELD = 4;
const LOWEST = MathUtils.degToRad(87);
const AZIMUTH = MathUtils.degToRad(24);
const POLAR = MathUtils.degToRad(54);
/** A little air around what is framed. */
const AIR = 1.04;

/**
 * Return where to look and from how far so that all points just fit the view, seen from `azimuth` and `polar` (radians).
 *
 * Points are x, y, z in a row, metres.
 */
export function fitPoints(
  points: ArrayLike<number>,
  azimuth: number,
  polar: number,
  fieldDeg: number,
  aspect: number,
): { target: Vector3; distance: number } {
  const back = new Vector3().setFromSphericalCoords(1, polar, azimuth);
  const right = new Vector3(Math.cos(azimuth), 0, -Math.sin(azimuth));
  const up = new Vector3().crossVectors(back, right);
  const tanY = halfTan(fieldDeg);
  const tanX = tanY * aspect;
  const point = new Vector3();
  // In the frame of the view, each side of the frustum is a plane; the outermost point at each side fixes it.
  const most = { left: -Infinity, right: -Infinity, down: -Infinity, up: -Infinity, near: -Infinity };
  for (let i = 0; i + 2 < points.length; i += 3) {
    point.set(points[i], points[i + 1], points[i + 2]);
    const [x, y, z] = [point.dot(right), point.dot(up), point.dot(back)];
    most.right = Math.max(most.right, x + z * tanX);
    most.left = Math.max(most.left, -x + z * tanX);
    most.up = Math.max(most.up, y + z * tanY);
    most.down = Math.max(most.down, -y + z * tanY);
    most.near = Math.max(most.near, z);
  }
  const z = Math.max((most.right + most.left) / (2 * tanX), (most.up + most.down) / (2 * tanY));
  const eye = new Vector3()
    .addScaledVector(right, amid(points, right, back, z, most.right - z * tanX, z * tanX - most.left))
    .addScaledVector(up, amid(points, up, back, z, most.up - z * tanY, z * tanY - most.down))
    .addScaledVector(back, z);
  // Look at the floor's height below the middle of the view, so that one orbits about the plant.
  const distance = Math.max(eye.y / Math.max(back.y, 0.05), z - most.near, 1);
  return { target: eye.clone().addScaledVector(back, -distance), distance };
}

/**
 * Return where along `across` the eye is to be, between `low` and `high`, so that all points lie as far to one side of
 * the view's middle as to the other: where there is room to spare, what is near would else crowd out of the middle.
 */
function amid(points: ArrayLike<number>, across: Vector3, back: Vector3, z: number, low: number, high: number): number {
  const point = new Vector3();
  for (let step = 0; step < 24; step++) {
    const at = (low + high) / 2;
    let [least, most] = [Infinity, -Infinity];
    for (let i = 0; i + 2 < points.length; i += 3) {
      point.set(points[i], points[i + 1], points[i + 2]);
      const slope = (point.dot(across) - at) / Math.max(1e-6, z - point.dot(back));
      least = Math.min(least, slope);
      most = Math.max(most, slope);
    }
    if (least + most > 0) low = at;
    else high = at;
  }
  return (low + high) / 2;
}

function halfTan(fieldDeg: number): number {
  return Math.tan(MathUtils.degToRad(fieldDeg) / 2);
}

/** Corners of a box about a middle, x, y, z in a row. */
export function corners(x: number, y: number, z: number, halfX: number, halfY: number, halfZ: number): number[] {
  const points: number[] = [];
  for (let i = 0; i < 8; i++) {
    points.push(x + (i & 1 ? halfX : -halfX), y + (i & 2 ? halfY : -halfY), z + (i & 4 ? halfZ : -halfZ));
  }
  return points;
}

export class CameraRig {
  readonly camera = new PerspectiveCamera(FIELD, 1, 0.1, 2000);
  /** Carries the camera of a headset; otherwise it stays at the origin. */
  readonly dolly = new Group();
  readonly controls: CameraControls;
  /** The whole plant was asked for, and nobody has moved since. */
  whole = true;
  private readonly box = new Box3(new Vector3(-5, 0, -5), new Vector3(5, 3, 5));
  private framed = false;
  private isFlat = false;

  constructor(
    canvas: HTMLCanvasElement,
    private readonly smooth: () => boolean,
  ) {
    this.dolly.add(this.camera);
    this.controls = new CameraControls(this.camera, canvas);
    this.controls.maxPolarAngle = LOWEST;
    this.controls.smoothTime = 0.18;
    this.controls.draggingSmoothTime = 0.06;
    this.controls.dollyToCursor = true;
    this.controls.mouseButtons.right = CameraControls.ACTION.TRUCK;
    this.controls.mouseButtons.middle = CameraControls.ACTION.TRUCK;
    this.setBounds(this.box);
    this.controls.addEventListener("controlstart", () => {
      this.whole = false;
    });
  }

  /** The plant's extent: limits how far one can go. */
  setBounds(box: Box3): void {
    this.box.copy(box);
    const radius = this.radius;
    const limits = box.clone().expandByScalar(radius * 0.3 + 5);
    limits.min.y = 0;
    this.controls.setBoundary(limits);
    this.limitDistance();
  }

  get extent(): Box3 {
    return this.box;
  }

  get radius(): number {
    return this.box.getSize(new Vector3()).length() / 2;
  }

  get distance(): number {
    return this.controls.distance;
  }

  get flat(): boolean {
    return this.isFlat;
  }

  /** Look straight down as on a plan, or freely again; what one looks at stays in the middle and as large. */
  setFlat(flat: boolean): void {
    if (flat === this.isFlat) return;
    this.isFlat = flat;
    const distance = (this.distance * halfTan(this.camera.fov)) / halfTan(flat ? FLAT_FIELD : FIELD);
    this.camera.fov = flat ? FLAT_FIELD : FIELD;
    this.camera.updateProjectionMatrix();
    this.limitDistance();
    this.controls.maxPolarAngle = flat ? 0 : LOWEST;
    void this.controls.rotateTo(flat ? 0 : AZIMUTH, flat ? 0 : POLAR, false);
    void this.controls.dollyTo(distance, false);
  }

  /** Show all these points (x, y, z in a row), which are the `whole` or a part; the first time with a short flight towards them. */
  async frameAll(points: ArrayLike<number>, whole = true): Promise<void> {
    this.whole = whole;
    if (!this.framed) {
      this.framed = true;
      if (this.smooth()) await this.framePoints(points, { far: 1.35, glide: false, home: true });
    }
    await this.framePoints(points, { far: 1, glide: true, home: true });
  }

  /** Show one thing, from where one is looking now. */
  async frame(center: Vector3, size: readonly [number, number, number]): Promise<void> {
    this.whole = false;
    const reach = Math.max(1.4, Math.hypot(...size) * 0.62);
    const points = corners(center.x, center.y, center.z, reach, reach, reach);
    await this.framePoints(points, { far: 1, glide: true, home: false });
  }

  /** Give the camera back to the hand after a headset had it. */
  land(): void {
    this.dolly.position.set(0, 0, 0);
    this.dolly.quaternion.identity();
    this.dolly.scale.setScalar(1);
    this.dolly.updateMatrixWorld(true);
    this.camera.scale.setScalar(1);
    this.controls.update(0);
  }

  /** Near and far plane follow the distance, so that depth stays exact close by and on a large site. */
  update(dtS: number): boolean {
    const moved = this.controls.update(dtS);
    const near = this.isFlat ? Math.max(1, this.distance - 500) : Math.max(0.05, this.distance / 200);
    const far = this.distance + this.radius * 6 + 600;
    if (Math.abs(near - this.camera.near) > near * 0.1 || Math.abs(far - this.camera.far) > far * 0.1) {
      this.camera.near = near;
      this.camera.far = far;
      this.camera.updateProjectionMatrix();
    }
    return moved;
  }

  pose(): { position: [number, number, number]; rotation: [number, number, number, number] } {
    const { x, y, z, w } = this.camera.getWorldQuaternion(new Quaternion());
    return { position: this.camera.getWorldPosition(new Vector3()).toArray(), rotation: [x, y, z, w] };
  }

  /** Glide to a pose; what one looks at is at `distance`, else stays as far away as it is. */
  lookFrom({
    position,
    rotation,
    distance = this.distance,
  }: {
    position: [number, number, number];
    rotation: [number, number, number, number];
    distance?: number;
  }) {
    this.whole = false;
    const along = new Vector3(0, 0, -Math.max(1, distance)).applyQuaternion(new Quaternion(...rotation));
    const eye = new Vector3(...position);
    const target = eye.clone().add(along);
    void this.controls.setLookAt(...eye.toArray(), ...target.toArray(), this.smooth());
  }

  resize(width: number, height: number): void {
    this.camera.aspect = width / height;
    this.camera.updateProjectionMatrix();
  }

  /** Come closer by a fifth, or go as far back. */
  zoom(steps: number): void {
    this.whole = false;
    void this.controls.dolly(this.distance * (steps > 0 ? 0.2 : -0.25), this.smooth());
  }

  /** Arrows move, Shift and arrows turn, plus and minus come and go. Returns whether the key meant something. */
  key(event: KeyboardEvent): boolean {
    const smooth = this.smooth();
    const step = this.distance * 0.23 * halfTan(this.camera.fov);
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
    else if (arrow && this.isFlat) void this.controls.truck(0, -arrow[1] * step, smooth);
    else if (arrow) void this.controls.forward(arrow[1] * step, smooth);
    else if (event.key === "+" || event.key === "=") this.zoom(1);
    else if (event.key === "-") this.zoom(-1);
    else return false;
    this.whole = false;
    return true;
  }

  dispose(): void {
    this.controls.dispose();
  }

  private limitDistance(): void {
    const scale = halfTan(FIELD) / halfTan(this.camera.fov);
    this.controls.minDistance = 1.5 * scale;
    this.controls.maxDistance = (this.radius * 6 + 30) * scale;
  }

  private async framePoints(
    points: ArrayLike<number>,
    how: { far: number; glide: boolean; home: boolean },
  ): Promise<void> {
    const home = how.home && !this.isFlat;
    const azimuth = home ? AZIMUTH : this.controls.azimuthAngle;
    const polar = home ? POLAR : Math.min(this.controls.polarAngle, MathUtils.degToRad(68));
    const { target, distance } = fitPoints(points, azimuth, polar, this.camera.fov, this.camera.aspect);
    const eye = new Vector3().setFromSphericalCoords(distance * AIR * how.far, polar, azimuth).add(target);
    const glide = how.glide && this.smooth();
    await this.controls.setLookAt(eye.x, eye.y, eye.z, target.x, target.y, target.z, glide);
  }
}
