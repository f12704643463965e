/** The one material of all machines: finish per vertex; colour, level and state per instance. */
import { Color, type IUniform, MeshStandardMaterial, type WebGLProgramParametersWithUniforms } from "three";
import type { Palette } from "./theme";

const VERTEX_HEAD = /* glsl */ `
attribute vec4 tint;
attribute vec4 content;
attribute float highlight;
varying vec4 vTint;
varying vec4 vContent;
varying float vHighlight;
#ifdef FINISHED
attribute vec3 paint;
attribute vec3 surface;
attribute float fill;
varying vec3 vPaint;
varying vec3 vSurface;
varying float vFill;
#endif
`;

const VERTEX_BODY = /* glsl */ `
vTint = tint;
vContent = content;
vHighlight = highlight;
#ifdef FINISHED
vPaint = paint;
vSurface = surface;
vFill = fill;
#endif
`;

const FRAGMENT_HEAD = /* glsl */ `
uniform vec3 emptyColor;
uniform vec3 staleColor;
varying vec4 vTint;
varying vec4 vContent;
varying float vHighlight;
#ifdef FINISHED
varying vec3 vPaint;
varying vec3 vSurface;
varying float vFill;
#endif
`;

// tint: linear rgb of the body, staleness 0-1. content: linear rgb of what is inside, level 0-1 or -1 for none.
const FRAGMENT_COLOR = /* glsl */ `
#ifdef FINISHED
vec3 plain = mix(vPaint, vTint.rgb, vSurface.x);
if (vContent.a > -0.5 && vFill > -5.0) {
  float line = 1.0 - smoothstep(0.0, max(fwidth(vFill) * 1.5, 0.006), abs(vFill - vContent.a));
  plain = vFill < vContent.a ? vContent.rgb : emptyColor;
  plain = mix(plain, vec3(0.85), line * 0.6);
}
#else
vec3 plain = diffuseColor.rgb * vTint.rgb;
#endif
float hatch = smoothstep(0.2, 0.3, abs(fract((gl_FragCoord.x + gl_FragCoord.y) / 12.0) - 0.5));
float grey = dot(plain, vec3(0.21, 0.72, 0.07));
vec3 old = mix(staleColor, vec3(grey), 0.35) * mix(0.62, 1.0, hatch);
diffuseColor.rgb = mix(plain, old, vTint.a);
diffuseColor.rgb = mix(diffuseColor.rgb, min(diffuseColor.rgb * 1.35 + 0.04, vec3(1.0)), vHighlight);
`;

export interface MachineUniforms {
  emptyColor: IUniform<Color>;
  staleColor: IUniform<Color>;
}

/** Shared by every material made here, so that one change of theme reaches all. */
export function machineUniforms(palette: Palette): MachineUniforms {
  return { emptyColor: { value: new Color(palette.empty) }, staleColor: { value: new Color(palette.stale) } };
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

function inject(shader: WebGLProgramParametersWithUniforms, uniforms: MachineUniforms): void {
  Object.assign(shader.uniforms, uniforms);
  shader.vertexShader = shader.vertexShader
    .replace("#include <common>", `#include <common>\n${VERTEX_HEAD}`)
    .replace("#include <begin_vertex>", `#include <begin_vertex>\n${VERTEX_BODY}`);
  const finished = shader.defines && "FINISHED" in shader.defines;
  shader.fragmentShader = shader.fragmentShader
    .replace("#include <common>", `#include <common>\n${FRAGMENT_HEAD}`)
    .replace("#include <color_fragment>", `#include <color_fragment>\n${FRAGMENT_COLOR}`);
  if (!finished) return;
  shader.fragmentShader = shader.fragmentShader
    .replace("#include <roughnessmap_fragment>", "float roughnessFactor = vSurface.y;")
    .replace("#include <metalnessmap_fragment>", "float metalnessFactor = vSurface.z;");
}
