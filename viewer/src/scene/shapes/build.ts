/** From archetype and size to geometry. */
import type { Archetype } from "./archetype";
import { compressor, conveyor, fan, motor, pump, turbine, valve } from "./drives";
import { box, cabinet, cylinder, machine, robot, sensor, sphere, vehicle } from "./equipment";
import { carousel, palletiser } from "./lines";
import type { Shape, Size } from "./shape";
import { exchanger, mixer, oven, pipe, silo, tank } from "./vessels";

const BUILDERS: Record<Archetype, (size: Size) => Shape> = {
  tank,
  silo,
  mixer,
  pump,
  motor,
  fan,
  valve,
  conveyor,
  robot,
  sensor,
  cabinet,
  exchanger,
  oven,
  pipe,
  vehicle,
  turbine,
  compressor,
  machine,
  carousel,
  palletiser,
  box,
  cylinder,
  sphere,
};

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

const LEAST = 0.05;

export function sizeOf(archetype: Archetype, declared: Size): Size {
  const unsaid = declared.every((length) => length === 1);
  if (unsaid) return USUAL[archetype] ?? declared;
  // What is declared is the part that moves; its gantry needs room above.
  if (archetype === "palletiser") return [declared[0], Math.max(declared[1], declared[0] * 1.35), declared[2]];
  return declared;
}

export function buildShape(archetype: Archetype, size: Size): Shape {
  const [w, h, d] = size.map((length) => Math.max(length, LEAST));
  return BUILDERS[archetype]([w, h, d]);
}
