/** The lower panel: alarms, events, unknown topics, rejected messages. */

import { popOut } from "../app/windows";
import { hasEdgeNodes } from "../state/edge";
import { AlarmList } from "./AlarmList";
import { useModel } from "./context";
import { DeadLetterList } from "./DeadLetterList";
import { EventList } from "./EventList";
import { EdgePanel, TrendsPanel } from "./lazy";
import type { DockTab } from "./model";
import { PopOutIcon } from "./PopOutIcon";
import { TopicList } from "./TopicList";

/** Each with its name, and a shorter one for narrow screens. */
const TABS: readonly [DockTab, string, string][] = [
  ["alarms", "Alarms", "Alarms"],
  ["trends", "Trends", "Trends"],
  ["events", "Events", "Events"],
  ["topics", "Discovered topics", "Topics"],
  ["rejected", "Rejected messages", "Rejected"],
];
/** Only where twins run elsewhere than on the server. */
const EDGE: readonly [DockTab, string, string] = ["edge", "Edge nodes", "Edge"];

export function Dock() {
  const model = useModel();
  model.documents.value;
  model.structure.value;
  const tabs = hasEdgeNodes(model.store.twins.values()) ? [...TABS, EDGE] : TABS;
  const tab = model.tab.value;
  const open = model.store.alarms.counts().active;
  const rejected = Object.values(model.health.value?.ingest?.rejected ?? {}).reduce((sum, n) => sum + n, 0);
  const badges: Partial<Record<DockTab, number>> = { alarms: open, trends: model.trends.value.length, rejected };
  const onKeyDown = (event: KeyboardEvent) => {
    const step = event.key === "ArrowRight" ? 1 : event.key === "ArrowLeft" ? -1 : 0;
    if (step === 0) return;
    const at = tabs.findIndex(([id]) => id === tab);
    const [next] = tabs[(at + step + tabs.length) % tabs.length];
    model.tab.value = next;
    document.getElementById(`tab-${next}`)?.focus();
  };
  return (
    <section class="panel dock" aria-label="Alarms and events">
      <div class="tabs" role="tablist" aria-label="Lower panel" onKeyDown={onKeyDown}>
        {tabs.map(([id, label, short]) => (
          <button
            type="button"
            role="tab"
            key={id}
            id={`tab-${id}`}
            class="tab"
            aria-selected={tab === id}
            aria-controls="dock-body"
            tabIndex={tab === id ? 0 : -1}
            onClick={() => {
              model.tab.value = id;
            }}
          >
            <span class="tab-long">{label}</span>
            <span class="tab-short">{short}</span>
            {(badges[id] ?? 0) > 0 && <span class="tab-count">{badges[id]!.toLocaleString("en")}</span>}
          </button>
        ))}
      </div>
      <button
        type="button"
        class="icon-button pop-out"
        aria-label="Open this panel in a window of its own"
        title="Open this panel in a window of its own"
        onClick={() => popOut(tab)}
      >
        <PopOutIcon />
      </button>
      <div class="dock-body" id="dock-body" role="tabpanel" aria-labelledby={`tab-${tab}`}>
        {tab === "alarms" && <AlarmList />}
        {tab === "trends" && <TrendsPanel />}
        {tab === "events" && <EventList />}
        {tab === "topics" && <TopicList />}
        {tab === "rejected" && <DeadLetterList />}
        {tab === "edge" && <EdgePanel />}
      </div>
    </section>
  );
}
