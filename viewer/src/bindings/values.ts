/** What a visual rule makes of a value: colours, levels, shifts, angles, speeds. Pure. */
import type { VisualInfo } from "../protocol/messages.gen";

/** sRGB components, 0 to 1. */
export type Rgb = [number, number, number];

export function parseColor(text: string): Rgb | null {
  const match = /^#([0-9a-f]{6})$/i.exec(text.trim());
  if (!match) return null;
  const value = Number.parseInt(match[1], 16);
  return [(value >> 16) / 255, ((value >> 8) & 255) / 255, (value & 255) / 255];
}

export function formatColor(rgb: readonly number[]): string {
  const byte = (part: number) => Math.round(Math.min(1, Math.max(0, part)) * 255);
  return `#${((byte(rgb[0]) << 16) | (byte(rgb[1]) << 8) | byte(rgb[2])).toString(16).padStart(6, "0")}`;
}

/** Colour by value; below the first and above the last stop it stays theirs. */
export class Ramp {
  private readonly values: number[] = [];
  private readonly colors: Rgb[] = [];

  constructor(stops: readonly (readonly [number, string])[]) {
    for (const [value, text] of stops) {
      const color = parseColor(text);
      if (!color || !Number.isFinite(value)) continue;
      this.values.push(value);
      this.colors.push(color);
    }
  }

  get empty(): boolean {
    return this.values.length === 0;
  }

  /** Write the colour of a finite value into `out`; the blend is of sRGB components, as in CSS. */
  at(value: number, out: Rgb): void {
    const last = this.values.length - 1;
    let upper = 0;
    while (upper <= last && this.values[upper] <= value) upper++;
    const low = this.colors[Math.max(0, upper - 1)];
    const high = this.colors[Math.min(last, upper)];
    const span = upper === 0 || upper > last ? 0 : this.values[upper] - this.values[upper - 1];
    const share = span > 0 ? (value - this.values[upper - 1]) / span : 0;
    for (let i = 0; i < 3; i++) out[i] = low[i] + (high[i] - low[i]) * share;
  }
}

const ramps = new Map<string, Ramp>();
const MOST_RAMPS = 256;

/** Return the ramp of these stops, the same one for all twins of a type: thirty thousand of their own fit in no cache. */
export function rampOf(stops: readonly (readonly [number, string])[]): Ramp {
  const key = JSON.stringify(stops);
  const known = ramps.get(key);
  if (known) return known;
  if (ramps.size >= MOST_RAMPS) ramps.clear();
  const made = new Ramp(stops);
  ramps.set(key, made);
  return made;
}

/** Fill from 0 to 1. A rule whose `low` is above its `high` counts downwards. */
export function fraction(value: number, low: number, high: number): number {
  if (low === high) return value >= high ? 1 : 0;
  return Math.min(1, Math.max(0, (value - low) / (high - low)));
}

/** Beyond it nothing stands or turns; matrices on the graphics card end at 3e38, and halves of them soon before. */
const MOST = 1e9;

/** Metres (`move`), degrees (`turn`) or metres per second (`carry`); not a number for what is none or out of all proportion. */
export function scaled(value: number, rule: Pick<VisualInfo, "scale" | "offset">): number {
  const made = value * rule.scale + rule.offset;
  return Math.abs(made) <= MOST ? made : Number.NaN;
}

const TRUE_RPM = 40;
const MOST_RPM = 120;

/**
 * Speed to draw, revolutions per minute, for a speed that is.
 *
 * Up to 40 it is the true one. Above, it grows more slowly and stays under 120, where 30 frames a second still show the
 * direction of something with a few spokes; order is kept, so faster looks faster.
 */
export function shownRpm(rpm: number): number {
  const speed = Math.abs(rpm);
  if (speed <= TRUE_RPM) return rpm;
  const room = MOST_RPM - TRUE_RPM;
  const excess = (speed - TRUE_RPM) / 1000;
  return Math.sign(rpm) * (TRUE_RPM + (room * excess) / (excess + 1));
}

/** Share of the way to a target that is gone in `dtS`, so that the result doesn't hang on the frame rate. */
export function approach(dtS: number, timeConstantS: number): number {
  return timeConstantS <= 0 ? 1 : 1 - Math.exp(-dtS / timeConstantS);
}

/** The same angle at most half a turn away from `from`; degrees. */
export function nearestAngle(from: number, to: number): number {
  return from + ((((to - from + 180) % 360) + 360) % 360) - 180;
}
