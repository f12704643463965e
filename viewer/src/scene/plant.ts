/** All twins of the scene: follows the store's structure, values and states, and says what still moves. */
import {
  Group,
  type Intersection,
  type Material,
  type Object3D,
  type Raycaster,
  Sphere,
  Vector3,
  type Vector4,
} from "three";
import type { Paint } from "../bindings/rules";
import { parseColor } from "../bindings/values";
import { itemOf, meshUrl, UNKNOWN_SIZE } from "../layout/items";
import { type Area, Layout, type Place } from "../layout/layout";
import type { TwinInfo } from "../protocol/messages.gen";
import type { PictureOptions } from "../state/look";
import { BAD, severityOf } from "../state/quality";
import type { Store } from "../state/store";
import { Bucket } from "./bucket";
import { Cargo } from "./cargo";
import { machineMaterial, machineUniforms } from "./material";
import { Meshes } from "./meshes";
import { Overlays } from "./overlays";
import { Pipes } from "./pipes";
import { type Archetype, archetypeOf, sizeOf } from "./shapes/archetype";
import { buildShape } from "./shapes/build";
import type { Size } from "./shapes/shape";
import { type Status, sameStatus, statusOf } from "./status";
import type { Palette } from "./theme";
import { TwinView } from "./twin-view";

/** What the scene reads of the store; a test may stand in for it. */
export type Source = Pick<
  Store,
  | "twins"
  | "signals"
  | "value"
  | "quality"
  | "isStale"
  | "ageS"
  | "worstOf"
  | "watch"
  | "unwatch"
  | "on"
  | "live"
  | "serverNowUs"
>;

export interface PlantHooks {
  /** The picture is out of date. */
  changed(): void;
  /** For requests of mesh files. */
  headers(): Record<string, string>;
}

/** Every twin's age is looked at once in so many slices of `SLICE_MS`. */
const SLICES = 4;
const SLICE_MS = 250;

export class Plant {
  readonly group = new Group();
  readonly views = new Map<string, TwinView>();
  /** Something of the marks (alarms, discovered twins, places) changed since this was last cleared. */
  marksChanged = true;
  /** Bodies came, went or moved, so that shadows are old. */
  shadowsChanged = true;
  readonly pipes: Pipes;
  readonly cargo: Cargo;
  private readonly layout = new Layout();
  private readonly buckets = new Map<string, Bucket<TwinView>>();
  private readonly bySlot = new Map<number, Set<TwinView>>();
  private readonly active = new Set<TwinView>();
  private readonly uniforms;
  private readonly material: Material;
  private readonly meshes: Meshes;
  /** Twins that stand elsewhere than the server has them, while somebody edits. */
  private readonly held = new Map<string, Place>();
  private readonly value = (slot: number) => this.source.value(slot);
  private readonly overlays;
  private slice = 0;
  private slicedMs = 0;

  constructor(
    private readonly source: Source,
    private palette: Palette,
    private readonly shadows: boolean,
    private readonly hooks: PlantHooks,
  ) {
    this.uniforms = machineUniforms(palette);
    this.material = machineMaterial(this.uniforms);
    this.overlays = new Overlays(source, this.uniforms);
    this.meshes = new Meshes(this.uniforms, hooks.headers, (url) => this.meshArrived(url));
    this.pipes = new Pipes(palette, shadows);
    this.cargo = new Cargo(shadows);
    this.group.add(this.pipes.group, this.cargo.group);
    this.rebuild(source.twins.values(), [], true);
  }

  /** Take a change of structure. */
  rebuild(changed: Iterable<TwinInfo>, removed: readonly string[], reset: boolean): void {
    const gone = reset ? [...this.views.keys()].filter((id) => !this.source.twins.has(id)) : removed;
    for (const id of gone) this.drop(id);
    this.layout.update([...this.source.twins.values()].map(itemOf));
    for (const info of changed) this.show(info);
    this.connect();
    this.marksChanged = true;
    this.shadowsChanged = true;
    this.hooks.changed();
  }

  /** Whether something moves, or has a new value to move to. */
  get busy(): boolean {
    return this.active.size > 0 || this.pipes.moving || this.cargo.moving;
  }

  areas(): Area[] {
    return this.layout.areas();
  }

  /** Show a twin at this place whatever the server says; with null the server's next word counts again. */
  hold(id: string, place: Place | null): void {
    if (place) this.held.set(id, place);
    else this.held.delete(id);
    if (place) this.move(id, place);
  }

  /** Put a twin back where the server has it. */
  putBack(id: string): void {
    this.held.delete(id);
    const place = this.layout.place(id);
    if (place) this.move(id, place);
  }

  private move(id: string, place: Place): void {
    const view = this.views.get(id);
    if (!view) return;
    view.place = place;
    this.stand(view);
    this.pipes.rebuild(this.views);
    this.hooks.changed();
  }

  /** A slot's value changed. */
  touch(slot: number): void {
    for (const view of this.bySlot.get(slot) ?? []) this.active.add(view);
    const owner = this.source.signals[slot]?.twin;
    const view = owner ? this.views.get(owner) : undefined;
    // A fresh value ends staleness at once; what grows old is found by `inspect`.
    if (view?.status.stale) this.inspectView(view);
  }

  /** Documents (alarms, connectivity) of these twins changed. */
  inspect(ids: Iterable<string>): void {
    for (const id of ids) {
      const view = this.views.get(id);
      if (view) this.inspectView(view);
    }
  }

  /** Look at the next slice of twins for values that have grown old. Returns whether a slice was due. */
  inspectSlice(nowMs: number): boolean {
    if (nowMs - this.slicedMs < SLICE_MS) return false;
    this.slicedMs = nowMs;
    this.slice = (this.slice + 1) % SLICES;
    let i = 0;
    for (const view of this.views.values()) if (i++ % SLICES === this.slice) this.inspectView(view);
    return true;
  }

  /** Go on by `dtS`; `glide` false takes new values at once and stops spinning. */
  step(dtS: number, glide: boolean): void {
    for (const view of this.active) {
      view.aim(this.value);
      if (!glide) view.snap();
      const shown = view.shown;
      const change = view.step(glide ? dtS : 0);
      if (change === 2 || shown !== view.wasShown) this.stand(view);
      else if (change === 1) {
        view.poseJoints();
        view.writeJoints();
      }
      view.writeLook();
      if (view.carries) this.cargo.touch();
      if ((change === 0 && !view.spins) || !glide) this.active.delete(view);
    }
    this.pipes.step(dtS, glide, this.value);
    this.cargo.step(dtS, glide, this.value);
  }

  highlight(id: string | null, strength: number): void {
    const view = id === null ? undefined : this.views.get(id);
    if (!view) return;
    view.highlight = strength;
    view.writeLook();
  }

  setPalette(palette: Palette): void {
    this.palette = palette;
    this.uniforms.emptyColor.value.set(palette.empty);
    this.uniforms.staleColor.value.set(palette.stale);
    this.pipes.setPalette(palette);
    for (const view of this.views.values()) {
      view.setPaint(this.paintOf(view.info));
      this.active.add(view);
    }
    this.hooks.changed();
  }

  /** Show states or ages, quietly or not, solid or cut open; `cut` is the plane of the section. */
  setOptions(options: PictureOptions, cut: Vector4): void {
    this.overlays.setOptions(options, cut, [this.material, ...this.meshes.materials()]);
    this.overlays.layAll(this.views.values());
    this.hooks.changed();
  }

  /** Leave this twin solid in an x-ray of the others. */
  xray(id: string | null): void {
    this.overlays.centre = id;
    this.overlays.layAll(this.views.values());
    this.hooks.changed();
  }

  /** Return the nearest twin that the ray meets. */
  pick(raycaster: Raycaster): TwinView | null {
    let best: TwinView | null = null;
    let nearest = Number.POSITIVE_INFINITY;
    const hits: Intersection<Object3D>[] = [];
    for (const view of this.views.values()) {
      if (!view.shown || !raycaster.ray.intersectsSphere(hull(view))) continue;
      hits.length = 0;
      if (view.bucket) view.bucket.raycast(view.index, raycaster, hits);
      else hits.push({ distance: raycaster.ray.origin.distanceTo(view.center(point)), point, object: this.group });
      for (const hit of hits) {
        if (hit.distance >= nearest) continue;
        nearest = hit.distance;
        best = view;
      }
    }
    return best;
  }

  dispose(): void {
    for (const bucket of this.buckets.values()) bucket.dispose();
    this.meshes.dispose();
    this.pipes.dispose();
    this.cargo.dispose();
    this.material.dispose();
  }

  private show(info: TwinInfo): void {
    const place = this.held.get(info.id) ?? this.layout.place(info.id);
    if (!place) return;
    const before = this.views.get(info.id);
    if (before) this.forget(before);
    const view = this.make(info, place);
    view.highlight = before?.highlight ?? 0;
    this.views.set(info.id, view);
    for (const slot of view.slots) {
      const readers = this.bySlot.get(slot) ?? new Set();
      this.bySlot.set(slot, readers.add(view));
    }
    view.aim(this.value);
    view.status = this.statusOf(view);
    this.stand(view);
    this.overlays.lay(view);
    view.writeLook();
    this.active.add(view);
  }

  private make(info: TwinInfo, place: Place): TwinView {
    if (info.discovered) return new TwinView(info, UNKNOWN_SIZE, place, [], this.paintOf(info));
    const url = meshUrl(info);
    const archetype = archetypeOf(url ? "box" : info.geometry.shape, url ? "" : info.type);
    const loaded = url ? this.meshes.get(url) : null;
    const size = loaded?.size ?? sizeOf(archetype, info.geometry.size);
    const bucket = loaded ? this.meshBucket(url) : this.shapeBucket(archetype, size);
    const view = new TwinView(info, size, place, bucket.joints, this.paintOf(info));
    view.bucket = bucket;
    bucket.add(view);
    return view;
  }

  /** The colours of a twin that no rule colours; a file that has colours of its own is multiplied by white. */
  private paintOf(info: TwinInfo): Paint {
    const content = parseColor(this.palette.fluid)!;
    const own = parseColor(info.geometry.color);
    if (own) return { body: own, content };
    const white = meshUrl(info) && this.meshes.get(meshUrl(info));
    return { body: white ? [1, 1, 1] : parseColor(this.palette.body)!, content };
  }

  private shapeBucket(archetype: Archetype, size: Size): Bucket<TwinView> {
    const key = `${archetype}|${size.join()}`;
    const known = this.buckets.get(key);
    if (known) return known;
    const shape = buildShape(archetype, size);
    const layers = [{ geometry: shape.body.build(), material: this.material, joint: -1, local: null }];
    shape.joints.forEach((joint, i) => {
      layers.push({ geometry: joint.parts.build(), material: this.material, joint: i, local: null });
    });
    const bucket = new Bucket<TwinView>(this.group, layers, shape.joints, this.shadows);
    this.buckets.set(key, bucket);
    return bucket;
  }

  private meshBucket(url: string): Bucket<TwinView> {
    const known = this.buckets.get(url);
    if (known) return known;
    const bucket = new Bucket<TwinView>(this.group, this.meshes.get(url)!.layers, [], this.shadows);
    this.buckets.set(url, bucket);
    return bucket;
  }

  private meshArrived(url: string): void {
    for (const view of [...this.views.values()]) if (meshUrl(view.info) === url) this.show(view.info);
    this.shadowsChanged = true;
    this.marksChanged = true;
    this.hooks.changed();
  }

  /** Lay pipes and load belts for what stands there now. */
  private connect(): void {
    this.pipes.rebuild(this.views);
    this.cargo.rebuild(this.views.values());
  }

  private drop(id: string): void {
    const view = this.views.get(id);
    if (!view) return;
    this.forget(view);
    this.views.delete(id);
  }

  private forget(view: TwinView): void {
    for (const slot of view.slots) {
      const readers = this.bySlot.get(slot);
      readers?.delete(view);
      if (readers?.size === 0) this.bySlot.delete(slot);
    }
    this.active.delete(view);
    const moved = view.bucket?.remove(view);
    if (moved) {
      moved.writeFrames();
      moved.writeLook();
    }
  }

  private stand(view: TwinView): void {
    view.pose();
    view.writeFrames();
    view.wasShown = view.shown;
    this.shadowsChanged = true;
    this.marksChanged = true;
  }

  /** Old is a twin one of whose drawn values is; where none is drawn, one whose values all are. */
  private statusOf({ info, slots }: TwinView): Status {
    const { source } = this;
    const doubtful = (slot: number) =>
      source.isStale(slot) || severityOf(source.quality(slot)) === BAD || !Number.isFinite(source.value(slot));
    const old =
      slots.length > 0
        ? slots.some(doubtful)
        : info.signals.length > 0 && info.signals.every(({ slot }) => doubtful(slot));
    return statusOf(source.worstOf(info.id), old);
  }

  private inspectView(view: TwinView): void {
    if (this.overlays.lay(view)) this.hooks.changed();
    const after = this.statusOf(view);
    if (sameStatus(view.status, after)) return;
    view.status = after;
    this.active.add(view);
    this.marksChanged = true;
    this.hooks.changed();
  }
}

const point = new Vector3();
const ball = new Sphere();

function hull(view: TwinView): Sphere {
  view.center(ball.center);
  ball.radius = Math.hypot(...view.size) * 0.6;
  return ball;
}
