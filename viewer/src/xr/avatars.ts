/** Other people: a head that looks where they look, their hands, and their name. */
import {
  BoxGeometry,
  type BufferGeometry,
  CanvasTexture,
  Group,
  Mesh,
  MeshStandardMaterial,
  Quaternion,
  SphereGeometry,
  Sprite,
  SpriteMaterial,
  SRGBColorSpace,
  Vector3,
} from "three";
import { FONT } from "../state/font";
import type { Person } from "../state/store";

/** Seconds in which two thirds of the way to a new pose are gone; news come five to ten times a second. */
const EASE_S = 0.1;
const HUES = [205, 30, 140, 280, 340, 60];

interface Part {
  mesh: Mesh;
  at: Vector3;
  turn: Quaternion;
}

interface Avatar {
  root: Group;
  head: Part;
  hands: [Part, Part];
  material: MeshStandardMaterial;
  name: Sprite;
  user: string;
}

export class Avatars {
  readonly group = new Group();
  private readonly heads = new SphereGeometry(0.13, 18, 12).scale(0.85, 1.1, 1);
  private readonly visors = new BoxGeometry(0.19, 0.09, 0.08).translate(0, 0.02, -0.11);
  private readonly palms = new SphereGeometry(0.05, 12, 8).scale(0.8, 0.5, 1.2);
  private readonly dark = new MeshStandardMaterial({ color: "#10161d", roughness: 0.4 });
  private readonly avatars = new Map<number, Avatar>();

  show(people: readonly Person[]): void {
    const here = new Set(people.map(({ client }) => client));
    for (const [client, avatar] of this.avatars) {
      if (here.has(client)) continue;
      this.drop(avatar);
      this.avatars.delete(client);
    }
    for (const { client, user, presence } of people) {
      if (!presence.position.every(Number.isFinite) || !presence.rotation.every(Number.isFinite)) continue;
      const known = this.avatars.get(client);
      const avatar = known ?? this.make(client, user || "someone");
      aim(avatar.head, [...presence.position, ...presence.rotation], !known);
      [presence.left, presence.right].forEach((pose, side) => {
        const hand = avatar.hands[side];
        const seen = pose?.every(Number.isFinite) === true;
        if (seen) aim(hand, pose, !hand.mesh.visible);
        hand.mesh.visible = seen;
      });
    }
  }

  update(dtS: number): void {
    const share = 1 - Math.exp(-dtS / EASE_S);
    for (const { head, hands, name } of this.avatars.values()) {
      for (const { mesh, at, turn } of [head, ...hands]) {
        mesh.position.lerp(at, share);
        mesh.quaternion.slerp(turn, share);
      }
      name.position.copy(head.mesh.position).setY(head.mesh.position.y + 0.3);
    }
  }

  /** Where their heads are, by name; for tests and for the panel. */
  get seen(): { user: string; at: [number, number, number]; hands: number }[] {
    return [...this.avatars.values()].map(({ user, head, hands }) => ({
      user,
      at: head.mesh.position.toArray(),
      hands: hands.filter(({ mesh }) => mesh.visible).length,
    }));
  }

  dispose(): void {
    for (const avatar of this.avatars.values()) this.drop(avatar);
    this.avatars.clear();
    for (const geometry of [this.heads, this.visors, this.palms] as BufferGeometry[]) geometry.dispose();
    this.dark.dispose();
  }

  private make(client: number, user: string): Avatar {
    const material = new MeshStandardMaterial({ roughness: 0.7 });
    material.color.setHSL(HUES[client % HUES.length] / 360, 0.45, 0.6);
    const head = part(this.heads, material);
    head.mesh.add(new Mesh(this.visors, this.dark));
    const hands: [Part, Part] = [part(this.palms, material), part(this.palms, material)];
    for (const { mesh } of hands) mesh.visible = false;
    const name = nameSprite(user);
    const root = new Group();
    root.add(head.mesh, hands[0].mesh, hands[1].mesh, name);
    this.group.add(root);
    const avatar = { root, head, hands, material, name, user };
    this.avatars.set(client, avatar);
    return avatar;
  }

  private drop({ root, material, name }: Avatar): void {
    this.group.remove(root);
    material.dispose();
    name.material.map?.dispose();
    name.material.dispose();
  }
}

function part(geometry: BufferGeometry, material: MeshStandardMaterial): Part {
  return { mesh: new Mesh(geometry, material), at: new Vector3(), turn: new Quaternion() };
}

/** `pose` is x, y, z and a quaternion. */
function aim({ mesh, at, turn }: Part, pose: readonly number[], atOnce: boolean): void {
  at.fromArray(pose);
  turn.fromArray(pose, 3).normalize();
  if (!atOnce) return;
  mesh.position.copy(at);
  mesh.quaternion.copy(turn);
}

function nameSprite(user: string): Sprite {
  const canvas = document.createElement("canvas");
  canvas.width = 384;
  canvas.height = 96;
  const context = canvas.getContext("2d")!;
  context.font = `600 52px ${FONT}`;
  context.textAlign = "center";
  context.textBaseline = "middle";
  const wide = Math.min(380, context.measureText(user).width + 48);
  context.fillStyle = "#0d1218e6";
  context.beginPath();
  context.roundRect((384 - wide) / 2, 4, wide, 88, 20);
  context.fill();
  context.fillStyle = "#f1f5f9";
  context.fillText(user, 192, 50, 340);
  const texture = new CanvasTexture(canvas);
  texture.colorSpace = SRGBColorSpace;
  // A share of the view and not of the plant: legible from across the hall.
  const sprite = new Sprite(new SpriteMaterial({ map: texture, sizeAttenuation: false, depthTest: false }));
  sprite.scale.set(0.16, 0.04, 1);
  return sprite;
}
