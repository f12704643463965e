/** Other people as named markers where they look from. */
import { type Camera, Vector3 } from "three";
import type { Person } from "../state/store";

/** Seconds in which two thirds of the way to a new pose are gone: news come ten times a second. */
const EASE_S = 0.1;

interface Marker {
  root: HTMLElement;
  at: Vector3;
  target: Vector3;
}

const seen = new Vector3();

export class People {
  private readonly root = document.createElement("div");
  private readonly markers = new Map<number, Marker>();

  constructor(host: HTMLElement) {
    this.root.className = "plant3d-people";
    this.root.setAttribute("aria-hidden", "true");
    host.append(this.root);
  }

  /** Who is here now; who is gone leaves the picture at once. */
  show(people: readonly Person[]): void {
    const here = new Set(people.map((person) => person.client));
    for (const [client, marker] of this.markers) {
      if (here.has(client)) continue;
      marker.root.remove();
      this.markers.delete(client);
    }
    for (const { client, user, presence } of people) {
      const marker = this.markers.get(client) ?? this.make(client, presence.position);
      marker.root.textContent = user || "someone";
      marker.target.set(...presence.position);
    }
  }

  /** Move all markers on by `dtS` and put them where the camera sees them; returns whether one is still on its way. */
  update(camera: Camera, dtS: number, width: number, height: number): boolean {
    let moving = false;
    const share = 1 - Math.exp(-dtS / EASE_S);
    for (const { root, at, target } of this.markers.values()) {
      moving ||= at.distanceToSquared(target) > 1e-4;
      at.lerp(target, share);
      seen.copy(at).project(camera);
      const visible = Math.abs(seen.x) <= 1 && Math.abs(seen.y) <= 1 && Math.abs(seen.z) <= 1;
      root.style.display = visible ? "" : "none";
      const [x, y] = [((seen.x + 1) / 2) * width, ((1 - seen.y) / 2) * height];
      root.style.transform = `translate(${x.toFixed(1)}px, ${y.toFixed(1)}px) translate(-50%, -50%)`;
    }
    return moving;
  }

  dispose(): void {
    this.root.remove();
  }

  private make(client: number, position: readonly [number, number, number]): Marker {
    const root = document.createElement("span");
    root.className = "plant3d-person";
    this.root.append(root);
    const marker = { root, at: new Vector3(...position), target: new Vector3(...position) };
    this.markers.set(client, marker);
    return marker;
  }
}
