/** Which alarms there were at a moment, folded from the events before it. Pure. */
import type { EventInfo } from "../protocol/messages.gen";
import { AlarmIndex } from "./alarms";
import type { Document } from "./merge";

type Entry = Record<string, unknown>;

/** Return the alarms as they stood at `atUs`; `events` in the order of time, what came later is left aside. */
export function alarmsAsOf(events: readonly EventInfo[], atUs: number): AlarmIndex {
  const byTwin = new Map<string, Map<string, Entry>>();
  for (const event of events) {
    if (event.kind !== "alarm") continue;
    if (event.at_us > atUs) break;
    const id = event.body.alarm;
    if (typeof id !== "string") continue;
    const entries = byTwin.get(event.twin) ?? new Map<string, Entry>();
    byTwin.set(event.twin, entries);
    const after = folded(entries.get(id), event);
    if (after) entries.set(id, after);
    else entries.delete(id);
  }
  const index = new AlarmIndex();
  for (const [twin, entries] of byTwin) {
    if (entries.size > 0) index.update(twin, { alarms: Object.fromEntries(entries) } as Document);
  }
  return index;
}

/** Return an alarm after one event, or undefined when it is over. */
function folded(before: Entry | undefined, { at_us, body }: EventInfo): Entry | undefined {
  const { priority, message, signal, value, user, comment } = body;
  // One that was raised before the events begin is known from the first that names it.
  const known: Entry = before ?? { state: "unacknowledged", since_us: at_us, count: 1, priority, message, signal };
  switch (body.action) {
    case "raised": {
      const count = before ? Number(before.count) + 1 : 1;
      return { ...known, state: "unacknowledged", since_us: at_us, count, priority, message, signal, value };
    }
    case "returned":
      return known.state === "acknowledged" ? undefined : { ...known, state: "returned" };
    case "cleared":
      return undefined;
    case "acknowledged":
      return known.state === "returned" ? undefined : { ...known, state: "acknowledged", by: user, comment };
    case "shelved":
    case "suppressed":
      return { ...known, suppressed: true, by: user, comment };
    case "unshelved":
    case "unsuppressed":
      return { ...known, suppressed: false };
    default:
      return known;
  }
}
