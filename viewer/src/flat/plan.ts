/** All twins of the plan: follows the store's structure, values and states, and says what still moves. */
import { Movers } from "../bindings/movers";
import type { Paint } from "../bindings/rules";
import { parseColor } from "../bindings/values";
import { footprint, type Rect, rectAt, union } from "../layout/geometry";
import { itemOf } from "../layout/items";
import { type Area, Layout, type Place } from "../layout/layout";
import type { TwinInfo } from "../protocol/messages.gen";
import type { Source } from "../scene/plant";
import { looksOld, sameStatus, statusOf } from "../scene/status";
import { type Link, linksOf } from "./links";
import type { FlatPalette } from "./palette";
import { FlatTwin } from "./twin";

/** Every twin's age is looked at so often. */
const INSPECT_MS = 1000;

export class Plan {
  readonly twins = new Map<string, FlatTwin>();
  links: Link[] = [];
  areas: Area[] = [];
  private readonly layout = new Layout();
  private readonly movers = new Movers<FlatTwin>();
  private readonly held = new Map<string, Place>();
  private inspectedMs = 0;

  constructor(
    private readonly source: Source,
    private palette: FlatPalette,
  ) {
    this.rebuild();
  }

  /** Whether something moves, or has a new value to move to. */
  get busy(): boolean {
    return this.movers.size > 0;
  }

  /** Whether an alarm waits for somebody to acknowledge it. */
  get calls(): boolean {
    for (const { status } of this.twins.values()) if (status.unacknowledged) return true;
    return false;
  }

  /** Take the structure as it is now. */
  rebuild(): void {
    const { source, twins } = this;
    this.layout.update([...source.twins.values()].map(itemOf));
    twins.clear();
    this.movers.clear();
    for (const info of source.twins.values()) this.show(info);
    this.links = linksOf(source.twins.values(), (id) => twins.has(id));
    this.areas = this.layout.areas();
  }

  setPalette(palette: FlatPalette): void {
    this.palette = palette;
    for (const twin of this.twins.values()) {
      twin.setPaint(this.paintOf(twin.info));
      this.movers.add(twin);
    }
  }

  touch(slot: number): void {
    const stale = this.movers.touch(slot);
    if (stale) this.inspect(stale);
  }

  /** Look at the states of these twins. Returns whether one looks otherwise now. */
  inspectAll(ids: Iterable<string>): boolean {
    let changed = false;
    for (const id of ids) {
      const twin = this.twins.get(id);
      if (twin && this.inspect(twin)) changed = true;
    }
    return changed;
  }

  /** Look for values that have grown old, when that is due. Returns whether it was. */
  inspectDue(nowMs: number): boolean {
    if (nowMs - this.inspectedMs < INSPECT_MS) return false;
    this.inspectedMs = nowMs;
    this.inspectAll(this.twins.keys());
    return true;
  }

  /** Go on by `dtS`; `glide` false takes new values at once and stops spinning. */
  step(dtS: number, glide: boolean): void {
    this.movers.walk(dtS, glide, this.go);
  }

  /** Show a twin at this place whatever the server says; with null the server's next word counts again. */
  hold(id: string, place: Place | null): void {
    if (place) this.held.set(id, place);
    else this.held.delete(id);
    if (place) this.stand(id, place);
  }

  putBack(id: string): void {
    this.held.delete(id);
    const place = this.layout.place(id);
    if (place) this.stand(id, place);
  }

  /** Return the twin whose body holds the point on the floor, the smallest where several do; `airM` metres count as body. */
  at(x: number, z: number, airM: number): FlatTwin | null {
    let best: FlatTwin | null = null;
    for (const twin of this.twins.values()) {
      if (!twin.shown) continue;
      const [cos, sin] = [Math.cos(twin.turn), Math.sin(twin.turn)];
      const [dx, dz] = [x - twin.x, z - twin.z];
      const along = Math.abs(dx * cos + dz * sin) - twin.width / 2;
      const across = Math.abs(dz * cos - dx * sin) - twin.depth / 2;
      if (Math.max(along, across) > airM) continue;
      if (!best || twin.width * twin.depth < best.width * best.depth) best = twin;
    }
    return best;
  }

  nearest(x: number, z: number): FlatTwin | null {
    let best: FlatTwin | null = null;
    for (const twin of this.twins.values()) {
      if (!best || Math.hypot(twin.x - x, twin.z - z) < Math.hypot(best.x - x, best.z - z)) best = twin;
    }
    return best;
  }

  /** Floor that all twins and areas cover, where the vehicles are now included. */
  extent(): Rect {
    let rect: Rect | null = null;
    for (const area of this.areas) rect = union(rect, area.rect);
    for (const twin of this.twins.values()) {
      const [width, depth] = footprint(twin.width, twin.depth, (twin.turn * 180) / Math.PI);
      rect = union(rect, rectAt(twin.x, twin.z, width, depth));
    }
    return rect ?? { minX: -6, minZ: -6, maxX: 6, maxZ: 6 };
  }

  private readonly read = (slot: number) => this.source.value(slot);

  private readonly go = (twin: FlatTwin, dtS: number, glide: boolean): boolean => {
    twin.aim(this.read);
    if (!glide) twin.snap();
    const change = twin.step(glide ? dtS : 0);
    return glide && (change !== 0 || twin.spins);
  };

  private show(info: TwinInfo): void {
    const place = this.held.get(info.id) ?? this.layout.place(info.id);
    if (!place) return;
    const twin = new FlatTwin(info, place, this.paintOf(info));
    this.twins.set(info.id, twin);
    twin.aim(this.read);
    twin.pose();
    this.movers.enlist(twin);
    this.movers.setStale(twin, twin.status.stale);
    this.inspect(twin);
  }

  private stand(id: string, place: Place): void {
    const twin = this.twins.get(id);
    if (!twin) return;
    twin.place = place;
    twin.pose();
  }

  private paintOf(info: TwinInfo): Paint {
    const { palette } = this;
    return {
      body: parseColor(info.geometry.color) ?? parseColor(palette.body)!,
      content: parseColor(palette.content)!,
    };
  }

  private inspect(twin: FlatTwin): boolean {
    const after = statusOf(this.source.callOf(twin.info.id), looksOld(this.source, twin));
    if (sameStatus(twin.status, after)) return false;
    twin.status = after;
    this.movers.setStale(twin, after.stale);
    this.movers.add(twin);
    return true;
  }
}
