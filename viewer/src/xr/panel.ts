/** A panel: a piece of a cylinder about the eye, so that text has the same size at its edges, with a canvas on it. */
import {
  BufferAttribute,
  BufferGeometry,
  CanvasTexture,
  MathUtils,
  Matrix4,
  Mesh,
  MeshBasicMaterial,
  SRGBColorSpace,
  Vector3,
} from "three";
import { buttonAt, PX_PER_DEG, type Sheet } from "./items";
import { paint } from "./paint";

const SEGMENTS = 24;

export interface PanelHit {
  /** Metres in the play space. */
  distance: number;
  /** "" where no button is. */
  button: string;
}

export class Panel {
  readonly mesh: Mesh<BufferGeometry, MeshBasicMaterial>;
  sheet: Sheet;
  private readonly context: CanvasRenderingContext2D;
  private readonly texture: CanvasTexture;
  private painted = "";

  /** `distance` is metres from the eye; the panel's middle is straight ahead of its origin, which is to be the eye. */
  constructor(
    width: number,
    height: number,
    private readonly distance: number,
  ) {
    const canvas = document.createElement("canvas");
    canvas.width = Math.round(width * PX_PER_DEG);
    canvas.height = Math.round(height * PX_PER_DEG);
    this.context = canvas.getContext("2d")!;
    this.texture = new CanvasTexture(canvas);
    this.texture.colorSpace = SRGBColorSpace;
    this.texture.anisotropy = 4;
    this.sheet = { width, height, items: [] };
    const material = new MeshBasicMaterial({
      map: this.texture,
      transparent: true,
      toneMapped: false,
      fog: false,
    });
    this.mesh = new Mesh(curved(width, height, distance), material);
    this.mesh.frustumCulled = false;
  }

  /** Show this sheet; nothing is drawn while it is the same. */
  show(sheet: Sheet, hover: string): void {
    const signature = `${hover} ${JSON.stringify(sheet.items)}`;
    this.sheet = sheet;
    if (signature === this.painted) return;
    this.painted = signature;
    paint(this.context, sheet, hover);
    this.texture.needsUpdate = true;
  }

  /** Where a ray of the play space meets the panel, written to `out`; false where it does not. */
  hit(from: Vector3, along: Vector3, out: PanelHit): boolean {
    if (!this.mesh.visible) return false;
    // Panels hang in the play space, upright or tilted, and are never scaled: lengths along the ray stay.
    inverse.copy(this.mesh.matrix).invert();
    origin.copy(from).applyMatrix4(inverse);
    direction.copy(along).transformDirection(inverse);
    const t = onto(origin, direction, this.distance);
    if (!(t > 0)) return false;
    origin.addScaledVector(direction, t);
    const { width, height } = this.sheet;
    const x = Math.atan2(origin.x, -origin.z) * MathUtils.RAD2DEG + width / 2;
    const y = height / 2 - (origin.y / this.distance) * MathUtils.RAD2DEG;
    if (x < 0 || x > width || y < 0 || y > height) return false;
    out.distance = t;
    out.button = buttonAt(this.sheet, x, y)?.id ?? "";
    return true;
  }

  /** Where a place of the sheet is, in the panel's own frame. */
  place(x: number, y: number): [number, number, number] {
    return onCylinder(x - this.sheet.width / 2, this.sheet.height / 2 - y, this.distance);
  }

  dispose(): void {
    this.texture.dispose();
    this.mesh.geometry.dispose();
    this.mesh.material.dispose();
  }
}

const inverse = new Matrix4();
const origin = new Vector3();
const direction = new Vector3();

/** How far along the ray the cylinder's far wall is (the only one that carries a panel); NaN where it is missed. */
function onto(from: Vector3, along: Vector3, radius: number): number {
  const a = along.x ** 2 + along.z ** 2;
  const b = from.x * along.x + from.z * along.z;
  const c = from.x ** 2 + from.z ** 2 - radius ** 2;
  return (-b + Math.sqrt(b * b - a * c)) / a;
}

function onCylinder(rightDeg: number, upDeg: number, distance: number): [number, number, number] {
  const angle = MathUtils.degToRad(rightDeg);
  const y = upDeg * MathUtils.DEG2RAD * distance;
  return [Math.sin(angle) * distance, y, -Math.cos(angle) * distance];
}

function curved(width: number, height: number, distance: number): BufferGeometry {
  const positions: number[] = [];
  const uvs: number[] = [];
  const indices: number[] = [];
  for (let i = 0; i <= SEGMENTS; i++) {
    const u = i / SEGMENTS;
    for (const v of [0, 1]) {
      positions.push(...onCylinder((u - 0.5) * width, (v - 0.5) * height, distance));
      uvs.push(u, v);
    }
    if (i === SEGMENTS) continue;
    const at = i * 2;
    indices.push(at, at + 2, at + 1, at + 1, at + 2, at + 3);
  }
  const geometry = new BufferGeometry();
  geometry.setAttribute("position", new BufferAttribute(new Float32Array(positions), 3));
  geometry.setAttribute("uv", new BufferAttribute(new Float32Array(uvs), 2));
  geometry.setIndex(indices);
  return geometry;
}
