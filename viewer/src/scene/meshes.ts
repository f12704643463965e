/** Mesh files by URL: fetched once, when the first twin names them. The loaders come with the first file. */
import { type Material, Mesh, MeshStandardMaterial, type Object3D } from "three";
import type { Place } from "../layout/layout";
import type { TwinInfo } from "../protocol/messages.gen";
import type { JointFrame, Layer } from "./bucket";
import { fillable, flatten, sizeOfBox } from "./flatten";
import { type MachineUniforms, withState } from "./material";
import type { Size } from "./shapes/shape";

/** A twin as a file draws it, instead of the viewer's own shape. */
export interface Picture {
  /** Twins with the same key look the same and are drawn together. */
  key: string;
  layers: Layer[];
  joints: JointFrame[];
  /** Files are in metres, y up, with the origin where the twin stands. */
  size: Size;
  /** Where the file itself has it, if it does. */
  place?: Place;
}

/** The joints that a twin's rules name, in alphabetical order. */
export function jointsOf(info: TwinInfo): string[] {
  return [...new Set(info.visuals.map((rule) => rule.joint).filter((name) => name !== ""))].sort();
}

export class Meshes {
  private readonly roots = new Map<string, Object3D | null>();
  private readonly pictures = new Map<string, Picture>();

  constructor(
    private readonly uniforms: MachineUniforms,
    private readonly headers: () => Record<string, string>,
    private readonly arrived: (url: string) => void,
  ) {}

  /** Return the file as a picture, or null while it is on its way or when it can't be read. */
  get(url: string, joints: readonly string[]): Picture | null {
    const root = this.roots.get(url);
    if (root === undefined) {
      this.roots.set(url, null);
      void this.fetch(url);
    }
    if (!root) return null;
    const key = [url, ...joints].join("|");
    const known = this.pictures.get(key);
    if (known) return known;
    const flat = flatten(root, { joints });
    fillable(flat);
    const { parts, joints: frames, box } = flat;
    const layers = parts.map(({ material, ...part }) => ({
      ...part,
      local: null,
      material: withState(material.clone(), this.uniforms),
    }));
    const picture = { key, layers, joints: frames, size: sizeOfBox(box) };
    this.pictures.set(key, picture);
    return picture;
  }

  *materials(): Generator<Material> {
    for (const { layers } of this.pictures.values()) for (const { material } of layers) yield material;
  }

  dispose(): void {
    for (const picture of this.pictures.values()) for (const layer of picture.layers) layer.material.dispose();
    this.roots.clear();
    this.pictures.clear();
  }

  private async fetch(url: string): Promise<void> {
    try {
      this.roots.set(url, await loadMesh(url, this.headers()));
      this.arrived(url);
    } catch (error) {
      // The viewer's own shape stays.
      console.warn("mesh cannot be shown", url, error);
    }
  }
}

/** Paths of the server are relative to the page, so that they work behind a proxy's path. */
export function pageUrl(url: string): string {
  return new URL(url.replace(/^\//, ""), document.baseURI).href;
}

/** Read a GLB, STL or OBJ; it throws where it holds no mesh. */
export async function loadMesh(url: string, headers: Record<string, string>): Promise<Object3D> {
  const root = await load(url, headers);
  let found = false;
  root.traverse((node) => {
    found ||= node instanceof Mesh;
  });
  if (!found) throw new Error("the file holds no mesh");
  return root;
}

async function load(url: string, headers: Record<string, string>): Promise<Object3D> {
  const kind = url.split(/[?#]/)[0].split(".").at(-1)?.toLowerCase();
  if (kind === "stl") {
    const { STLLoader } = await import("three/examples/jsm/loaders/STLLoader.js");
    const geometry = await new STLLoader().setRequestHeader(headers).loadAsync(pageUrl(url));
    return new Mesh(geometry, new MeshStandardMaterial({ color: "#c2cad3", roughness: 0.55 }));
  }
  if (kind === "obj") {
    const { OBJLoader } = await import("three/examples/jsm/loaders/OBJLoader.js");
    return await new OBJLoader().setRequestHeader(headers).loadAsync(pageUrl(url));
  }
  const [{ GLTFLoader }, { MeshoptDecoder }] = await Promise.all([
    import("three/examples/jsm/loaders/GLTFLoader.js"),
    import("three/examples/jsm/libs/meshopt_decoder.module.js"),
  ]);
  const loader = new GLTFLoader().setMeshoptDecoder(MeshoptDecoder);
  loader.setRequestHeader(headers);
  return (await loader.loadAsync(pageUrl(url))).scene;
}
