/** Inputs of commands and properties: text from a form to the JSON value, or the reason why not. */
import { plainNumber, unitText } from "./format";

export interface FieldSpec {
  kind: string;
  unit: string;
  choices: readonly string[];
  range: readonly [number, number] | null;
  required: boolean;
}

export type Parsed = { value: unknown; error: null } | { value: undefined; error: string };

/** Return the value; an optional empty field is `undefined` without an error. Decimal commas are taken. */
export function parseField(spec: FieldSpec, text: string): Parsed {
  const trimmed = text.trim();
  if (trimmed === "") {
    return spec.required ? failed("a value is needed") : { value: undefined, error: null };
  }
  if (spec.kind === "bool") return { value: trimmed === "true", error: null };
  if (spec.choices.length > 0) {
    return spec.choices.includes(trimmed) ? done(trimmed) : failed(`one of ${spec.choices.join(", ")}`);
  }
  if (spec.kind === "float" || spec.kind === "int") return parseNumber(spec, trimmed);
  return done(trimmed);
}

function parseNumber(spec: FieldSpec, text: string): Parsed {
  const plain = text.replace("−", "-").replace(",", ".");
  const value = Number(plain);
  if (!/^[-+0-9.eE]+$/.test(plain) || !Number.isFinite(value)) return failed("a number is needed");
  if (spec.kind === "int" && !Number.isInteger(value)) return failed("a whole number is needed");
  if (spec.range && (value < spec.range[0] || value > spec.range[1])) return failed(`between ${rangeText(spec)}`);
  return done(value);
}

/** `0 and 120 m³/h`, or "". */
export function rangeText(spec: Pick<FieldSpec, "range" | "unit">): string {
  if (!spec.range) return "";
  const [low, high] = spec.range;
  return `${plainNumber(low)} and ${plainNumber(high)} ${unitText(spec.unit)}`.trim();
}

function done(value: unknown): Parsed {
  return { value, error: null };
}

function failed(error: string): Parsed {
  return { value: undefined, error };
}
