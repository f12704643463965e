/** How much the machine can draw. */

export interface Quality {
  shadows: boolean;
  antialias: boolean;
  /** Light from a room all around; costs little on a GPU and much without one. */
  environment: boolean;
  pixelRatio: number;
}

export const HIGH: Quality = { shadows: true, antialias: true, environment: true, pixelRatio: 2 };
export const LOW: Quality = { shadows: false, antialias: false, environment: false, pixelRatio: 1 };

/** `wanted` comes from the page's address (`?quality=low`); otherwise a renderer without a GPU gets the low one. */
export function chooseQuality(wanted: string | null, renderer: string): Quality {
  if (wanted === "low") return LOW;
  if (wanted === "high") return HIGH;
  return /swiftshader|llvmpipe|software|basic render/i.test(renderer) ? LOW : HIGH;
}

/** Name of what draws WebGL here, "" if the browser keeps it to itself. */
export function rendererName(): string {
  const gl = document.createElement("canvas").getContext("webgl2");
  if (!gl) return "";
  const info = gl.getExtension("WEBGL_debug_renderer_info");
  const name = gl.getParameter(info ? info.UNMASKED_RENDERER_WEBGL : gl.RENDERER);
  gl.getExtension("WEBGL_lose_context")?.loseContext();
  return String(name);
}
