/** Small marks: alarm priority (shape, letter and colour), bad quality, stale, offline. */
import { PRIORITIES, type Priority } from "../state/alarms";
import { letterBase, MARK_SHAPES } from "../state/mark-shapes";
import type { Worst } from "../state/store";

export const PRIORITY_NAMES: Record<Priority, string> = {
  critical: "Critical",
  high: "High",
  medium: "Medium",
  low: "Low",
};

export function PriorityMark({ priority, ringing }: { priority: Priority; ringing?: boolean }) {
  const title = `${PRIORITY_NAMES[priority]} priority${ringing ? ", not acknowledged" : ""}`;
  return (
    <svg
      class={`mark mark-${priority} ${ringing ? "is-ringing" : ""}`}
      viewBox="0 0 20 20"
      role="img"
      aria-label={title}
    >
      <title>{title}</title>
      <path d={MARK_SHAPES[priority]} />
      <text x="10" y={letterBase(priority)} text-anchor="middle">
        {priority.charAt(0).toUpperCase()}
      </text>
    </svg>
  );
}

/** The one thing to know of a twin: its worst alarm, else that it is offline, bad or stale; nothing when all is well. */
export function WorstMark({ worst }: { worst: Worst }) {
  if (worst.priority) return <PriorityMark priority={worst.priority} ringing={worst.unacknowledged} />;
  if (worst.offline) return <span class="chip chip-bad">offline</span>;
  if (worst.quality === 2) return <span class="chip chip-bad">bad</span>;
  if (worst.stale) return <span class="chip chip-stale">stale</span>;
  if (worst.quality === 1) return <span class="chip chip-doubt">uncertain</span>;
  return null;
}

/** Order for comparing twins: higher is worse. */
export function severity(worst: Worst): number {
  if (worst.priority)
    return 10 + 2 * (PRIORITIES.length - PRIORITIES.indexOf(worst.priority)) + Number(worst.unacknowledged);
  if (worst.offline) return 5;
  return worst.quality === 2 ? 4 : worst.stale ? 3 : worst.quality;
}
