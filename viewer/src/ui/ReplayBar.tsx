/** Says that the picture is not live, and moves through the past. */
import { useState } from "preact/hooks";
import { SPEEDS } from "../app/replay";
import { inputText, momentOf } from "../state/replay";
import { useModel } from "./context";

const SPANS: readonly [string, number][] = [
  ["last hour", 3600],
  ["last day", 86_400],
];
/** A step is this part of the span: ten seconds of an hour, four minutes of a day. */
const STEPS = 360;

function waitingText(unacknowledged: number): string {
  const of =
    "Values, alarms and charts are of that moment; properties are not recorded. Commands wait until you are back.";
  if (unacknowledged === 0) return of;
  return `${unacknowledged === 1 ? "An alarm waits" : `${unacknowledged} alarms wait`} in the present. ${of}`;
}

export function ReplayBar() {
  const model = useModel();
  const [spanS, setSpanS] = useState(SPANS[0][1]);
  const { replay } = model;
  model.clock.value;
  model.documents.value;
  const at = replay.atUs.value;
  if (at === null) return null;
  const nowS = Math.floor(model.store.serverNowUs() / 1e6);
  const playing = replay.playing.value;
  const step = (steps: number) => replay.seek(at + (steps * spanS * 1e6) / STEPS);
  return (
    <section
      class="banner banner-replay"
      aria-label="Replay"
      onKeyDown={(event) => {
        if (event.key !== "Escape" && event.key.toLowerCase() !== "l") return;
        event.stopPropagation();
        replay.leave();
      }}
    >
      <strong>Not live.</strong>
      <input
        type="datetime-local"
        aria-label="Moment shown"
        step="1"
        value={inputText(at)}
        onChange={(event) => {
          const moment = momentOf(event.currentTarget.value);
          if (moment !== null) replay.seek(moment);
        }}
      />
      <button type="button" class="button" aria-label="Step back" onClick={() => step(-1)}>
        −
      </button>
      <input
        type="range"
        class="replay-slider"
        aria-label="Moment on the time line"
        aria-valuetext={inputText(at).replace("T", " ")}
        min={nowS - spanS}
        max={nowS}
        step="1"
        value={Math.round(at / 1e6)}
        onInput={(event) => replay.seek(event.currentTarget.valueAsNumber * 1e6)}
      />
      <button type="button" class="button" aria-label="Step forward" onClick={() => step(1)}>
        +
      </button>
      <select
        aria-label="Reach of the time line"
        value={String(spanS)}
        onChange={(event) => setSpanS(Number(event.currentTarget.value))}
      >
        {SPANS.map(([name, seconds]) => (
          <option key={name} value={String(seconds)}>
            {name}
          </option>
        ))}
      </select>
      <button
        type="button"
        class="button"
        onClick={() => {
          replay.playing.value = !playing;
        }}
      >
        {playing ? "Pause" : "Play"}
      </button>
      <select
        aria-label="Speed"
        value={String(replay.speed.value)}
        onChange={(event) => {
          replay.speed.value = Number(event.currentTarget.value);
        }}
      >
        {SPEEDS.map((speed) => (
          <option key={speed} value={String(speed)}>
            {speed}×
          </option>
        ))}
      </select>
      <button type="button" class="button" title="Esc or L" onClick={() => replay.leave()}>
        Back to live
      </button>
      <span class="replay-note" role="status">
        {replay.problem.value
          ? `The history does not answer: ${replay.problem.value}`
          : waitingText(model.store.liveAlarms.counts().unacknowledged)}
      </span>
    </section>
  );
}
