/** Which machines have words beside them on the plan, and which. */
import { type Candidate, chooseLabels } from "../scene/label-layout";
import type { Source } from "../scene/plant";
import { unitText, valueText } from "../state/format";
import type { Level } from "./levels";
import type { FlatTwin } from "./twin";
import type { PlanView } from "./view";

const MOST = 160;
const PX_PER_CHAR = 6.7;
/** Between a machine and its words. */
export const DROP = 3;
export const LINE = 15;

export interface Label {
  twin: FlatTwin;
  name: string;
  reading: string;
}

/** Return the labels there is room for: what is asked for first, then alarms, then machines with a reading, then the large. */
export function chooseWords(
  twins: Iterable<FlatTwin>,
  view: PlanView,
  level: Level,
  asked: ReadonlySet<string | null>,
  before: ReadonlySet<string>,
): Label[] {
  const byId = new Map<string, Label>();
  const candidates: Candidate[] = [];
  for (const twin of twins) {
    const x = view.screenX(twin.x);
    const y = view.screenY(twin.z);
    if (!twin.shown || x < -80 || y < -60 || x > view.width + 80 || y > view.height + 60) continue;
    const { id } = twin.info;
    const pixels = Math.max(twin.width, twin.depth) * view.now.scale;
    const alarm = twin.status.mark !== null;
    const named = level !== "overview" || alarm || asked.has(id) || pixels > 40;
    if (!named && twin.reading === "" && !twin.info.synthetic) continue;
    const mark = twin.info.synthetic ? " (synthetic)" : "";
    const label = { twin, name: named || mark ? shortened(twin.name) + mark : "", reading: twin.reading };
    const lines = Number(label.name !== "") + Number(label.reading !== "");
    const half = (Math.min(twin.width, twin.depth) * view.now.scale) / 2;
    const height = lines * LINE;
    byId.set(id, label);
    candidates.push({
      id,
      x,
      // The layout hangs a label above its point; these stand below the machine.
      y: y + half + DROP + height,
      width: Math.max(label.name.length, label.reading.length) * PX_PER_CHAR,
      height,
      weight: pixels + (asked.has(id) ? 1e6 : 0) + (alarm ? 1e4 : 0) + (twin.reading ? 40 : 0),
    });
  }
  return chooseLabels(candidates, MOST, before).map((id) => byId.get(id)!);
}

/** Return the text of a twin's label rule: value and unit, "" without a rule or a signal. */
export function readingOf(twin: FlatTwin, source: Source): string {
  const info = source.signals[twin.labelSlot]?.info;
  if (!info) return "";
  const value = source.value(twin.labelSlot);
  return Number.isFinite(value) ? `${valueText(info, value)} ${unitText(info.unit)}`.trim() : "–";
}

function shortened(name: string): string {
  return name.length > 22 ? `${name.slice(0, 21)}…` : name;
}
