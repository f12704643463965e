/** All alarms of the plant, indexed from the documents of its twins. */
import type { Document } from "./merge";

export const PRIORITIES = ["critical", "high", "medium", "low"] as const;
export type Priority = (typeof PRIORITIES)[number];
export type AlarmState = "unacknowledged" | "acknowledged" | "returned" | "normal";

export interface Alarm {
  id: string;
  twin: string;
  state: AlarmState;
  priority: Priority;
  message: string;
  /** Signal path, or "" for a rule. */
  signal: string;
  limit: string;
  value: number | null;
  sinceUs: number;
  count: number;
  /** Null when not shelved. */
  shelvedUntilUs: number | null;
  suppressed: boolean;
  comment: string;
  by: string;
  /** Of a synthetic twin: shown, and not counted among the plant's. */
  synthetic: boolean;
}

export interface AlarmCounts {
  unacknowledged: number;
  active: number;
  shelved: number;
  /** Unacknowledged or active, by priority, in the order of PRIORITIES. */
  byPriority: [number, number, number, number];
}

export class AlarmIndex {
  readonly all = new Map<string, Alarm>();
  private readonly byTwin = new Map<string, Alarm[]>();

  of(twin: string): readonly Alarm[] {
    return this.byTwin.get(twin) ?? [];
  }

  /** Replace a twin's alarms by those of its document. */
  update(twin: string, document: Document): void {
    for (const alarm of this.of(twin)) this.all.delete(alarm.id);
    const entries = Object.entries((document.alarms ?? {}) as Record<string, Document>);
    if (entries.length === 0) {
      this.byTwin.delete(twin);
      return;
    }
    const alarms = entries.map(([id, raw]) => readAlarm(id, twin, raw));
    this.byTwin.set(twin, alarms);
    for (const alarm of alarms) this.all.set(alarm.id, alarm);
  }

  remove(twin: string): void {
    this.update(twin, {});
  }

  clear(): void {
    this.all.clear();
    this.byTwin.clear();
  }

  /**
   * Those that ask for attention: first what stands and nobody has seen, then what came and went unseen, then what is
   * being dealt with; each by priority, then the newest. Synthetic ones last.
   */
  sorted(): Alarm[] {
    return [...this.all.values()].filter((alarm) => !isQuiet(alarm)).sort(compareAlarms);
  }

  /** Shelved and suppressed ones. */
  quiet(): Alarm[] {
    return [...this.all.values()].filter(isQuiet).sort(compareAlarms);
  }

  /** Of the plant: what is synthetic does not count. */
  counts(): AlarmCounts {
    const counts: AlarmCounts = { unacknowledged: 0, active: 0, shelved: 0, byPriority: [0, 0, 0, 0] };
    for (const alarm of this.all.values()) {
      if (alarm.synthetic) continue;
      if (isQuiet(alarm)) {
        counts.shelved++;
        continue;
      }
      counts.active++;
      if (needsAcknowledge(alarm)) counts.unacknowledged++;
      counts.byPriority[rankOf(alarm.priority)]++;
    }
    return counts;
  }
}

/** Shelved or suppressed: kept, but out of the way. */
export function isQuiet(alarm: Alarm): boolean {
  return alarm.shelvedUntilUs !== null || alarm.suppressed;
}

export function needsAcknowledge(alarm: Alarm): boolean {
  return alarm.state === "unacknowledged" || alarm.state === "returned";
}

/** 0 is the most urgent. */
export function rankOf(priority: Priority): number {
  return PRIORITIES.indexOf(priority);
}

const URGENCY: readonly AlarmState[] = ["unacknowledged", "returned", "acknowledged", "normal"];

export function compareAlarms(a: Alarm, b: Alarm): number {
  return (
    Number(a.synthetic) - Number(b.synthetic) ||
    URGENCY.indexOf(a.state) - URGENCY.indexOf(b.state) ||
    rankOf(a.priority) - rankOf(b.priority) ||
    b.sinceUs - a.sinceUs ||
    (a.id < b.id ? -1 : 1)
  );
}

function readAlarm(id: string, twin: string, raw: Document): Alarm {
  const priority = raw.priority as Priority;
  return {
    id,
    twin,
    state: (raw.state as AlarmState) ?? "unacknowledged",
    priority: PRIORITIES.includes(priority) ? priority : "medium",
    message: text(raw.message) || id,
    signal: text(raw.signal),
    limit: text(raw.limit),
    value: number(raw.value),
    sinceUs: number(raw.since_us) ?? 0,
    count: number(raw.count) ?? 1,
    shelvedUntilUs: number(raw.shelved_until_us),
    suppressed: raw.suppressed === true,
    comment: text(raw.comment),
    by: text(raw.by),
    synthetic: raw.synthetic === true,
  };
}

function text(value: unknown): string {
  return typeof value === "string" ? value : "";
}

function number(value: unknown): number | null {
  return typeof value === "number" ? value : null;
}
