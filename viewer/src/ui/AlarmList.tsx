/** Open, unacknowledged or shelved alarms; Enter goes to the cause, A acknowledges. */

import { useMemo, useState } from "preact/hooks";
import { rowHeight } from "../app/browser";
import { firstOut, loadWord, raisedAlarms } from "../state/alarm-figures";
import { type AlarmScope, alarmsShown, shortStateText, stateText } from "../state/alarm-list";
import type { Alarm } from "../state/alarms";
import { needsAcknowledge } from "../state/alarms";
import { ageText, numberText, sentence, timeText, unitText } from "../state/format";
import { AlarmActions, AlarmDialog, mayAct } from "./AlarmActions";
import { PRIORITY_NAMES, PriorityMark } from "./Badge";
import { useModel } from "./context";
import { EventList } from "./EventList";
import { SyntheticMark } from "./Ghost";
import type { Model } from "./model";
import { usePolled } from "./polled";
import { Segments } from "./Segments";
import { VirtualList } from "./VirtualList";

const SCOPES: readonly [AlarmScope, string][] = [
  ["open", "Open"],
  ["unacknowledged", "To acknowledge"],
  ["shelved", "Shelved"],
  ["journal", "Journal"],
];

const COUNTED_EVERY_MS = 2000;

export function AlarmList() {
  const model = useModel();
  const documents = model.documents.value;
  model.clock.value;
  const [active, setActive] = useState<string | null>(null);
  const [asking, setAsking] = useState<readonly Alarm[] | null>(null);
  const filter = {
    scope: model.alarmScope.value,
    priority: model.alarmPriority.value,
    text: model.alarmText.value,
  };
  const alarms = alarmsShown(model.store.alarms, filter, (id) => model.nameOf(id));
  const waiting = alarms.filter(needsAcknowledge);
  const allowed = mayAct(model);
  const first = useMemo(
    () =>
      firstOut(
        raisedAlarms(
          model.store.alarms.sorted().filter((alarm) => !alarm.synthetic),
          model.store.journal.events,
        ),
      ),
    [model, documents, model.events.value],
  );
  if (filter.scope === "journal") {
    return (
      <>
        <div class="dock-tools">
          <ScopeChoice model={model} />
          <FloodFigures model={model} />
        </div>
        <EventList only="alarm" />
      </>
    );
  }
  return (
    <>
      <div class="dock-tools">
        <ScopeChoice model={model} />
        {filter.priority && (
          <button
            type="button"
            class="chip chip-button"
            onClick={() => {
              model.alarmPriority.value = null;
            }}
          >
            {PRIORITY_NAMES[filter.priority]} only ✕
          </button>
        )}
        <input
          class="search"
          type="search"
          aria-label="Filter alarms"
          placeholder="Filter"
          value={filter.text}
          onInput={(event) => {
            model.alarmText.value = event.currentTarget.value;
          }}
        />
        <button
          type="button"
          class="button"
          disabled={!allowed || waiting.length === 0}
          onClick={() => setAsking(waiting)}
        >
          Acknowledge {waiting.length > 0 ? `${waiting.length.toLocaleString("en")} shown` : "shown"}…
        </button>
      </div>
      <div class="alarm-row list-head" aria-hidden="true">
        <span />
        <span>State</span>
        <span>Alarm</span>
        <span>Twin</span>
        <span class="num">Value</span>
        <span class="num">Since</span>
        <span class="num">Age</span>
        <span />
      </div>
      <VirtualList
        items={alarms}
        rowHeight={rowHeight(32)}
        label="Alarms"
        keyOf={(alarm) => alarm.id}
        active={active}
        onActive={(alarm) => {
          setActive(alarm.id);
          model.select(alarm.twin);
        }}
        onEnter={(alarm) => model.investigate(alarm)}
        onKey={(event, alarm) => {
          if (event.key.toLowerCase() !== "a" || !alarm || !allowed || !needsAcknowledge(alarm)) return;
          event.preventDefault();
          setAsking([alarm]);
        }}
        rowClass={(alarm) => `alarm-row is-${alarm.state}`}
        render={(alarm) => <Cells model={model} alarm={alarm} first={first.has(alarm.id)} />}
        empty={emptyText(model, filter.scope)}
      />
      {asking && <AlarmDialog alarms={asking} action="acknowledge" close={() => setAsking(null)} />}
    </>
  );
}

function ScopeChoice({ model }: { model: Model }) {
  return (
    <Segments
      legend="Which alarms"
      options={SCOPES}
      chosen={model.alarmScope.value}
      onChoose={(scope) => {
        model.alarmScope.value = scope;
      }}
    />
  );
}

/** How many alarms a person has to take, against what EEMUA 191 says they can. */
function FloodFigures({ model }: { model: Model }) {
  // The server counts: this page holds the newest events only, and none of the time before it was opened.
  const { value, error } = usePolled(() => model.api.alarmLoad(model.store.shownUs), COUNTED_EVERY_MS);
  if (error) return <span class="flood text-bad">Alarms per ten minutes: {sentence(error)}</span>;
  if (!value) return <span class="flood muted">Counting alarms per ten minutes…</span>;
  const { now, peak } = value;
  const word = loadWord(now);
  return (
    <span
      class={`flood is-${word}`}
      title="EEMUA 191, per operator in steady operation: up to 1 in ten minutes is acceptable, 2 manageable, up to 10 over-demanding, more unacceptable"
    >
      <strong class="num">{now.toLocaleString("en")}</strong> raised in 10 min: {word}. Most in any 10 min of 24 h:{" "}
      {peak.toLocaleString("en")}
    </span>
  );
}

function Cells({ model, alarm, first }: { model: Model; alarm: Alarm; first: boolean }) {
  const now = model.store.shownUs;
  const unit = model.store.signals[model.store.slotOf(`${alarm.twin}:${alarm.signal}`)]?.info.unit ?? "";
  const value = alarm.value === null ? "" : `${numberText(alarm.value)} ${unitText(unit)}`.trim();
  const note = [
    alarm.count > 1 ? `${alarm.count} times` : "",
    alarm.shelvedUntilUs
      ? `until ${timeText(alarm.shelvedUntilUs, now)}, ${ageText((alarm.shelvedUntilUs - now) / 1e6)} left`
      : "",
    alarm.by ? `by ${alarm.by}` : "",
    alarm.comment ? `“${alarm.comment}”` : "",
  ]
    .filter(Boolean)
    .join(", ");
  return (
    <>
      <PriorityMark priority={alarm.priority} ringing={alarm.state === "unacknowledged"} />
      <span class="cell" title={stateText(alarm)}>
        {shortStateText(alarm)}
      </span>
      <span class="cell" title={[alarm.message, note].filter(Boolean).join("\n")}>
        {first && (
          <span class="chip" title="The first of a burst of alarms: nearest to the cause">
            first
          </span>
        )}{" "}
        <strong>{alarm.message}</strong>
        {note && <span class="muted"> {note}</span>}
      </span>
      <span class="cell" title={alarm.twin}>
        <SyntheticMark twin={model.store.twins.get(alarm.twin)} /> {model.nameOf(alarm.twin)}
      </span>
      <span class="cell num">{value}</span>
      <span class="cell num">{timeText(alarm.sinceUs, now)}</span>
      <span class="cell num">{ageText((now - alarm.sinceUs) / 1e6)}</span>
      <AlarmActions alarm={alarm} />
    </>
  );
}

function emptyText(model: Model, scope: AlarmScope): string {
  if (model.connection.value.frameMs === 0) return "Nothing is known yet.";
  if (scope === "shelved") return "Nothing is shelved or suppressed.";
  if (model.store.alarms.all.size > 0) return "No alarm matches the filter.";
  return "No open alarms.";
}
