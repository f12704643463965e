/** Signs above, under and in twins: alarm beacons (shape, letter and colour), rings, blamed parts, boxes of discovered twins. */
import {
  BufferAttribute,
  BufferGeometry,
  CanvasTexture,
  Color,
  DynamicDrawUsage,
  Group,
  LineBasicMaterial,
  LineSegments,
  PlaneGeometry,
  ShaderMaterial,
  Vector3,
} from "three";
import type { Blame } from "../state/anomalies";
import { FONT } from "../state/font";
import { Glow, type Glowing } from "./glow";
import { Boxes, FIRST, Instances } from "./signs";
import { ALARM_MARKS, BLAMED_ICON, OFFLINE_COLOR, OFFLINE_ICON, UNKNOWN_COLOR, UNKNOWN_ICON } from "./status";
import type { TwinView } from "./twin-view";

const CELL = 128;
const ICONS = 7;
/** Metres above the floor from which on a twin hangs rather than stands. */
const LEAST_STEM = 0.25;
/** Height of a beacon on the screen, CSS pixels. */
export const BEACON_PX = 26;

interface Sign {
  icon: number;
  color: string;
  pulse: number;
}

export class Marks {
  readonly group = new Group();
  /** Whether something pulses, so that frames are due. */
  pulsing = false;
  private ends = lineEnds(FIRST * 2);
  private hanging = 0;
  private readonly clock = { value: 0 };
  private readonly view = { value: new Vector3(1, 1, 1) };
  private readonly beacons = new Instances(new PlaneGeometry(1, 1), beaconMaterial(this.clock, this.view));
  private readonly rings = new Instances(new PlaneGeometry(2, 2).rotateX(-Math.PI / 2), ringMaterial(this.clock));
  private readonly boxes: Boxes;
  private readonly glow = new Glow(this.clock);
  private blames: readonly Blame[] = [];
  /** A line down to the floor for what hangs above it, so that one sees where it is. */
  private readonly stems = new LineSegments(new BufferGeometry(), new LineBasicMaterial({ color: UNKNOWN_COLOR }));

  constructor() {
    this.stems.material.transparent = true;
    this.stems.material.opacity = 0.45;
    this.stems.frustumCulled = false;
    this.stems.geometry.setAttribute("position", this.ends);
    this.group.add(this.stems);
    this.boxes = new Boxes(this.group, unknownMaterial());
    this.beacons.mesh.renderOrder = 50;
    this.rings.mesh.renderOrder = -20;
    this.group.add(this.rings.mesh, this.glow.group, this.beacons.mesh);
  }

  /** Signals whose parts are to glow from the next `write` on. */
  setBlames(blames: readonly Blame[]): void {
    this.blames = blames;
  }

  /** What glows at a twin. */
  glowing(id: string): readonly Glowing[] {
    return this.glow.parts.get(id) ?? [];
  }

  /** Draw the signs of these twins. */
  write(views: ReadonlyMap<string, TwinView>): void {
    this.beacons.start();
    this.rings.start();
    this.boxes.start();
    this.hanging = 0;
    this.pulsing = false;
    for (const view of views.values()) {
      if (!view.shown) continue;
      if (view.info.discovered) this.boxes.add(view);
      this.stem(view);
      const sign = signOf(view);
      if (!sign) continue;
      view.top(point);
      this.beacons.add(point, sign.icon, color.set(sign.color), sign.pulse);
      if (view.status.mark === null) continue;
      this.pulsing ||= sign.pulse > 0;
      point.set(view.body.elements[12], 0, view.body.elements[14]);
      this.rings.add(point, Math.hypot(view.size[0], view.size[2]) * 0.62 + 0.25, color, sign.pulse);
    }
    this.writeGlow(views);
    this.beacons.finish();
    this.rings.finish();
    this.boxes.finish();
    this.ends.needsUpdate = true;
    this.stems.geometry.setDrawRange(0, this.hanging * 2);
    this.stems.visible = this.hanging > 0;
  }

  /** A glow and, in its middle, a plate with a letter: colour alone says nothing to some. */
  private writeGlow(views: ReadonlyMap<string, TwinView>): void {
    this.glow.start();
    for (const blame of this.blames) {
      const view = views.get(blame.twin);
      if (!view?.shown) continue;
      this.glow.add(view, blame, point);
      const pulse = blame.unacknowledged ? 1 : 0;
      this.beacons.add(point, BLAMED_ICON, color.set(ALARM_MARKS[blame.priority].color), pulse);
      this.pulsing ||= pulse > 0;
    }
    this.glow.finish();
  }

  /** `timeS` drives the pulse; `width` and `height` of the canvas, CSS pixels, give the beacons their size. */
  update(timeS: number, width: number, height: number): void {
    this.clock.value = timeS;
    this.view.value.set((BEACON_PX * 2) / width, (BEACON_PX * 2) / height, 1);
  }

  dispose(): void {
    this.beacons.dispose();
    this.rings.dispose();
    this.boxes.dispose();
    this.glow.dispose();
    this.stems.geometry.dispose();
    this.stems.material.dispose();
  }

  private stem(view: TwinView): void {
    const { elements } = view.body;
    const [x, y, z] = [elements[12], elements[13], elements[14]];
    if (y < LEAST_STEM) return;
    if (this.hanging * 2 === this.ends.count) {
      const before = this.ends;
      this.stems.geometry.dispose();
      this.ends = lineEnds(before.count * 2);
      this.ends.array.set(before.array);
      this.stems.geometry.setAttribute("position", this.ends);
    }
    this.ends.setXYZ(this.hanging * 2, x, y, z);
    this.ends.setXYZ(this.hanging * 2 + 1, x, 0, z);
    this.hanging++;
  }
}

function lineEnds(count: number): BufferAttribute {
  return new BufferAttribute(new Float32Array(count * 3), 3).setUsage(DynamicDrawUsage);
}

function signOf(view: TwinView): Sign | null {
  const { mark, unacknowledged, offline } = view.status;
  if (mark) return { icon: mark.icon, color: mark.color, pulse: unacknowledged ? 1 : 0 };
  if (view.info.discovered) return { icon: UNKNOWN_ICON, color: UNKNOWN_COLOR, pulse: 0 };
  if (offline) return { icon: OFFLINE_ICON, color: OFFLINE_COLOR, pulse: 0 };
  return null;
}

const point = new Vector3();
const color = new Color();

function beaconMaterial(clock: { value: number }, view: { value: Vector3 }): ShaderMaterial {
  return new ShaderMaterial({
    uniforms: { atlas: { value: atlas() }, clock, view },
    vertexShader: /* glsl */ `
      attribute vec4 place;
      attribute vec4 look;
      uniform vec3 view;
      varying vec2 vUv;
      varying vec4 vLook;
      void main() {
        vUv = vec2((uv.x + place.w) / ${ICONS}.0, uv.y);
        vLook = look;
        gl_Position = projectionMatrix * viewMatrix * vec4(place.xyz, 1.0);
        // Plates of blamed parts are in their middle, the others stand on a point.
        float lift = place.w > ${BLAMED_ICON}.0 - 0.5 ? 0.0 : 0.85;
        gl_Position.xy += (position.xy + vec2(0.0, lift)) * view.xy * gl_Position.w;
      }`,
    fragmentShader: /* glsl */ `
      uniform sampler2D atlas;
      uniform float clock;
      varying vec2 vUv;
      varying vec4 vLook;
      void main() {
        vec4 ink = texture2D(atlas, vUv);
        float beat = 0.5 + 0.5 * sin(clock * 4.2);
        vec3 tone = vLook.rgb * mix(1.0, 0.72 + 0.4 * beat, vLook.a);
        // The atlas holds the plate in red and the letter in green.
        gl_FragColor = vec4(mix(tone, vec3(0.015), ink.g), ink.a);
        #include <colorspace_fragment>
      }`,
    transparent: true,
    depthTest: false,
    depthWrite: false,
  });
}

function ringMaterial(clock: { value: number }): ShaderMaterial {
  return new ShaderMaterial({
    uniforms: { clock },
    vertexShader: /* glsl */ `
      attribute vec4 place;
      attribute vec4 look;
      varying vec2 vAt;
      varying vec4 vLook;
      void main() {
        vAt = position.xz;
        vLook = look;
        vec3 at = position * place.w * 1.45 + place.xyz;
        gl_Position = projectionMatrix * viewMatrix * vec4(at, 1.0);
      }`,
    fragmentShader: /* glsl */ `
      uniform float clock;
      varying vec2 vAt;
      varying vec4 vLook;
      void main() {
        float r = length(vAt) * 1.45;
        float beat = 0.5 + 0.5 * sin(clock * 4.2);
        float soft = fwidth(r);
        float band = smoothstep(0.9 - soft, 0.9 + soft, r) * (1.0 - smoothstep(1.0 - soft, 1.0 + soft, r));
        float pool = (1.0 - smoothstep(0.55, 1.4, r)) * 0.34;
        float power = mix(0.75, 0.45 + 0.55 * beat, vLook.a);
        gl_FragColor = vec4(vLook.rgb, (band * 0.95 + pool) * power);
        #include <colorspace_fragment>
      }`,
    transparent: true,
    depthWrite: false,
  });
}

function unknownMaterial(): ShaderMaterial {
  return new ShaderMaterial({
    uniforms: { tone: { value: new Color(UNKNOWN_COLOR) } },
    vertexShader: /* glsl */ `
      varying vec2 vUv;
      void main() {
        vUv = uv;
        gl_Position = projectionMatrix * viewMatrix * modelMatrix * instanceMatrix * vec4(position, 1.0);
      }`,
    fragmentShader: /* glsl */ `
      uniform vec3 tone;
      varying vec2 vUv;
      void main() {
        vec2 inner = min(vUv, 1.0 - vUv);
        vec2 soft = fwidth(vUv);
        float along = inner.x < inner.y ? vUv.y : vUv.x;
        float dash = step(0.4, fract(along * 5.0 + 0.2));
        float edge = 1.0 - smoothstep(0.0, 1.6, min(inner.x / soft.x, inner.y / soft.y));
        gl_FragColor = vec4(tone, max(edge * dash * 0.95, 0.07));
        #include <colorspace_fragment>
      }`,
    transparent: true,
    depthWrite: false,
    side: 2,
  });
}

/** Plates and letters side by side: square, triangle, disc, diamond, hexagon, disc, pentagon. */
function atlas(): CanvasTexture {
  const canvas = document.createElement("canvas");
  canvas.width = CELL * ICONS;
  canvas.height = CELL;
  const context = canvas.getContext("2d")!;
  const plates: [number, number, number, string, number][] = [
    // sides, turn, radius, letter, drop of the letter
    [4, Math.PI / 4, 0.54, "C", 0],
    [3, -Math.PI / 2, 0.5, "H", 0.07],
    [40, 0, 0.42, "M", 0],
    [4, 0, 0.48, "L", 0],
    [6, 0, 0.45, "?", 0],
    [40, 0, 0.38, "×", 0],
    [5, -Math.PI / 2, 0.46, "A", 0.02],
  ];
  plates.forEach(([sides, turn, radius, letter, drop], i) => {
    const x = CELL * (i + 0.5);
    const y = CELL * (0.5 + (sides === 3 ? 0.08 : 0));
    context.beginPath();
    for (let k = 0; k < sides; k++) {
      const angle = turn + (k * 2 * Math.PI) / sides;
      context.lineTo(x + Math.cos(angle) * radius * CELL * 0.92, y + Math.sin(angle) * radius * CELL * 0.92);
    }
    context.closePath();
    context.lineJoin = "round";
    context.lineWidth = 10;
    context.strokeStyle = "#0f0";
    context.stroke();
    context.fillStyle = "#f00";
    context.fill();
    context.fillStyle = "#0f0";
    context.font = `800 ${sides === 3 ? 50 : 64}px ${FONT}`;
    context.textAlign = "center";
    context.textBaseline = "middle";
    context.fillText(letter, x, y + CELL * (0.03 + drop * 0.4));
  });
  const texture = new CanvasTexture(canvas);
  texture.generateMipmaps = true;
  return texture;
}
