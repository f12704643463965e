/** Pipes between twins: one mesh for all, whose pattern moves as their contents do. */
import {
  BufferGeometry,
  Color,
  DataTexture,
  Float32BufferAttribute,
  FloatType,
  Group,
  Mesh,
  MeshStandardMaterial,
  NearestFilter,
  RGBAFormat,
} from "three";
import { mergeGeometries } from "three/examples/jsm/utils/BufferGeometryUtils.js";
import { type Block, type PipePoint, portHeight, routePipe } from "../layout/pipes";
import type { VisualInfo } from "../protocol/messages.gen";
import { cutOpen, type MachineUniforms } from "./material";
import { sweep } from "./sweep";
import type { Palette } from "./theme";
import type { TwinView } from "./twin-view";

/** Metres between two marks of what flows. */
const PITCH = 0.8;
/** Above this, m/s, the pattern goes no faster: it would only flicker. */
const MOST_SPEED = 1.6;
/** Below this nothing flows. */
const LEAST_SPEED = 0.004;

interface Pipe {
  rule: VisualInfo;
  /** The twin whose rule it is. */
  owner: TwinView;
  /** Metres that the pattern has moved, kept small. */
  offset: number;
  speed: number;
  row: number;
}

export class Pipes {
  readonly group = new Group();
  /** Something flows, so that frames are due. */
  moving = false;
  private readonly mesh: Mesh<BufferGeometry, MeshStandardMaterial>;
  private readonly state = { value: null as DataTexture | null };
  private readonly rows = { value: 1 };
  private readonly fluid = { value: new Color() };
  private pipes: Pipe[] = [];
  private drawn = "";

  constructor(palette: Palette, shadows: boolean, uniforms: MachineUniforms) {
    const material = new MeshStandardMaterial({ roughness: 0.42, metalness: 0.5 });
    material.onBeforeCompile = (shader) => {
      cutOpen(shader, uniforms);
      Object.assign(shader.uniforms, { pipeState: this.state, pipeRows: this.rows, fluid: this.fluid });
      shader.vertexShader = shader.vertexShader
        .replace("#include <common>", `#include <common>\n${VERTEX_HEAD}`)
        .replace("#include <begin_vertex>", `#include <begin_vertex>\n${VERTEX_BODY}`);
      shader.fragmentShader = shader.fragmentShader
        .replace("#include <common>", `#include <common>\n${FRAGMENT_HEAD}`)
        .replace("#include <color_fragment>", FRAGMENT_COLOR)
        .replace("#include <emissivemap_fragment>", "totalEmissiveRadiance += glow;");
    };
    this.mesh = new Mesh(new BufferGeometry(), material);
    this.mesh.frustumCulled = false;
    this.mesh.castShadow = shadows;
    this.mesh.receiveShadow = shadows;
    this.group.add(this.mesh);
    this.group.visible = false;
    this.setPalette(palette);
  }

  get count(): number {
    return this.pipes.length;
  }

  /** How far the contents of a twin's pipes have moved, metres, for tests. */
  offsets(id: string): number[] {
    return this.pipes.filter((pipe) => pipe.owner.info.id === id).map((pipe) => pipe.offset);
  }

  setPalette(palette: Palette): void {
    this.mesh.material.color.set(palette.pipe);
    this.fluid.value.set(palette.fluid);
  }

  /** Lay pipes for the rules of these twins; ways are looked for anew only where something stands elsewhere. */
  rebuild(views: ReadonlyMap<string, TwinView>): void {
    const wanted: { owner: TwinView; to: TwinView; rule: VisualInfo }[] = [];
    for (const owner of views.values()) {
      for (const rule of owner.info.visuals) {
        if (rule.kind !== "flow") continue;
        for (const id of owner.info.relations[rule.relation] ?? []) {
          const to = views.get(id);
          if (to && to !== owner) wanted.push({ owner, to, rule });
        }
      }
    }
    const before = new Map(this.pipes.map((pipe) => [keyOf(pipe), pipe.offset]));
    this.pipes = wanted.map(({ owner, rule }, row) => ({ owner, rule, row, offset: 0, speed: 0 }));
    for (const pipe of this.pipes) pipe.offset = before.get(keyOf(pipe)) ?? 0;
    this.moving = this.pipes.length > 0;
    this.group.visible = this.pipes.length > 0;
    const standing = JSON.stringify([
      wanted.map(({ owner, to, rule }) => [owner.info.id, to.info.id, rule.width, rule.points, rule.color]),
      wanted.length > 0 ? [...views.values()].map((view) => [view.place, view.size]) : 0,
    ]);
    if (standing === this.drawn) return;
    this.drawn = standing;
    this.lay(wanted, views);
  }

  /** Go on by `dtS`; `glide` false lets the pattern stand. */
  step(dtS: number, glide: boolean, value: (slot: number) => number): void {
    const texture = this.state.value;
    if (!texture || this.pipes.length === 0) return;
    const data = texture.image.data as Float32Array;
    this.moving = false;
    for (const pipe of this.pipes) {
      const found = value(pipe.rule.slot) * pipe.rule.scale;
      const known = Number.isFinite(found);
      const stale = pipe.owner.status.stale || !known;
      const flows = known && Math.abs(found) >= LEAST_SPEED;
      pipe.speed = flows && !stale ? Math.sign(found) * Math.min(MOST_SPEED, Math.abs(found)) : 0;
      if (glide) pipe.offset = (pipe.offset + pipe.speed * dtS) % PITCH;
      const at = pipe.row * 4;
      data[at] = pipe.offset;
      data[at + 1] = flows ? 1 : 0;
      data[at + 2] = stale ? 1 : 0;
      this.moving ||= glide && pipe.speed !== 0;
    }
    texture.needsUpdate = true;
  }

  dispose(): void {
    this.mesh.geometry.dispose();
    this.mesh.material.dispose();
    this.state.value?.dispose();
  }

  private lay(
    wanted: { owner: TwinView; to: TwinView; rule: VisualInfo }[],
    views: ReadonlyMap<string, TwinView>,
  ): void {
    this.mesh.geometry.dispose();
    this.state.value?.dispose();
    this.state.value = stateOf(wanted.length);
    this.rows.value = Math.max(1, wanted.length);
    // What drives about, and what hangs overhead, is in nobody's way.
    const standing = [...views.values()].filter((view) => !view.roams && view.place.y < 2);
    const obstacles = standing.map(blockOf);
    const used = new Map<string, number>();
    const parts = wanted.map(({ owner, to, rule }, row) => {
      const [a, b] = [blockOf(owner), blockOf(to)];
      const others = obstacles.filter((_, i) => standing[i] !== owner && standing[i] !== to);
      const corners = rule.points.length > 0 ? through(a, rule.points, b) : routePipe(a, b, others, used);
      const part = sweep(corners, rule.width / 2);
      const count = part.getAttribute("position").count;
      part.setAttribute("row", new Float32BufferAttribute(new Float32Array(count).fill(row), 1));
      part.setAttribute("dye", new Float32BufferAttribute(dye(rule.color, count), 4));
      return part;
    });
    this.mesh.geometry = parts.length > 0 ? mergeGeometries(parts) : new BufferGeometry();
    for (const part of parts) part.dispose();
  }
}

function keyOf({ owner, rule }: Pipe): string {
  return `${owner.info.id}|${rule.slot}|${rule.relation}`;
}

function stateOf(rows: number): DataTexture {
  const texture = new DataTexture(new Float32Array(4 * Math.max(1, rows)), Math.max(1, rows), 1, RGBAFormat, FloatType);
  texture.minFilter = NearestFilter;
  texture.magFilter = NearestFilter;
  return texture;
}

/** The rule's own colour and whether it has one, for each corner. */
function dye(color: string, count: number): Float32Array {
  const tone = new Color(color || "#000000");
  const out = new Float32Array(count * 4);
  for (let i = 0; i < count; i++) out.set([tone.r, tone.g, tone.b, color ? 1 : 0], i * 4);
  return out;
}

function blockOf({ place, size }: TwinView): Block {
  const turn = (place.yawDeg * Math.PI) / 180;
  const [c, s] = [Math.abs(Math.cos(turn)), Math.abs(Math.sin(turn))];
  return {
    x: place.x,
    y: place.y,
    z: place.z,
    halfX: (size[0] * c + size[2] * s) / 2,
    halfZ: (size[0] * s + size[2] * c) / 2,
    height: size[1],
  };
}

/** The way that the rule itself names, from machine to machine. */
function through(from: Block, points: readonly PipePoint[], to: Block): PipePoint[] {
  return [[from.x, portHeight(from), from.z], ...points, [to.x, portHeight(to), to.z]];
}

const VERTEX_HEAD = /* glsl */ `
attribute float along;
attribute float row;
attribute vec4 dye;
uniform sampler2D pipeState;
uniform float pipeRows;
varying float vAlong;
varying vec4 vDye;
varying vec4 vState;
`;

const VERTEX_BODY = /* glsl */ `
vAlong = along;
vDye = dye;
vState = texture2D(pipeState, vec2((row + 0.5) / pipeRows, 0.5));
`;

const FRAGMENT_HEAD = /* glsl */ `
uniform vec3 fluid;
varying float vAlong;
varying vec4 vDye;
varying vec4 vState;
vec3 glow = vec3(0.0);
`;

// State: how far the pattern has moved, whether something flows, whether nobody vouches for it.
const FRAGMENT_COLOR = /* glsl */ `
vec3 content = mix(fluid, vDye.rgb, vDye.a);
float at = fract((vAlong - vState.x) / ${PITCH.toFixed(2)});
// A mark with a sharp head and a long tail, so that its direction is seen standing still.
float mark = smoothstep(0.25, 0.85, at) * (1.0 - smoothstep(0.85, 0.9, at));
float far = smoothstep(0.15, 0.5, fwidth(vAlong) / ${PITCH.toFixed(2)});
float inside = vState.y * (1.0 - vState.z) * mix(0.25 + 0.75 * mark, 0.55, far);
diffuseColor.rgb = mix(diffuseColor.rgb, content, inside * 0.85);
glow = content * inside * 0.22 * (1.0 - quiet);
float hatched = smoothstep(0.2, 0.3, abs(fract((gl_FragCoord.x + gl_FragCoord.y) / 12.0) - 0.5));
diffuseColor.rgb *= mix(1.0, mix(0.55, 0.85, hatched), vState.z);
`;
