/** The way of one sample: device, server, browser, screen. The steps add up to the total. */
import { durationText } from "./format";

export interface HopTimes {
  observedUs: number;
  receivedUs: number;
  committedUs: number;
  /** The frame that brought it to this page. */
  madeUs: number;
  /** Browser's clock, milliseconds. */
  arrivedMs: number;
  paintedMs: number;
  /** Server's clock minus the browser's. */
  offsetMs: number;
}

export interface Hop {
  label: string;
  /** Since the step before, milliseconds; NaN for the first. */
  stepMs: number;
  atUs: number;
}

/** Return the steps in order, all on the server's clock. */
export function hopsOf(times: HopTimes): { hops: Hop[]; totalMs: number } {
  const toServerUs = (ms: number) => (ms + times.offsetMs) * 1e3;
  const stations: [string, number][] = [
    ["Observed at the device", times.observedUs],
    ["Received by the server", times.receivedUs],
    ["Checked and stored in the twin", times.committedUs],
    ["Put into a frame", times.madeUs],
    ["Arrived in this browser", toServerUs(times.arrivedMs)],
    ["On the screen", toServerUs(times.paintedMs)],
  ];
  const hops = stations.map(([label, atUs], i) => ({
    label,
    atUs,
    stepMs: i === 0 ? Number.NaN : (atUs - stations[i - 1][1]) / 1e3,
  }));
  return { hops, totalMs: (stations[stations.length - 1][1] - times.observedUs) / 1e3 };
}

/** A step back in time comes from clocks that disagree, and is said so. */
export function stepText(stepMs: number): string {
  if (Number.isNaN(stepMs)) return "";
  return stepMs < -0.05 ? `${durationText(stepMs)} (clocks differ)` : `+${durationText(Math.max(0, stepMs))}`;
}
