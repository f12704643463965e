/** The floor: a matte plane with a grid that fades, and a zone with its name under each group of twins. */
import {
  CanvasTexture,
  Color,
  Group,
  LineBasicMaterial,
  LineLoop,
  type Material,
  Mesh,
  MeshBasicMaterial,
  PlaneGeometry,
  ShadowMaterial,
  Shape,
  ShapeGeometry,
  SRGBColorSpace,
  Texture,
} from "three";
import type { Rect } from "../layout/geometry";
import type { Area } from "../layout/layout";
import { FONT } from "../state/font";
import type { FloorPicture } from "../state/surroundings";
import { pageUrl } from "./meshes";
import type { Palette } from "./theme";

const REACH = 4000;
const CORNER = 1.2;
/** More zones than this get no title: nobody could read them, and each costs a texture. */
const TITLES = 80;

// Drawn before everything else and without depth, so that its layers never fight with each other.
const ORDER = { floor: -31, plan: -30, zone: -29, edge: -28, title: -27, shade: -26 };

export class Floor {
  readonly group = new Group();
  private readonly zones = new Group();
  private readonly ground: Mesh<PlaneGeometry, MeshBasicMaterial>;
  private readonly shade: Mesh<PlaneGeometry, ShadowMaterial>;
  private readonly uniforms = { gridColor: { value: new Color() }, fadeAt: { value: 60 } };
  private plan: Mesh<PlaneGeometry, MeshBasicMaterial> | null = null;
  private planned = "null";
  private areas: Area[] = [];
  private palette: Palette;

  constructor(palette: Palette, shadows: boolean) {
    this.palette = palette;
    // Not lit: the floor is the quiet ground of the picture and has the palette's colour whatever light there is.
    const material = new MeshBasicMaterial({ depthWrite: false });
    material.onBeforeCompile = (shader) => {
      Object.assign(shader.uniforms, this.uniforms);
      shader.vertexShader = shader.vertexShader
        .replace("#include <common>", "#include <common>\nvarying vec3 vOnFloor;")
        .replace(
          "#include <begin_vertex>",
          "#include <begin_vertex>\nvOnFloor = (modelMatrix * vec4(position, 1.0)).xyz;",
        );
      shader.fragmentShader = shader.fragmentShader
        .replace("#include <common>", `#include <common>\n${GRID_HEAD}`)
        .replace("#include <color_fragment>", GRID_BODY);
    };
    this.ground = new Mesh(new PlaneGeometry(REACH, REACH).rotateX(-Math.PI / 2), material);
    this.ground.renderOrder = ORDER.floor;
    this.shade = new Mesh(this.ground.geometry, new ShadowMaterial({ depthWrite: false }));
    this.shade.receiveShadow = true;
    this.shade.visible = shadows;
    this.shade.renderOrder = ORDER.shade;
    this.group.add(this.ground, this.shade, this.zones);
    this.setPalette(palette);
  }

  setPalette(palette: Palette): void {
    this.palette = palette;
    this.ground.material.color.set(palette.floor);
    this.shade.material.opacity = palette.shade;
    this.uniforms.gridColor.value.set(palette.grid);
    this.draw();
  }

  /** Show the endless plane, or leave the floor to the room that one is in. */
  showGround(on: boolean): void {
    this.ground.visible = on;
  }

  /** Put the plane under the plant's middle and draw a zone per area. */
  setAreas(areas: Area[], middleX: number, middleZ: number, radius: number): void {
    this.ground.position.set(middleX, 0, middleZ);
    this.shade.position.copy(this.ground.position);
    this.uniforms.fadeAt.value = Math.max(60, radius * 2.2);
    if (sameAreas(areas, this.areas)) return;
    this.areas = areas;
    this.draw();
  }

  /** Lay a drawing on the ground, or with null none; throws where it can't be read. */
  async showPlan(plan: FloorPicture | null, headers: Record<string, string>): Promise<void> {
    const wanted = JSON.stringify(plan);
    if (wanted === this.planned) return;
    this.planned = wanted;
    const texture = plan ? await drawing(plan.url, headers) : null;
    if (wanted !== this.planned) {
      texture?.dispose();
      return;
    }
    this.dropPlan();
    if (plan && texture) {
      const material = new MeshBasicMaterial({
        map: texture,
        transparent: true,
        opacity: plan.opacity,
        depthWrite: false,
      });
      this.plan = new Mesh(new PlaneGeometry(plan.width, plan.depth).rotateX(-Math.PI / 2), material);
      this.plan.position.set(plan.offset[0], 0, plan.offset[1]);
      this.plan.renderOrder = ORDER.plan;
      this.group.add(this.plan);
    }
    this.draw();
  }

  /** What the drawing measures, metres along x and z; null without one. */
  get planSize(): [number, number] | null {
    return this.plan && [this.plan.geometry.parameters.width, this.plan.geometry.parameters.height];
  }

  dispose(): void {
    this.dropPlan();
    this.clear();
    this.ground.geometry.dispose();
    this.ground.material.dispose();
    this.shade.material.dispose();
  }

  private dropPlan(): void {
    if (!this.plan) return;
    this.group.remove(this.plan);
    this.plan.geometry.dispose();
    this.plan.material.map?.dispose();
    this.plan.material.dispose();
    this.plan = null;
  }

  private draw(): void {
    this.clear();
    for (const area of this.areas) this.zone(area.rect);
    if (this.areas.length <= TITLES) for (const area of this.areas) this.title(area);
  }

  private zone(rect: Rect): void {
    const outline = rounded(rect);
    const fill = new Mesh(
      new ShapeGeometry(outline, 6).rotateX(-Math.PI / 2),
      new MeshBasicMaterial({
        color: this.palette.zone,
        transparent: true,
        opacity: this.plan ? 0.12 : 0.55,
        depthWrite: false,
      }),
    );
    fill.renderOrder = ORDER.zone;
    const edge = new LineLoop(
      new ShapeGeometry(outline, 6).rotateX(-Math.PI / 2),
      new LineBasicMaterial({ color: this.palette.zoneEdge, transparent: true, opacity: 0.9, depthWrite: false }),
    );
    edge.geometry.setIndex(null);
    edge.renderOrder = ORDER.edge;
    this.zones.add(fill, edge);
  }

  private title(area: Area): void {
    const width = area.rect.maxX - area.rect.minX;
    const text = area.name.split("/").at(-1)!.toUpperCase();
    const { texture, aspect } = lettering(text, this.palette.zoneText);
    const height = Math.min(Math.max(1.2, width * 0.05), (width * 0.9) / aspect);
    const plane = new Mesh(
      new PlaneGeometry(height * aspect, height).rotateX(-Math.PI / 2),
      new MeshBasicMaterial({ map: texture, transparent: true, depthWrite: false, toneMapped: false }),
    );
    plane.position.set(area.rect.minX + (height * aspect) / 2 + 0.3, 0, area.rect.maxZ + height * 0.62);
    plane.renderOrder = ORDER.title;
    this.zones.add(plane);
  }

  private clear(): void {
    for (const child of [...this.zones.children] as Mesh[]) {
      this.zones.remove(child);
      child.geometry.dispose();
      const material = child.material as Material & { map?: CanvasTexture | null };
      material.map?.dispose();
      material.dispose();
    }
  }
}

async function drawing(url: string, headers: Record<string, string>): Promise<Texture> {
  const answer = await fetch(pageUrl(url), { headers });
  if (!answer.ok) throw new Error(`the floor plan cannot be loaded: the server answers ${answer.status}`);
  const texture = new Texture(await createImageBitmap(await answer.blob(), { imageOrientation: "flipY" }));
  texture.flipY = false;
  texture.colorSpace = SRGBColorSpace;
  texture.anisotropy = 8;
  texture.needsUpdate = true;
  return texture;
}

const GRID_HEAD = /* glsl */ `
varying vec3 vOnFloor;
uniform vec3 gridColor;
uniform float fadeAt;
float lines(float spacing) {
  vec2 at = vOnFloor.xz / spacing;
  vec2 wide = fwidth(at);
  vec2 near = abs(fract(at - 0.5) - 0.5) / max(wide, vec2(1e-5));
  float line = 1.0 - min(min(near.x, near.y), 1.0);
  return line * (1.0 - smoothstep(0.15, 0.5, max(wide.x, wide.y)));
}
`;

const GRID_BODY = /* glsl */ `
float away = length(vOnFloor.xz - cameraPosition.xz);
float fade = 1.0 - smoothstep(fadeAt * 0.4, fadeAt * 1.6, away);
float grid = max(lines(2.0) * 0.35, lines(10.0) * 0.8) * fade;
diffuseColor.rgb = mix(diffuseColor.rgb, gridColor, grid);
`;

function rounded({ minX, minZ, maxX, maxZ }: Rect): Shape {
  const r = Math.min(CORNER, (maxX - minX) / 3, (maxZ - minZ) / 3);
  const shape = new Shape();
  // Turned onto the floor, the shape's y is minus z.
  const [x0, x1, y0, y1] = [minX, maxX, -maxZ, -minZ];
  shape
    .moveTo(x0 + r, y0)
    .lineTo(x1 - r, y0)
    .quadraticCurveTo(x1, y0, x1, y0 + r);
  shape.lineTo(x1, y1 - r).quadraticCurveTo(x1, y1, x1 - r, y1);
  shape.lineTo(x0 + r, y1).quadraticCurveTo(x0, y1, x0, y1 - r);
  shape.lineTo(x0, y0 + r).quadraticCurveTo(x0, y0, x0 + r, y0);
  return shape;
}

function lettering(text: string, color: string): { texture: CanvasTexture; aspect: number } {
  const canvas = document.createElement("canvas");
  const context = canvas.getContext("2d")!;
  const font = `600 64px ${FONT}`;
  context.font = font;
  canvas.width = Math.ceil(context.measureText(text).width + text.length * 6) + 16;
  canvas.height = 88;
  context.font = font;
  context.letterSpacing = "6px";
  context.fillStyle = color;
  context.textBaseline = "middle";
  context.fillText(text, 8, 46);
  const texture = new CanvasTexture(canvas);
  texture.colorSpace = SRGBColorSpace;
  texture.anisotropy = 8;
  return { texture, aspect: canvas.width / canvas.height };
}

function sameAreas(a: readonly Area[], b: readonly Area[]): boolean {
  return a.length === b.length && a.every((area, i) => JSON.stringify(area) === JSON.stringify(b[i]));
}
