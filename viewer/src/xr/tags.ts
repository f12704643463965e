/** Names and values above machines: boards that face the eye, of one size on the retina, one draw call for all. */
import {
  CanvasTexture,
  DynamicDrawUsage,
  InstancedBufferAttribute,
  InstancedBufferGeometry,
  Mesh,
  PlaneGeometry,
  ShaderMaterial,
  SRGBColorSpace,
  Vector3,
} from "three";
import { chooseLabels } from "../scene/label-layout";
import type { TwinView } from "../scene/twin-view";
import { FONT } from "../state/font";
import { unitText, valueText } from "../state/format";
import type { Store } from "../state/store";
import { spokenOf } from "../state/tree";
import { CAP, CAP_PER_EM } from "./items";
import { ORDER } from "./order";
import { TONES } from "./paint";

const MOST = 12;
const CELL = { width: 1024, height: 96 };
const HEIGHT_DEG = 2.9;
const WIDTH_DEG = (HEIGHT_DEG * CELL.width) / CELL.height;
const PX_PER_DEG = CELL.height / HEIGHT_DEG;
const FONT_PX = (CAP / CAP_PER_EM) * PX_PER_DEG * 0.95;
const PADDING_PX = 36;
/** Farther away than this a machine needs a reason for its tag: an alarm, or that it is pointed at. */
const NEAR_M = 14;

export class Tags {
  readonly mesh: Mesh<InstancedBufferGeometry, ShaderMaterial>;
  private readonly context: CanvasRenderingContext2D;
  private readonly texture: CanvasTexture;
  private readonly place = new InstancedBufferAttribute(new Float32Array(MOST * 4), 4).setUsage(DynamicDrawUsage);
  private readonly written: string[] = [];
  private shown: string[] = [];

  constructor(private readonly store: Store) {
    const canvas = document.createElement("canvas");
    canvas.width = CELL.width;
    canvas.height = CELL.height * MOST;
    this.context = canvas.getContext("2d")!;
    this.texture = new CanvasTexture(canvas);
    this.texture.colorSpace = SRGBColorSpace;
    const plane = new PlaneGeometry(1, 1);
    const geometry = new InstancedBufferGeometry();
    geometry.index = plane.index;
    geometry.setAttribute("position", plane.getAttribute("position"));
    geometry.setAttribute("uv", plane.getAttribute("uv"));
    geometry.setAttribute("place", this.place);
    geometry.instanceCount = 0;
    const material = new ShaderMaterial({
      uniforms: { map: { value: this.texture } },
      vertexShader: /* glsl */ `
        attribute vec4 place;
        varying vec2 vUv;
        void main() {
          float cell = floor(place.w);
          vUv = vec2(uv.x, 1.0 - (cell + 1.0 - uv.y) / ${MOST}.0);
          vec4 at = viewMatrix * vec4(place.xyz, 1.0);
          // A half stands for a beacon above the machine, which the board clears.
          float lift = place.w > cell ? 1.7 : 0.7;
          vec2 size = -at.z * vec2(${Math.tan((WIDTH_DEG * Math.PI) / 180).toFixed(5)}, ${Math.tan((HEIGHT_DEG * Math.PI) / 180).toFixed(5)});
          at.xy += (position.xy + vec2(0.0, lift)) * size;
          gl_Position = projectionMatrix * at;
        }`,
      fragmentShader: /* glsl */ `
        uniform sampler2D map;
        varying vec2 vUv;
        void main() {
          gl_FragColor = texture2D(map, vUv);
          #include <colorspace_fragment>
        }`,
      transparent: true,
      depthTest: false,
      depthWrite: false,
    });
    this.mesh = new Mesh(geometry, material);
    this.mesh.frustumCulled = false;
    this.mesh.renderOrder = ORDER.tags;
  }

  /** Choose anew who has a tag, seen from `eye` along `ahead` (plant's frame); `scale` is room metres per plant metre. */
  choose(
    views: ReadonlyMap<string, TwinView>,
    eye: Vector3,
    ahead: Vector3,
    scale: number,
    asked: readonly (string | null)[],
  ): void {
    right.set(-ahead.z, 0, ahead.x).normalize();
    const candidates = [];
    for (const [id, view] of views) {
      if (!view.shown) continue;
      view.top(at).sub(eye);
      const depth = at.dot(ahead);
      const metres = at.length() * scale;
      const wanted = asked.includes(id);
      if (depth <= 0.01 || (metres > NEAR_M && !wanted && !view.status.mark)) continue;
      candidates.push({
        id,
        x: degrees(at.dot(right), depth) * PX_PER_DEG,
        y: -degrees(at.y, Math.hypot(at.x, at.z)) * PX_PER_DEG,
        width: Math.min(CELL.width, textOf(view, this.valueOf(view)).length * FONT_PX * 0.6 + PADDING_PX),
        height: CELL.height * 1.1,
        weight: (wanted ? 1e6 : 0) + (view.status.mark ? 1e5 - view.status.mark.icon * 1e4 : 0) + 1e3 / (1 + metres),
      });
    }
    this.shown = chooseLabels(candidates, MOST, new Set(this.shown));
  }

  /** Put the boards where their machines are, with what is known of them now. */
  write(views: ReadonlyMap<string, TwinView>): void {
    let count = 0;
    for (const id of this.shown) {
      const view = views.get(id);
      if (!view) continue;
      view.top(at);
      const beacon = view.status.mark || view.status.offline || view.info.discovered;
      this.place.setXYZW(count, at.x, at.y, at.z, count + (beacon ? 0.5 : 0));
      this.letter(count, view);
      count++;
    }
    this.place.needsUpdate = true;
    this.mesh.geometry.instanceCount = count;
    this.mesh.visible = count > 0;
  }

  dispose(): void {
    this.texture.dispose();
    this.mesh.geometry.dispose();
    this.mesh.material.dispose();
  }

  private letter(cell: number, view: TwinView): void {
    const text = textOf(view, this.valueOf(view));
    const { mark, stale } = view.status;
    const signature = `${text}|${mark?.color}|${stale}`;
    if (this.written[cell] === signature) return;
    this.written[cell] = signature;
    const { context } = this;
    const top = cell * CELL.height;
    const { width, height } = CELL;
    context.clearRect(0, top, width, height);
    context.font = `560 ${FONT_PX}px ${FONT}`;
    const words = fitted(context, text, width - PADDING_PX - 4);
    const wide = context.measureText(words).width + PADDING_PX;
    const left = (width - wide) / 2;
    context.beginPath();
    context.roundRect(left, top + 6, wide, height - 12, 16);
    context.fillStyle = "#0d1218e6";
    context.fill();
    context.lineWidth = 4;
    context.strokeStyle = mark?.color ?? "#3a4858";
    context.stroke();
    context.fillStyle = stale ? TONES.dim : TONES.plain;
    context.textAlign = "center";
    context.textBaseline = "middle";
    context.fillText(words, width / 2, top + height / 2 + 2);
    this.texture.needsUpdate = true;
  }

  private valueOf(view: TwinView): string {
    const slot = view.labelSlot;
    const info = this.store.signals[slot]?.info;
    if (!info?.bound) return "";
    const value = this.store.value(slot);
    if (this.store.isStale(slot)) return "old";
    return `${valueText(info, value)} ${Number.isFinite(value) ? unitText(info.unit) : ""}`.trim();
  }
}

const at = new Vector3();
const right = new Vector3();

function textOf({ info }: TwinView, value: string): string {
  const name = spokenOf(info);
  return value ? `${name}  ${value}` : name;
}

function degrees(across: number, depth: number): number {
  return (Math.atan2(across, depth) * 180) / Math.PI;
}

function fitted(context: CanvasRenderingContext2D, text: string, w: number): string {
  if (context.measureText(text).width <= w) return text;
  let cut = text.length;
  while (cut > 1 && context.measureText(`${text.slice(0, cut)}…`).width > w) cut--;
  return `${text.slice(0, cut).trimEnd()}…`;
}
