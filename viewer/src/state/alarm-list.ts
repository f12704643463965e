/** Which alarms the list shows and in which order; words for their states. */
import { type Alarm, type AlarmIndex, isQuiet, needsAcknowledge, type Priority } from "./alarms";

export type AlarmScope = "open" | "unacknowledged" | "shelved" | "journal";

export interface AlarmFilter {
  scope: AlarmScope;
  priority: Priority | null;
  text: string;
}

/** Open ones: those to acknowledge first, then by priority, then the newest. */
export function alarmsShown(index: AlarmIndex, filter: AlarmFilter, nameOf: (twin: string) => string): Alarm[] {
  const words = filter.text.toLowerCase().split(/\s+/).filter(Boolean);
  const from = filter.scope === "shelved" ? index.quiet() : index.sorted();
  return from.filter((alarm) => {
    if (filter.scope === "unacknowledged" && !needsAcknowledge(alarm)) return false;
    if (filter.priority !== null && alarm.priority !== filter.priority) return false;
    if (words.length === 0) return true;
    const hay = `${alarm.id} ${alarm.message} ${nameOf(alarm.twin)}`.toLowerCase();
    return words.every((word) => hay.includes(word));
  });
}

/** Words for the state column. */
export function stateText(alarm: Alarm): string {
  if (alarm.suppressed) return "Suppressed";
  if (isQuiet(alarm)) return "Shelved";
  return {
    unacknowledged: "Active, to acknowledge",
    acknowledged: "Active, acknowledged",
    returned: "Back to normal, to acknowledge",
    normal: "Normal",
  }[alarm.state];
}

/** The same in two words at most, for a narrow column. */
export function shortStateText(alarm: Alarm): string {
  if (alarm.suppressed) return "Suppressed";
  if (isQuiet(alarm)) return "Shelved";
  return {
    unacknowledged: "To acknowledge",
    acknowledged: "Acknowledged",
    returned: "Back to normal",
    normal: "Normal",
  }[alarm.state];
}

/** Actions that make sense now, the first is the usual one. */
export function actionsFor(alarm: Alarm): ("acknowledge" | "shelve" | "unshelve" | "unsuppress")[] {
  if (alarm.suppressed) return ["unsuppress"];
  if (isQuiet(alarm)) return ["unshelve"];
  return needsAcknowledge(alarm) ? ["acknowledge", "shelve"] : ["shelve"];
}
