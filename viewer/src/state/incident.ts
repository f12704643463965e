/** The ten minutes around an alarm, and what to look at in them. Pure. */
import type { TwinInfo } from "../protocol/messages.gen";
import type { Alarm } from "./alarms";

export interface Incident {
  /** Id of the alarm. */
  alarm: string;
  title: string;
  /** `twin:path`, the one that alarmed first. */
  signals: readonly string[];
  fromUs: number;
  toUs: number;
}

const BEFORE_US = 300e6;
const AFTER_US = 300e6;
/** Besides the signal of the alarm. */
const COMPANIONS = 3;
const NUMERIC = new Set(["float", "int"]);

/**
 * Return what to show of an alarm: its signal, then what else of the machine has limits, as that was thought worth watching.
 *
 * A rule has no signal of its own; it starts with the machine's others.
 */
export function incidentOf(alarm: Alarm, twin: Pick<TwinInfo, "id" | "signals"> | undefined): Incident {
  const numeric = (twin?.signals ?? []).filter(({ kind }) => NUMERIC.has(kind));
  const watched = [...numeric.filter(({ limits }) => limits), ...numeric.filter(({ limits }) => !limits)];
  const paths = [alarm.signal, ...watched.map(({ path }) => path)].filter(
    (path, i, all) => path !== "" && all.indexOf(path) === i,
  );
  return {
    alarm: alarm.id,
    title: alarm.message,
    signals: paths.slice(0, COMPANIONS + (alarm.signal ? 1 : 0)).map((path) => `${alarm.twin}:${path}`),
    fromUs: alarm.sinceUs - BEFORE_US,
    toUs: alarm.sinceUs + AFTER_US,
  };
}
