/** The buckets of a plant: one per machine and size, near and far, and one per picture from a file. */
import type { BufferGeometry, Group, Material } from "three";
import { Bucket } from "./bucket";
import type { Picture } from "./meshes";
import type { Archetype } from "./shapes/archetype";
import { buildShape } from "./shapes/build";
import { merge } from "./shapes/parts";
import type { Shape, Size } from "./shapes/shape";
import type { TwinView } from "./twin-view";

export class Buckets {
  private readonly known = new Map<string, Bucket<TwinView>>();

  constructor(
    private readonly group: Group,
    private readonly material: Material,
    private readonly shadows: boolean,
  ) {}

  /** The viewer's own shape, with all its joints. */
  near(archetype: Archetype, size: Size): Bucket<TwinView> {
    return this.get(`${archetype}|${size.join()}`, () => {
      const shape = buildShape(archetype, size);
      const layers = [{ geometry: shape.body.build(), material: this.material, joint: -1, local: null }];
      shape.joints.forEach((joint, i) => {
        layers.push({ geometry: joint.parts.build(), material: this.material, joint: i, local: null });
      });
      return new Bucket<TwinView>(this.group, layers, shape.joints, this.shadows);
    });
  }

  /** The same as a small thing far away: a tenth of the triangles, one piece, joints at rest. */
  far(archetype: Archetype, size: Size): Bucket<TwinView> {
    return this.get(`far|${archetype}|${size.join()}`, () => {
      const geometry = farGeometry(buildShape(archetype, size));
      return new Bucket<TwinView>(
        this.group,
        [{ geometry, material: this.material, joint: -1, local: null }],
        [],
        this.shadows,
      );
    });
  }

  picture({ key, layers, joints }: Picture): Bucket<TwinView> {
    return this.get(key, () => new Bucket<TwinView>(this.group, layers, joints, this.shadows));
  }

  dispose(): void {
    for (const bucket of this.known.values()) bucket.dispose();
    this.known.clear();
  }

  private get(key: string, make: () => Bucket<TwinView>): Bucket<TwinView> {
    const found = this.known.get(key);
    if (found) return found;
    const made = make();
    this.known.set(key, made);
    return made;
  }
}

/** All parts of a shape in one, drawn coarsely. */
export function farGeometry(shape: Shape): BufferGeometry {
  const pieces = shape.body.pieces("far");
  const at: [number, number, number][] = [];
  for (const joint of shape.joints) {
    const base = joint.on < 0 ? [0, 0, 0] : at[joint.on];
    const [x, y, z] = joint.pivot.map((value, i) => value + base[i]);
    at.push([x, y, z]);
    pieces.push(...joint.parts.pieces("far").map((piece) => piece.translate(x, y, z)));
  }
  return merge(pieces);
}
