/** Where on a machine a signal is measured, as far as its words tell: boxes in the frame of the body. Pure. */
import { type Archetype, wordsOf } from "./archetype";
import type { Size } from "./shape";

type Triple = [number, number, number];

/** A part of a machine: its name, and its box as shares of the machine's size, the floor at 0. */
export interface Region {
  name: string;
  center: Triple;
  size: Triple;
}

type Row = readonly [name: string, words: readonly string[], center: Triple, size: Triple];

const DRIVEN = ["motor", "drive", "bearing", "gear", "shaft", "vibration", "current", "power", "torque", "winding"];
const PUSHED = ["flow", "pressure", "discharge", "outlet", "efficiency", "seal"];

/** First row whose words meet those of the path counts; a component says more than what is measured at it. */
const REGIONS: Partial<Record<Archetype, readonly Row[]>> = {
  pump: [
    ["motor", DRIVEN, [0.2, 0.5, 0], [0.46, 0.56, 0.7]],
    ["suction", ["suction", "inlet", "npsh"], [-0.42, 0.5, 0], [0.18, 0.4, 0.5]],
    ["casing", PUSHED, [-0.27, 0.5, 0], [0.26, 0.7, 0.75]],
  ],
  motor: [["motor", DRIVEN, [0.08, 0.48, 0], [0.8, 0.85, 0.9]]],
  fan: [["motor", DRIVEN, [0, 0.52, -0.38], [0.34, 0.34, 0.34]]],
  conveyor: [["drive", DRIVEN, [0.47, 0.8, 0.5], [0.14, 0.4, 0.5]]],
  mixer: [["drive", DRIVEN, [0, 0.9, 0], [0.4, 0.22, 0.4]]],
  compressor: [
    ["motor", DRIVEN, [0.16, 0.57, 0], [0.24, 0.6, 0.85]],
    ["receiver", PUSHED, [0.2, 0.28, 0], [0.5, 0.36, 0.4]],
  ],
  valve: [
    ["actuator", ["position", "opening", "stem", "actuator", "travel"], [0, 0.74, 0], [0.5, 0.5, 0.5]],
    ["body", PUSHED, [0, 0.36, 0], [0.8, 0.4, 0.6]],
  ],
};

/** A pump that is higher than wide has its motor on top. */
const STANDING: readonly Row[] = [
  ["motor", DRIVEN, [0, 0.76, 0], [0.55, 0.48, 0.75]],
  ["casing", [...PUSHED, "suction", "inlet", "npsh"], [0, 0.24, 0], [0.9, 0.36, 0.8]],
];

/** Return the part that a signal's path speaks of, or null where that is not known. */
export function regionOf(archetype: Archetype, size: Size, path: string): Region | null {
  const rows = archetype === "pump" && size[1] > size[0] ? STANDING : (REGIONS[archetype] ?? []);
  for (const segment of path.split(".")) {
    const words = wordsOf(segment);
    const row = rows.find(([, known]) => words.some((word) => known.includes(word)));
    if (row) return { name: row[0], center: scaled(row[2], size), size: scaled(row[3], size) };
  }
  return null;
}

function scaled(shares: Triple, size: Size): Triple {
  return [shares[0] * size[0], shares[1] * size[1], shares[2] * size[2]];
}
