/** Tanks, silos, mixers, heat exchangers, ovens, pipes: what holds or carries a product. */
import { DARK, FRAME, MARK, PAINTED, Parts, STEEL } from "./parts";
import type { Shape, Size } from "./shape";

const LEG = 0.14;

export function tank([w, h, d]: Size): Shape {
  if (w > h * 1.4) return lyingTank([w, h, d]);
  const body = new Parts();
  const r = w / 2;
  const flatten = d / w;
  const dome = Math.min(r * 0.35, h * 0.15);
  const foot = Math.min(0.5, h * 0.1);
  const shell = h - dome - foot;
  const fill = { bottom: foot, top: foot + shell };
  body.tube("y", r * 0.9, foot, FRAME, { y: foot / 2 }, { flatten });
  body.tube("y", r, shell, PAINTED, { y: foot + shell / 2 }, { flatten, open: true, segments: 32, fill });
  body.dome(r, dome, PAINTED, { y: foot + shell }, { flatten });
  body.ring("y", r * 1.005, 0.035, STEEL, { y: foot + 0.03 });
  body.ring("y", r * 1.005, 0.035, STEEL, { y: foot + shell });
  body.tube("y", r * 0.16, dome * 0.5, STEEL, { y: h - dome * 0.25, x: r * 0.1 });
  body.tube("x", Math.min(0.14, r * 0.15), 0.35, STEEL, { x: r + 0.05, y: foot + 0.25 });
  ladder(body, r * flatten, h - dome);
  return { body, joints: [] };
}

function ladder(body: Parts, z: number, height: number): void {
  if (height < 1.8) return;
  body.box(0.04, height, 0.04, STEEL, { x: -0.2, y: height / 2, z: z + 0.12 });
  body.box(0.04, height, 0.04, STEEL, { x: 0.2, y: height / 2, z: z + 0.12 });
  const rungs = Math.min(9, Math.floor(height / 0.45));
  for (let i = 1; i <= rungs; i++) body.box(0.4, 0.03, 0.03, STEEL, { y: (height * i) / (rungs + 1), z: z + 0.12 });
}

function lyingTank([w, h, d]: Size): Shape {
  const body = new Parts();
  const foot = h * 0.15;
  const r = (h - foot) / 2;
  const flatten = d / (2 * r);
  const cap = r * 0.4;
  const fill = { bottom: foot, top: h };
  const straight = w - 2 * cap;
  body.tube("x", r, straight, PAINTED, { y: foot + r }, { flatten, segments: 32, open: true, fill });
  // A dome stands on its base; lying on its side it closes an end.
  body.dome(r, cap, PAINTED, { x: straight / 2, y: foot + r, turn: ["z", -90] }, { fill, flatten });
  body.dome(r, cap, PAINTED, { x: -straight / 2, y: foot + r, turn: ["z", 90] }, { fill, flatten });
  for (const side of [-1, 1])
    body.box(0.25, foot + r * 0.4, d * 0.8, FRAME, { x: side * straight * 0.32, y: (foot + r * 0.4) / 2 });
  body.tube("y", r * 0.25, 0.15, STEEL, { y: h });
  return { body, joints: [] };
}

export function silo([w, h, d]: Size): Shape {
  const body = new Parts();
  const r = w / 2;
  const flatten = d / w;
  const foot = h * 0.16;
  const cone = h * 0.2;
  const roof = h * 0.1;
  const shell = h - foot - cone - roof;
  const fill = { bottom: foot, top: h - roof };
  body.tube("y", r * 0.18, cone, PAINTED, { y: foot + cone / 2 }, { top: r, flatten, open: true, segments: 28, fill });
  body.tube("y", r, shell, PAINTED, { y: foot + cone + shell / 2 }, { flatten, open: true, segments: 28, fill });
  body.tube("y", r * 1.03, roof, FRAME, { y: h - roof / 2 }, { top: r * 0.15, flatten });
  body.ring("y", r * 1.01, 0.04, STEEL, { y: foot + cone });
  for (const [x, z] of [
    [-1, -1],
    [1, -1],
    [-1, 1],
    [1, 1],
  ]) {
    body.box(LEG, foot + cone, LEG, FRAME, { x: x * r * 0.7, y: (foot + cone) / 2, z: z * r * 0.7 * flatten });
  }
  body.tube("y", r * 0.18, foot * 0.5, STEEL, { y: foot * 0.75 });
  return { body, joints: [] };
}

export function mixer([w, h, d]: Size): Shape {
  const drive = h * 0.22;
  const { body } = tank([w, h - drive, d]);
  const r = w / 2;
  body.tube("y", r * 0.26, drive * 0.6, PAINTED, { y: h - drive * 0.3 });
  body.tube("y", r * 0.3, drive * 0.08, FRAME, { y: h - drive * 0.62 });
  for (const side of [-1, 1]) body.box(0.06, drive * 0.5, 0.06, FRAME, { x: side * r * 0.24, y: h - drive * 0.82 });
  const hub = new Parts();
  hub.tube("y", r * 0.09, drive * 0.36, STEEL);
  for (const side of [0, 90]) hub.box(r * 0.42, 0.05, r * 0.1, MARK, { turn: ["y", side] });
  return {
    body,
    joints: [{ name: "hub", parts: hub, kind: "turn", axis: "y", pivot: [0, h - drive * 0.82, 0], on: -1 }],
  };
}

export function exchanger([w, h, d]: Size): Shape {
  const body = new Parts();
  const r = Math.min(h * 0.38, d / 2);
  const y = h - r - h * 0.08;
  body.tube("x", r, w * 0.72, PAINTED, { y }, { segments: 28 });
  for (const side of [-1, 1]) {
    body.tube("x", r * 1.14, 0.08, STEEL, { x: side * w * 0.37, y }, { segments: 28 });
    body.dome(r, w * 0.12, PAINTED, { x: side * w * 0.38, y, turn: ["z", side * -90] });
    body.box(0.18, y, d * 0.75, FRAME, { x: side * w * 0.22, y: y / 2 });
    body.tube("y", r * 0.22, h * 0.16, STEEL, { x: side * w * 0.26, y: y + r + h * 0.02 });
    body.tube("y", r * 0.32, 0.05, STEEL, { x: side * w * 0.26, y: h - 0.025 });
  }
  return { body, joints: [] };
}

export function oven([w, h, d]: Size): Shape {
  const body = new Parts();
  const hull = h * 0.78;
  body.box(w, 0.12, d, FRAME, { y: 0.06 });
  body.box(w * 0.98, hull - 0.12, d * 0.96, PAINTED, { y: 0.06 + hull / 2 });
  body.box(w * 0.5, hull * 0.55, 0.06, FRAME, { x: -w * 0.1, y: hull * 0.5, z: d * 0.48 });
  body.box(w * 0.3, hull * 0.22, 0.08, DARK, { x: -w * 0.1, y: hull * 0.58, z: d * 0.49 });
  body.box(w * 0.04, hull * 0.4, 0.12, STEEL, { x: w * 0.18, y: hull * 0.5, z: d * 0.5 });
  body.tube("y", Math.min(w, d) * 0.09, h - hull, STEEL, { x: w * 0.3, y: (h + hull) / 2, z: -d * 0.25 });
  body.box(w * 0.18, hull * 0.3, 0.05, DARK, { x: w * 0.36, y: hull * 0.6, z: d * 0.48 });
  return { body, joints: [] };
}

export function pipe([w, h, d]: Size): Shape {
  const body = new Parts();
  const r = Math.max(0.06, Math.min(h, d) * 0.22);
  const y = h - r * 1.6;
  body.tube("x", r, w, PAINTED, { y });
  for (const side of [-1, 1]) {
    body.tube("x", r * 1.5, 0.07, STEEL, { x: side * (w / 2 - 0.04), y });
    if (y > 0.3) body.box(0.1, y, 0.1, FRAME, { x: side * w * 0.3, y: y / 2 });
  }
  return { body, joints: [] };
}
