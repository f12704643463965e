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

const LEAST = 0.05;

export function buildShape(archetype: Archetype, size: Size): Shape {
  const [w, h, d] = size.map((length) => Math.max(length, LEAST));
  return BUILDERS[archetype]([w, h, d]);
}
