/** The one material of all machines: finish per vertex; colour, level and state per instance. */
import { Color, type IUniform, MeshStandardMaterial, Vector4, type WebGLProgramParametersWithUniforms } from "three";
import { HEAT_STOPS, UNKNOWN_HEAT } from "../state/heat";
import type { Palette } from "./theme";

const VERTEX_HEAD = /* glsl */ `
attribute vec4 tint;
attribute vec4 content;
attribute vec4 state;
varying vec4 vTint;
varying vec4 vContent;
varying vec4 vState;
varying vec3 vAt;
#ifdef FINISHED
attribute vec3 paint;
attribute vec3 surface;
varying vec3 vPaint;
varying vec3 vSurface;
#endif
attribute float fill;
varying float vFill;
`;

const VERTEX_AT = /* glsl */ `
#ifdef USE_INSTANCING
vAt = (modelMatrix * instanceMatrix * vec4(position, 1.0)).xyz;
#else
vAt = (modelMatrix * vec4(position, 1.0)).xyz;
#endif
`;

const VERTEX_BODY = /* glsl */ `
vTint = tint;
vContent = content;
vState = state;
${VERTEX_AT}
#ifdef FINISHED
vPaint = paint;
vSurface = surface;
#endif
vFill = fill;
`;

const FRAGMENT_HEAD = /* glsl */ `
uniform vec3 emptyColor;
uniform vec3 staleColor;
uniform vec4 cut;
uniform float quiet;
uniform float heatOn;
uniform vec3 heatColors[5];
uniform vec3 heatUnknown;
varying vec4 vTint;
varying vec4 vContent;
varying vec4 vState;
varying vec3 vAt;
#ifdef FINISHED
varying vec3 vPaint;
varying vec3 vSurface;
#endif
varying float vFill;
`;

// Thresholds of a 4 by 4 screen: what is translucent needs no sorting.
const FRAGMENT_DITHER = /* glsl */ `
const int BAYER[16] = int[16](0, 8, 2, 10, 12, 4, 14, 6, 3, 11, 1, 9, 15, 7, 13, 5);
float screenDoor() {
  ivec2 at = ivec2(gl_FragCoord.xy) & 3;
  return (float(BAYER[at.y * 4 + at.x]) + 0.5) / 16.0;
}
vec3 heatOf(float heat) {
  if (heat < 0.0) return heatUnknown;
  float place = clamp(heat, 0.0, 1.0) * 4.0;
  vec3 color = mix(heatColors[0], heatColors[1], clamp(place, 0.0, 1.0));
  color = mix(color, heatColors[2], clamp(place - 1.0, 0.0, 1.0));
  color = mix(color, heatColors[3], clamp(place - 2.0, 0.0, 1.0));
  return mix(color, heatColors[4], clamp(place - 3.0, 0.0, 1.0));
}
`;

// state: highlight, translucency, whether it keeps its colours in the quiet look, age as heat.
// tint: linear rgb of the body, staleness 0-1. content: linear rgb of what is inside, level 0-1 or -1 for none.
const FRAGMENT_COLOR = /* glsl */ `
if (dot(cut.xyz, vAt) > cut.w) discard;
if (vState.y > 0.0 && screenDoor() < vState.y * 0.86) discard;
#ifdef FINISHED
vec3 plain = mix(vPaint, vTint.rgb, vSurface.x);
float painted = 1.0;
#else
vec3 plain = diffuseColor.rgb * vTint.rgb;
// A file's own picture shines through what shows its level.
float painted = 0.7;
#endif
if (vContent.a > -0.5 && vFill > -5.0) {
  float line = 1.0 - smoothstep(0.0, max(fwidth(vFill) * 1.5, 0.006), abs(vFill - vContent.a));
  plain = mix(plain, vFill < vContent.a ? vContent.rgb : emptyColor, painted);
  plain = mix(plain, vec3(0.85), line * 0.6);
}
float calm = quiet * (1.0 - vState.z);
plain = mix(plain, vec3(dot(plain, vec3(0.21, 0.72, 0.07))), calm * 0.86);
float hatch = smoothstep(0.2, 0.3, abs(fract((gl_FragCoord.x + gl_FragCoord.y) / 12.0) - 0.5));
float grey = dot(plain, vec3(0.21, 0.72, 0.07));
vec3 old = mix(staleColor, vec3(grey), 0.35) * mix(0.62, 1.0, hatch);
diffuseColor.rgb = mix(plain, old, vTint.a);
if (heatOn > 0.5) diffuseColor.rgb = heatOf(vState.w);
// The inside of what is cut open.
if (cut.w < 1e6 && !gl_FrontFacing) diffuseColor.rgb *= 0.35;
diffuseColor.rgb = mix(diffuseColor.rgb, min(diffuseColor.rgb * 1.35 + 0.04, vec3(1.0)), vState.x);
`;

export interface MachineUniforms {
  emptyColor: IUniform<Color>;
  staleColor: IUniform<Color>;
  /** What lies beyond the plane (normal and distance, metres) is not drawn. */
  cut: IUniform<Vector4>;
  /** 1 where only what is abnormal has a colour. */
  quiet: IUniform<number>;
  /** 1 where colour means age. */
  heatOn: IUniform<number>;
  heatColors: IUniform<Color[]>;
  heatUnknown: IUniform<Color>;
}

/** The plane that cuts off nothing. */
export const NO_CUT = new Vector4(0, 0, 0, 1e9);

/** Shared by every material made here, so that one change of theme reaches all. */
export function machineUniforms(palette: Palette): MachineUniforms {
  return {
    emptyColor: { value: new Color(palette.empty) },
    staleColor: { value: new Color(palette.stale) },
    cut: { value: NO_CUT.clone() },
    quiet: { value: 0 },
    heatOn: { value: 0 },
    heatColors: { value: HEAT_STOPS.map((rgb) => new Color(`rgb(${rgb.join(",")})`)) },
    heatUnknown: { value: new Color(UNKNOWN_HEAT) },
  };
}

/** The material of built shapes. */
export function machineMaterial(uniforms: MachineUniforms): MeshStandardMaterial {
  const material = new MeshStandardMaterial();
  material.defines = { ...material.defines, FINISHED: "" };
  return withState(material, uniforms);
}

/** Make a material (also one from a file) show the state of instances. */
export function withState(material: MeshStandardMaterial, uniforms: MachineUniforms): MeshStandardMaterial {
  material.onBeforeCompile = (shader) => inject(shader, uniforms);
  material.customProgramCacheKey = () => "plantverse-machine";
  return material;
}

/** Make any other material follow the section and the quiet look; call it first in `onBeforeCompile`. */
export function cutOpen(shader: WebGLProgramParametersWithUniforms, { cut, quiet }: MachineUniforms): void {
  Object.assign(shader.uniforms, { cut, quiet });
  shader.vertexShader = shader.vertexShader
    .replace("#include <common>", "#include <common>\nvarying vec3 vAt;")
    .replace("#include <begin_vertex>", `#include <begin_vertex>\n${VERTEX_AT}`);
  shader.fragmentShader = shader.fragmentShader
    .replace("#include <common>", "#include <common>\nuniform vec4 cut;\nuniform float quiet;\nvarying vec3 vAt;")
    .replace("#include <color_fragment>", `#include <color_fragment>\n${FRAGMENT_CUT}`);
}

const FRAGMENT_CUT = /* glsl */ `
if (dot(cut.xyz, vAt) > cut.w) discard;
diffuseColor.rgb = mix(diffuseColor.rgb, vec3(dot(diffuseColor.rgb, vec3(0.21, 0.72, 0.07))), quiet * 0.86);
`;

function inject(shader: WebGLProgramParametersWithUniforms, uniforms: MachineUniforms): void {
  Object.assign(shader.uniforms, uniforms);
  shader.vertexShader = shader.vertexShader
    .replace("#include <common>", `#include <common>\n${VERTEX_HEAD}`)
    .replace("#include <begin_vertex>", `#include <begin_vertex>\n${VERTEX_BODY}`);
  const finished = shader.defines && "FINISHED" in shader.defines;
  shader.fragmentShader = shader.fragmentShader
    .replace("#include <common>", `#include <common>\n${FRAGMENT_HEAD}${FRAGMENT_DITHER}`)
    .replace("#include <color_fragment>", `#include <color_fragment>\n${FRAGMENT_COLOR}`);
  if (!finished) return;
  shader.fragmentShader = shader.fragmentShader
    .replace("#include <roughnessmap_fragment>", "float roughnessFactor = vSurface.y;")
    .replace("#include <metalnessmap_fragment>", "float metalnessFactor = vSurface.z;");
}
