/** Ranges to draw a signal in, from its engineering range and alarm limits. */
import type { SignalInfo } from "../protocol/messages.gen";

type Ranges = Pick<SignalInfo, "range" | "limits">;

/** Alarm limits that are set, ascending. */
export function knownLimits(info: Ranges): number[] {
  const all: readonly (number | null)[] = info.limits ?? [];
  return all.filter((limit): limit is number => limit !== null);
}

/** Bounds of a bar: the range, else the limits with some air around them; null where neither is known. */
export function barBounds(info: Ranges): [number, number] | null {
  if (info.range) return info.range[1] > info.range[0] ? info.range : null;
  const limits = knownLimits(info);
  if (limits.length === 0) return null;
  // Limits on one side only: zero is the usual other end of what a plant measures.
  const low = Math.min(...limits, info.limits?.[0] == null && info.limits?.[1] == null ? 0 : Number.POSITIVE_INFINITY);
  const high = Math.max(...limits, info.limits?.[2] == null && info.limits?.[3] == null ? 0 : Number.NEGATIVE_INFINITY);
  const air = (high - low) * 0.2 || 1;
  return [low === 0 ? 0 : low - air, high === 0 ? 0 : high + air];
}

/** Bounds of a chart's value axis: air around the data, and a limit only where the data come near it. */
export function chartBounds(info: Ranges, low: number | null, high: number | null): [number, number] {
  if (low === null || high === null || !Number.isFinite(low + high)) return info.range ?? [0, 1];
  const span = high - low || Math.abs(high) * 0.1 || 1;
  const near = knownLimits(info).filter((limit) => limit > low - span && limit < high + span);
  return [Math.min(low, ...near) - span * 0.1, Math.max(high, ...near) + span * 0.1];
}

/** Bounds of the value axis of codes: all that the signal knows where these are few, else those that were there. */
export function codeBounds(info: Pick<SignalInfo, "codes">, low: number | null, high: number | null): [number, number] {
  const known = Object.keys(info.codes).map(Number);
  const shown = known.length > 0 && known.length <= 8 ? known : [0, 1];
  if (low !== null && high !== null) shown.push(low, high);
  return [Math.min(...shown) - 0.5, Math.max(...shown) + 0.5];
}

/** Whole numbers between two bounds, at most a dozen of them. */
export function codesBetween(low: number, high: number): number[] {
  const codes: number[] = [];
  const step = Math.max(1, Math.ceil((high - low) / 12));
  // The ceiling of -0.5 is minus zero; adding zero makes it plain.
  for (let code = Math.ceil(low); code <= high; code += step) codes.push(code + 0);
  return codes;
}
