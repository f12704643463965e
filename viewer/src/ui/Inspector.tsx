/** Everything about the chosen twin, at the right. */
import { useState } from "preact/hooks";
import { popOut } from "../app/windows";
import type { SignalInfo, TwinInfo } from "../protocol/messages.gen";
import { stateText } from "../state/alarm-list";
import { detectorsOf, isOutput } from "../state/anomalies";
import { runsOn } from "../state/edge";
import { faceplateOf, setPointValue } from "../state/faceplate";
import { ageText, wordsOf } from "../state/format";
import { areaOf, titleOf } from "../state/tree";
import { AlarmActions } from "./AlarmActions";
import { AnomalySection } from "./Anomaly";
import { PriorityMark, WorstMark } from "./Badge";
import { Commands } from "./Commands";
import { useModel } from "./context";
import { Faceplate, hasFaceplate } from "./Faceplate";
import { GhostSection, SyntheticMark } from "./Ghost";
import { KEY_GROUPS } from "./keys";
import type { Model } from "./model";
import { Outcomes } from "./Outcomes";
import { PopOutIcon } from "./PopOutIcon";
import { Properties } from "./Properties";
import { Rename } from "./Rename";
import { Fact, SignalRow } from "./SignalRow";

export function Inspector() {
  const model = useModel();
  model.structure.value;
  const id = model.selected.value;
  const twin = id === null ? undefined : model.store.twins.get(id);
  return (
    <aside class="panel inspector" aria-label="Details">
      {twin ? <TwinDetails key={twin.id} model={model} twin={twin} /> : <Nothing model={model} />}
    </aside>
  );
}

function Nothing({ model }: { model: Model }) {
  const count = model.store.twins.size;
  if (model.connection.value.frameMs === 0) return <div class="empty">Waiting for the server.</div>;
  return (
    <div class="empty">
      {count === 0 ? (
        <p>No twins yet. They appear here as soon as the plant file names them or a new topic is discovered.</p>
      ) : (
        <>
          <p>Choose a twin in the tree, in the picture or from an alarm.</p>
          <dl class="keys">
            {KEY_GROUPS[0].keys.map(([key, meaning]) => (
              <div key={key} class="key">
                <dt>
                  <kbd>{key}</kbd>
                </dt>
                <dd>{meaning}</dd>
              </div>
            ))}
          </dl>
        </>
      )}
    </div>
  );
}

function TwinDetails({ model, twin }: { model: Model; twin: TwinInfo }) {
  model.asked.value;
  model.documents.value;
  const detectors = detectorsOf(twin.id, model.store.document(twin.id));
  const own = twin.signals.filter(({ path }) => !isOutput(detectors, path));
  const steered = hasFaceplate(twin);
  return (
    <>
      <Head model={model} twin={twin} />
      <div class="inspector-body">
        {twin.discovered && <DiscoveredNote model={model} twin={twin} />}
        {twin.geometry.problem && (
          <p class="note" role="note">
            Its mesh: {twin.geometry.problem}
          </p>
        )}
        <GhostSection twin={twin} />
        <TwinAlarms model={model} twin={twin} />
        {steered && <Faceplate twin={twin} />}
        {steered && <Commands twin={twin} />}
        <AnomalySection twin={twin} />
        {own.length > 0 && (
          <section class="section" aria-label="Signals">
            <h3>Signals</h3>
            <ul class="signals">
              {own.map((info) => (
                <SignalRow key={info.slot} twin={twin.id} info={info} setPoint={setPointFor(model, twin, info)} />
              ))}
            </ul>
          </section>
        )}
        {!steered && <Outcomes items={model.requests.of(twin.id)} />}
        {!steered && twin.commands.length > 0 && <Commands twin={twin} />}
        <Properties twin={twin} />
        <Relations model={model} twin={twin} />
        <section class="section" aria-label="About">
          <h3>About</h3>
          <dl class="facts">
            <Fact name="Id" text={twin.id} />
            <Fact name="Type" text={twin.type} />
            <Fact name="Area" text={areaOf(twin)} />
            {twin.topic && <Fact name="Topic" text={twin.topic} />}
            <RunsOn model={model} twin={twin.id} />
            {twin.tags.length > 0 && <Fact name="Tags" text={twin.tags.join(", ")} />}
            {twin.position && <Fact name="Position" text={`${twin.position.map((n) => n.toFixed(1)).join(", ")} m`} />}
          </dl>
          <Rename twin={twin} />
        </section>
      </div>
    </>
  );
}

/** Where an edge node computes the twin; nothing is said while that is the server. */
function RunsOn({ model, twin }: { model: Model; twin: string }) {
  model.documents.value;
  const where = runsOn(model.store.document(twin));
  return where === null ? null : <Fact name="Runs on" text={where} />;
}

/** Return the set-point of a signal, NaN where it has none. */
function setPointFor(model: Model, twin: TwinInfo, info: SignalInfo): number {
  const { setPoint } = faceplateOf(twin);
  if (setPoint?.of !== info.path) return Number.NaN;
  return setPointValue(setPoint, (slot) => model.store.value(slot), model.store.document(twin.id));
}

function Head({ model, twin }: { model: Model; twin: TwinInfo }) {
  model.documents.value;
  model.clock.value;
  const connectivity = model.store.document(twin.id).connectivity as
    | { online?: boolean; since_us?: number }
    | undefined;
  const since = connectivity?.since_us ? ` for ${ageText((model.store.shownUs - connectivity.since_us) / 1e6)}` : "";
  return (
    <div class="inspector-head" data-twin={twin.id}>
      <div class="inspector-title">
        <h2 class="wrap">{titleOf(twin)}</h2>
        <SyntheticMark twin={twin} />
        <WorstMark worst={model.store.worstOf(twin.id)} />
        <button
          type="button"
          class="icon-button pop-out"
          aria-label="Open the details in a window of their own"
          title="Open the details in a window of their own"
          onClick={() => popOut("details")}
        >
          <PopOutIcon />
        </button>
        <button
          type="button"
          class="icon-button"
          aria-label="Close details"
          title="Close details (Esc)"
          onClick={() => model.select(null)}
        >
          ✕
        </button>
      </div>
      <div class="inspector-sub">
        <span class="muted wrap">{twin.id}</span>
        {connectivity && (
          <span class={connectivity.online === false ? "text-bad" : "muted"}>
            {connectivity.online === false ? `Offline${since}` : `Online${since}`}
          </span>
        )}
        <button type="button" class="link" onClick={() => model.scene.value?.frameTwin(twin.id)}>
          show in the picture
        </button>
      </div>
    </div>
  );
}

function DiscoveredNote({ model, twin }: { model: Model; twin: TwinInfo }) {
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState("");
  const allowed = model.mayNow("engineer");
  const topic = twin.topic ?? "";
  const bind = async () => {
    setBusy(true);
    setProblem("");
    try {
      await model.bind(topic, "");
    } catch (error) {
      setProblem((error as Error).message);
    }
    setBusy(false);
  };
  return (
    <div class="note note-pending wrap">
      Nothing reads the topic {topic} yet, so this is not in the plant file.{" "}
      <button
        type="button"
        class="button is-primary"
        disabled={busy || !allowed}
        title={allowed ? "Writes the twin into the plant file" : "Needs a connection and the role engineer"}
        onClick={bind}
      >
        {busy ? "Binding…" : "Bind"}
      </button>{" "}
      <button
        type="button"
        class="link"
        onClick={() => {
          model.tab.value = "topics";
        }}
      >
        under another id
      </button>
      {problem && <div class="text-bad wrap">{problem}</div>}
    </div>
  );
}

function TwinAlarms({ model, twin }: { model: Model; twin: TwinInfo }) {
  model.documents.value;
  model.clock.value;
  const alarms = model.store.alarms.of(twin.id);
  if (alarms.length === 0) return null;
  return (
    <section class="section" aria-label="Alarms of this twin">
      <h3>Alarms</h3>
      <ul class="twin-alarms">
        {alarms.map((alarm) => (
          <li key={alarm.id} class="twin-alarm">
            <PriorityMark priority={alarm.priority} ringing={alarm.state === "unacknowledged"} />
            <div class="twin-alarm-text">
              <span class="wrap">{alarm.message}</span>
              <span class="muted wrap">
                {stateText(alarm)}, {ageText((model.store.shownUs - alarm.sinceUs) / 1e6)} ago
                {alarm.comment && `, “${alarm.comment}”`}
              </span>
            </div>
            <AlarmActions alarm={alarm} />
          </li>
        ))}
      </ul>
    </section>
  );
}

function Relations({ model, twin }: { model: Model; twin: TwinInfo }) {
  const entries = Object.entries(twin.relations).filter(([, targets]) => targets.length > 0);
  if (entries.length === 0) return null;
  return (
    <section class="section" aria-label="Relations">
      <h3>Relations</h3>
      <dl class="facts">
        {entries.map(([name, targets]) => (
          <div class="fact" key={name}>
            <dt>{wordsOf(name)}</dt>
            <dd>
              {targets.map((target) => (
                <button type="button" key={target} class="link" onClick={() => model.visit(target)}>
                  {model.nameOf(target)}
                </button>
              ))}
            </dd>
          </div>
        ))}
      </dl>
    </section>
  );
}
