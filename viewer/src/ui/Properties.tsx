/** Kept state of a twin: what the device reports, what is desired of it, and editing of what may be written. */
import { useState } from "preact/hooks";
import type { PropertyInfo, TwinInfo } from "../protocol/messages.gen";
import { type FieldSpec, parseField } from "../state/fields";
import { jsonText, unitText, wordsOf } from "../state/format";
import { useModel } from "./context";
import { Field } from "./Field";

type Values = Record<string, unknown>;

export function Properties({ twin }: { twin: TwinInfo }) {
  const model = useModel();
  model.documents.value;
  const document = model.store.document(twin.id);
  const reported = (document.reported ?? {}) as Values;
  const desired = (document.desired ?? {}) as Values;
  const infos = propertiesOf(twin, reported, desired);
  if (infos.length === 0) return null;
  return (
    <section class="section" aria-label="Properties">
      <h3>Properties</h3>
      {model.replay.atUs.value !== null && <p class="note note-warn">Of now: properties are not recorded.</p>}
      <ul class="properties">
        {infos.map((info) => (
          <Property key={`${twin.id} ${info.path}`} twin={twin} info={info} reported={reported} desired={desired} />
        ))}
      </ul>
    </section>
  );
}

/** Declared properties, then those that only the document knows. */
function propertiesOf(twin: TwinInfo, reported: Values, desired: Values): PropertyInfo[] {
  const known = new Set(twin.properties.map((info) => info.path));
  const more = [...new Set([...Object.keys(reported), ...Object.keys(desired)])].filter((path) => !known.has(path));
  const undeclared = { kind: "str", unit: "", name: "", choices: [], range: null, writable: false, role: "operator" };
  return [...twin.properties, ...more.sort().map((path) => ({ ...undeclared, path }))];
}

interface PropertyProps {
  twin: TwinInfo;
  info: PropertyInfo;
  reported: Values;
  desired: Values;
}

function Property({ twin, info, reported, desired }: PropertyProps) {
  const model = useModel();
  const [editing, setEditing] = useState(false);
  const has = reported[info.path];
  const wants = desired[info.path];
  const pending = wants !== undefined && JSON.stringify(wants) !== JSON.stringify(has);
  const { phase } = model.connection.value;
  const allowed = model.mayNow(info.role);
  const name = info.name || wordsOf(info.path);
  const withUnit = (value: unknown) => (value === undefined ? "–" : `${jsonText(value)} ${unitText(info.unit)}`.trim());
  return (
    <li class="property">
      <div class="property-line">
        <span class="property-name" title={info.path}>
          {name}
        </span>
        <span class="property-value wrap value">{withUnit(has)}</span>
        {info.writable && (
          <button
            type="button"
            class="link"
            disabled={!allowed}
            title={
              allowed ? "" : phase === "live" ? `Needs the live picture and the role ${info.role}` : "Not connected"
            }
            aria-expanded={editing}
            onClick={() => setEditing(!editing)}
          >
            {editing ? "cancel" : "change"}
          </button>
        )}
      </div>
      {pending && (
        <p class="note note-pending">
          Asked for {withUnit(wants)}; the device reports {withUnit(has)}.
        </p>
      )}
      {editing && allowed && (
        <PropertyForm twin={twin} info={info} name={name} current={wants ?? has} close={() => setEditing(false)} />
      )}
    </li>
  );
}

interface FormProps {
  twin: TwinInfo;
  info: PropertyInfo;
  name: string;
  current: unknown;
  close(): void;
}

function PropertyForm({ twin, info, name, current, close }: FormProps) {
  const model = useModel();
  const [text, setText] = useState(current === undefined || current === null ? "" : String(current));
  const [reason, setReason] = useState("");
  const [shown, setShown] = useState(false);
  const spec: FieldSpec = { ...info, required: true };
  const parsed = parseField(spec, text);
  const submit = (event: Event) => {
    event.preventDefault();
    setShown(true);
    if (parsed.error !== null) return;
    const title = `${name} = ${jsonText(parsed.value)} ${unitText(info.unit)}`.trim();
    model.setDesired(twin.id, { [info.path]: parsed.value }, title, reason.trim());
    close();
  };
  return (
    <form class="command-form" onSubmit={submit}>
      <Field
        id={`prop-${info.path}`}
        label={`New value of ${name}`}
        spec={spec}
        text={text}
        error={shown ? parsed.error : null}
        onText={setText}
      />
      <div class="field">
        <label for={`prop-reason-${info.path}`}>
          Reason<span class="muted"> (kept in the audit log)</span>
        </label>
        <input
          id={`prop-reason-${info.path}`}
          type="text"
          maxLength={200}
          value={reason}
          onInput={(event) => setReason(event.currentTarget.value)}
        />
      </div>
      <div class="form-foot">
        <button type="submit" class="button is-primary">
          Set
        </button>
      </div>
    </form>
  );
}
