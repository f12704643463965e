/** One of a few choices, all in sight. */
import type { ComponentChildren } from "preact";

export interface SegmentsProps<Choice> {
  legend: string;
  options: readonly (readonly [Choice, ComponentChildren])[];
  chosen: Choice;
  onChoose(choice: Choice): void;
}

export function Segments<Choice extends string | number>(props: SegmentsProps<Choice>) {
  return (
    <fieldset class="segments">
      <legend class="unseen">{props.legend}</legend>
      {props.options.map(([choice, label]) => (
        <button
          type="button"
          key={choice}
          class="segment"
          aria-pressed={choice === props.chosen}
          onClick={() => props.onChoose(choice)}
        >
          {label}
        </button>
      ))}
    </fieldset>
  );
}
