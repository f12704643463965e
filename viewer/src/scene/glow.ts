/** The glow around parts whose signals an alarm of a detector blames: a shell that is seen through the machine. */
import {
  Color,
  DynamicDrawUsage,
  Group,
  InstancedBufferAttribute,
  InstancedMesh,
  Matrix4,
  ShaderMaterial,
  SphereGeometry,
  Vector3,
} from "three";
import type { Blame } from "../state/anomalies";
import { archetypeOf } from "./shapes/archetype";
import { regionOf } from "./shapes/regions";
import { ALARM_MARKS } from "./status";
import type { TwinView } from "./twin-view";

/** An ellipsoid that holds a box is this much larger than it; a little less, since corners are seldom filled. */
const AROUND = 1.5;
const FIRST = 32;
/** Half the least length of a glow, metres: a sensor as thin as a pipe must be seen too. */
const LEAST = 0.18;

/** A part that glows. */
export interface Glowing {
  signal: string;
  /** Name of the part, "" for the machine as a whole. */
  part: string;
  share: number;
}

export class Glow {
  readonly group = new Group();
  /** What glows, by twin. */
  readonly parts = new Map<string, Glowing[]>();
  private readonly geometry = new SphereGeometry(1, 28, 18);
  private readonly material: ShaderMaterial;
  private mesh: InstancedMesh;
  private look: InstancedBufferAttribute;
  private count = 0;

  constructor(clock: { value: number }) {
    this.material = glowMaterial(clock);
    this.look = attribute(FIRST);
    this.mesh = this.made(FIRST);
    this.group.add(this.mesh);
  }

  start(): void {
    this.count = 0;
    this.parts.clear();
  }

  /** Let a part of a twin glow; writes where its middle is. */
  add(view: TwinView, blame: Blame, middle: Vector3): void {
    if (this.count === this.look.count) this.grow();
    const part = place(view, blame.path, matrix);
    middle.setFromMatrixPosition(matrix);
    this.mesh.setMatrixAt(this.count, matrix);
    tone.set(ALARM_MARKS[blame.priority].color);
    this.look.setXYZW(this.count, tone.r, tone.g, tone.b, blame.unacknowledged ? 1 : 0);
    this.count++;
    const glowing = { signal: `${blame.twin}:${blame.path}`, part, share: blame.share };
    this.parts.set(blame.twin, [...(this.parts.get(blame.twin) ?? []), glowing]);
  }

  finish(): void {
    this.mesh.count = this.count;
    this.mesh.visible = this.count > 0;
    this.mesh.instanceMatrix.needsUpdate = true;
    this.look.needsUpdate = true;
  }

  dispose(): void {
    this.geometry.dispose();
    this.material.dispose();
    this.mesh.dispose();
  }

  private grow(): void {
    const before = this.mesh;
    // Frees the buffers on the GPU; the enlarged ones go there with the next frame.
    this.geometry.dispose();
    const look = attribute(this.look.count * 2);
    look.array.set(this.look.array);
    this.look = look;
    this.mesh = this.made(look.count);
    this.mesh.instanceMatrix.array.set(before.instanceMatrix.array);
    this.group.remove(before);
    this.group.add(this.mesh);
    before.dispose();
  }

  private made(room: number): InstancedMesh {
    this.geometry.setAttribute("look", this.look);
    const mesh = new InstancedMesh(this.geometry, this.material, room);
    mesh.frustumCulled = false;
    mesh.renderOrder = 40;
    return mesh;
  }
}

const matrix = new Matrix4();
const tone = new Color();
const at = new Vector3();
const half = new Vector3();

/** Write the frame of the glow for a signal of a twin into `out`, and return the name of the part. */
export function place(view: TwinView, path: string, out: Matrix4): string {
  const { shape } = view.info.geometry;
  const region = shape === "mesh" ? null : regionOf(archetypeOf(shape, view.info.type), view.size, path);
  if (region) {
    at.set(...region.center);
    half.set(...region.size).multiplyScalar(0.5);
    stretch(view.body, out);
    return region.name;
  }
  const joint = jointOf(view, path);
  const box = joint < 0 ? null : view.bucket?.boxOf(joint);
  if (box) {
    box.getCenter(at);
    box.getSize(half).multiplyScalar(0.5);
    stretch(view.joints[joint], out);
    return view.jointNames[joint];
  }
  at.set(0, view.size[1] / 2, 0);
  half.set(...view.size).multiplyScalar(0.5);
  stretch(view.body, out);
  return "";
}

function stretch(frame: Matrix4, out: Matrix4): void {
  half.multiplyScalar(AROUND);
  out.makeScale(Math.max(half.x, LEAST), Math.max(half.y, LEAST), Math.max(half.z, LEAST));
  out.setPosition(at).premultiply(frame);
}

/** The joint that has a name of the path's, else the one that a rule of the same component drives, or -1. */
function jointOf(view: TwinView, path: string): number {
  const segments = path.toLowerCase().split(".");
  const named = view.jointNames.findIndex((name) => name !== "" && segments.includes(name.toLowerCase()));
  if (named >= 0) return named;
  const exact = view.drivenBy((other) => other === path);
  if (exact >= 0 || segments.length < 2) return exact;
  const component = path.slice(0, path.lastIndexOf(".") + 1);
  return view.drivenBy((other) => other.startsWith(component));
}

function attribute(count: number): InstancedBufferAttribute {
  return new InstancedBufferAttribute(new Float32Array(count * 4), 4).setUsage(DynamicDrawUsage);
}

function glowMaterial(clock: { value: number }): ShaderMaterial {
  return new ShaderMaterial({
    uniforms: { clock },
    vertexShader: /* glsl */ `
      attribute vec4 look;
      varying vec4 vLook;
      varying vec3 vNormal;
      varying vec3 vToEye;
      void main() {
        vLook = look;
        mat3 turn = mat3(instanceMatrix);
        vec3 squares = vec3(dot(turn[0], turn[0]), dot(turn[1], turn[1]), dot(turn[2], turn[2]));
        vec4 at = modelViewMatrix * instanceMatrix * vec4(position, 1.0);
        vNormal = mat3(modelViewMatrix) * (turn * (position / squares));
        vToEye = -at.xyz;
        gl_Position = projectionMatrix * at;
      }`,
    fragmentShader: /* glsl */ `
      uniform float clock;
      varying vec4 vLook;
      varying vec3 vNormal;
      varying vec3 vToEye;
      void main() {
        float facing = abs(dot(normalize(vNormal), normalize(vToEye)));
        float soft = smoothstep(0.0, 0.22, facing);
        float beat = 0.5 + 0.5 * sin(clock * 4.2);
        float power = mix(0.85, 0.5 + 0.5 * beat, vLook.a);
        gl_FragColor = vec4(vLook.rgb, (0.26 + 0.66 * pow(1.0 - facing, 1.6)) * soft * power);
        #include <colorspace_fragment>
      }`,
    transparent: true,
    depthTest: false,
    depthWrite: false,
  });
}
