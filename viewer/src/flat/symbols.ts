/** Machines as a few lines, seen from above; drawn about the origin, in pixels. */
import type { Archetype } from "../scene/shapes/archetype";

export interface Inks {
  fill: string;
  edge: string;
  detail: string;
  empty: string;
  content: string;
}

export interface Symbol2 {
  archetype: Archetype;
  /** Along x and z of the machine, pixels. */
  w: number;
  d: number;
  /** Radians: how far the part that turns is turned. */
  partTurn: number;
  /** 0 to 1, or -1. */
  level: number;
}

type Draw = (ctx: CanvasRenderingContext2D, symbol: Symbol2, inks: Inks) => void;

/** Draw a machine with fill and outline; lines within only where there is room for them. */
export function drawSymbol(ctx: CanvasRenderingContext2D, symbol: Symbol2, inks: Inks): void {
  ctx.lineJoin = "round";
  ctx.lineWidth = 1.25;
  ctx.strokeStyle = inks.edge;
  ctx.fillStyle = inks.fill;
  outline(ctx, symbol);
  ctx.fill();
  if (symbol.level >= 0) fillUp(ctx, symbol, inks);
  outline(ctx, symbol);
  ctx.stroke();
  if (Math.min(symbol.w, symbol.d) < 10) return;
  ctx.strokeStyle = inks.detail;
  ctx.fillStyle = inks.detail;
  DETAILS[symbol.archetype]?.(ctx, symbol, inks);
}

const ROUND: ReadonlySet<Archetype> = new Set([
  "tank",
  "silo",
  "mixer",
  "pump",
  "fan",
  "sensor",
  "turbine",
  "carousel",
  "cylinder",
  "sphere",
  "robot",
]);

/** Leave the outline of a machine as the current path; also what a click is held against. */
export function outline(ctx: CanvasRenderingContext2D, { archetype, w, d }: Symbol2): void {
  ctx.beginPath();
  if (archetype === "valve") {
    ctx.moveTo(-w / 2, -d / 2);
    ctx.lineTo(w / 2, d / 2);
    ctx.lineTo(w / 2, -d / 2);
    ctx.lineTo(-w / 2, d / 2);
    ctx.closePath();
  } else if (ROUND.has(archetype)) ctx.arc(0, 0, radius(w, d), 0, 2 * Math.PI);
  else ctx.roundRect(-w / 2, -d / 2, w, d, archetype === "vehicle" ? Math.min(w, d) * 0.28 : 2);
}

function radius(w: number, d: number): number {
  return Math.min(w, d) / 2;
}

/** Content from the lower edge up, as in a gauge glass: from above a level can't be seen. */
function fillUp(ctx: CanvasRenderingContext2D, symbol: Symbol2, inks: Inks): void {
  const { w, d, level } = symbol;
  ctx.save();
  outline(ctx, symbol);
  ctx.clip();
  ctx.fillStyle = inks.empty;
  ctx.fillRect(-w / 2, -d / 2, w, d);
  ctx.fillStyle = inks.content;
  ctx.fillRect(-w / 2, d / 2 - d * level, w, d * level);
  ctx.restore();
}

function line(ctx: CanvasRenderingContext2D, ...points: number[]): void {
  ctx.beginPath();
  for (let i = 0; i < points.length; i += 2) {
    if (i === 0) ctx.moveTo(points[0], points[1]);
    else ctx.lineTo(points[i], points[i + 1]);
  }
  ctx.stroke();
}

/** Spokes through the middle; one of them dotted at its end, so that the eye sees them turn. */
function spokes(ctx: CanvasRenderingContext2D, r: number, count: number, turn: number): void {
  for (let i = 0; i < count; i++) {
    const angle = turn + (i * 2 * Math.PI) / count;
    line(ctx, 0, 0, Math.cos(angle) * r, Math.sin(angle) * r);
  }
  ctx.beginPath();
  ctx.arc(Math.cos(turn) * r, Math.sin(turn) * r, Math.max(1.5, r * 0.1), 0, 2 * Math.PI);
  ctx.fill();
}

const stirred: Draw = (ctx, { w, d, partTurn }) => spokes(ctx, radius(w, d) * 0.7, 2, partTurn);

const DETAILS: Partial<Record<Archetype, Draw>> = {
  pump: (ctx, { w, d, partTurn }) => {
    const r = radius(w, d);
    line(ctx, 0, -r, r, 0, 0, r);
    spokes(ctx, r * 0.45, 3, partTurn);
  },
  fan: (ctx, { w, d, partTurn }) => spokes(ctx, radius(w, d) * 0.8, 4, partTurn),
  turbine: (ctx, { w, d, partTurn }) => spokes(ctx, radius(w, d) * 0.9, 3, partTurn),
  mixer: stirred,
  motor: (ctx, { w, d, partTurn }) => {
    line(ctx, -w / 4, -d / 2, -w / 4, d / 2);
    line(ctx, w / 4, -d / 2, w / 4, d / 2);
    spokes(ctx, Math.min(w, d) * 0.2, 3, partTurn);
  },
  compressor: (ctx, { w, d, partTurn }) => {
    const r = Math.min(w, d) * 0.36;
    ctx.beginPath();
    ctx.arc(0, 0, r, 0, 2 * Math.PI);
    ctx.stroke();
    spokes(ctx, r * 0.8, 3, partTurn);
  },
  carousel: (ctx, { w, d, partTurn }) => {
    const r = radius(w, d);
    ctx.beginPath();
    ctx.arc(0, 0, r * 0.55, 0, 2 * Math.PI);
    ctx.stroke();
    for (let i = 0; i < 8; i++) {
      const angle = partTurn + (i * Math.PI) / 4;
      ctx.beginPath();
      ctx.arc(Math.cos(angle) * r * 0.77, Math.sin(angle) * r * 0.77, r * (i === 0 ? 0.12 : 0.06), 0, 2 * Math.PI);
      ctx.fill();
    }
  },
  conveyor: (ctx, { w, d }) => {
    const step = Math.max(7, d);
    for (let x = -w / 2 + step; x < w / 2 - step / 3; x += step)
      line(ctx, x - d / 5, -d / 3.5, x + d / 8, 0, x - d / 5, d / 3.5);
  },
  robot: (ctx, { w, d, partTurn }) => {
    const reach = Math.max(w, d) * 1.05;
    ctx.lineWidth = Math.max(2, Math.min(w, d) * 0.12);
    line(ctx, 0, 0, Math.cos(partTurn) * reach, Math.sin(partTurn) * reach);
    ctx.beginPath();
    ctx.arc(0, 0, radius(w, d) * 0.3, 0, 2 * Math.PI);
    ctx.fill();
  },
  palletiser: (ctx, { w, d, partTurn }) => {
    ctx.strokeRect(-w / 4, -d / 4, w / 2, d / 2);
    const [x, y] = [Math.cos(partTurn) * w * 0.22, Math.sin(partTurn) * w * 0.22];
    ctx.lineWidth = 2.5;
    line(ctx, -x, -y, x, y);
  },
  vehicle: (ctx, { w, d }) => {
    line(ctx, w * 0.12, -d * 0.28, w * 0.36, 0, w * 0.12, d * 0.28);
    ctx.strokeRect(-w * 0.4, -d * 0.32, w * 0.42, d * 0.64);
  },
  exchanger: (ctx, { w, d }) =>
    line(ctx, -w / 2, 0, -w * 0.25, 0, -w * 0.12, -d * 0.3, w * 0.12, d * 0.3, w * 0.25, 0, w / 2, 0),
  oven: (ctx, { w, d }) => ctx.strokeRect(-w * 0.36, -d * 0.3, w * 0.72, d * 0.6),
  cabinet: (ctx, { w, d }) => line(ctx, -w / 2, d * 0.25, w / 2, d * 0.25),
  machine: (ctx, { w, d }) => {
    line(ctx, -w / 2, d * 0.22, w / 2, d * 0.22);
    ctx.strokeRect(-w * 0.3, -d * 0.34, w * 0.6, d * 0.4);
  },
  pipe: (ctx, { w }) => line(ctx, -w / 2, 0, w / 2, 0),
  sensor: (ctx, { w, d }) => {
    ctx.beginPath();
    ctx.arc(0, 0, radius(w, d) * 0.35, 0, 2 * Math.PI);
    ctx.fill();
  },
};
