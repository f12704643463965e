/** Which machine a twin looks like: what its geometry names, else what the words of its type suggest. */

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
