/** A fault to inject: which, where, how bad, how soon. */
import { useState } from "preact/hooks";
import type { TwinInfo } from "../protocol/messages.gen";
import { wordsOf } from "../state/format";
import { kindsOf, ofSensor, placesOf, reported, sensorsOf } from "../state/simulation";
import { useModel } from "./context";

const USUAL = 0.8;

export function BreakForm({ twin }: { twin: TwinInfo }) {
  const model = useModel();
  model.documents.value;
  const kinds = kindsOf(twin);
  const [kind, setKind] = useState(kinds[0] ?? "");
  const [place, setPlace] = useState("");
  const [sensor, setSensor] = useState("");
  const [severity, setSeverity] = useState(USUAL);
  const [onset, setOnset] = useState("0");
  const places = placesOf(reported(model.store.document(twin.id), "places")).get(kind) ?? [];
  const sensors = ofSensor(kind) && place ? sensorsOf(model.store.twins.get(place)) : [];
  const chosen = sensor || (sensors[0] ?? "");
  const onsetS = Number(onset.replace(",", "."));
  const wrong = onset.trim() === "" || !(onsetS >= 0 && onsetS <= 86_400);
  const target = ofSensor(kind) && place ? `${place}:${chosen}` : place;
  const submit = (event: Event) => {
    event.preventDefault();
    if (wrong) return;
    const args = { kind, target, severity, onset: onsetS };
    model.invoke(twin.id, "inject", `${wordsOf(kind)}${place ? ` at ${model.nameOf(place)}` : ""}`, args, "");
  };
  return (
    <form class="simulation-break" aria-label="Break something" onSubmit={submit}>
      <h3>Break something</h3>
      <label for="break-kind">Fault</label>
      <select
        id="break-kind"
        value={kind}
        onChange={(event) => {
          setKind(event.currentTarget.value);
          setPlace("");
          setSensor("");
        }}
      >
        {kinds.map((each) => (
          <option key={each} value={each}>
            {wordsOf(each)}
          </option>
        ))}
      </select>
      <label for="break-place">Machine</label>
      <select
        id="break-place"
        value={place}
        onChange={(event) => {
          setPlace(event.currentTarget.value);
          setSensor("");
        }}
      >
        <option value="">where it usually is</option>
        {places.map((id) => (
          <option key={id} value={id}>
            {model.nameOf(id)}
          </option>
        ))}
      </select>
      {sensors.length > 0 && (
        <>
          <label for="break-sensor">Reading</label>
          <select id="break-sensor" value={chosen} onChange={(event) => setSensor(event.currentTarget.value)}>
            {sensors.map((path) => (
              <option key={path} value={path}>
                {wordsOf(path)}
              </option>
            ))}
          </select>
        </>
      )}
      <label for="break-severity">Severity</label>
      <span class="simulation-row">
        <input
          id="break-severity"
          type="range"
          min="0.05"
          max="1"
          step="0.05"
          value={severity}
          onInput={(event) => setSeverity(event.currentTarget.valueAsNumber)}
        />
        <output for="break-severity">{severity.toFixed(2)}</output>
      </span>
      <label for="break-onset">Grows over</label>
      <span class="simulation-row">
        <input
          id="break-onset"
          type="text"
          inputMode="decimal"
          value={onset}
          aria-invalid={wrong}
          aria-describedby={wrong ? "break-onset-error" : undefined}
          onInput={(event) => setOnset(event.currentTarget.value)}
        />
        <span class="muted">s</span>
      </span>
      {wrong && (
        <span class="field-error" id="break-onset-error">
          seconds between 0 and 86,400
        </span>
      )}
      <button type="submit" class="button is-primary">
        Break it
      </button>
    </form>
  );
}
