/** What the panels show of the plant, read from the store: names, values, ages, the trend. No drawing. */
import type { SignalInfo } from "../protocol/messages.gen";
import { ALARM_MARKS, type Mark } from "../scene/status";
import { shortStateText } from "../state/alarm-list";
import { type Alarm, needsAcknowledge } from "../state/alarms";
import { ageText, unitText, valueText, wordsOf } from "../state/format";
import { barBounds, chartBounds, codeBounds, knownLimits } from "../state/limits";
import { askObstacle, commandObstacle } from "../state/obstacle";
import { BAD, NOT_BOUND, severityOf } from "../state/quality";
import type { Desk } from "./desk";

export interface ValueRow {
  path: string;
  name: string;
  /** With its unit. */
  value: string;
  /** How old it is, "" while it is fresh; `not bound` where nothing feeds it. */
  age: string;
  bound: boolean;
  doubtful: boolean;
  bar: { share: number; limits: number[]; beyond: boolean } | null;
}

export interface AlarmRow {
  id: string;
  message: string;
  twin: string;
  twinName: string;
  state: string;
  since: string;
  mark: Mark;
  open: boolean;
  /** Why it can't be acknowledged now, or "". */
  obstacle: string;
}

export interface CommandRow {
  name: string;
  title: string;
  obstacle: string;
}

export interface TrendView {
  path: string;
  title: string;
  agesS: number[];
  values: number[];
  bounds: [number, number];
  limits: number[];
  labels: [string, string];
  stale: boolean;
}

export interface MachineView {
  id: string;
  name: string;
  place: string;
  state: string;
  doubtful: boolean;
  mark: Mark | null;
  open: boolean;
  rows: ValueRow[];
  commands: CommandRow[];
  /** One can go there. */
  reachable: boolean;
}

export const TREND_SPAN_S = 300;
const MOST_POINTS = 240;

export function machineView({ store, replaying }: Desk, id: string, reachable: boolean): MachineView | null {
  const twin = store.twins.get(id);
  if (!twin) return null;
  const worst = store.worstOf(id);
  const rows = twin.signals.map((info) => valueRow(store, info));
  const fed = twin.signals.filter(({ bound }) => bound);
  const old = fed.filter(({ slot }) => store.isStale(slot)).length;
  return {
    id,
    name: twin.synthetic ? `${twin.name || id} (synthetic)` : twin.name || id,
    place: id === (twin.name || id) ? twin.type : `${twin.type} · ${id}`,
    state: stateWords(worst.offline, store.live || replaying(), fed.length, old),
    doubtful: worst.stale,
    mark: worst.priority ? ALARM_MARKS[worst.priority] : null,
    open: worst.unacknowledged,
    rows,
    commands: twin.commands.map((command) => ({
      name: command.name,
      title: command.title || wordsOf(command.name),
      obstacle: commandObstacle(store, replaying(), id, command),
    })),
    reachable,
  };
}

function stateWords(offline: boolean, live: boolean, all: number, old: number): string {
  if (!live) return "No connection: what you see is old";
  if (offline) return "Device offline";
  if (all > 0 && old === all) return "All values are old";
  return old > 0 ? `${old} of ${all} values are old` : "Live";
}

function ageWords(ageS: number): string {
  return Number.isNaN(ageS) ? "never sent" : `${ageText(ageS)} old`;
}

function valueRow(store: Desk["store"], info: SignalInfo): ValueRow {
  const { slot, path } = info;
  const value = store.value(slot);
  const unit = Number.isFinite(value) && info.kind !== "bool" && info.kind !== "enum" ? unitText(info.unit) : "";
  const stale = info.bound && store.isStale(slot);
  const bounds = info.kind === "float" || info.kind === "int" ? barBounds(info) : null;
  const [l, h] = [info.limits?.[1] ?? info.limits?.[0], info.limits?.[2] ?? info.limits?.[3]];
  return {
    path,
    name: info.name || wordsOf(path),
    value: `${valueText(info, value, store.exact(slot))} ${unit}`.trim(),
    age: info.bound ? (stale ? ageWords(store.ageS(slot)) : "") : NOT_BOUND,
    bound: info.bound,
    doubtful: info.bound && (stale || severityOf(store.quality(slot)) === BAD),
    bar:
      (bounds &&
        Number.isFinite(value) && {
          share: within(value, bounds),
          limits: knownLimits(info).map((limit) => within(limit, bounds)),
          beyond: (h != null && value > h) || (l != null && value < l),
        }) ||
      null,
  };
}

export function trendView({ store, traces }: Desk, id: string, path: string): TrendView | null {
  const slot = store.slotOf(`${id}:${path}`);
  const info = store.signals[slot]?.info;
  if (!info) return null;
  const trace = traces.of(`${id}:${path}`);
  const nowUs = store.shownUs;
  const agesS: number[] = [];
  const values: number[] = [];
  let broken = false;
  const take = (atUs: number, value: number | null) => {
    const ageS = (atUs - nowUs) / 1e6;
    if (value === null || Number.isNaN(value) || ageS < -TREND_SPAN_S || ageS > 0) return;
    if (broken) {
      agesS.push(ageS);
      values.push(Number.NaN);
    }
    broken = false;
    agesS.push(ageS);
    values.push(value);
  };
  const firstLive = trace.ring.length > 0 ? trace.ring.time(0) : Number.POSITIVE_INFINITY;
  trace.pastUs.forEach((at, i) => {
    if (at < firstLive) take(at, trace.past[i]);
  });
  // Every n-th sample: a line of this width shows no more.
  const step = Math.max(1, Math.ceil(trace.ring.length / MOST_POINTS));
  for (let i = 0; i < trace.ring.length; i++) {
    broken ||= trace.ring.interrupted(i);
    if (i % step === 0) take(trace.ring.time(i), trace.ring.value(i));
  }
  take(store.observedUs(slot), store.value(slot));
  const known = values.filter((value) => !Number.isNaN(value));
  const low = known.length ? Math.min(...known) : null;
  const high = known.length ? Math.max(...known) : null;
  const codes = info.kind === "bool" || info.kind === "enum";
  const bounds = codes ? codeBounds(info, low, high) : chartBounds(info, low, high);
  const unit = codes ? "" : ` ${unitText(info.unit)}`;
  return {
    path,
    title: info.name || wordsOf(path),
    agesS,
    values,
    bounds,
    limits: knownLimits(info).filter((limit) => limit >= bounds[0] && limit <= bounds[1]),
    labels: [label(info, bounds[0]) + unit, label(info, bounds[1]) + unit],
    stale: store.isStale(slot),
  };
}

function label(info: SignalInfo, value: number): string {
  if (info.kind === "bool" || info.kind === "enum") return valueText(info, Math.round(value));
  return valueText({ kind: "float", codes: {}, decimals: null }, value);
}

export function alarmRow({ store, replaying, nameOf }: Desk, alarm: Alarm): AlarmRow {
  return {
    id: alarm.id,
    message: alarm.message,
    twin: alarm.twin,
    twinName: nameOf(alarm.twin),
    state: shortStateText(alarm),
    since: alarm.sinceUs > 0 ? `since ${ageText(Math.max(0, (store.serverNowUs() - alarm.sinceUs) / 1e6))}` : "",
    mark: ALARM_MARKS[alarm.priority],
    open: needsAcknowledge(alarm),
    obstacle: acknowledgeObstacle({ store, replaying }, alarm),
  };
}

export function acknowledgeObstacle({ store, replaying }: Pick<Desk, "store" | "replaying">, alarm: Alarm): string {
  if (!needsAcknowledge(alarm)) return "It is acknowledged already.";
  return askObstacle(store, replaying(), "operator");
}

function within(value: number, [low, high]: readonly [number, number]): number {
  return Math.min(1, Math.max(0, (value - low) / (high - low)));
}
