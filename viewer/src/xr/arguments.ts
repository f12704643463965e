/** Arguments of a command given without a keyboard: steps and choices. Pure. */
import type { ParameterInfo } from "../protocol/messages.gen";
import { plainNumber, unitText } from "../state/format";

export type Arguments = Record<string, unknown>;

/** Why the parameter can't be given in a headset, or "". */
export function needsKeyboard(parameter: ParameterInfo): boolean {
  const { kind, choices } = parameter;
  return choices.length === 0 && kind !== "bool" && kind !== "int" && kind !== "float";
}

/** A round step, about a hundredth of the range; 1 where there is none. */
export function fineStep({ kind, range }: Pick<ParameterInfo, "kind" | "range">): number {
  if (!range || !(range[1] > range[0])) return 1;
  const rough = (range[1] - range[0]) / 100;
  const power = 10 ** Math.floor(Math.log10(rough));
  const round = power * ([1, 2, 5, 10].find((factor) => factor * power >= rough * 0.999) ?? 10);
  return kind === "int" ? Math.max(1, Math.round(round)) : round;
}

/** The value after a press of a button: `by` steps further, or the next choice. The first press chooses a start. */
export function stepped(parameter: ParameterInfo, value: unknown, by: number): unknown {
  const { kind, choices, range } = parameter;
  if (choices.length > 0) {
    const at = choices.indexOf(String(value));
    if (at < 0) return choices[by < 0 ? choices.length - 1 : 0];
    return choices[(at + Math.sign(by) + choices.length) % choices.length];
  }
  if (kind === "bool") return value === undefined ? true : !value;
  const step = fineStep(parameter);
  if (typeof value !== "number") return range ? rounded((range[0] + range[1]) / 2, step, kind) : 0;
  const next = rounded(value + by * step, step, kind);
  return range ? Math.min(range[1], Math.max(range[0], next)) : next;
}

export function argumentText({ unit }: ParameterInfo, value: unknown): string {
  if (value === undefined) return "not set";
  if (typeof value === "boolean") return value ? "yes" : "no";
  if (typeof value === "number") return `${plainNumber(value)} ${unitText(unit)}`.trim();
  return String(value);
}

/** What is still missing, for people; "" when the command can be given. */
export function missing(
  parameters: readonly ParameterInfo[],
  values: Arguments,
  wordsOf: (name: string) => string,
): string {
  for (const parameter of parameters) {
    if (!parameter.required) continue;
    if (needsKeyboard(parameter))
      return `${wordsOf(parameter.name)} needs a keyboard: give this command on the desktop.`;
    if (values[parameter.name] === undefined) return `${wordsOf(parameter.name)} is not set.`;
  }
  return "";
}

/** On the grid of steps, without the dirt of binary fractions. */
function rounded(value: number, step: number, kind: string): number {
  const onGrid = Number((Math.round(value / step) * step).toPrecision(12));
  return kind === "int" ? Math.round(onGrid) : onGrid;
}
