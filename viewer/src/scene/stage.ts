/** Renderer, light and fog: what stands around the plant. */
import {
  type Camera,
  Color,
  DirectionalLight,
  Fog,
  HemisphereLight,
  NoToneMapping,
  PCFShadowMap,
  PMREMGenerator,
  Scene,
  type Texture,
  Vector3,
  WebGLRenderer,
} from "three";
import { RoomEnvironment } from "three/examples/jsm/environments/RoomEnvironment.js";
import type { Look } from "../state/look";
import type { Quality } from "./quality";
import type { Palette } from "./theme";

const SHADOW_MAP = 2048;
/** Direction the key light comes from: high, from the left and the front. */
const KEY = new Vector3(-0.45, 1, 0.55).normalize();

export class Stage {
  readonly scene = new Scene();
  readonly renderer: WebGLRenderer;
  private readonly key = new DirectionalLight("#fff4e6");
  private readonly sky = new HemisphereLight();
  private environment: Texture | null = null;
  private look: Look = "operate";

  constructor(
    host: HTMLElement,
    private readonly quality: Quality,
    private palette: Palette,
  ) {
    this.renderer = new WebGLRenderer({ antialias: quality.antialias, powerPreference: "high-performance" });
    // Asking for errors waits for the compiler, seconds on a weak machine, just when the first alarm is drawn.
    this.renderer.debug.checkShaderErrors = import.meta.env.DEV;
    // A colour that means a value must reach the screen as it was declared.
    this.renderer.toneMapping = NoToneMapping;
    this.renderer.shadowMap.enabled = quality.shadows;
    this.renderer.shadowMap.type = PCFShadowMap;
    this.renderer.shadowMap.autoUpdate = false;
    this.renderer.setPixelRatio(this.mostPixels);
    const canvas = this.renderer.domElement;
    canvas.style.cssText = "display:block;width:100%;height:100%;touch-action:none;outline-offset:-3px";
    host.append(canvas);
    this.key.castShadow = quality.shadows;
    this.key.shadow.mapSize.set(SHADOW_MAP, SHADOW_MAP);
    this.key.shadow.bias = -0.0004;
    this.key.shadow.normalBias = 0.04;
    this.scene.add(this.sky, this.key, this.key.target);
    this.lightUp();
    this.setPalette(palette);
  }

  get canvas(): HTMLCanvasElement {
    return this.renderer.domElement;
  }

  /** Make the light of the surroundings (anew, when the context was lost). */
  lightUp(): void {
    this.environment?.dispose();
    this.environment = null;
    if (!this.quality.environment) return;
    const generator = new PMREMGenerator(this.renderer);
    const room = new RoomEnvironment();
    this.environment = generator.fromScene(room, 0.04).texture;
    room.dispose();
    generator.dispose();
    this.scene.environment = this.environment;
  }

  /** Present has the light of surroundings and harder contrasts; Operate is even. */
  setLook(look: Look): void {
    this.look = look;
    this.setPalette(this.palette);
  }

  setPalette(palette: Palette): void {
    this.palette = palette;
    const present = this.look === "present";
    const background = new Color(palette.background);
    this.scene.background = background;
    this.scene.fog = new Fog(background, 100, 400);
    this.sky.color.set(palette.sky);
    this.sky.groundColor.set(palette.ground);
    // Without surroundings the sky has to make up for them.
    this.sky.intensity = palette.skyPower * (this.quality.environment ? 0.55 : 1.9);
    this.key.intensity = palette.keyPower * (present ? 1.15 : 0.75);
    this.scene.environmentIntensity = palette.skyPower * (present ? 0.55 : 0.25);
  }

  /** Fit shadows and fog to the plant. */
  setExtent(center: Vector3, radius: number, height: number): void {
    const reach = radius + height + 5;
    this.key.target.position.copy(center);
    this.key.position.copy(center).addScaledVector(KEY, reach * 2);
    const { camera } = this.key.shadow;
    camera.left = camera.bottom = -reach;
    camera.right = camera.top = reach;
    camera.near = 0.1;
    camera.far = reach * 4;
    camera.updateProjectionMatrix();
  }

  /** Fog begins behind the plant, however far away one stands. */
  setHaze(distance: number, radius: number): void {
    const fog = this.scene.fog as Fog;
    fog.near = distance + radius * 1.1 + 30;
    fog.far = fog.near + radius * 3 + 160;
  }

  refreshShadows(): void {
    this.renderer.shadowMap.needsUpdate = this.quality.shadows;
  }

  /** Pixels per CSS pixel on the screen that the window is on now, up to what the quality allows. */
  get mostPixels(): number {
    return Math.min(devicePixelRatio, this.quality.pixelRatio);
  }

  resize(width: number, height: number): void {
    this.renderer.setSize(width, height, false);
  }

  draw(camera: Camera): void {
    this.renderer.render(this.scene, camera);
  }

  dispose(): void {
    this.environment?.dispose();
    this.key.dispose();
    this.renderer.dispose();
    this.canvas.remove();
  }
}
