/** What detectors of anomalies say of a plant: how each stands, which signals it blames, and why in words. Pure. */
import type { TwinInfo } from "../protocol/messages.gen";
import { type AlarmIndex, isQuiet, type Priority } from "./alarms";
import { ageText } from "./format";
import type { Document } from "./merge";

export interface Share {
  signal: string;
  /** Of the score, 0 to 1. */
  share: number;
}

export interface Detector {
  twin: string;
  name: string;
  state: string;
  /** Edge node that it runs on, "" for the server. */
  runsOn: string;
  message: string;
  hint: string;
  model: string;
  version: number;
  method: string;
  limit: number;
  /** How many of its signals the plant has, and those that it has not. */
  signals: number;
  missing: readonly string[];
  /** Whether the score is beyond its limit, and since when, microseconds. */
  beyond: boolean;
  sinceUs: number;
  shares: readonly Share[];
  /** Of the first row beyond the limit, before the blame spreads. */
  first: readonly Share[];
}

/** A signal that is blamed by an alarm which is heard. */
export interface Blame {
  twin: string;
  path: string;
  share: number;
  priority: Priority;
  unacknowledged: boolean;
}

/** What is read of the page's picture of the plant. */
export interface Plant {
  twins: ReadonlyMap<string, TwinInfo>;
  alarms: AlarmIndex;
  document(twin: string): Document;
  value(slot: number): number;
}

/** The first is always shown, further ones from this share on. */
const LEAST_SHARE = 0.2;
const MOST_BLAMED = 3;
export const STATE_WORDS: Readonly<Record<string, string>> = {
  watching: "Watching",
  waiting: "No fresh values",
  starting: "Starting",
  no_model: "Model missing",
  invalid: "Model refused",
  no_twin: "Twin missing",
  no_signals: "Signals missing",
  failing: "Failing",
};

export function scorePath(name: string): string {
  return `${name}.score`;
}

export function blamedPath(name: string): string {
  return `${name}.blamed`;
}

/** Whether a path is one that a detector of the twin writes; its own section shows it. */
export function isOutput(detectors: readonly Detector[], path: string): boolean {
  return detectors.some(({ name }) => path === scorePath(name) || path === blamedPath(name));
}

export function detectorsOf(twin: string, document: Document): Detector[] {
  const section = (document.detectors ?? {}) as Record<string, Document>;
  return Object.entries(section).map(([name, raw]) => ({
    twin,
    name,
    state: text(raw.state),
    runsOn: text(raw.runs_on),
    message: text(raw.message),
    hint: text(raw.hint),
    model: text(raw.model),
    version: number(raw.version),
    method: text(raw.method),
    limit: number(raw.limit) || 1,
    signals: number(raw.signals),
    missing: Array.isArray(raw.missing) ? raw.missing.map(text) : [],
    beyond: raw.beyond === true,
    sinceUs: number(raw.since_us),
    shares: sharesOf(raw.shares),
    first: sharesOf(raw.first),
  }));
}

/** Signals that alarms of detectors blame now. */
export function liveBlames(plant: Plant): Blame[] {
  const found: Blame[] = [];
  for (const id of plant.twins.keys()) {
    const detectors = detectorsOf(id, plant.document(id)).filter(({ beyond }) => beyond);
    for (const { name, shares } of detectors) {
      const alarm = plant.alarms.all.get(`${id}:${scorePath(name)}:h`);
      if (!alarm || isQuiet(alarm) || alarm.state === "normal" || alarm.state === "returned") continue;
      const unacknowledged = alarm.state === "unacknowledged";
      for (const { signal, share } of mostBlamed(shares)) {
        found.push({ ...split(signal), share, priority: alarm.priority, unacknowledged });
      }
    }
  }
  return found;
}

/** The same for a moment of the past, of which only values are known. */
export function pastBlames(plant: Plant): Blame[] {
  const found: Blame[] = [];
  for (const twin of plant.twins.values()) {
    for (const score of twin.signals) {
      const limit = score.limits?.[2];
      const name = /^(\w+)\.score$/.exec(score.path)?.[1];
      const blamed = name && twin.signals.find(({ path }) => path === blamedPath(name));
      if (!blamed || limit === null || limit === undefined || !(plant.value(score.slot) > limit)) continue;
      const signal = blamed.codes[plant.value(blamed.slot)];
      if (signal?.includes(":")) found.push({ ...split(signal), share: 1, priority: "medium", unacknowledged: false });
    }
  }
  return found;
}

/** Return the signals that stand out, the first one first. */
export function mostBlamed(shares: readonly Share[]): Share[] {
  return shares.slice(0, MOST_BLAMED).filter(({ share }, i) => i === 0 || share >= LEAST_SHARE);
}

/** Say in plain words what a detector found, or why it finds nothing. `nameOf` gives a signal's name. */
export function whyText(detector: Detector, nameOf: (signal: string) => string, nowUs: number): string {
  const { state, beyond, shares, first, message, hint } = detector;
  if (state !== "watching") return sentences(message || STATE_WORDS[state] || state, hint);
  const remark = message ? ` ${sentences(message, "")}` : "";
  const together = `its ${detector.signals} signals`;
  if (!beyond) return `Nothing unusual: ${together} go together as they did in normal operation.${remark}`;
  const since = detector.sinceUs > 0 ? ` for ${ageText((nowUs - detector.sinceUs) / 1e6)}` : "";
  const [most, ...others] = mostBlamed(shares);
  if (!most) return `Unlike normal operation${since}, with no single signal to blame.${remark}`;
  const also = others.length > 0 ? `, then ${others.map(({ signal }) => nameOf(signal)).join(" and ")}` : "";
  const began = first[0] && first[0].signal !== most.signal ? ` It began with ${nameOf(first[0].signal)}.` : "";
  const head = `Unlike normal operation${since}: ${nameOf(most.signal)} does not go with the others as it did.`;
  return `${head} It makes up ${percent(most.share)} of the score${also}.${began}${remark}`;
}

/** The same for a moment of the past, of which score and blamed signal are known ("" for none). */
export function pastText(score: number, limit: number, blamed: string): string {
  if (!Number.isFinite(score)) return "Nothing was judged at that moment.";
  if (score <= limit) return "Nothing was unusual at that moment.";
  return `Unlike normal operation at that moment${blamed ? `; most to blame was ${blamed}` : ""}.`;
}

export function percent(share: number): string {
  return `${Math.round(share * 100)} %`;
}

function sentences(message: string, hint: string): string {
  return [message, hint].filter(Boolean).map(sentence).join(" ");
}

function sentence(words: string): string {
  const trimmed = words.trim();
  return `${trimmed.charAt(0).toUpperCase()}${trimmed.slice(1)}${/[.!?…]$/.test(trimmed) ? "" : "."}`;
}

function split(signal: string): { twin: string; path: string } {
  const at = signal.indexOf(":");
  return { twin: signal.slice(0, at), path: signal.slice(at + 1) };
}

function sharesOf(raw: unknown): Share[] {
  if (!Array.isArray(raw)) return [];
  return raw.map((entry: Document) => ({ signal: text(entry.signal), share: number(entry.share) }));
}

function text(value: unknown): string {
  return typeof value === "string" ? value : "";
}

function number(value: unknown): number {
  return typeof value === "number" ? value : 0;
}
