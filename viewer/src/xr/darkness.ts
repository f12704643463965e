/** Darkness in front of the eyes: a narrower view while one glides, and a blink when one jumps. */
import { Mesh, PlaneGeometry, ShaderMaterial } from "three";
import { ORDER } from "./order";

/** A blink takes so long, half of it to close. */
const BLINK_MS = 220;
/** How fast the view narrows and opens, per second. */
const PACE = 5;

export class Darkness {
  readonly mesh: Mesh<PlaneGeometry, ShaderMaterial>;
  private blinkedMs = Number.NEGATIVE_INFINITY;
  private narrow = 0;

  constructor() {
    const material = new ShaderMaterial({
      uniforms: { narrow: { value: 0 }, blink: { value: 0 } },
      // Each eye's picture has its middle elsewhere; the projection tells where straight ahead is.
      vertexShader: /* glsl */ `
        varying vec2 vTan;
        void main() {
          vec2 ndc = position.xy * 2.0;
          vTan = (ndc + vec2(projectionMatrix[2][0], projectionMatrix[2][1])) / vec2(projectionMatrix[0][0], projectionMatrix[1][1]);
          gl_Position = vec4(ndc, 0.0, 1.0);
        }`,
      fragmentShader: /* glsl */ `
        uniform float narrow;
        uniform float blink;
        varying vec2 vTan;
        void main() {
          float edge = mix(2.2, 0.45, narrow);
          float dark = smoothstep(edge, edge + 0.35, length(vTan)) * min(1.0, narrow * 4.0);
          gl_FragColor = vec4(0.0, 0.0, 0.0, max(dark, blink));
        }`,
      transparent: true,
      depthTest: false,
      depthWrite: false,
    });
    this.mesh = new Mesh(new PlaneGeometry(1, 1), material);
    this.mesh.frustumCulled = false;
    this.mesh.renderOrder = ORDER.darkness;
  }

  blink(nowMs: number): void {
    this.blinkedMs = nowMs;
  }

  /** How narrow the view is, 0 to 1. */
  get narrowed(): number {
    return this.narrow;
  }

  update(nowMs: number, dtS: number, moving: boolean): void {
    const way = (moving ? 1 : 0) - this.narrow;
    this.narrow += Math.sign(way) * Math.min(Math.abs(way), PACE * dtS);
    const { uniforms } = this.mesh.material;
    const phase = (nowMs - this.blinkedMs) / BLINK_MS;
    uniforms.narrow.value = this.narrow;
    // It begins dark: the jump is made at once, and the eyes open on the new place.
    uniforms.blink.value = phase < 1 ? 1 - phase * phase : 0;
    this.mesh.visible = this.narrow > 0 || phase < 1;
  }

  dispose(): void {
    this.mesh.geometry.dispose();
    this.mesh.material.dispose();
  }
}
