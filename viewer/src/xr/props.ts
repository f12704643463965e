/** All that is drawn for the one who wears the headset: panels, hands, rays, tags, other people, darkness, the board. */
import { BufferGeometry, Group, Mesh, MeshBasicMaterial, PlaneGeometry, Vector3 } from "three";
import { Avatars } from "./avatars";
import { Beam, type JumpMark } from "./beam";
import { Darkness } from "./darkness";
import type { Desk } from "./desk";
import { Gear } from "./gear";
import type { HeadsetHost } from "./host";
import { buttonOf, PANEL, STATUS } from "./items";
import { ORDER } from "./order";
import { Panel } from "./panel";
import { Hanging } from "./placing";
import type { Shell } from "./shell";
import type { Space } from "./space";
import { Tags } from "./tags";
import type { Mode } from "./why";

/** Within reach of the arm, and far enough for the eyes to rest on. */
const PANEL_M = 0.7;
/** Degrees below the horizon; the model on a table is left in view. */
const PANEL_BELOW_DEG = { vr: 9, ar: 4 };
const STATUS_BELOW_DEG = { vr: 34, ar: 28 };
const SHEET_MS = 120;
/** A bar that fills is drawn with every frame that one sees. */
const HOLD_MS = 30;
const TAGS_MS = 300;
/** Plant metres of board around a model. */
/** Room for the titles of zones, which lie before them. */
const RIM_M = 3.5;

export class Props {
  readonly panel = new Panel(PANEL.width, PANEL.height, PANEL_M);
  readonly status = new Panel(STATUS.width, STATUS.height, PANEL_M);
  readonly gear = new Gear();
  readonly beam = new Beam();
  readonly darkness = new Darkness();
  readonly avatars = new Avatars();
  /** The button that is pointed at, or "". */
  hovered = "";
  private readonly tags: Tags;
  private readonly room = new Group();
  private readonly site = new Group();
  private readonly board: Mesh<PlaneGeometry, MeshBasicMaterial> | null;
  private readonly wiper = depthWiper();
  private readonly hangings: readonly Hanging[];
  private sheetMs = 0;
  private tagsMs = 0;
  private told = "";
  private people: unknown = null;

  constructor(
    private readonly host: HeadsetHost,
    private readonly desk: Desk,
    private readonly space: Space,
    jump: JumpMark,
    mode: Mode,
    aside: () => number,
  ) {
    this.tags = new Tags(desk.store);
    this.board = mode === "ar" ? makeBoard() : null;
    for (const { mesh } of [this.panel, this.status]) {
      mesh.renderOrder = ORDER.panel;
      mesh.matrixAutoUpdate = false;
    }
    this.hangings = [
      new Hanging(this.panel, space, PANEL_BELOW_DEG[mode], aside),
      new Hanging(this.status, space, STATUS_BELOW_DEG[mode], mode === "ar" ? aside : () => 0),
    ];
    this.room.add(this.wiper, this.panel.mesh, this.status.mesh, this.gear.group, this.beam.group);
    this.site.add(this.tags.mesh, this.avatars.group, jump.group, this.darkness.mesh);
    if (this.board) this.site.add(this.board);
    host.dolly.add(this.room);
    host.scene.add(this.site);
  }

  /** Hang the panels before the eyes. */
  bring(): void {
    for (const hanging of this.hangings) hanging.bring();
  }

  update(ms: number, dtS: number, moving: boolean, shell: Shell): void {
    const lively = this.host.lively();
    for (const hanging of this.hangings) hanging.update(ms, dtS, lively);
    this.darkness.update(ms, dtS, moving);
    this.showSheets(ms, shell);
    this.showTags(ms);
    const people = this.host.people();
    if (people !== this.people) this.avatars.show(people);
    this.people = people;
    this.avatars.update(dtS);
    this.fitBoard();
  }

  /** Where in the room a button is. */
  placeOf(id: string): [number, number, number] | null {
    for (const panel of [this.panel, this.status]) {
      const button = panel.mesh.visible ? buttonOf(panel.sheet, id) : null;
      if (!button) continue;
      const at = new Vector3(...panel.place(button.x + button.w / 2, button.y + button.h / 2));
      return at.applyMatrix4(panel.mesh.matrix).toArray();
    }
    return null;
  }

  dispose(): void {
    this.host.dolly.remove(this.room);
    this.host.scene.remove(this.site);
    for (const part of [this.panel, this.status, this.gear, this.beam, this.darkness, this.avatars, this.tags]) {
      part.dispose();
    }
    this.board?.geometry.dispose();
    this.board?.material.dispose();
    this.wiper.geometry.dispose();
    this.wiper.material.dispose();
  }

  /** At once where somebody points or presses elsewhere, else a few times a second. */
  private showSheets(ms: number, shell: Shell): void {
    const state = `${this.hovered} ${shell.open} ${shell.page} ${shell.dialog?.kind} ${shell.confirm.phase}`;
    const restMs = shell.confirm.phase === "holding" ? HOLD_MS : SHEET_MS;
    if (state === this.told && ms - this.sheetMs < restMs) return;
    this.told = state;
    this.sheetMs = ms;
    if (shell.open) this.panel.show(shell.sheet(ms), this.hovered);
    this.status.show(shell.status(), this.hovered);
  }

  private showTags(ms: number): void {
    if (ms - this.tagsMs < TAGS_MS) return;
    this.tagsMs = ms;
    const { views } = this.host;
    this.space.toPlant(eye.copy(this.space.headAt));
    this.space.turnToPlant(ahead.set(0, 0, -1).transformDirection(this.space.head));
    this.tags.choose(views, eye, ahead, this.space.scale, [this.desk.selected(), this.host.pointed()]);
    this.tags.write(views);
  }

  private fitBoard(): void {
    if (!this.board) return;
    this.board.visible = this.space.scale < 1;
    const { min, max } = this.host.extent();
    this.board.position.set((min.x + max.x) / 2, -0.05, (min.z + max.z) / 2);
    this.board.scale.set(max.x - min.x + 2 * RIM_M, 1, max.z - min.z + 2 * RIM_M);
  }
}

const eye = new Vector3();
const ahead = new Vector3();

function makeBoard(): Mesh<PlaneGeometry, MeshBasicMaterial> {
  const flat = new PlaneGeometry(1, 1).rotateX(-Math.PI / 2);
  const board = new Mesh(flat, new MeshBasicMaterial({ color: "#18212c", fog: false, toneMapped: false }));
  board.renderOrder = -100;
  board.frustumCulled = false;
  return board;
}

/** Forgets how near the plant is before panels and hands are drawn, so that no machine cuts through them. */
function depthWiper(): Mesh<BufferGeometry, MeshBasicMaterial> {
  const wiper = new Mesh(new BufferGeometry(), new MeshBasicMaterial({ transparent: true, colorWrite: false }));
  wiper.frustumCulled = false;
  wiper.renderOrder = ORDER.clear;
  wiper.onBeforeRender = (renderer) => renderer.clearDepth();
  return wiper;
}
