/** An input for an argument or a property: a choice where there are choices, else text that is checked. */
import { type FieldSpec, rangeText } from "../state/fields";
import { unitText } from "../state/format";

export interface FieldProps {
  id: string;
  label: string;
  spec: FieldSpec;
  text: string;
  error: string | null;
  onText(text: string): void;
}

export function Field({ id, label, spec, text, error, onText }: FieldProps) {
  const choices = spec.kind === "bool" ? ["true", "false"] : spec.choices;
  const range = rangeText(spec);
  return (
    <div class="field">
      <label for={id}>
        {label}
        {!spec.required && <span class="muted"> (optional)</span>}
      </label>
      <span class="field-input">
        {choices.length > 0 ? (
          <select id={id} value={text} onChange={(event) => onText(event.currentTarget.value)}>
            <option value="">–</option>
            {choices.map((choice) => (
              <option key={choice} value={choice}>
                {spec.kind === "bool" ? (choice === "true" ? "yes" : "no") : choice}
              </option>
            ))}
          </select>
        ) : (
          <input
            id={id}
            type="text"
            inputMode={spec.kind === "float" || spec.kind === "int" ? "decimal" : "text"}
            value={text}
            placeholder={range ? `between ${range}` : ""}
            aria-invalid={error !== null}
            aria-describedby={error ? `${id}-error` : undefined}
            onInput={(event) => onText(event.currentTarget.value)}
          />
        )}
        <span class="unit">{unitText(spec.unit)}</span>
      </span>
      {error && (
        <span class="field-error" id={`${id}-error`}>
          {error}
        </span>
      )}
    </div>
  );
}
