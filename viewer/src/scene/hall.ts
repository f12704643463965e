/** The hall: a file drawn around the machines, some of whose nodes are the pictures of twins. */
import { Group, type Material, MathUtils, Matrix4, Mesh, type Object3D } from "three";
import type { TwinInfo } from "../protocol/messages.gen";
import type { HallPicture } from "../state/surroundings";
import { fileName, fillable, flatten, sizeOfBox } from "./flatten";
import { cutOpen, type MachineUniforms, withState } from "./material";
import { jointsOf, loadMesh, type Picture } from "./meshes";

export class Hall {
  readonly group = new Group();
  private root: Object3D | null = null;
  private readonly nodes = new Map<string, Object3D>();
  private readonly pictures = new Map<string, Picture>();
  private shown = "";

  constructor(
    private readonly uniforms: MachineUniforms,
    private readonly shadows: boolean,
  ) {}

  /** Ids of the twins that nodes of the hall are pictures of. */
  get bound(): ReadonlySet<string> {
    return new Set(this.nodes.keys());
  }

  *materials(): Generator<Material> {
    for (const { layers } of this.pictures.values()) for (const { material } of layers) yield material;
  }

  /** Show this hall, or with null none. Returns whether it is another one than before; throws where it can't be read. */
  async show(hall: HallPicture | null, headers: Record<string, string>): Promise<boolean> {
    const wanted = JSON.stringify(hall);
    if (wanted === this.shown) return false;
    this.shown = wanted;
    const root = hall ? await loadMesh(hall.url, headers) : null;
    if (wanted !== this.shown) return false;
    this.clear();
    if (root && hall) this.place(root, hall);
    return true;
  }

  /** The picture of a bound twin, null for the others. */
  picture(info: TwinInfo): Picture | null {
    const node = this.nodes.get(info.id);
    if (!node) return null;
    const joints = jointsOf(info);
    const key = ["hall", this.shown, info.id, ...joints].join("|");
    const known = this.pictures.get(key);
    if (known) return known;
    const skip = new Set(this.nodes.values());
    const { box } = flatten(node, { skip });
    if (box.isEmpty()) return null;
    const [x, y, z] = [(box.min.x + box.max.x) / 2, box.min.y, (box.min.z + box.max.z) / 2];
    const flat = flatten(node, { joints, skip, frame: new Matrix4().makeTranslation(-x, -y, -z) });
    fillable(flat);
    const picture: Picture = {
      key,
      layers: flat.parts.map(({ material, ...part }) => ({
        ...part,
        local: null,
        material: withState(material.clone(), this.uniforms),
      })),
      joints: flat.joints,
      size: sizeOfBox(flat.box),
      place: { x, y, z, yawDeg: 0, fixed: true },
    };
    this.pictures.set(key, picture);
    return picture;
  }

  dispose(): void {
    this.clear();
  }

  private place(root: Object3D, hall: HallPicture): void {
    root.position.set(...hall.position);
    root.rotation.set(0, MathUtils.degToRad(hall.yaw_deg), 0);
    root.scale.setScalar(hall.scale);
    this.root = root;
    root.traverse((node) => {
      const twin = hall.nodes[fileName(node)];
      if (twin && !this.nodes.has(twin)) this.nodes.set(twin, node);
    });
    for (const { geometry, material } of flatten(root, { skip: new Set(this.nodes.values()) }).parts) {
      material.onBeforeCompile = (shader) => cutOpen(shader, this.uniforms);
      const mesh = new Mesh(geometry, material);
      mesh.castShadow = this.shadows;
      mesh.receiveShadow = this.shadows;
      mesh.matrixAutoUpdate = false;
      this.group.add(mesh);
    }
  }

  private clear(): void {
    for (const mesh of this.group.children as Mesh[]) mesh.geometry.dispose();
    this.group.clear();
    for (const picture of this.pictures.values()) for (const layer of picture.layers) layer.material.dispose();
    this.pictures.clear();
    this.nodes.clear();
    this.root?.traverse((node) => {
      if (!(node instanceof Mesh)) return;
      node.geometry.dispose();
      for (const material of [node.material].flat()) material.dispose();
    });
    this.root = null;
  }
}
