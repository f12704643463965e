/** What belongs on the faceplate of a machine, read from the names of its signals and properties. Pure. */
import type { EventInfo, SignalInfo, TwinInfo } from "../protocol/messages.gen";

export type Mode = "automatic" | "manual" | "interlocked";

/** A set-point: of a signal, or of a property in the twin's document. */
export interface SetPoint {
  /** Path of the signal it is for. */
  of: string;
  slot: number;
  property: string;
}

export interface Faceplate {
  /** Process value: what the machine is there for. */
  value: SignalInfo | null;
  setPoint: SetPoint | null;
  output: SignalInfo | null;
  /** Word of what the machine does: running, starved. */
  state: SignalInfo | null;
}

const SET_POINT = /^(?:set_?point|sp|target|demand)$/i;
const WITH_SET_POINT = /^(.+?)[._](?:set_?point|sp|target)$/i;
const OUTPUT = /^(?:output|out|op|cv|manipulated|firing|opening|motor\.speed)$/i;
const STATE = /^(?:state|status|running)$/i;
const NUMERIC = new Set(["float", "int"]);

type Shown = Pick<TwinInfo, "signals" | "properties" | "visuals">;

/** Return what stands on the faceplate; where names say nothing, the value that labels the machine is its process value. */
export function faceplateOf(twin: Shown): Faceplate {
  const numeric = twin.signals.filter(({ kind }) => NUMERIC.has(kind));
  const setPoint = setPointOf(twin, numeric);
  const labelled = new Set(twin.visuals.filter(({ kind }) => kind === "label").map(({ slot }) => slot));
  const value =
    numeric.find(({ path }) => path === setPoint?.of) ??
    numeric.find(({ slot }) => labelled.has(slot)) ??
    numeric.find(({ range, limits }) => range || limits) ??
    null;
  return {
    value,
    setPoint,
    output: numeric.find(({ path }) => OUTPUT.test(path) && path !== value?.path) ?? null,
    state: twin.signals.find(({ path, kind }) => STATE.test(path) && !NUMERIC.has(kind)) ?? null,
  };
}

function setPointOf({ properties }: Shown, numeric: readonly SignalInfo[]): SetPoint | null {
  const has = (path: string) => numeric.some((info) => info.path === path);
  for (const info of numeric) {
    const named = WITH_SET_POINT.exec(info.path)?.[1];
    if (named && has(named)) return { of: named, slot: info.slot, property: "" };
  }
  for (const info of numeric) {
    if (!SET_POINT.test(info.path)) continue;
    // A plain set-point is for the first value measured alike.
    const of = numeric.find((other) => other !== info && other.unit === info.unit && !SET_POINT.test(other.path));
    if (of) return { of: of.path, slot: info.slot, property: "" };
  }
  for (const { path } of properties) {
    const named = WITH_SET_POINT.exec(path)?.[1];
    if (named && has(named)) return { of: named, slot: -1, property: path };
  }
  return null;
}

type Document = Readonly<Record<string, unknown>>;

/** Return the present set-point, NaN where it is unknown; `reported` counts before what is only desired. */
export function setPointValue(setPoint: SetPoint, value: (slot: number) => number, document: Document): number {
  if (setPoint.slot >= 0) return value(setPoint.slot);
  for (const section of ["reported", "desired"]) {
    const found = ((document[section] ?? {}) as Document)[setPoint.property];
    if (typeof found === "number") return found;
  }
  return Number.NaN;
}

/** Return whether the machine acts by itself, by hand, or is kept from acting; null where nothing says. */
export function modeOf(twin: Shown, value: (slot: number) => number, document: Document): Mode | null {
  const reported = (document.reported ?? {}) as Document;
  const interlocked = twin.signals.some((info) => /interlock/i.test(info.path) && value(info.slot) > 0);
  if (interlocked || Object.entries(reported).some(([name, on]) => /interlock/i.test(name) && on === true)) {
    return "interlocked";
  }
  const signal = twin.signals.find(({ path }) => /(?:^|[._])mode$/i.test(path));
  const word = signal ? signal.codes[value(signal.slot)] : reported.mode;
  if (typeof word !== "string") return null;
  if (/interlock|blocked|locked/i.test(word)) return "interlocked";
  if (/auto|cascade|remote/i.test(word)) return "automatic";
  return /man|hand|local/i.test(word) ? "manual" : null;
}

/** The newest command that a twin was given, by whoever. */
export interface GivenCommand {
  /** Id under which a session asked for it, "" where nobody gave one. */
  askedAs: string;
  command: string;
  status: string;
  user: string;
  message: string;
  atUs: number;
}

/** Return the newest command of a twin from events in the order of time; what is of after `untilUs` does not count. */
export function newestCommand(
  events: readonly EventInfo[],
  twin: string,
  untilUs = Number.POSITIVE_INFINITY,
): GivenCommand | null {
  const text = (value: unknown) => (typeof value === "string" ? value : "");
  for (let i = events.length - 1; i >= 0; i--) {
    const { kind, twin: of, body, at_us } = events[i];
    if (kind !== "command" || of !== twin || at_us > untilUs) continue;
    const start = events.find((event) => event.kind === "command" && event.body.request === body.request);
    return {
      askedAs: text(body.asked_as),
      command: text(body.command) || text(start?.body.command),
      status: text(body.status),
      user: text(body.user) || text(start?.body.user),
      message: text(body.message),
      atUs: at_us,
    };
  }
  return null;
}
