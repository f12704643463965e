/** Pumps, motors, fans, valves, conveyors, compressors, turbines: what turns. */
import { CONCRETE, DARK, FRAME, LIGHT, MARK, PAINTED, Parts, RUBBER, STEEL } from "./parts";
import type { Shape, Size } from "./shape";

function motorOn(body: Parts, x: number, y: number, length: number, radius: number): void {
  body.tube("x", radius, length, PAINTED, { x, y }, { segments: 20 });
  const fins = 5;
  for (let i = 0; i < fins; i++) {
    body.tube("x", radius * 1.07, length * 0.05, PAINTED, { x: x + length * (0.16 * i - 0.28), y }, { segments: 20 });
  }
  body.tube("x", radius * 1.02, length * 0.16, FRAME, { x: x + length * 0.5, y }, { segments: 20 });
  body.box(length * 0.34, radius * 0.6, radius * 0.8, PAINTED, { x, y: y + radius * 1.1 });
  body.box(length * 0.6, y - radius * 0.8, radius * 1.5, FRAME, { x, y: (y - radius * 0.8) / 2 + 0.02 });
}

function coupling(radius: number, length: number): Parts {
  const parts = new Parts();
  parts.tube("x", radius * 0.35, length, STEEL, {}, { segments: 14 });
  parts.tube("x", radius * 0.8, length * 0.5, FRAME, {}, { segments: 16 });
  for (const turn of [0, 60, 120]) parts.box(length * 0.56, radius * 1.72, radius * 0.34, MARK, { turn: ["x", turn] });
  return parts;
}

export function pump([w, h, d]: Size): Shape {
  if (h > w) return standingPump([w, h, d]);
  const body = new Parts();
  const plate = h * 0.08;
  const y = h * 0.5;
  const radius = Math.min(h * 0.25, d * 0.32);
  body.box(w, plate, d * 0.8, CONCRETE, { y: plate / 2 });
  motorOn(body, w * 0.2, y, w * 0.42, radius);
  const volute = { x: -w * 0.27, y };
  body.tube("x", radius * 1.25, w * 0.2, PAINTED, volute, { segments: 24 });
  body.ring("x", radius * 1.05, radius * 0.26, PAINTED, volute);
  body.box(w * 0.16, y - radius, d * 0.4, FRAME, { x: -w * 0.27, y: (y - radius) / 2 + 0.02 });
  body.tube("x", radius * 0.55, w * 0.14, STEEL, { x: -w * 0.42, y }, { segments: 18 });
  body.tube("x", radius * 0.85, 0.06, STEEL, { x: -w * 0.5 + 0.03, y }, { segments: 18 });
  body.tube(
    "y",
    radius * 0.45,
    h - y - 0.05,
    STEEL,
    { x: -w * 0.27, y: (h + y) / 2, z: radius * 0.6 },
    { segments: 18 },
  );
  body.tube("y", radius * 0.75, 0.06, STEEL, { x: -w * 0.27, y: h - 0.03, z: radius * 0.6 }, { segments: 18 });
  const shaft = coupling(radius * 0.62, w * 0.15);
  return { body, joints: [{ name: "shaft", parts: shaft, kind: "turn", axis: "x", pivot: [-w * 0.09, y, 0], on: -1 }] };
}

/** Motor on top, suction and discharge in line. */
function standingPump([w, h, d]: Size): Shape {
  const body = new Parts();
  const r = Math.min(w * 0.3, d * 0.4, h * 0.24);
  const pipe = h * 0.22;
  body.box(w * 0.62, 0.08, d * 0.7, CONCRETE, { y: 0.04 });
  body.tube("y", r, h * 0.3, PAINTED, { y: 0.08 + h * 0.15 }, { top: r * 0.82, segments: 22 });
  body.tube("x", r * 0.42, w * 0.92, STEEL, { y: pipe }, { segments: 16 });
  for (const side of [-1, 1])
    body.tube("x", r * 0.7, 0.06, STEEL, { x: side * (w / 2 - 0.03), y: pipe }, { segments: 16 });
  const top = 0.08 + h * 0.3;
  for (const side of [-1, 1]) body.box(0.07, h * 0.16, r * 1.1, FRAME, { x: side * r * 0.72, y: top + h * 0.08 });
  const base = top + h * 0.16;
  const length = h - base;
  body.tube("y", r * 0.92, h * 0.03, FRAME, { y: base }, { segments: 20 });
  body.tube("y", r * 0.78, length * 0.82, PAINTED, { y: base + length * 0.41 }, { segments: 20 });
  for (let i = 0; i < 5; i++) {
    body.tube("y", r * 0.84, length * 0.045, PAINTED, { y: base + length * (0.14 + 0.14 * i) }, { segments: 20 });
  }
  body.tube("y", r * 0.82, length * 0.18, FRAME, { y: h - length * 0.09 }, { segments: 20 });
  body.box(r * 0.6, length * 0.3, r * 0.5, PAINTED, { y: base + length * 0.4, z: r * 0.9 });
  const shaft = new Parts();
  shaft.tube("y", r * 0.2, h * 0.17, STEEL, {}, { segments: 12 });
  shaft.tube("y", r * 0.5, h * 0.08, FRAME, {}, { segments: 16 });
  for (const turn of [0, 60, 120]) shaft.box(r * 1.08, h * 0.09, r * 0.22, MARK, { turn: ["y", turn] });
  return {
    body,
    joints: [{ name: "shaft", parts: shaft, kind: "turn", axis: "y", pivot: [0, top + h * 0.08, 0], on: -1 }],
  };
}

export function motor([w, h, d]: Size): Shape {
  const body = new Parts();
  const y = h * 0.48;
  const radius = Math.min(h * 0.38, d * 0.42);
  motorOn(body, w * 0.08, y, w * 0.7, radius);
  body.box(w * 0.95, 0.06, d * 0.9, FRAME, { y: 0.03 });
  const shaft = new Parts();
  shaft.tube("x", radius * 0.18, w * 0.2, STEEL, {}, { segments: 12 });
  shaft.tube("x", radius * 0.5, w * 0.1, FRAME, { x: -w * 0.04 }, { segments: 18 });
  shaft.box(w * 0.11, radius * 0.9, radius * 0.16, MARK, { x: -w * 0.04 });
  return { body, joints: [{ name: "shaft", parts: shaft, kind: "turn", axis: "x", pivot: [-w * 0.37, y, 0], on: -1 }] };
}

export function fan([w, h, d]: Size): Shape {
  const body = new Parts();
  const r = Math.min(w, h) * 0.42;
  const y = h * 0.52;
  body.ring("z", r * 1.06, Math.min(0.09, r * 0.12), PAINTED, { y, z: d * 0.3 });
  body.tube("z", r * 1.08, d * 0.6, PAINTED, { y }, { open: true, segments: 28 });
  body.tube("z", r * 1.04, 0.03, DARK, { y, z: -d * 0.28 }, { segments: 28 });
  body.tube("z", r * 0.3, d * 0.3, FRAME, { y, z: -d * 0.38 });
  body.box(w * 0.8, 0.08, d * 0.8, FRAME, { y: 0.04 });
  for (const side of [-1, 1]) body.box(0.1, y, d * 0.4, FRAME, { x: side * w * 0.32, y: y / 2 });
  const blades = new Parts();
  blades.tube("z", r * 0.2, d * 0.2, STEEL, {}, { segments: 14 });
  for (let i = 0; i < 5; i++) {
    const angle = (i * 2 * Math.PI) / 5;
    const at = {
      x: -Math.sin(angle) * r * 0.58,
      y: Math.cos(angle) * r * 0.58,
      turn: ["z", (i * 360) / 5] as ["z", number],
    };
    blades.box(r * 0.36, r * 0.78, 0.04, i === 0 ? MARK : LIGHT, at);
  }
  return {
    body,
    joints: [{ name: "blades", parts: blades, kind: "turn", axis: "z", pivot: [0, y, d * 0.18], on: -1 }],
  };
}

export function valve([w, h, d]: Size): Shape {
  const body = new Parts();
  const y = h * 0.36;
  const r = Math.min(h * 0.16, d * 0.24, w * 0.2);
  body.tube("x", r, w * 0.9, STEEL, { y }, { segments: 18 });
  for (const side of [-1, 1]) {
    body.tube("x", r * 1.7, 0.06, STEEL, { x: side * (w / 2 - 0.03), y }, { segments: 18 });
    body.tube(
      "x",
      r * 1.6,
      w * 0.24,
      PAINTED,
      { x: side * w * 0.13, y, turn: ["y", side > 0 ? 0 : 180] },
      { top: r, segments: 18 },
    );
  }
  body.dome(r * 1.5, r * 1.5, PAINTED, { y }, { whole: true });
  body.tube("y", r * 0.7, h * 0.3, PAINTED, { y: y + h * 0.2 }, { top: r * 0.45, segments: 16 });
  body.box(r, y - r, r, FRAME, { y: (y - r) / 2 });
  const wheel = new Parts();
  const radius = Math.min(w, d) * 0.34;
  wheel.ring("y", radius, radius * 0.11, MARK);
  for (const turn of [0, 90]) wheel.box(radius * 2, radius * 0.12, radius * 0.14, FRAME, { turn: ["y", turn] });
  wheel.box(radius * 0.3, radius * 0.3, radius * 0.3, RUBBER, { x: radius, y: radius * 0.2 });
  wheel.tube("y", r * 0.28, h * 0.26, STEEL, { y: -h * 0.08 }, { segments: 10 });
  return { body, joints: [{ name: "wheel", parts: wheel, kind: "turn", axis: "y", pivot: [0, h * 0.9, 0], on: -1 }] };
}

export function conveyor([w, h, d]: Size): Shape {
  const body = new Parts();
  const r = Math.min(0.14, h * 0.12);
  const y = h - r;
  body.box(w - 2 * r, 2 * r, d * 0.86, RUBBER, { y });
  body.tube("z", r, d * 0.86, RUBBER, { x: -w / 2 + r, y }, { segments: 16 });
  for (const side of [-1, 1]) {
    body.box(w * 0.99, r * 1.5, d * 0.06, PAINTED, { y, z: side * d * 0.46 });
    body.box(w * 0.99, 0.03, 0.03, STEEL, { y: h + 0.12, z: side * d * 0.46 });
  }
  const legs = Math.max(2, Math.min(7, Math.round(w / 1.6) + 1));
  for (let i = 0; i < legs; i++) {
    const x = -w / 2 + 0.25 + ((w - 0.5) * i) / (legs - 1);
    for (const side of [-1, 1]) body.box(0.07, y, 0.07, FRAME, { x, y: y / 2, z: side * d * 0.42 });
    body.box(0.05, 0.05, d * 0.84, FRAME, { x, y: h * 0.25 });
  }
  body.box(0.34, 0.24, 0.24, PAINTED, { x: w / 2 - r, y: y - r, z: d * 0.6 });
  const drum = new Parts();
  drum.tube("z", r * 1.02, d * 0.84, STEEL, {}, { segments: 16 });
  for (const turn of [0, 90]) drum.box(r * 2.06, r * 0.5, d * 0.7, MARK, { turn: ["z", turn] });
  return { body, joints: [{ name: "drum", parts: drum, kind: "turn", axis: "z", pivot: [w / 2 - r, y, 0], on: -1 }] };
}

export function compressor([w, h, d]: Size): Shape {
  const body = new Parts();
  const hull = h * 0.62;
  body.box(w, 0.14, d, FRAME, { y: 0.07 });
  body.box(w * 0.56, hull, d * 0.86, PAINTED, { x: -w * 0.18, y: 0.14 + hull / 2 });
  for (let i = 0; i < 4; i++)
    body.box(w * 0.4, 0.05, 0.04, DARK, { x: -w * 0.18, y: hull * (0.45 + i * 0.13), z: d * 0.44 });
  body.tube("x", h * 0.16, w * 0.5, STEEL, { x: w * 0.2, y: 0.2 + h * 0.16 });
  body.tube("y", h * 0.08, h - hull - 0.14, STEEL, { x: -w * 0.3, y: (h + hull + 0.14) / 2 });
  body.box(w * 0.16, hull * 0.4, 0.06, DARK, { x: -w * 0.36, y: hull * 0.2 + 0.2, z: d * 0.44 });
  const y = 0.14 + hull * 0.7;
  const wheel = new Parts();
  const radius = Math.min(h * 0.26, d * 0.4);
  wheel.ring("x", radius, radius * 0.12, FRAME);
  for (const turn of [0, 60, 120])
    wheel.box(0.05, radius * 1.95, radius * 0.16, turn === 0 ? MARK : STEEL, { turn: ["x", turn] });
  wheel.tube("x", radius * 0.2, w * 0.12, STEEL, { x: -w * 0.04 }, { segments: 12 });
  return { body, joints: [{ name: "wheel", parts: wheel, kind: "turn", axis: "x", pivot: [w * 0.16, y, 0], on: -1 }] };
}

export function turbine([w, h]: Size): Shape {
  const body = new Parts();
  const hub = h - w / 2;
  const r = w * 0.045;
  body.tube("y", r, hub, PAINTED, { y: hub / 2 }, { top: r * 0.6 });
  body.tube("y", r * 2.4, 0.2, CONCRETE, { y: 0.1 });
  body.box(r * 1.8, r * 1.8, r * 4.5, PAINTED, { y: hub });
  const blades = new Parts();
  blades.dome(r * 0.9, r * 0.9, STEEL, {}, { whole: true });
  for (let i = 0; i < 3; i++) {
    const angle = (i * 2 * Math.PI) / 3;
    const at = { x: -Math.sin(angle) * w * 0.25, y: Math.cos(angle) * w * 0.25, turn: ["z", i * 120] as ["z", number] };
    blades.box(w * 0.045, w * 0.48, r * 0.3, LIGHT, at);
  }
  return {
    body,
    joints: [{ name: "blades", parts: blades, kind: "turn", axis: "z", pivot: [0, hub, r * 2.9], on: -1 }],
  };
}
