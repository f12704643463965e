/** What a list of alarms says as a whole: which came first, and whether more come than one person can handle. Pure. */
import type { EventInfo } from "../protocol/messages.gen";
import type { Alarm } from "./alarms";

/** Alarms that follow each other this closely are taken for one burst. */
const BURST_S = 10;

/** Return the ids of alarms that began a burst of at least two: the first of them is nearest to the cause. */
export function firstOut(alarms: Iterable<Pick<Alarm, "id" | "sinceUs">>): Set<string> {
  const sorted = [...alarms].sort((a, b) => a.sinceUs - b.sinceUs);
  const first = new Set<string>();
  let start = 0;
  for (let i = 1; i <= sorted.length; i++) {
    if (i < sorted.length && sorted[i].sinceUs - sorted[i - 1].sinceUs <= BURST_S * 1e6) continue;
    if (i - start > 1) first.add(sorted[start].id);
    start = i;
  }
  return first;
}

/** Return open alarms with the time at which they were raised; an alarm's own time is that of its newest state. */
export function raisedAlarms(
  alarms: Iterable<Pick<Alarm, "id" | "sinceUs" | "state">>,
  events: readonly EventInfo[],
): { id: string; sinceUs: number }[] {
  const raised = new Map<unknown, number>();
  for (const { kind, body, at_us } of events) {
    if (kind === "alarm" && body.action === "raised") raised.set(body.alarm, at_us);
  }
  const out: { id: string; sinceUs: number }[] = [];
  for (const { id, sinceUs, state } of alarms) {
    const at = raised.get(id) ?? (state === "unacknowledged" ? sinceUs : null);
    if (at !== null) out.push({ id, sinceUs: at });
  }
  return out;
}

/** Words of EEMUA 191 for so many alarms per ten minutes and operator in steady operation. */
export function loadWord(perTenMinutes: number): "acceptable" | "manageable" | "over-demanding" | "unacceptable" {
  if (perTenMinutes <= 1) return "acceptable";
  if (perTenMinutes <= 2) return "manageable";
  return perTenMinutes <= 10 ? "over-demanding" : "unacceptable";
}
