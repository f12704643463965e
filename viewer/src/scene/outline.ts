/** A line around the selected and the hovered twin: their shape once more, grown along its normals, behind themselves. */
import { BackSide, Color, Group, Mesh, ShaderMaterial } from "three";
import type { TwinView } from "./twin-view";

export class Outline {
  readonly group = new Group();
  private readonly material: ShaderMaterial;
  private view: TwinView | null = null;
  /** That the view was in when its outline was made. */
  private bucket: TwinView["bucket"] = null;

  constructor(private readonly pixels: number) {
    this.material = new ShaderMaterial({
      uniforms: { tone: { value: new Color() }, grow: { value: 0.03 } },
      vertexShader: /* glsl */ `
        uniform float grow;
        void main() {
          vec4 at = modelViewMatrix * vec4(position, 1.0);
          vec3 out_ = normalize(normalMatrix * normal);
          at.xyz += out_ * grow * -at.z;
          gl_Position = projectionMatrix * at;
        }`,
      fragmentShader: /* glsl */ `
        uniform vec3 tone;
        void main() {
          gl_FragColor = vec4(tone, 1.0);
          #include <colorspace_fragment>
        }`,
      side: BackSide,
    });
  }

  setColor(color: string): void {
    (this.material.uniforms.tone.value as Color).set(color);
  }

  /** Outline this twin, if any; call it again when the twin's picture may have been made anew. */
  show(view: TwinView | null): void {
    const bucket = view?.bucket ?? null;
    if (view === this.view && bucket === this.bucket) return;
    this.view = view;
    this.bucket = bucket;
    this.group.clear();
    if (!view?.bucket) return;
    for (const instanced of view.bucket.meshes) {
      const mesh = new Mesh(instanced.geometry, this.material);
      mesh.matrixAutoUpdate = false;
      mesh.frustumCulled = false;
      this.group.add(mesh);
    }
  }

  /** Follow the twin; `fieldTan` is the tangent of half the field of view, `height` the canvas in CSS pixels. */
  update(fieldTan: number, height: number): void {
    const { view } = this;
    if (view?.bucket !== this.bucket) this.show(view);
    this.group.visible = view?.shown === true;
    if (!view?.bucket || !this.group.visible) return;
    this.material.uniforms.grow.value = (this.pixels * 2 * fieldTan) / height;
    view.bucket.meshes.forEach((instanced, i) => {
      const mesh = this.group.children[i] as Mesh;
      instanced.getMatrixAt(view.index, mesh.matrix);
      mesh.matrixWorldNeedsUpdate = true;
    });
  }

  dispose(): void {
    this.group.clear();
    this.material.dispose();
  }
}
