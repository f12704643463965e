/** Draws the plan on a 2D canvas: areas, pipes, machines, alarms, words. Allocates next to nothing per frame. */
import { PRIORITIES, type Priority, rankOf } from "../state/alarms";
import { FONT } from "../state/font";
import { heatCss } from "../state/heat";
import type { Look } from "../state/look";
import { letterBase, MARK_SHAPES } from "../state/mark-shapes";
import type { Person } from "../state/store";
import { DROP, type Label, LINE } from "./labels";
import type { Level } from "./levels";
import type { FlatPalette } from "./palette";
import type { Plan } from "./plan";
import { drawSymbol, type Inks, outline, type Symbol2 } from "./symbols";
import type { FlatTwin } from "./twin";
import type { PlanView } from "./view";

const MARK_PX = 20;
/** What no plant has measured is translucent. */
const SYNTHETIC_ALPHA = 0.45;

export interface Frame {
  plan: Plan;
  view: PlanView;
  palette: FlatPalette;
  look: Look;
  level: Level;
  labels: readonly Label[];
  people: readonly Person[];
  selected: string | null;
  hovered: string | null;
  /** Age as heat by twin, or null while the picture shows states. */
  heat: ReadonlyMap<string, number> | null;
  /** 0 to 1, how far the pulse of unacknowledged alarms has come; 0 when motion is reduced. */
  pulse: number;
}

export class Painter {
  private readonly marks = new Map<Priority, Path2D>();
  private readonly symbol: Symbol2 = { archetype: "box", w: 1, d: 1, partTurn: 0, level: -1 };
  private readonly inks: Inks = { fill: "", edge: "", detail: "", empty: "", content: "" };

  constructor(private readonly ctx: CanvasRenderingContext2D) {
    for (const priority of PRIORITIES) this.marks.set(priority, new Path2D(MARK_SHAPES[priority]));
  }

  paint(frame: Frame): void {
    const { ctx } = this;
    const { view, palette, plan } = frame;
    ctx.fillStyle = palette.ground;
    ctx.fillRect(0, 0, view.width, view.height);
    for (const area of plan.areas) this.area(frame, area.name, area.rect);
    this.pipes(frame);
    for (const twin of plan.twins.values()) if (twin.shown && this.inSight(view, twin)) this.machine(frame, twin);
    for (const label of frame.labels) this.words(frame, label);
    for (const twin of plan.twins.values()) if (twin.shown && this.inSight(view, twin)) this.state(frame, twin);
    for (const person of frame.people) this.person(frame, person);
  }

  private inSight(view: PlanView, twin: FlatTwin): boolean {
    const reach = Math.max(twin.width, twin.depth) * view.now.scale + 30;
    const x = view.screenX(twin.x);
    const y = view.screenY(twin.z);
    return x > -reach && y > -reach && x < view.width + reach && y < view.height + reach;
  }

  private area({ view, palette, plan }: Frame, name: string, rect: Plan["areas"][number]["rect"]): void {
    const { ctx } = this;
    const [x, y] = [view.screenX(rect.minX), view.screenY(rect.minZ)];
    const [w, h] = [(rect.maxX - rect.minX) * view.now.scale, (rect.maxZ - rect.minZ) * view.now.scale];
    ctx.beginPath();
    ctx.roundRect(x, y, w, h, 6);
    ctx.fillStyle = palette.area;
    ctx.fill();
    ctx.strokeStyle = palette.areaEdge;
    ctx.lineWidth = 1;
    ctx.stroke();
    ctx.font = `600 13px ${FONT}`;
    ctx.textAlign = "left";
    ctx.textBaseline = "middle";
    ctx.fillStyle = palette.areaText;
    const title = name.slice(name.lastIndexOf("/") + 1);
    const width = ctx.measureText(title).width;
    // A large area keeps its name in sight while one looks into it.
    const left = Math.min(Math.max(x + 8, 8), x + w - width - 34);
    const top = Math.min(Math.max(y + 11, 14), y + h - 8);
    if (width < w - 12) ctx.fillText(title, left, top);
    else {
      // Too long for its frame: smaller, and over the frame's edge rather than squeezed.
      ctx.font = `600 11px ${FONT}`;
      ctx.fillText(title, x + 4, y - 7);
    }
    const worst = worstIn(plan, name);
    if (worst && width < w - 40) this.mark(palette, worst, left + width + 16, top, 0.8);
  }

  private pipes({ plan, view, palette }: Frame): void {
    const { ctx } = this;
    ctx.strokeStyle = palette.pipe;
    ctx.lineWidth = Math.min(4, Math.max(1.5, view.now.scale * 0.1));
    ctx.lineJoin = "round";
    ctx.beginPath();
    for (const { from, to } of plan.links) {
      const a = plan.twins.get(from)!;
      const b = plan.twins.get(to)!;
      const [ax, ay] = [view.screenX(a.x), view.screenY(a.z)];
      const [bx, by] = [view.screenX(b.x), view.screenY(b.z)];
      ctx.moveTo(ax, ay);
      // Right angles, as on a drawing; the long way first.
      if (Math.abs(bx - ax) >= Math.abs(by - ay)) {
        const middle = (ax + bx) / 2;
        ctx.lineTo(middle, ay);
        ctx.lineTo(middle, by);
      } else {
        const middle = (ay + by) / 2;
        ctx.lineTo(ax, middle);
        ctx.lineTo(bx, middle);
      }
      ctx.lineTo(bx, by);
    }
    ctx.stroke();
  }

  private machine(frame: Frame, twin: FlatTwin): void {
    const { ctx, symbol, inks } = this;
    const { view, palette } = frame;
    const { scale } = view.now;
    symbol.archetype = twin.archetype;
    symbol.w = Math.max(7, twin.width * scale);
    symbol.d = Math.max(7, twin.depth * scale);
    symbol.partTurn = twin.partTurn;
    symbol.level = twin.fill;
    this.mix(frame, twin);
    ctx.save();
    ctx.translate(view.screenX(twin.x), view.screenY(twin.z));
    ctx.rotate(twin.turn);
    if (twin.status.stale) ctx.setLineDash([4, 3]);
    if (twin.info.synthetic) ctx.globalAlpha = SYNTHETIC_ALPHA;
    drawSymbol(ctx, symbol, inks);
    ctx.globalAlpha = 1;
    ctx.setLineDash([]);
    const { id } = twin.info;
    if (id === frame.selected || id === frame.hovered) {
      symbol.w += 10;
      symbol.d += 10;
      symbol.level = -1;
      outline(ctx, symbol);
      ctx.strokeStyle = palette.accent;
      ctx.lineWidth = id === frame.selected ? 3 : 1.5;
      ctx.stroke();
    }
    ctx.restore();
  }

  /** Choose the colours of a machine: heat, stale, in Operate grey, in Present its own. */
  private mix({ palette, look, heat }: Frame, twin: FlatTwin): void {
    const { inks } = this;
    inks.edge = palette.edge;
    inks.detail = palette.detail;
    inks.empty = palette.empty;
    const hot = heat?.get(twin.info.id);
    if (hot !== undefined) {
      inks.fill = inks.content = heatCss(hot);
      return;
    }
    if (twin.status.stale) {
      inks.fill = palette.empty;
      inks.content = inks.edge = inks.detail = palette.stale;
      return;
    }
    const [r, g, b] = twin.colour;
    const vivid = look === "present";
    const own = `rgb(${Math.round(r * 255)} ${Math.round(g * 255)} ${Math.round(b * 255)})`;
    const levelled = twin.fill >= 0;
    inks.fill = vivid && !levelled ? own : palette.body;
    inks.content = vivid && levelled ? own : palette.content;
    if (!vivid && twin.status.mark && !levelled) inks.fill = palette.alarmed[PRIORITIES[twin.status.mark.icon]];
  }

  private words({ view, palette }: Frame, { twin, name, reading }: Label): void {
    const { ctx } = this;
    const x = view.screenX(twin.x);
    let y = view.screenY(twin.z) + (Math.min(twin.width, twin.depth) * view.now.scale) / 2 + DROP + LINE / 2;
    ctx.textAlign = "center";
    ctx.textBaseline = "middle";
    ctx.lineJoin = "round";
    ctx.strokeStyle = palette.halo;
    ctx.lineWidth = 4;
    if (name) {
      ctx.font = `12px ${FONT}`;
      ctx.strokeText(name, x, y);
      ctx.fillStyle = palette.dim;
      ctx.fillText(name, x, y);
      y += LINE;
    }
    if (!reading) return;
    ctx.font = `${twin.status.stale ? "italic " : ""}600 13px ${FONT}`;
    ctx.strokeText(reading, x, y);
    ctx.fillStyle = twin.status.stale ? palette.stale : palette.text;
    ctx.fillText(reading, x, y);
  }

  /** Alarm mark above a machine, a ring while nobody has acknowledged; a cross through what is offline. */
  private state({ view, palette, pulse }: Frame, twin: FlatTwin): void {
    const { status } = twin;
    if (!status.mark && !status.offline) return;
    const { ctx } = this;
    const half = (Math.max(twin.width, twin.depth) * view.now.scale) / 2;
    const x = view.screenX(twin.x);
    const y = view.screenY(twin.z);
    if (status.offline) {
      ctx.strokeStyle = palette.bad;
      ctx.lineWidth = 2;
      const arm = Math.max(6, Math.min(half, 16));
      ctx.beginPath();
      ctx.moveTo(x - arm, y - arm);
      ctx.lineTo(x + arm, y + arm);
      ctx.moveTo(x + arm, y - arm);
      ctx.lineTo(x - arm, y + arm);
      ctx.stroke();
    }
    if (!status.mark) return;
    const priority = PRIORITIES[status.mark.icon];
    ctx.strokeStyle = palette[priority];
    if (status.unacknowledged) {
      ctx.lineWidth = 3;
      ctx.globalAlpha = 1 - 0.6 * pulse;
      ctx.beginPath();
      ctx.arc(x, y, half + 7 + 4 * pulse, 0, 2 * Math.PI);
      ctx.stroke();
      ctx.globalAlpha = 1;
    }
    const middle = (Math.min(twin.width, twin.depth) * view.now.scale) / 2;
    this.mark(palette, priority, x, y - middle - MARK_PX * 0.75, 1);
  }

  /** Shape, letter and colour of a priority, its middle at (x, y). */
  mark(palette: FlatPalette, priority: Priority, x: number, y: number, size: number): void {
    const { ctx } = this;
    ctx.save();
    ctx.translate(x - 10 * size, y - 10 * size);
    ctx.scale(size, size);
    ctx.fillStyle = palette[priority];
    ctx.fill(this.marks.get(priority)!);
    ctx.fillStyle = palette.onMark;
    ctx.font = `700 11px ${FONT}`;
    ctx.textAlign = "center";
    ctx.textBaseline = "alphabetic";
    ctx.fillText(priority.charAt(0).toUpperCase(), 10, letterBase(priority));
    ctx.restore();
  }

  private person({ view, palette }: Frame, { user, presence }: Person): void {
    const { ctx } = this;
    const x = view.screenX(presence.position[0]);
    const y = view.screenY(presence.position[2]);
    if (x < 0 || y < 0 || x > view.width || y > view.height) return;
    ctx.fillStyle = palette.accent;
    ctx.beginPath();
    ctx.arc(x, y, 5, 0, 2 * Math.PI);
    ctx.fill();
    ctx.font = `12px ${FONT}`;
    ctx.textAlign = "left";
    ctx.textBaseline = "middle";
    ctx.fillText(user || "someone", x + 9, y);
  }
}

/** Return the most urgent priority among the machines of an area, or null. */
function worstIn(plan: Plan, name: string): Priority | null {
  let worst: Priority | null = null;
  for (const { group, info, status } of plan.twins.values()) {
    if (!status.mark || group !== name || info.synthetic) continue;
    const priority = PRIORITIES[status.mark.icon];
    if (worst === null || rankOf(priority) < rankOf(worst)) worst = priority;
  }
  return worst;
}
