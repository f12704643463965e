/** Mesh files by URL: fetched once, when the first twin names them. The loaders come with the first file. */
import {
  Box3,
  type BufferGeometry,
  type Material,
  Matrix4,
  Mesh,
  MeshStandardMaterial,
  type Object3D,
  Vector3,
} from "three";
import type { Layer } from "./bucket";
import { type MachineUniforms, withState } from "./material";
import type { Size } from "./shapes/shape";

export interface LoadedMesh {
  layers: Layer[];
  /** What it measures; files are taken to be in metres, y up, with the origin where the twin stands. */
  size: Size;
}

export class Meshes {
  private readonly loaded = new Map<string, LoadedMesh | null>();

  constructor(
    private readonly uniforms: MachineUniforms,
    private readonly headers: () => Record<string, string>,
    private readonly arrived: (url: string) => void,
  ) {}

  /** Return the file's layers, or null while it is on its way or when it can't be read. */
  get(url: string): LoadedMesh | null {
    const known = this.loaded.get(url);
    if (known !== undefined) return known;
    this.loaded.set(url, null);
    void this.fetch(url);
    return null;
  }

  *materials(): Generator<Material> {
    for (const mesh of this.loaded.values()) for (const { material } of mesh?.layers ?? []) yield material;
  }

  dispose(): void {
    for (const mesh of this.loaded.values()) {
      for (const layer of mesh?.layers ?? []) layer.material.dispose();
    }
    this.loaded.clear();
  }

  private async fetch(url: string): Promise<void> {
    try {
      const root = await load(url, this.headers());
      this.loaded.set(url, this.flatten(root));
      this.arrived(url);
    } catch (error) {
      // The box of the declared size stays.
      console.warn("mesh cannot be shown", url, error);
    }
  }

  private flatten(root: Object3D): LoadedMesh {
    root.updateMatrixWorld(true);
    const layers: Layer[] = [];
    root.traverse((node) => {
      if (!(node instanceof Mesh)) return;
      const material = Array.isArray(node.material) ? node.material[0] : node.material;
      const standard =
        material instanceof MeshStandardMaterial ? material : new MeshStandardMaterial({ color: "#c2cad3" });
      const geometry = (node.geometry as BufferGeometry).clone();
      layers.push({
        geometry,
        material: withState(standard, this.uniforms),
        joint: -1,
        local: new Matrix4().copy(node.matrixWorld),
      });
    });
    if (layers.length === 0) throw new Error("the file holds no mesh");
    const size = new Box3().setFromObject(root).getSize(new Vector3());
    return { layers, size: [size.x, size.y, size.z] };
  }
}

/** Paths of the server are relative to the page, so that they work behind a proxy's path. */
function pageUrl(url: string): string {
  return new URL(url.replace(/^\//, ""), document.baseURI).href;
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
