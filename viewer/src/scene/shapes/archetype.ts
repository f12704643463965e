/** Which machine a twin looks like: what its geometry names, else what the words of its type suggest. */

import type { Size } from "./shape";

export const ARCHETYPES = [
  "tank",
  "silo",
  "mixer",
  "pump",
  "motor",
  "fan",
  "valve",
  "conveyor",
  "robot",
  "sensor",
  "cabinet",
  "exchanger",
  "oven",
  "pipe",
  "vehicle",
  "turbine",
  "compressor",
  "carousel",
  "palletiser",
  "machine",
  "box",
  "cylinder",
  "sphere",
] as const;
export type Archetype = (typeof ARCHETYPES)[number];

/** The first archetype one of whose words stands in the type's name wins, so the narrower ones come first. */
const WORDS: [Archetype, string[]][] = [
  ["exchanger", ["exchanger", "condenser", "evaporator", "cooler", "heater"]],
  ["compressor", ["compressor", "generator", "genset", "chiller"]],
  ["cabinet", ["energy", "electricity", "mains"]],
  ["turbine", ["turbine", "windmill"]],
  ["sensor", ["sensor", "meter", "transmitter", "probe", "detector", "gauge", "thermometer", "station", "weather"]],
  ["valve", ["valve", "damper"]],
  ["mixer", ["mixer", "agitator", "reactor", "fermenter", "digester", "kettle", "blender"]],
  ["silo", ["silo", "hopper", "bunker", "bin"]],
  ["tank", ["tank", "vessel", "boiler", "basin", "reservoir", "drum", "accumulator", "buffer"]],
  ["pump", ["pump"]],
  ["fan", ["fan", "blower", "ventilator", "ahu"]],
  ["motor", ["motor", "drive", "engine", "spindle"]],
  ["palletiser", ["palletiser", "palletizer", "gantry", "depalletiser", "depalletizer"]],
  ["conveyor", ["conveyor", "belt", "transporter", "line"]],
  ["robot", ["robot", "manipulator", "arm", "cobot"]],
  ["vehicle", ["agv", "amr", "forklift", "truck", "vehicle", "shuttle", "crane", "cart"]],
  ["oven", ["oven", "furnace", "kiln", "dryer", "autoclave", "steriliser", "sterilizer", "pasteuriser", "pasteurizer"]],
  [
    "cabinet",
    [
      "cabinet",
      "panel",
      "plc",
      "controller",
      "gateway",
      "rack",
      "inverter",
      "server",
      "battery",
      "transformer",
      "switchgear",
      "ups",
    ],
  ],
  ["pipe", ["pipe", "pipeline", "duct", "header"]],
  [
    "machine",
    [
      "machine",
      "press",
      "mill",
      "lathe",
      "cnc",
      "filler",
      "packer",
      "labeller",
      "labeler",
      "capper",
      "washer",
      "cutter",
      "extruder",
      "printer",
      "welder",
      "grinder",
      "crusher",
      "inspector",
      "cell",
    ],
  ],
];

/** Return what to draw for a twin of that type with that declared shape. */
export function archetypeOf(shape: string, type: string): Archetype {
  if (shape !== "box" && shape !== "cylinder") {
    return (ARCHETYPES as readonly string[]).includes(shape) ? (shape as Archetype) : "box";
  }
  const words = wordsOf(type);
  for (const [archetype, names] of WORDS) {
    if (!names.some((name) => words.includes(name))) continue;
    // A round machine of a line has its stations on a carousel.
    return archetype === "machine" && shape === "cylinder" ? "carousel" : archetype;
  }
  return shape;
}

/** `CoolingWaterPump2` and `cooling_water_pumps` both hold `pump`. */
export function wordsOf(type: string): string[] {
  const words = type
    .replace(/([a-z0-9])([A-Z])/g, "$1 $2")
    .replace(/([A-Z]+)([A-Z][a-z])/g, "$1 $2")
    .toLowerCase()
    .split(/[^a-z]+/)
    .filter((word) => word.length > 0);
  return words.flatMap((word) => (word.length > 3 && word.endsWith("s") ? [word, word.slice(0, -1)] : [word]));
}

/** What a machine measures when nobody has said; `Geometry` leaves a cube of one metre then. */
const USUAL: Partial<Record<Archetype, Size>> = {
  tank: [2.4, 3.8, 2.4],
  silo: [2.6, 6, 2.6],
  mixer: [1.8, 3, 1.8],
  pump: [1.8, 1.1, 0.9],
  motor: [1.2, 0.8, 0.7],
  fan: [1.4, 1.5, 0.8],
  valve: [1, 1.1, 0.7],
  conveyor: [4, 0.95, 0.9],
  robot: [1.1, 2, 1.1],
  sensor: [0.5, 1.3, 0.4],
  cabinet: [0.9, 2, 0.5],
  exchanger: [2.8, 1.3, 0.9],
  oven: [3, 2.6, 1.8],
  pipe: [2, 0.9, 0.5],
  vehicle: [1.6, 1.2, 0.9],
  turbine: [8, 14, 8],
  compressor: [2.4, 1.6, 1.2],
  machine: [2.2, 2.2, 1.5],
  carousel: [2.4, 2.2, 2.4],
  palletiser: [2.6, 3.4, 2.6],
};

/** Return what to draw it with: the declared size, or the usual one where nobody has said. */
export function sizeOf(archetype: Archetype, declared: Size): Size {
  const unsaid = declared.every((length) => length === 1);
  if (unsaid) return USUAL[archetype] ?? declared;
  // What is declared is the part that moves; its gantry needs room above.
  if (archetype === "palletiser") return [declared[0], Math.max(declared[1], declared[0] * 1.35), declared[2]];
  return declared;
}
