/** One signal: value with unit, what it means (limits, quality), how old it is, how it went lately. */

import { sparkPath } from "../charts/trend";
import type { SignalInfo } from "../protocol/messages.gen";
import { ageText, plainNumber, unitText, valueText, wordsOf } from "../state/format";
import { describeQuality, HOW_TO_BIND, isNeverSeen, NOT_BOUND, severityOf } from "../state/quality";
import { useModel } from "./context";
import { HopsView } from "./HopsView";
import { TrendChart } from "./lazy";
import { type Model, PAST_S } from "./model";
import { ValueBar } from "./ValueBar";

const SPARK_W = 96;
const SPARK_H = 22;
const SPARK_US = PAST_S * 1e6;

interface SignalRowProps {
  twin: string;
  info: SignalInfo;
  /** NaN where there is none. */
  setPoint?: number;
}

export function SignalRow({ twin, info, setPoint }: SignalRowProps) {
  const model = useModel();
  model.values.value;
  model.clock.value;
  const { store } = model;
  const { slot } = info;
  const quality = store.quality(slot);
  const stale = store.isStale(slot);
  const open = model.opened.value === info.path;
  const tone = info.bound ? toneOf(quality, stale) : "is-unbound";
  const name = info.name || wordsOf(info.path);
  return (
    <li class={`signal ${tone} ${open ? "is-open" : ""}`}>
      <button
        type="button"
        class="signal-head"
        aria-expanded={open}
        title={[info.path, info.description, !info.bound && HOW_TO_BIND].filter(Boolean).join("\n")}
        onClick={() => {
          model.opened.value = open ? "" : info.path;
        }}
        onKeyDown={(event) => {
          if (event.key.toLowerCase() !== "t" || event.ctrlKey || event.metaKey || event.altKey) return;
          event.stopPropagation();
          model.toggleTrend(`${twin}:${info.path}`);
        }}
      >
        <span class="signal-name">
          {name}
          {info.derived && <span class="chip">derived</span>}
        </span>
        <Spark model={model} signal={`${twin}:${info.path}`} />
        <span class="value" data-slot={slot}>
          {valueText(info, store.value(slot), store.exact(slot))}
          <span class="unit">{unitText(info.unit)}</span>
        </span>
        <ValueBar info={info} value={store.value(slot)} setPoint={setPoint} />
        <span class="signal-quality">{info.bound ? qualityWords(quality, stale) : NOT_BOUND}</span>
        <span class="age">{ageWords(store, info)}</span>
      </button>
      {open && <SignalDetail signal={`${twin}:${info.path}`} info={info} />}
    </li>
  );
}

function toneOf(quality: number, stale: boolean): string {
  if (stale) return "is-stale";
  return ["", "is-doubt", "is-bad"][severityOf(quality)] ?? "is-bad";
}

function qualityWords(quality: number, stale: boolean): string {
  return quality === 0 ? (stale ? "stale" : "") : describeQuality(quality);
}

/** Return how old the value is; of a signal without a source no sample is waited for. */
function ageWords(store: Model["store"], { slot, bound }: SignalInfo): string {
  if (!isNeverSeen(store.quality(slot))) return ageText(store.ageS(slot));
  return bound ? "no sample yet" : "";
}

function SignalDetail({ signal, info }: { signal: string; info: SignalInfo }) {
  const model = useModel();
  const inTrends = model.trends.value.includes(signal);
  const names = ["Low-low", "Low", "High", "High-high"];
  const limits = (info.limits ?? []).flatMap((limit, i) =>
    limit === null ? [] : [`${names[i]} ${plainNumber(limit)}`],
  );
  return (
    <div class="signal-detail">
      {info.description && <p class="note wrap">{info.description}</p>}
      <TrendChart signal={signal} info={info} />
      <p class="signal-tools">
        <button
          type="button"
          class="button is-small"
          aria-pressed={inTrends}
          title="Also by T on the signal"
          onClick={() => model.toggleTrend(signal)}
        >
          {inTrends ? "Take out of trends" : "Add to trends"}
        </button>
      </p>
      <dl class="facts">
        {limits.length > 0 && <Fact name="Alarm limits" text={`${limits.join(", ")} ${unitText(info.unit)}`} />}
        {info.range && (
          <Fact name="Range" text={`${info.range.map((n) => plainNumber(n)).join(" to ")} ${unitText(info.unit)}`} />
        )}
        <Fact
          name="Stale after"
          text={info.max_age_s > 0 && Number.isFinite(info.max_age_s) ? ageText(info.max_age_s) : "never"}
        />
        <Fact name="Signal" text={signal} />
      </dl>
      <HopsView signal={signal} />
    </div>
  );
}

export function Fact({ name, text }: { name: string; text: string }) {
  return (
    <div class="fact">
      <dt>{name}</dt>
      <dd>{text}</dd>
    </div>
  );
}

function Spark({ model, signal }: { model: Model; signal: string }) {
  const now = model.store.shownUs;
  model.sparks.changed.value;
  const trace = model.replay.atUs.value === null ? model.traces.of(signal) : model.sparks.of(signal);
  const path = sparkPath(trace, now - SPARK_US, now, SPARK_W, SPARK_H);
  return (
    <svg class="spark" viewBox={`0 0 ${SPARK_W} ${SPARK_H}`} preserveAspectRatio="none" aria-hidden="true">
      <path d={path} />
    </svg>
  );
}
