/** Machines of a packaging line that have moving parts. */
import { DARK, FRAME, LIGHT, MARK, PAINTED, Parts, SCREEN, STEEL } from "./parts";
import type { Shape, Size } from "./shape";

/** A rotary filler, capper or rinser: a plinth, and a table with stations that turns. */
export function carousel([w, h, d]: Size): Shape {
  const body = new Parts();
  const r = Math.min(w, d) / 2;
  const plinth = h * 0.34;
  body.tube("y", r, plinth, PAINTED, { y: plinth / 2 }, { segments: 28 });
  body.tube("y", r * 1.01, 0.07, FRAME, { y: 0.035 }, { segments: 28 });
  body.box(w * 0.16, h * 0.62, 0.12, FRAME, { x: -r * 0.5, y: h * 0.31, z: r * 0.95 });
  body.box(w * 0.13, h * 0.16, 0.04, SCREEN, { x: -r * 0.5, y: h * 0.52, z: r * 0.95 + 0.06 });
  for (const side of [-1, 1])
    body.box(w * 0.22, 0.07, d * 0.16, DARK, { x: side * r * 0.98, y: plinth + 0.02, z: r * 0.35 });
  body.tube("y", r * 0.12, h - plinth, STEEL, { y: (h + plinth) / 2 }, { segments: 14 });
  const table = new Parts();
  table.tube("y", r * 0.9, h * 0.03, STEEL, {}, { segments: 28 });
  table.tube("y", r * 0.34, h * 0.42, PAINTED, { y: h * 0.24 }, { segments: 20 });
  table.tube("y", r * 0.86, h * 0.1, PAINTED, { y: h * 0.5 }, { segments: 28 });
  table.tube("y", r * 0.5, h * 0.1, STEEL, { y: h * 0.58 }, { top: r * 0.42, segments: 24 });
  const stations = Math.max(6, Math.min(14, Math.round(r * 8)));
  for (let i = 0; i < stations; i++) {
    const angle = (i * 2 * Math.PI) / stations;
    const [x, z] = [Math.cos(angle) * r * 0.78, Math.sin(angle) * r * 0.78];
    table.tube("y", r * 0.06, h * 0.2, i === 0 ? MARK : LIGHT, { x, z, y: h * 0.12 }, { segments: 8 });
    table.tube("y", r * 0.035, h * 0.22, STEEL, { x, z, y: h * 0.35 }, { segments: 6 });
  }
  return {
    body,
    joints: [{ name: "table", parts: table, kind: "turn", axis: "y", pivot: [0, plinth + h * 0.03, 0], on: -1 }],
  };
}

/** Four columns, a bridge that goes up and down, an arm that turns under it, and a pallet. */
export function palletiser([w, h, d]: Size): Shape {
  const body = new Parts();
  const post = Math.min(0.16, w * 0.07);
  body.box(w, 0.08, d, FRAME, { y: 0.04 });
  for (const x of [-1, 1]) {
    for (const z of [-1, 1])
      body.box(post, h, post, PAINTED, { x: x * (w / 2 - post), y: h / 2, z: z * (d / 2 - post) });
    body.box(post, post, d - post, PAINTED, { x: x * (w / 2 - post), y: h - post / 2 });
  }
  for (const z of [-1, 1]) body.box(w - post, post, post, PAINTED, { y: h - post / 2, z: z * (d / 2 - post) });
  for (let i = 0; i < 3; i++) body.box(w * 0.5, 0.035, d * 0.1, MARK, { y: 0.14, z: (i - 1) * d * 0.19 });
  body.box(w * 0.5, h * 0.16, d * 0.46, LIGHT, { y: 0.16 + h * 0.08 });
  const bridge = new Parts();
  bridge.box(w - 2.2 * post, post * 1.4, post * 1.8, FRAME, {});
  bridge.box(post * 1.2, post * 2, d - 2.4 * post, FRAME, {});
  bridge.tube("y", w * 0.06, post * 2.4, STEEL, { y: -post }, { segments: 14 });
  const arm = new Parts();
  arm.box(w * 0.44, post * 0.6, d * 0.12, PAINTED, {});
  for (const side of [-1, 1]) arm.box(w * 0.03, h * 0.07, d * 0.3, MARK, { x: side * w * 0.2, y: -h * 0.04 });
  return {
    body,
    joints: [
      { name: "bridge", parts: bridge, kind: "slide", axis: "y", pivot: [0, h * 0.33, 0], on: -1 },
      { name: "arm", parts: arm, kind: "turn", axis: "y", pivot: [0, -post * 2.2, 0], on: 0 },
    ],
  };
}
