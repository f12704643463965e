/** One session with a headset: puts panels, hands, moving and the model on the table together, frame by frame. */
import { MathUtils, Raycaster, Vector3 } from "three";
import { nowMs as wallMs } from "../protocol/time";
import type { Desk } from "./desk";
import type { HeadsetHost } from "./host";
import { aimRay, Mover, obstacleOf } from "./mover";
import type { PanelHit } from "./panel";
import { type Pointer, Pointers } from "./pointers";
import { type HandPose, type HeadsetProbe, poseOf } from "./probe";
import { Props } from "./props";
import { type Comfort, keepComfort, recallComfort } from "./settings";
import { Shell } from "./shell";
import { Space } from "./space";
import { Table } from "./table";
import type { Mode } from "./why";

const HOVER_MS = 100;
/** Panels hang to the side of the other hand, so that what is straight ahead stays in view. */
const ASIDE_RAD = { vr: MathUtils.degToRad(15), ar: MathUtils.degToRad(36) };
const TAKEN_OFF = "Cancelled: the headset was taken off.";

/** What a press went down on. */
type Target = "panel" | "twin" | "floor" | "model";

interface Press {
  on: Target;
  twin: string | null;
}

export class Experience {
  private readonly space: Space;
  private readonly pointers: Pointers;
  private readonly shell: Shell;
  private readonly mover: Mover;
  private readonly table: Table;
  private readonly props: Props;
  private readonly comfort: Comfort = recallComfort();
  private readonly presses: (Press | null)[] = [null, null, null];
  private readonly raycaster = new Raycaster();
  private readonly hit: PanelHit = { distance: 0, button: "" };
  private readonly abort = new AbortController();
  private entered = false;
  private nowMs = 0;
  private hoverMs = 0;
  private hoverReach = Number.POSITIVE_INFINITY;
  private menuDown = false;

  constructor(
    private readonly session: XRSession,
    readonly mode: Mode,
    private readonly host: HeadsetHost,
    private readonly desk: Desk,
  ) {
    const { renderer } = host;
    const comfort = () => this.comfort;
    this.space = new Space(host.dolly);
    this.mover = new Mover(host, this.space, comfort, () => this.props.darkness.blink(this.nowMs));
    this.table = new Table(this.space, () => host.extent(), comfort);
    this.shell = new Shell(desk, this.comfort, this.shellHooks(), () => this.viewState(), wallMs());
    this.props = new Props(host, desk, this.space, this.mover.mark, mode, () => {
      return (this.comfort.leftHanded ? -1 : 1) * ASIDE_RAD[mode];
    });
    this.pointers = new Pointers(session, this.space, () => renderer.xr.getReferenceSpace(), {
      selectStart: (pointer) => this.press(pointer),
      selectEnd: (pointer) => this.release(pointer),
      squeezeStart: (pointer) => mode === "ar" && this.table.take(pointer, true),
      squeezeEnd: (pointer) => this.table.let(pointer),
      lost: (pointer) => this.lose(pointer),
    });
    const { signal } = this.abort;
    session.addEventListener("end", () => this.end(), { signal });
    session.addEventListener("visibilitychange", () => this.onVisibility(), { signal });
  }

  /** Begin to draw; resolves when the headset shows the plant. */
  async start(): Promise<void> {
    const { renderer } = this.host;
    renderer.xr.enabled = true;
    renderer.xr.setReferenceSpaceType("local-floor");
    await renderer.xr.setSession(this.session);
    this.host.adapt({ mode: this.mode, scale: () => this.space.scale });
    renderer.setAnimationLoop((ms, frame) => {
      if (frame) this.update(ms, frame);
      this.host.frame(ms);
    });
  }

  /** Where one looks from and where the hands are, in the plant's frame. */
  hands(): { left: HandPose | null; right: HandPose | null } {
    // Beside a model on a table, hands would be as large as halls.
    const at = (pointer: Pointer) =>
      this.mode === "vr" && pointer.tracked ? poseOf(pointer.grip, this.host.dolly.matrixWorld) : null;
    return { left: at(this.pointers.all[0]), right: at(this.pointers.all[1]) };
  }

  probe(): HeadsetProbe {
    const { space, shell, mover, props, host } = this;
    const head = space.toPlant(new Vector3().copy(space.headAt));
    const { render } = host.renderer.info;
    return {
      mode: this.mode,
      ready: this.entered,
      visibility: this.session.visibilityState,
      head: head.toArray(),
      yawDeg: MathUtils.radToDeg(mover.stance.yawRad + space.headYaw),
      scale: space.scale,
      landing: mover.mark.landing,
      narrowed: props.darkness.narrowed,
      open: shell.open,
      page: shell.page,
      asking: shell.dialog?.kind ?? null,
      holding: shell.confirm.share,
      texts: props.panel.sheet.items.flatMap((item) => ("text" in item && item.text ? [item.text] : [])),
      handsShown: props.gear.shown,
      people: props.avatars.seen,
      drawCalls: render.calls,
      triangles: render.triangles,
      where: (what) => this.where(what),
    };
  }

  /** Leave the headset because the picture goes. */
  close(): void {
    this.end();
    void this.session.end().catch(() => {});
  }

  private end(): void {
    this.abort.abort();
    this.shell.leave(wallMs());
    const { renderer } = this.host;
    renderer.setAnimationLoop(null);
    renderer.xr.enabled = false;
    this.host.point(null);
    this.pointers.dispose();
    this.mover.mark.dispose();
    this.props.dispose();
    this.host.adapt(null);
  }

  private shellHooks() {
    const ar = this.mode === "ar";
    return {
      go: (twin: string) => {
        const view = this.host.views.get(twin);
        if (view && !ar) this.mover.goTo(view, this.nowMs);
        this.props.bring();
      },
      home: () => {
        this.mover.goHome();
        this.props.bring();
      },
      turn: (steps: number) => (ar ? this.table.turnBy(steps) : this.mover.turnBy(steps)),
      size: (life: boolean) => this.table.setLife(life),
      scale: (steps: number) => this.table.scaleBy(steps),
      bring: () => this.table.bring(),
      leave: () => void this.session.end(),
      comfort: (comfort: Comfort) => {
        keepComfort(comfort);
        if (!ar) this.mover.settle();
        this.props.bring();
      },
    };
  }

  private viewState() {
    const people = this.host.people().map(({ user }) => user || "someone");
    return { mode: this.mode, scale: this.space.scale, people };
  }

  private onVisibility(): void {
    // A system menu over the picture counts as well: one does not see what one would confirm.
    if (this.session.visibilityState === "visible") return;
    this.shell.interrupt(TAKEN_OFF);
    for (const pointer of this.pointers.all) this.lose(pointer);
  }

  private update(ms: number, frame: XRFrame): void {
    const dtS = Math.min(0.1, Math.max(0, ms - this.nowMs) / 1000);
    this.nowMs = ms;
    const base = this.host.renderer.xr.getReferenceSpace();
    if (!base || !this.space.track(frame, base)) return;
    if (!this.entered) {
      this.entered = true;
      if (this.mode === "vr") this.mover.enter(ms);
      else this.table.bring();
      this.props.bring();
    }
    this.pointers.update(frame, base);
    if (this.mode === "vr") this.mover.update(this.pointers.all, ms, dtS);
    else this.table.update(this.pointers.all, dtS);
    this.menu();
    this.shell.tick(ms);
    this.props.panel.mesh.visible = this.shell.open;
    this.pointAll(ms);
    this.props.gear.update(this.pointers.all, frame, base);
    this.props.update(ms, dtS, this.mover.moving && this.comfort.vignette, this.shell);
  }

  /** The upper button of either controller shows and hides the panel. */
  private menu(): void {
    const down = this.pointers.all.some(({ menu }) => menu);
    if (down && !this.menuDown) {
      this.shell.press(-1, "open", this.nowMs);
      if (this.shell.open) this.props.bring();
    }
    this.menuDown = down;
  }

  private pointAll(ms: number): void {
    const due = ms - this.hoverMs > HOVER_MS;
    if (due) this.hoverMs = ms;
    const main = this.comfort.leftHanded ? 0 : 1;
    this.props.hovered = "";
    for (const pointer of this.pointers.all) {
      let reach = Number.POSITIVE_INFINITY;
      if (pointer.tracked && this.onPanel(pointer)) {
        reach = this.hit.distance;
        this.shell.hover(pointer.index, this.hit.button);
        if (this.hit.button) this.props.hovered = this.hit.button;
        if (due && pointer.index === main) this.host.point(null);
      } else {
        this.shell.hover(pointer.index, "");
        if (pointer.index === main && pointer.tracked) {
          if (due) this.hover(pointer);
          reach = this.hoverReach;
        }
      }
      this.props.beam.show(pointer, reach, this.mover.aiming === pointer.index);
    }
  }

  /** What the main hand points at lights up. */
  private hover(pointer: Pointer): void {
    const found = this.mover.aiming < 0 ? this.host.pick(aimRay(this.raycaster, pointer)) : null;
    this.host.point(found?.id ?? null);
    this.hoverReach = found ? found.distance * this.space.scale : Number.POSITIVE_INFINITY;
  }

  /** Whether the pointer is on a panel; `hit` then says where. */
  private onPanel({ from, along }: Pointer): boolean {
    const { panel, status } = this.props;
    return panel.hit(from, along, this.hit) || status.hit(from, along, this.hit);
  }

  private press(pointer: Pointer): void {
    const { nowMs } = this;
    if (!this.entered) return;
    if (this.onPanel(pointer)) {
      this.presses[pointer.index] = { on: "panel", twin: null };
      this.shell.hover(pointer.index, this.hit.button);
      if (this.hit.button) this.shell.press(pointer.index, this.hit.button, nowMs);
      if (this.hit.button === "open" && this.shell.open) this.props.bring();
      return;
    }
    const twin = this.twinAt(pointer);
    const on: Target = this.mode === "ar" ? "model" : twin !== null ? "twin" : "floor";
    this.presses[pointer.index] = { on, twin };
    if (on === "model") this.table.take(pointer, false);
    else if (on === "floor") this.mover.aim(pointer);
  }

  private release(pointer: Pointer): void {
    const press = this.presses[pointer.index];
    this.presses[pointer.index] = null;
    this.shell.release(pointer.index);
    if (!press) return;
    if (press.on === "floor") {
      if (!this.mover.let(pointer, this.nowMs)) this.desk.select(null);
    } else if (press.on === "model") {
      if (!this.table.let(pointer)) this.choose(press.twin);
    } else if (press.on === "twin" && this.twinAt(pointer) === press.twin) this.choose(press.twin);
  }

  private twinAt(pointer: Pointer): string | null {
    return this.host.pick(aimRay(this.raycaster, pointer))?.id ?? null;
  }

  private choose(twin: string | null): void {
    const open = this.shell.open;
    this.desk.select(twin);
    this.shell.tick(this.nowMs);
    if (!open && this.shell.open) this.props.bring();
  }

  private lose(pointer: Pointer): void {
    this.presses[pointer.index] = null;
    this.shell.release(pointer.index);
    this.mover.forget(pointer);
    this.table.let(pointer);
  }

  private where(what: string): [number, number, number] | null {
    const [kind, ...rest] = what.split(" ");
    const name = rest.join(" ");
    if (kind === "button") return this.props.placeOf(name);
    const at = new Vector3();
    if (kind === "twin") {
      const view = this.host.views.get(name);
      if (!view) return null;
      const { x, z, bottom, top } = obstacleOf(view);
      at.set(x, (bottom + top) / 2, z);
    } else at.fromArray(name.split(",").map(Number));
    return this.space.toRoom(at).toArray();
  }
}
