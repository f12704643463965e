/** Robots, vehicles, machines, cabinets, sensors, and plain solids. */
import { CONCRETE, DARK, FRAME, LIGHT, MARK, PAINTED, Parts, RUBBER, SCREEN, STEEL } from "./parts";
import type { Joint, Shape, Size } from "./shape";

/** Six axes, in the order of the usual industrial arm: base, shoulder, elbow, forearm roll, wrist, flange. */
export function robot([w, h, d]: Size): Shape {
  const foot = Math.min(w, d);
  const s = h / 2.4;
  const body = new Parts();
  body.box(foot * 0.8, 0.1 * s, foot * 0.8, FRAME, { y: 0.05 * s });
  body.tube("y", foot * 0.3, 0.3 * s, FRAME, { y: 0.22 * s });
  const turret = new Parts();
  turret.tube("y", foot * 0.26, 0.26 * s, PAINTED, { y: 0.13 * s });
  turret.box(0.42 * s, 0.42 * s, 0.34 * s, PAINTED, { x: 0.08 * s, y: 0.36 * s });
  const lower = new Parts();
  lower.tube("z", 0.19 * s, 0.44 * s, FRAME, {}, { segments: 18 });
  lower.box(0.24 * s, 0.9 * s, 0.2 * s, PAINTED, { y: 0.45 * s });
  const upper = new Parts();
  upper.tube("z", 0.16 * s, 0.36 * s, FRAME, {}, { segments: 18 });
  upper.box(0.3 * s, 0.3 * s, 0.26 * s, PAINTED, { y: 0.1 * s });
  const forearm = new Parts();
  forearm.tube("x", 0.11 * s, 0.62 * s, PAINTED, { x: 0.31 * s }, { top: 0.085 * s, segments: 16 });
  const wrist = new Parts();
  wrist.tube("z", 0.1 * s, 0.2 * s, FRAME, {}, { segments: 14 });
  wrist.box(0.2 * s, 0.13 * s, 0.13 * s, PAINTED, { x: 0.08 * s });
  const flange = new Parts();
  flange.tube("x", 0.07 * s, 0.06 * s, STEEL, {}, { segments: 14 });
  for (const side of [-1, 1]) flange.box(0.16 * s, 0.03 * s, 0.04 * s, MARK, { x: 0.1 * s, z: side * 0.05 * s });
  const joint = (parts: Parts, axis: "x" | "y" | "z", x: number, y: number, on: number): Joint => ({
    name: `axis-${on + 2}`,
    parts,
    kind: "turn",
    axis,
    pivot: [x * s, y * s, 0],
    on,
  });
  const joints = [
    joint(turret, "y", 0, 0.36, -1),
    joint(lower, "z", 0.12, 0.42, 0),
    joint(upper, "z", 0, 0.9, 1),
    joint(forearm, "x", 0.1, 0.14, 2),
    joint(wrist, "z", 0.64, 0, 3),
    joint(flange, "x", 0.2, 0, 4),
  ];
  return { body, joints };
}

export function vehicle([w, h, d]: Size): Shape {
  const body = new Parts();
  const deck = Math.min(0.5, h * 0.55);
  const wheel = deck * 0.3;
  body.box(w, deck - wheel, d * 0.9, PAINTED, { y: wheel * 0.8 + (deck - wheel) / 2 });
  body.box(w * 0.8, 0.05, d * 0.8, DARK, { y: deck + 0.005 });
  body.box(w * 0.1, h - deck, d * 0.7, FRAME, { x: -w * 0.4, y: (h + deck) / 2 });
  body.box(0.03, (h - deck) * 0.4, d * 0.4, SCREEN, { x: -w * 0.4 + w * 0.055, y: h - (h - deck) * 0.35 });
  body.tube("y", 0.1, 0.1, DARK, { x: w * 0.42, y: deck + 0.04 });
  for (const x of [-1, 1])
    for (const z of [-1, 1]) {
      body.tube("z", wheel, d * 0.14, RUBBER, { x: x * w * 0.33, y: wheel, z: z * d * 0.42 }, { segments: 16 });
    }
  // The nose, so that one sees where it is heading.
  body.box(0.06, (deck - wheel) * 0.5, d * 0.5, MARK, { x: w / 2, y: deck * 0.55 });
  return { body, joints: [] };
}

export function machine([w, h, d]: Size): Shape {
  const body = new Parts();
  const base = h * 0.3;
  const hull = h * 0.5;
  body.box(w, base, d, FRAME, { y: base / 2 });
  body.box(w * 0.96, hull, d * 0.94, PAINTED, { y: base + hull / 2 });
  body.box(w * 0.56, hull * 0.62, 0.05, DARK, { x: -w * 0.12, y: base + hull * 0.55, z: d * 0.475 });
  body.box(w * 0.02, hull * 0.5, 0.08, STEEL, { x: w * 0.18, y: base + hull * 0.55, z: d * 0.48 });
  body.box(w * 0.9, h * 0.05, d * 0.86, FRAME, { y: base + hull + h * 0.025 });
  body.box(0.1, h * 0.12, 0.1, FRAME, { x: w * 0.36, y: base + hull * 0.4, z: d * 0.52 });
  body.box(Math.min(0.5, w * 0.2), h * 0.17, 0.07, DARK, { x: w * 0.36, y: base + hull * 0.68, z: d * 0.52 });
  body.box(Math.min(0.42, w * 0.17), h * 0.13, 0.03, SCREEN, {
    x: w * 0.36,
    y: base + hull * 0.68,
    z: d * 0.52 + 0.035,
  });
  const pole = base + hull + h * 0.05;
  body.tube("y", 0.035, h - pole, STEEL, { x: -w * 0.4, y: (h + pole) / 2, z: -d * 0.36 }, { segments: 10 });
  body.tube(
    "y",
    0.07,
    (h - pole) * 0.5,
    LIGHT,
    { x: -w * 0.4, y: h - (h - pole) * 0.25, z: -d * 0.36 },
    { segments: 12 },
  );
  return { body, joints: [] };
}

export function cabinet([w, h, d]: Size): Shape {
  const body = new Parts();
  const doors = w > 1.2 ? Math.min(5, Math.round(w / 0.8)) : 1;
  body.box(w, h * 0.06, d * 0.94, DARK, { y: h * 0.03 });
  body.box(w, h * 0.94, d, PAINTED, { y: h * 0.53 });
  for (let i = 0; i < doors; i++) {
    const x = -w / 2 + (w / doors) * (i + 0.5);
    body.box((w / doors) * 0.9, h * 0.84, 0.03, PAINTED, { x, y: h * 0.53, z: d / 2 + 0.01 });
    body.box(0.04, h * 0.12, 0.06, DARK, { x: x + (w / doors) * 0.36, y: h * 0.52, z: d / 2 + 0.03 });
    for (let k = 0; k < 3; k++)
      body.box((w / doors) * 0.5, h * 0.012, 0.02, DARK, { x, y: h * (0.16 + k * 0.03), z: d / 2 + 0.03 });
  }
  body.box((w * 0.34) / doors, h * 0.1, 0.03, SCREEN, { x: -w / 2 + (w / doors) * 0.5, y: h * 0.76, z: d / 2 + 0.02 });
  return { body, joints: [] };
}

export function sensor([w, h, d]: Size): Shape {
  const body = new Parts();
  const r = Math.min(w, d) * 0.3;
  const head = Math.max(r * 1.1, h * 0.2);
  const y = h - head / 2;
  body.tube("y", r * 0.8, 0.06, CONCRETE, { y: 0.03 }, { segments: 18 });
  body.tube("y", r * 0.18, h - head, STEEL, { y: (h - head) / 2 }, { segments: 10 });
  body.tube("z", head / 2, d * 0.5, PAINTED, { y }, { segments: 22 });
  body.tube("z", head * 0.54, d * 0.1, FRAME, { y, z: d * 0.24 }, { segments: 22 });
  body.tube("z", head * 0.4, 0.03, SCREEN, { y, z: d * 0.29 }, { segments: 22 });
  body.tube("x", head * 0.14, w * 0.4, STEEL, { x: r * 1.2, y: y - head * 0.1 }, { segments: 10 });
  return { body, joints: [] };
}

export function box([w, h, d]: Size): Shape {
  const body = new Parts();
  body.box(w, h, d, PAINTED, { y: h / 2 }, { bottom: 0, top: h });
  body.box(w * 1.02, Math.min(0.08, h * 0.08), d * 1.02, FRAME, { y: Math.min(0.04, h * 0.04) });
  return { body, joints: [] };
}

export function cylinder([w, h, d]: Size): Shape {
  const body = new Parts();
  const fill = { bottom: 0, top: h };
  body.tube("y", w / 2, h, PAINTED, { y: h / 2 }, { flatten: d / w, segments: 32, fill });
  body.tube(
    "y",
    w * 0.515,
    Math.min(0.08, h * 0.08),
    FRAME,
    { y: Math.min(0.04, h * 0.04) },
    { flatten: d / w, segments: 32 },
  );
  return { body, joints: [] };
}

export function sphere([w, h, d]: Size): Shape {
  const body = new Parts();
  body.dome(w / 2, h / 2, PAINTED, { y: h / 2 }, { whole: true, flatten: d / w, fill: { bottom: 0, top: h } });
  return { body, joints: [] };
}
