/**
 * What the twin of a simulation says of itself, read from its signals and documents. Pure.
 *
 * A plant is simulated where one of its twins takes the commands `inject` and `clear`; its id and type may be anything.
 */
import type { TwinInfo } from "../protocol/messages.gen";
import type { Document } from "./merge";

export interface Standing {
  kind: string;
  twin: string;
  /** Path of the signal whose sensor is at fault, or "". */
  signal: string;
}

export interface Draw {
  kind: string;
  target: string;
  severity: number;
  onset: number;
}

/** Faults of a sensor need one of the twin's signals. */
const SENSOR = "sensor_";
const NAMES = ["inject", "clear"];
/** A simulation that says where faults show within a minute speaks of those at least as bad and as quick as this. */
const LEAST_HIDDEN = 0.75;
const HIDDEN_ONSET_S = 10;

/** Return the twin that runs the simulation, undefined in a real plant. */
export function simulationOf(twins: Iterable<TwinInfo>): TwinInfo | undefined {
  for (const twin of twins) {
    if (NAMES.every((name) => twin.commands.some((command) => command.name === name))) return twin;
  }
  return undefined;
}

export function kindsOf(simulation: TwinInfo): readonly string[] {
  const inject = simulation.commands.find((command) => command.name === "inject");
  return inject?.parameters.find((parameter) => parameter.name === "kind")?.choices ?? [];
}

export function ofSensor(kind: string): boolean {
  return kind.startsWith(SENSOR);
}

/** Read `kind: place place; kind: ...`, where a place is a twin or `twin:signal`; a kind without places is left out. */
export function placesOf(text: unknown): ReadonlyMap<string, readonly string[]> {
  const places = new Map<string, readonly string[]>();
  if (typeof text !== "string") return places;
  for (const part of text.split(";")) {
    const at = part.indexOf(":");
    const found = part
      .slice(at + 1)
      .split(" ")
      .filter(Boolean);
    if (at > 0 && found.length > 0) places.set(part.slice(0, at).trim(), found);
  }
  return places;
}

/** Read `kind at twin, kind at twin:signal`; "none" is nothing. */
export function standingOf(text: unknown): readonly Standing[] {
  if (typeof text !== "string") return [];
  const found: Standing[] = [];
  for (const part of text.split(", ")) {
    const [kind, place] = part.split(" at ");
    if (!place) continue;
    const [twin, signal = ""] = place.split(":");
    found.push({ kind, twin, signal });
  }
  return found;
}

/** Return the measured signals of a twin whose sensors can fail. */
export function sensorsOf(twin: TwinInfo | undefined): readonly string[] {
  return (twin?.signals ?? [])
    .filter((signal) => signal.kind === "float" && !signal.derived)
    .map((signal) => signal.path);
}

/**
 * Return a fault that is not to be told but shows soon, null where none would.
 *
 * @param shows Where each kind of fault shows within a minute if it begins now.
 * @param draw Gives the next number, at least 0 and below 1.
 */
export function hiddenFault(shows: ReadonlyMap<string, readonly string[]>, draw: () => number): Draw | null {
  const pick = <T>(items: readonly T[]): T => items[Math.floor(draw() * items.length)];
  if (shows.size === 0) return null;
  const [kind, places] = pick([...shows]);
  const target = pick(places);
  const severity = Math.round((LEAST_HIDDEN + draw() * (1 - LEAST_HIDDEN)) * 100) / 100;
  return { kind, target, severity, onset: HIDDEN_ONSET_S };
}

/** Return a reported property, or "". */
export function reported(document: Document, path: string): string {
  const value = (document.reported as Record<string, unknown> | undefined)?.[path];
  return typeof value === "string" ? value : "";
}
