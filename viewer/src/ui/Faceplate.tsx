/** A machine at one glance: process value, set-point, output; who has it in hand; what it was told last and by whom. */
import type { SignalInfo, TwinInfo } from "../protocol/messages.gen";
import { faceplateOf, type GivenCommand, type Mode, modeOf, newestCommand, setPointValue } from "../state/faceplate";
import { ageText, unitText, valueText, wordsOf } from "../state/format";
import { NOT_BOUND } from "../state/quality";
import { useModel } from "./context";
import type { Model } from "./model";
import { Outcomes, WORDS } from "./Outcomes";
import { ValueBar } from "./ValueBar";

const MODES: readonly [Mode, string][] = [
  ["automatic", "Auto"],
  ["manual", "Manual"],
  ["interlocked", "Interlocked"],
];

/** Whether there is anything to steer, so that a faceplate says more than the list of signals. */
export function hasFaceplate(twin: TwinInfo): boolean {
  return twin.commands.length > 0 && faceplateOf(twin).value !== null;
}

export function Faceplate({ twin }: { twin: TwinInfo }) {
  const model = useModel();
  model.values.value;
  model.documents.value;
  model.clock.value;
  model.events.value;
  model.asked.value;
  const { store } = model;
  const face = faceplateOf(twin);
  const document = store.document(twin.id);
  const read = (slot: number) => store.value(slot);
  const setPoint = face.setPoint ? setPointValue(face.setPoint, read, document) : Number.NaN;
  const mode = modeOf(twin, read, document);
  const given = newestCommand(store.journal.events, twin.id, store.shownUs);
  const asked = model.requests.of(twin.id);
  const hint = asked.find(({ request }) => request === given?.askedAs)?.hint ?? "";
  return (
    <section class="section faceplate" aria-label="Faceplate">
      <div class="face-top">
        {mode && (
          <ul class="modes" aria-label={`Mode: ${mode}`}>
            {MODES.map(([name, word]) => (
              <li key={name} class={`mode mode-${name} ${name === mode ? "is-on" : ""}`} aria-hidden={name !== mode}>
                {word}
              </li>
            ))}
          </ul>
        )}
        {face.state && <span class="face-state">{valueText(face.state, store.value(face.state.slot))}</span>}
      </div>
      {face.value && (
        <Line model={model} name="Value" info={face.value} value={read(face.value.slot)} setPoint={setPoint} />
      )}
      {face.value && face.setPoint && <Line model={model} name="Set-point" info={face.value} value={setPoint} plain />}
      {face.output && <Line model={model} name="Output" info={face.output} value={read(face.output.slot)} />}
      {given && <Given model={model} twin={twin} given={given} hint={hint} />}
      <Outcomes items={asked} except={given?.askedAs} />
    </section>
  );
}

interface LineProps {
  model: Model;
  name: string;
  info: SignalInfo;
  value: number;
  setPoint?: number;
  /** A wish rather than a measurement: it has neither age nor bar. */
  plain?: boolean;
}

function Line({ model, name, info, value, setPoint, plain }: LineProps) {
  const stale = !plain && info.bound && model.store.isStale(info.slot);
  return (
    <div class={`face-line ${stale ? "is-stale" : ""}`}>
      <span class="face-name" title={info.path}>
        {name}
        {!plain && <span class="muted"> {info.name || wordsOf(info.path)}</span>}
      </span>
      <span class="face-value">
        {valueText(info, value)}
        <span class="unit">{unitText(info.unit)}</span>
      </span>
      {!plain && <ValueBar info={info} value={value} setPoint={setPoint} />}
      {!plain && <span class="face-age">{info.bound ? ageText(model.store.ageS(info.slot)) : NOT_BOUND}</span>}
    </div>
  );
}

function Given({ model, twin, given, hint }: { model: Model; twin: TwinInfo; given: GivenCommand; hint: string }) {
  const title = twin.commands.find(({ name }) => name === given.command)?.title || wordsOf(given.command);
  const word = WORDS[given.status as keyof typeof WORDS] ?? given.status;
  return (
    <p class={`given is-${given.status}`} aria-live="polite">
      <span class="outcome-status">{word}</span> {title}
      {given.user && `, by ${given.user}`}
      <span class="muted">
        , {ageText((model.store.shownUs - given.atUs) / 1e6)} ago{given.message && `: ${given.message}`}
        {hint && ` (${hint})`}
      </span>
    </p>
  );
}
