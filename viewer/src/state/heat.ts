/** Where the picture is old: ages as colours from blue (fresh) over grey to yellow (old), told apart by all eyes. Pure. */
import type { TwinInfo } from "../protocol/messages.gen";

/** Ages at the ends of the scale, seconds; between them it is logarithmic. */
const FRESH_S = 0.5;
const OLD_S = 600;

/** sRGB, 0 to 255, in equal steps from fresh to old. */
export const HEAT_STOPS: readonly (readonly [number, number, number])[] = [
  [27, 58, 122],
  [66, 96, 132],
  [122, 124, 123],
  [190, 163, 74],
  [255, 224, 71],
];

/** Colour where no age is known. */
export const UNKNOWN_HEAT = "#3a3f45";

/** Ticks of the legend: seconds and words. */
export const HEAT_TICKS: readonly (readonly [number, string])[] = [
  [0.5, "≤ 0.5 s"],
  [5, "5 s"],
  [60, "1 min"],
  [600, "≥ 10 min"],
];

/** Return 0 (fresh) to 1 (old), or -1 where the age is unknown. */
export function heatOf(ageS: number): number {
  if (!Number.isFinite(ageS)) return -1;
  const t = Math.log(Math.max(ageS, FRESH_S) / FRESH_S) / Math.log(OLD_S / FRESH_S);
  return Math.min(1, t);
}

/** Return sRGB components, 0 to 255, of a heat from 0 to 1. */
export function heatRgb(heat: number): [number, number, number] {
  const place = Math.min(1, Math.max(0, heat)) * (HEAT_STOPS.length - 1);
  const low = Math.min(HEAT_STOPS.length - 2, Math.floor(place));
  const share = place - low;
  const mix = (i: number) => Math.round(HEAT_STOPS[low][i] + (HEAT_STOPS[low + 1][i] - HEAT_STOPS[low][i]) * share);
  return [mix(0), mix(1), mix(2)];
}

export function heatCss(heat: number): string {
  return heat < 0 ? UNKNOWN_HEAT : `rgb(${heatRgb(heat).join(" ")})`;
}

/**
 * Return the age of a twin, seconds: that of its oldest signal among those that are due regularly, else among all.
 * NaN where nothing is known.
 */
export function twinAgeS(twin: Pick<TwinInfo, "signals">, ageS: (slot: number) => number): number {
  const due = twin.signals.filter((info) => info.max_age_s > 0 && Number.isFinite(info.max_age_s));
  let oldest = Number.NaN;
  for (const { slot } of due.length > 0 ? due : twin.signals) {
    const age = ageS(slot);
    if (Number.isNaN(age)) continue;
    oldest = Number.isNaN(oldest) ? age : Math.max(oldest, age);
  }
  return oldest;
}
