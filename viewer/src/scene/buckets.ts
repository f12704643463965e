/** The buckets of a plant: one per machine and size, near and far, and one per picture from a file. */
import { type BufferGeometry, type Group, type Material, Matrix4 } from "three";
import { Bucket, type JointFrame } from "./bucket";
import type { Picture } from "./meshes";
import { type Archetype, sizeOf } from "./shapes/archetype";
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

  /** Whether that shape is there already, or there are so few that one more costs nothing. */
  ready(archetype: Archetype, size: Size): boolean {
    return this.known.size < FEW || this.known.has(`${archetype}|${size.join()}`);
  }

  /** The joints of that shape, which a twin keeps when it is drawn from afar. */
  joints(archetype: Archetype, size: Size): readonly JointFrame[] {
    return buildShape(archetype, size).joints;
  }

  /**
   * The machine as a small thing far away: a quarter of the triangles, one piece, joints at rest. All sizes share it, each
   * scaled from the usual one, so that a plant of any number of sizes takes few calls as a whole.
   */
  far(archetype: Archetype): Bucket<TwinView> {
    return this.get(`far|${archetype}`, () => {
      const geometry = farGeometry(buildShape(archetype, sizeOf(archetype, UNSAID)));
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

/** Geometries that are made at once; what is more waits until one has looked how large it looks. */
const FEW = 80;
const UNSAID: Size = [1, 1, 1];

/** From the size that a machine is built in from afar to the one that it has. */
export function farScale(archetype: Archetype, [w, h, d]: Size): Matrix4 {
  const usual = sizeOf(archetype, UNSAID);
  return new Matrix4().makeScale(w / usual[0], h / usual[1], d / usual[2]);
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
