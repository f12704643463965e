/** All twins of the scene: follows the store's structure, values and states, and says what still moves. */
import { Group, type Material, type Raycaster, Vector3, type Vector4 } from "three";
import { Movers } from "../bindings/movers";
import type { Paint } from "../bindings/rules";
import { parseColor } from "../bindings/values";
import { itemOf, shapeOf, UNKNOWN_SIZE } from "../layout/items";
import { type Area, type Item, Layout, type Place } from "../layout/layout";
import type { TwinInfo } from "../protocol/messages.gen";
import type { PictureOptions } from "../state/look";
import type { Store } from "../state/store";
import { Buckets, farScale } from "./buckets";
import { Cargo } from "./cargo";
import { Hall } from "./hall";
import { machineMaterial, machineUniforms } from "./material";
import { jointsOf, Meshes, type Picture } from "./meshes";
import { Overlays } from "./overlays";
import { type Hit, pickView } from "./picking";
import { Pipes } from "./pipes";
import { sizeOf } from "./shapes/archetype";
import { looksOld, type Status, sameStatus, statusOf } from "./status";
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
  | "callOf"
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
/** A machine that looks smaller than this, pixels, is drawn coarsely, and finely again above the other. */
const FAR_PX = 26;
const NEAR_PX = 34;

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
  readonly hall: Hall;
  private readonly buckets: Buckets;
  private readonly movers = new Movers<TwinView>();
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
    shadows: boolean,
    private readonly hooks: PlantHooks,
  ) {
    this.uniforms = machineUniforms(palette);
    this.material = machineMaterial(this.uniforms);
    this.overlays = new Overlays(source, this.uniforms);
    this.buckets = new Buckets(this.group, this.material, shadows);
    this.hall = new Hall(this.uniforms, shadows);
    this.meshes = new Meshes(this.uniforms, hooks.headers, (url) => this.meshArrived(url));
    this.pipes = new Pipes(palette, shadows, this.uniforms);
    this.cargo = new Cargo(shadows, this.uniforms);
    this.group.add(this.hall.group, this.pipes.group, this.cargo.group);
    this.rebuild(source.twins.values(), [], true);
  }

  /** Take a change of structure. */
  rebuild(changed: Iterable<TwinInfo>, removed: readonly string[], reset: boolean): void {
    const gone = reset ? [...this.views.keys()].filter((id) => !this.source.twins.has(id)) : removed;
    for (const id of gone) this.drop(id);
    this.layout.update([...this.source.twins.values()].map((info) => this.itemOf(info)));
    for (const info of changed) this.show(info);
    this.connect();
    this.marksChanged = true;
    this.shadowsChanged = true;
    this.hooks.changed();
  }

  /** The hall is another one, and with it the pictures of what is bound to it. */
  hallChanged(): void {
    this.rebuild(this.source.twins.values(), [], false);
  }

  /** Draw what looks small coarsely; `pixels` says how large a thing of 1 m looks 1 m away. */
  refine(eye: Vector3, pixels: number): void {
    for (const view of this.views.values()) {
      if (view.pictured || !view.bucket) continue;
      const seen = (Math.max(view.size[0], view.size[1], view.size[2]) * pixels) / eye.distanceTo(view.center(point));
      if (view.far ? seen <= NEAR_PX : seen >= FAR_PX) continue;
      this.redraw(view, !view.far);
    }
  }

  /** Whether something moves, or has a new value to move to. */
  get busy(): boolean {
    return this.movers.size > 0 || this.pipes.moving || this.cargo.moving;
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
    const stale = this.movers.touch(slot);
    // A fresh value ends staleness at once; what grows old is found by `inspect`.
    if (stale) this.inspectView(stale);
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
    this.movers.walk(dtS, glide, this.go);
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
      view.setPaint(this.paintOf(view.info, view.pictured));
      this.movers.add(view);
    }
    this.hooks.changed();
  }

  /** Show states or ages, quietly or not, solid or cut open; `cut` is the plane of the section. */
  setOptions(options: PictureOptions, cut: Vector4): void {
    this.overlays.setOptions(options, cut, [this.material, ...this.meshes.materials(), ...this.hall.materials()]);
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
    return this.hit(raycaster)?.view ?? null;
  }

  /** The same with its distance, metres. */
  hit(raycaster: Raycaster): Hit | null {
    return pickView(this.views.values(), raycaster, this.group);
  }

  dispose(): void {
    this.buckets.dispose();
    this.hall.dispose();
    this.meshes.dispose();
    this.pipes.dispose();
    this.cargo.dispose();
    this.material.dispose();
  }

  private readonly go = (view: TwinView, dtS: number, glide: boolean): boolean => {
    view.aim(this.value);
    if (!glide) view.snap();
    const change = view.step(glide ? dtS : 0);
    if (change === 2 || view.shown !== view.wasShown) this.stand(view);
    // From afar joints are drawn at rest.
    else if (view.jointsMoved && !view.far) {
      view.poseJoints();
      view.writeJoints();
    }
    view.writeLook();
    if (view.carries) this.cargo.touch();
    return glide && (change !== 0 || view.spins);
  };

  private show(info: TwinInfo): void {
    const place = this.held.get(info.id) ?? this.layout.place(info.id);
    if (!place) return;
    const before = this.views.get(info.id);
    if (before) this.forget(before);
    const view = this.make(info, place);
    view.highlight = before?.highlight ?? 0;
    this.views.set(info.id, view);
    view.aim(this.value);
    view.status = this.statusOf(view);
    this.stand(view);
    this.overlays.lay(view);
    view.writeLook();
    this.movers.enlist(view);
    this.movers.setStale(view, view.status.stale);
  }

  /** What a hall draws stands where it draws it. */
  private itemOf(info: TwinInfo): Item {
    const picture = this.hall.picture(info);
    const place = picture?.place;
    if (!picture || !place) return itemOf(info);
    return { ...itemOf(info), size: picture.size, position: [place.x, place.y, place.z], yawDeg: place.yawDeg };
  }

  private make(info: TwinInfo, place: Place): TwinView {
    if (info.discovered) return new TwinView(info, UNKNOWN_SIZE, place, [], this.paintOf(info, false));
    const picture = this.pictureOf(info);
    const shape = shapeOf(info);
    const size = picture?.size ?? sizeOf(shape, info.geometry.size);
    const joints = picture?.joints ?? this.buckets.joints(shape, size);
    const view = new TwinView(info, size, place, joints, this.paintOf(info, picture !== null));
    view.pictured = picture !== null;
    // Of many shapes most look small; those that don't are drawn finely with the next frame.
    if (!picture && !this.buckets.ready(shape, size)) view.farScale = farScale(shape, size);
    if (picture) view.bucket = this.buckets.picture(picture);
    else view.bucket = view.far ? this.buckets.far(shape) : this.buckets.near(shape, size);
    view.bucket.add(view);
    return view;
  }

  /** What a file draws of the twin: the hall's node that is bound to it, else its own mesh; null for neither, or not yet. */
  private pictureOf(info: TwinInfo): Picture | null {
    const { mesh } = info.geometry;
    return this.hall.picture(info) ?? (mesh ? this.meshes.get(mesh, jointsOf(info)) : null);
  }

  /** The colours of a twin that no rule colours; a file that has colours of its own is multiplied by white. */
  private paintOf(info: TwinInfo, pictured: boolean): Paint {
    const content = parseColor(this.palette.fluid)!;
    const own = parseColor(info.geometry.color);
    if (own && !this.hall.bound.has(info.id)) return { body: own, content };
    return { body: pictured ? [1, 1, 1] : parseColor(this.palette.body)!, content };
  }

  private meshArrived(url: string): void {
    for (const view of [...this.views.values()]) if (view.info.geometry.mesh === url) this.show(view.info);
    this.connect();
    this.shadowsChanged = true;
    this.marksChanged = true;
    this.hooks.changed();
  }

  private redraw(view: TwinView, far: boolean): void {
    this.leave(view);
    const shape = shapeOf(view.info);
    view.farScale = far ? farScale(shape, view.size) : null;
    view.bucket = far ? this.buckets.far(shape) : this.buckets.near(shape, view.size);
    view.bucket.add(view);
    view.pose();
    view.writeFrames();
    view.writeLook();
    this.shadowsChanged = true;
  }

  /** Take a view out of its bucket. */
  private leave(view: TwinView): void {
    const moved = view.bucket?.remove(view);
    if (!moved) return;
    moved.writeFrames();
    moved.writeLook();
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
    this.movers.retire(view);
    this.leave(view);
  }

  private stand(view: TwinView): void {
    view.pose();
    view.writeFrames();
    view.wasShown = view.shown;
    this.shadowsChanged = true;
    this.marksChanged = true;
  }

  private statusOf(view: TwinView): Status {
    return statusOf(this.source.callOf(view.info.id), looksOld(this.source, view));
  }

  private inspectView(view: TwinView): void {
    if (this.overlays.lay(view)) this.hooks.changed();
    const after = this.statusOf(view);
    if (sameStatus(view.status, after)) return;
    view.status = after;
    this.movers.setStale(view, after.stale);
    this.movers.add(view);
    this.marksChanged = true;
    this.hooks.changed();
  }
}

const point = new Vector3();
