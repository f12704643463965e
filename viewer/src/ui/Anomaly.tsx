/** Detectors of the chosen twin: score against its limit, what is to blame, why, and which model watches. */
import { useState } from "preact/hooks";
import type { TwinInfo } from "../protocol/messages.gen";
import {
  blamedPath,
  type Detector,
  detectorsOf,
  mostBlamed,
  pastText,
  percent,
  type Share,
  STATE_WORDS,
  scorePath,
  whyText,
} from "../state/anomalies";
import { numberText, unitText, valueText, wordsOf } from "../state/format";
import { toggled } from "../state/trend-list";
import { BindDetector } from "./BindDetector";
import { useModel } from "./context";
import { TrendChart } from "./lazy";
import type { Model } from "./model";
import "./anomaly.css";

export function AnomalySection({ twin }: { twin: TwinInfo }) {
  const model = useModel();
  model.documents.value;
  model.values.value;
  const detectors = detectorsOf(twin.id, model.store.document(twin.id));
  const engineer = model.mayNow("engineer");
  if (detectors.length === 0 && (!engineer || twin.discovered)) return null;
  return (
    <section class="section anomaly" aria-label="Anomalies">
      <h3>Anomalies</h3>
      {detectors.map((detector) => (
        <DetectorView key={detector.name} model={model} twin={twin} detector={detector} />
      ))}
      {engineer && <BindDetector twin={twin.id} first={detectors.length === 0} />}
    </section>
  );
}

function DetectorView({ model, twin, detector }: { model: Model; twin: TwinInfo; detector: Detector }) {
  const [open, setOpen] = useState(false);
  model.clock.value;
  const { name, state } = detector;
  const past = model.replay.atUs.value !== null;
  const info = twin.signals.find(({ path }) => path === scorePath(name));
  const signal = `${twin.id}:${scorePath(name)}`;
  const score = info ? model.store.value(info.slot) : Number.NaN;
  const inTrends = model.trends.value.includes(signal);
  const known = (past || state === "watching") && Number.isFinite(score);
  const beyond = !past && detector.beyond;
  const blamed = (signal: string) => nameOf(model, twin, signal);
  const words = past
    ? pastText(score, detector.limit, blamedAt(model, twin, name))
    : whyText(detector, blamed, model.store.serverNowUs());
  return (
    <div class={`detector ${beyond ? "is-beyond" : ""}`} data-detector={name}>
      <div class="detector-head">
        <span class="wrap">
          {detector.model}
          {detector.version > 0 && <span class="muted"> version {detector.version}</span>}
          {!past && detector.runsOn && <span class="muted"> on {detector.runsOn}</span>}
        </span>
        {!past && <span class={`chip ${chipOf(state)}`}>{STATE_WORDS[state] ?? state}</span>}
      </div>
      {known && <ScoreBar score={score} limit={detector.limit} />}
      <p class="note wrap">{words}</p>
      {beyond && <Shares model={model} twin={twin} shares={detector.shares} />}
      {info && (open || beyond) && <TrendChart signal={signal} info={info} />}
      <p class="signal-tools">
        {info && !beyond && (
          <button type="button" class="button is-small" aria-expanded={open} onClick={() => setOpen(!open)}>
            {open ? "Hide the score" : "Score over time"}
          </button>
        )}
        <button
          type="button"
          class="button is-small"
          aria-pressed={inTrends}
          onClick={() => addToTrends(model, signal, inTrends, detector.shares)}
        >
          {inTrends ? "Take out of trends" : "Add to trends"}
        </button>
        <Unbind model={model} detector={detector} />
      </p>
    </div>
  );
}

/** The score goes into the trends together with what it blames, since that is what one compares it with. */
function addToTrends(model: Model, signal: string, there: boolean, shares: readonly Share[]): void {
  let trends = toggled(model.trends.peek(), signal);
  for (const blamed of there ? [] : mostBlamed(shares)) {
    if (!trends.includes(blamed.signal)) trends = toggled(trends, blamed.signal);
  }
  model.trends.value = trends;
  if (!there) model.tab.value = "trends";
}

function ScoreBar({ score, limit }: { score: number; limit: number }) {
  // Twice the limit fills the bar, so that the limit is in its middle.
  const width = Math.min(100, (score / (2 * limit)) * 100);
  const beyond = score > limit;
  return (
    <div class="score" role="img" aria-label={`Score ${numberText(score, 2)}, limit ${numberText(limit, 2)}`}>
      <span class="score-bar">
        <span class={`score-fill ${beyond ? "is-beyond" : ""}`} style={{ width: `${width}%` }} />
        <span class="score-limit" />
      </span>
      <span class="value">{numberText(score, 2)}</span>
      <span class="muted">limit {numberText(limit, 2)}</span>
    </div>
  );
}

function Shares({ model, twin, shares }: { model: Model; twin: TwinInfo; shares: readonly Share[] }) {
  return (
    <ul class="shares" aria-label="What is to blame">
      {shares.map(({ signal, share }) => (
        <li key={signal} data-signal={signal}>
          <button type="button" class="link wrap" onClick={() => visit(model, signal)}>
            {nameOf(model, twin, signal)}
          </button>
          <span class="value">{shownValue(model, signal)}</span>
          <span class="share-bar" aria-hidden="true">
            <span style={{ width: `${share * 100}%` }} />
          </span>
          <span class="share">{percent(share)}</span>
        </li>
      ))}
    </ul>
  );
}

function Unbind({ model, detector }: { model: Model; detector: Detector }) {
  const [sure, setSure] = useState(false);
  const [problem, setProblem] = useState("");
  if (!model.mayNow("engineer")) return null;
  const unbind = async () => {
    try {
      await model.api.unbindDetector(detector.twin, detector.name);
    } catch (error) {
      setProblem((error as Error).message);
    }
    setSure(false);
  };
  return (
    <>
      <button type="button" class="button is-small" onClick={sure ? unbind : () => setSure(true)}>
        {sure ? "Really unbind" : "Unbind"}
      </button>
      {problem && <span class="text-bad wrap">{problem}</span>}
    </>
  );
}

function visit(model: Model, signal: string): void {
  const at = signal.indexOf(":");
  model.visit(signal.slice(0, at), signal.slice(at + 1));
}

function nameOf(model: Model, twin: TwinInfo, signal: string): string {
  const slot = model.store.slotOf(signal);
  const found = slot < 0 ? undefined : model.store.signals[slot];
  if (!found) return signal;
  const name = found.info.name || wordsOf(found.info.path);
  return found.twin === twin.id ? name : `${name} of ${model.nameOf(found.twin)}`;
}

/** Name of the signal that was most to blame at the moment that is shown, "" for none. */
function blamedAt(model: Model, twin: TwinInfo, name: string): string {
  const info = twin.signals.find(({ path }) => path === blamedPath(name));
  const signal = info?.codes[model.store.value(info.slot)] ?? "";
  return signal.includes(":") ? nameOf(model, twin, signal) : "";
}

function shownValue(model: Model, signal: string): string {
  const slot = model.store.slotOf(signal);
  const info = slot < 0 ? undefined : model.store.signals[slot]?.info;
  return info ? `${valueText(info, model.store.value(slot))} ${unitText(info.unit)}`.trim() : "–";
}

function chipOf(state: string): string {
  if (state === "watching" || state === "starting") return "";
  return state === "waiting" ? "chip-doubt" : "chip-bad";
}
