/** Rules over a simulated plant: what breaks, what is made, how fast time goes. What is broken stays hidden until asked. */
import { useEffect, useRef, useState } from "preact/hooks";
import type { TwinInfo } from "../protocol/messages.gen";
import { valueText, wordsOf } from "../state/format";
import { hiddenFault, placesOf, reported, type Standing, standingOf } from "../state/simulation";
import { BreakForm } from "./BreakForm";
import { useModel } from "./context";
import type { Model } from "./model";
import { Outcomes } from "./Outcomes";
import { Segments } from "./Segments";
import "./simulation.css";

const FACTORS = [1, 5, 20, 100].map((factor) => [factor, `${factor}×`] as const);
const HIDDEN = "Something breaks somewhere";
const NOTHING_SHOWS =
  "Nothing that breaks now would show within a minute. Try again when the line makes bottles and nothing else is broken.";

export function SimulationPanel({ twin }: { twin: TwinInfo }) {
  const model = useModel();
  const panel = useRef<HTMLElement>(null);
  useEffect(() => panel.current!.querySelector<HTMLElement>("select, button")!.focus(), []);
  const close = () => {
    model.simulation.value = false;
  };
  const obstacle = obstacleOf(model, twin);
  return (
    <section
      ref={panel}
      class="simulation"
      aria-label="Simulation"
      onKeyDown={(event) => {
        if (event.key !== "Escape") return;
        event.stopPropagation();
        close();
      }}
    >
      <div class="simulation-head">
        <h2>Simulation</h2>
        <button type="button" class="icon-button" aria-label="Close the simulation panel" onClick={close}>
          ✕
        </button>
      </div>
      <div class="simulation-body">
        {obstacle && <p class="note">{obstacle}</p>}
        <fieldset disabled={obstacle !== ""}>
          <legend class="unseen">Orders to the simulation</legend>
          <Time model={model} twin={twin} />
          <BreakForm twin={twin} />
          <Broken model={model} twin={twin} />
        </fieldset>
      </div>
    </section>
  );
}

/** Return why nothing can be ordered now, or "". */
function obstacleOf(model: Model, twin: TwinInfo): string {
  model.documents.value;
  if (!model.mayNow("engineer")) return "Orders need a live connection and the role engineer.";
  return model.store.worstOf(twin.id).offline ? "The simulation is not running." : "";
}

function numberOf(model: Model, twin: TwinInfo, path: string): number {
  return model.store.value(model.store.slotOf(`${twin.id}:${path}`));
}

function Time({ model, twin }: { model: Model; twin: TwinInfo }) {
  model.values.value;
  model.documents.value;
  const document = model.store.document(twin.id);
  const factor = numberOf(model, twin, "factor");
  const phase = twin.signals.find((signal) => signal.path === "phase");
  const left = numberOf(model, twin, "left");
  const change = (cleaning: boolean, title: string) =>
    model.invoke(twin.id, "change_product", title, cleaning ? { cleaning } : {}, "");
  return (
    <section aria-label="Time and product">
      <dl class="simulation-facts">
        <dt>Simulated time</dt>
        <dd class="simulation-clock">{reported(document, "clock") || "–"}</dd>
        <dt>Line</dt>
        <dd>
          {phase ? wordsOf(valueText(phase, numberOf(model, twin, "phase")).toLowerCase()) : "–"}
          {Number.isFinite(left) && <span class="muted">, {Math.round(left)} min left</span>}
        </dd>
        <dt>Product</dt>
        <dd>
          {reported(document, "product") || "–"}
          {reported(document, "shift") && <span class="muted">, {reported(document, "shift")} shift</span>}
        </dd>
      </dl>
      <div class="simulation-row">
        <span id="simulation-speed">Speed</span>
        <Segments
          legend="Speed of time"
          options={FACTORS}
          chosen={factor}
          onChoose={(chosen) => model.invoke(twin.id, "set_factor", `Time ${chosen}×`, { factor: chosen }, "")}
        />
      </div>
      <div class="simulation-row">
        <button type="button" class="button" onClick={() => change(false, "Change product")}>
          Change product
        </button>
        <button type="button" class="button" onClick={() => change(true, "Clean the line")}>
          Clean, then change
        </button>
      </div>
    </section>
  );
}

function Broken({ model, twin }: { model: Model; twin: TwinInfo }) {
  const [revealed, setRevealed] = useState(false);
  const [vain, setVain] = useState(false);
  model.values.value;
  model.documents.value;
  model.asked.value;
  const document = model.store.document(twin.id);
  const standing = standingOf(reported(document, "faults"));
  const hide = () => {
    const fault = hiddenFault(placesOf(reported(document, "shows")), () => Math.random());
    setVain(fault === null);
    if (fault === null) return;
    setRevealed(false);
    model.invoke(twin.id, "inject", HIDDEN, { ...fault }, "");
  };
  const asked = model.requests.of(twin.id).slice(0, 1);
  return (
    <section aria-label="What is broken">
      <div class="simulation-row">
        <h3>What is broken</h3>
        <span class="spacer" />
        <button type="button" class="button" aria-pressed={revealed} onClick={() => setRevealed(!revealed)}>
          {revealed ? "Hide" : "Reveal"}
        </button>
      </div>
      {!revealed && (
        <p class="muted">
          {standing.length === 0
            ? "Nothing is broken."
            : `${standing.length === 1 ? "One fault stands" : `${standing.length} faults stand`}. Find it in the plant.`}
        </p>
      )}
      {revealed && standing.length === 0 && <p class="muted">Nothing is broken.</p>}
      {revealed && (
        <ul class="simulation-faults">
          {standing.map((fault) => (
            <Fault key={`${fault.kind} ${fault.twin} ${fault.signal}`} model={model} simulation={twin} fault={fault} />
          ))}
        </ul>
      )}
      <div class="simulation-row">
        <button
          type="button"
          class="button"
          title="Breaks something without saying what; the first alarm comes within a minute and leads to it"
          onClick={hide}
        >
          Surprise me
        </button>
        <button
          type="button"
          class="button"
          disabled={standing.length === 0}
          onClick={() => model.invoke(twin.id, "clear", "Mend everything", {}, "")}
        >
          Mend everything
        </button>
      </div>
      {vain && (
        <p class="note" role="status">
          {NOTHING_SHOWS}
        </p>
      )}
      <Outcomes
        items={revealed ? asked : asked.map((item) => (item.title === HIDDEN ? { ...item, message: "" } : item))}
      />
    </section>
  );
}

function Fault({ model, simulation, fault }: { model: Model; simulation: TwinInfo; fault: Standing }) {
  const level = numberOf(model, simulation, `severity.${fault.kind}`);
  const place = fault.signal ? `${fault.twin}:${fault.signal}` : fault.twin;
  return (
    <li>
      <span class="wrap">
        {wordsOf(fault.kind)} at{" "}
        <button type="button" class="link" onClick={() => model.visit(fault.twin, fault.signal)}>
          {model.nameOf(fault.twin)}
        </button>
        {fault.signal && <span class="muted"> {wordsOf(fault.signal)}</span>}
      </span>
      <meter min={0} max={1} value={Number.isFinite(level) ? level : 0} title="How bad the worst of this kind is now">
        {Number.isFinite(level) ? level.toFixed(2) : "–"}
      </meter>
      <button
        type="button"
        class="button is-small"
        onClick={() =>
          model.invoke(
            simulation.id,
            "clear",
            `Mend ${wordsOf(fault.kind).toLowerCase()}`,
            { kind: fault.kind, target: place },
            "",
          )
        }
      >
        Mend
      </button>
    </li>
  );
}
