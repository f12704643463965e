/**
 * The page's picture of the plant: structure, newest values, documents, alarms, events.
 *
 * One store per page. The link (app/link.ts) writes it, everything else reads and listens. It knows neither the DOM
 * nor the socket. Times named `Us` are microseconds since the Unix epoch on the server's clock.
 */
import { decodeFrame } from "../protocol/frames";
import type { EventInfo, Presence, Schema, SignalInfo, TwinInfo, Welcome } from "../protocol/messages.gen";
import type { Phase, Reason } from "../protocol/session";
import { AgeMeter } from "./ages";
import { type Alarm, AlarmIndex, needsAcknowledge, type Priority, rankOf } from "./alarms";
import { Columns } from "./columns";
import type { ChangedSlots } from "./dirty";
import { Emitter } from "./emitter";
import { FrameLog } from "./frame-log";
import { Journal } from "./journal";
import { type Document, mergePatch } from "./merge";
import { GOOD, isOld, severityOf } from "./quality";
import { type AsOf, columnsAsOf } from "./replay";

export interface StoreEvents {
  /** Twins came or changed (`changed`) or went (`removed`); after `reset` everything held before is void. */
  schema: { changed: readonly TwinInfo[]; removed: readonly string[]; reset: boolean };
  /** Values were applied; which ones: `watch()`. Empty frames are the heartbeat. */
  frame: { rows: number };
  /** Documents (properties, connectivity, alarms) of these twins changed. */
  patch: { twins: readonly string[] };
  events: readonly EventInfo[];
  connection: Connection;
  people: readonly Person[];
}

export interface Connection {
  phase: Phase;
  /** Failed attempts so far. */
  attempt: number;
  /** Milliseconds since the Unix epoch, browser's clock. */
  retryAtMs: number;
  reason: Reason | null;
  /** Server's clock minus the browser's, and the round trip that bounds its error, milliseconds. */
  offsetMs: number;
  rttMs: number;
  /** Of the newest session; null before the first. */
  welcome: Welcome | null;
  /** When the last frame was applied, browser's clock; 0 before the first. */
  frameMs: number;
}

export interface Person {
  client: number;
  user: string;
  presence: Presence;
}

/** What a slot stands for. */
export interface SignalRef {
  twin: string;
  info: SignalInfo;
}

/** What a twin calls for. */
export interface Call {
  /** Most urgent alarm that is neither shelved nor suppressed, or null. */
  alarm: Alarm | null;
  priority: Priority | null;
  unacknowledged: boolean;
  offline: boolean;
}

/** The worst that can be said of a twin; badges, tree and scene show the same. */
export interface Worst extends Call {
  /** Worst severity of the signals that something feeds: 0 good, 1 uncertain, 2 bad. */
  quality: number;
  /** Some of them is older than it may be, or the picture as a whole is. */
  stale: boolean;
}

/** Of most twins, most of the time. */
const CALM: Call = Object.freeze({ alarm: null, priority: null, unacknowledged: false, offline: false });
const EMPTY: Document = Object.freeze({});
/** As many as the server keeps for those who resume: a flood of 5,000 alarms and what becomes of them. */
const JOURNAL = 10_000;
const NO_ALARMS = new AlarmIndex();

export class Store {
  readonly twins = new Map<string, TwinInfo>();
  /** Ids by type. */
  readonly types = new Map<string, Set<string>>();
  /** By slot; a hole where the twin has gone. */
  readonly signals: (SignalRef | undefined)[] = [];
  readonly columns = new Columns();
  readonly liveAlarms = new AlarmIndex();
  readonly journal = new Journal(JOURNAL);
  readonly frames = new FrameLog();
  readonly ages = new AgeMeter();
  people: readonly Person[] = [];
  connection: Connection = {
    phase: "connecting",
    attempt: 0,
    retryAtMs: 0,
    reason: null,
    offsetMs: 0,
    rttMs: Number.NaN,
    welcome: null,
    frameMs: 0,
  };
  private readonly slots = new Map<string, number>();
  private readonly documents = new Map<string, Document>();
  private readonly emitter = new Emitter<StoreEvents>();
  private forgetNext = false;
  /** While a moment of the past is shown: what the history says of it, and that by slot. */
  private past: { answer: AsOf; columns: Columns } | null = null;

  constructor(private readonly nowMs: () => number) {}

  on<Name extends keyof StoreEvents>(name: Name, listener: (payload: StoreEvents[Name]) => void): () => void {
    return this.emitter.on(name, listener);
  }

  /** Whether the picture follows the plant now. */
  get live(): boolean {
    return this.connection.phase === "live" && this.connection.frameMs > 0;
  }

  serverNowUs(): number {
    return (this.nowMs() + this.connection.offsetMs) * 1e3;
  }

  /** The moment that is shown: of the past during a replay, else now. Microseconds, server's clock. */
  get shownUs(): number {
    return this.past?.answer.at_us ?? this.serverNowUs();
  }

  /** Return the slot of `twin:path`, or -1. */
  slotOf(signal: string): number {
    return this.slots.get(signal) ?? -1;
  }

  /** NaN where nothing is known; so for any slot that does not exist. */
  value(slot: number): number {
    return this.shown.value[slot] ?? Number.NaN;
  }

  observedUs(slot: number): number {
    return this.shown.observedUs[slot] ?? 0;
  }

  receivedUs(slot: number): number {
    return this.shown.receivedUs[slot] ?? 0;
  }

  quality(slot: number): number {
    return this.shown.quality[slot] ?? 255;
  }

  /** The value where it is an integer whose float64 is only the nearest. */
  exact(slot: number): bigint | undefined {
    return this.shown.exact.get(slot);
  }

  revision(slot: number): number {
    return this.shown.revision[slot] ?? 0;
  }

  /** Age in seconds, NaN where the time of observation is unknown. */
  ageS(slot: number): number {
    const at = this.observedUs(slot);
    return at > 0 ? Math.max(0, (this.shownUs - at) / 1e6) : Number.NaN;
  }

  /** Whether nobody vouches for the value now: no connection, a stale quality, or too old. */
  isStale(slot: number): boolean {
    if ((!this.live && !this.past) || isOld(this.quality(slot))) return true;
    const limit = this.signals[slot]?.info.max_age_s ?? 0;
    return limit > 0 && this.ageS(slot) > limit;
  }

  /** Sections `reported`, `desired`, `connectivity`, `alarms`; each absent when empty (T5). Do not change it. */
  document(twin: string): Document {
    return this.documents.get(twin) ?? EMPTY;
  }

  /** The alarms of the moment that is shown; `liveAlarms` are always those of now. */
  get alarms(): AlarmIndex {
    return this.past ? (this.past.answer.alarms ?? NO_ALARMS) : this.liveAlarms;
  }

  /** During a replay the connectivity of that moment is not known. */
  callOf(twin: string): Call {
    const connectivity = this.document(twin).connectivity as { online?: boolean } | undefined;
    const offline = !this.past && connectivity?.online === false;
    const alarms = this.alarms.of(twin);
    if (alarms.length === 0 && !offline) return CALM;
    let alarm: Alarm | null = null;
    let unacknowledged = false;
    for (const candidate of alarms) {
      if (candidate.suppressed || candidate.shelvedUntilUs !== null || candidate.state === "normal") continue;
      unacknowledged ||= needsAcknowledge(candidate);
      if (alarm === null || rankOf(candidate.priority) < rankOf(alarm.priority)) alarm = candidate;
    }
    return { alarm, priority: alarm?.priority ?? null, unacknowledged, offline };
  }

  worstOf(twin: string): Worst {
    const call = this.callOf(twin);
    let quality = GOOD;
    let stale = call.offline;
    for (const { slot, bound } of this.twins.get(twin)?.signals ?? []) {
      if (!bound) continue;
      quality = Math.max(quality, severityOf(this.quality(slot)));
      stale ||= this.isStale(slot);
    }
    return { ...call, quality, stale };
  }

  /** Return a reader of changed slots; it starts with all of them. Drain it once per animation frame. */
  watch(): ChangedSlots {
    return this.columns.watch();
  }

  unwatch(reader: ChangedSlots): void {
    this.columns.unwatch(reader);
  }

  /** Show the values of a moment of the past, or with null the live ones; the live ones go on being kept. */
  setPast(answer: AsOf | null): void {
    this.past = answer && { answer, columns: this.asOf(answer) };
    this.columns.markAll();
    this.emitter.emit("patch", { twins: [...this.twins.keys()] });
  }

  // ---- written by the link ------------------------------------------------------------------------------------

  setConnection(change: Partial<Connection>): void {
    const wasLive = this.live;
    this.connection = { ...this.connection, ...change };
    // Staleness of every value hangs on it.
    if (wasLive !== this.live) this.columns.markAll();
    this.emitter.emit("connection", this.connection);
  }

  /** A session began. What we held stays on the screen until the first message of a new snapshot replaces it (R2). */
  applyWelcome(welcome: Welcome): void {
    this.forgetNext = !welcome.resumed;
    const changed = this.connection.welcome && this.connection.welcome.epoch !== welcome.epoch;
    if (changed || !welcome.resumed) this.journal.reset();
    this.setConnection({ welcome });
  }

  applySchema(message: Schema): void {
    const reset = message.reset || this.forgetNext;
    if (reset) this.forget();
    for (const id of message.removed) this.removeTwin(id);
    for (const twin of message.twins) this.addTwin(twin);
    if (this.past) this.past.columns = this.asOf(this.past.answer);
    this.emitter.emit("schema", { changed: message.twins, removed: message.removed, reset });
  }

  applyPatch(changes: readonly [string, Record<string, unknown>, boolean][]): void {
    this.forgetIfDue();
    const touched: string[] = [];
    for (const [twin, patch, full] of changes) {
      const before = this.document(twin);
      const after = (full ? patch : mergePatch(before, patch)) as Document;
      if (after === before) continue;
      this.documents.set(twin, after);
      if (after.alarms !== before.alarms) this.liveAlarms.update(twin, after);
      touched.push(twin);
    }
    if (touched.length > 0) this.emitter.emit("patch", { twins: touched });
  }

  applyEvents(events: readonly EventInfo[], missed: number): void {
    const fresh = this.journal.add(events, missed);
    if (fresh.length > 0) this.emitter.emit("events", fresh);
  }

  applyPeople(people: readonly [number, string, Presence][]): void {
    this.people = people.map(([client, user, presence]) => ({ client, user, presence }));
    this.emitter.emit("people", this.people);
  }

  /** Apply a data frame that arrived at `arrivedMs` (browser's clock); returns its number for the acknowledgement. */
  applyFrame(data: ArrayBuffer, arrivedMs: number): number {
    this.forgetIfDue();
    const frame = decodeFrame(data);
    const receivedUs = (arrivedMs + this.connection.offsetMs) * 1e3;
    this.meter(frame.rows, frame.observedUs, frame.quality, receivedUs);
    this.columns.apply(frame, this.frames.add(frame.timeUs, arrivedMs), receivedUs);
    if (this.connection.frameMs === 0) this.setConnection({ frameMs: this.nowMs() });
    else this.connection.frameMs = this.nowMs();
    this.emitter.emit("frame", { rows: frame.rows });
    return frame.number;
  }

  private get shown(): Columns {
    return this.past?.columns ?? this.columns;
  }

  private asOf(answer: AsOf): Columns {
    return columnsAsOf(answer, this.columns.size, (signal) => this.slotOf(signal));
  }

  private meter(rows: number, observedUs: Float64Array, quality: Uint8Array, receivedUs: number): void {
    this.ages.count(rows);
    for (let row = 0; row < rows; row++) {
      if (observedUs[row] > 0 && !isOld(quality[row])) this.ages.add((receivedUs - observedUs[row]) / 1e3);
    }
  }

  private forgetIfDue(): void {
    if (!this.forgetNext) return;
    this.forget();
    this.emitter.emit("schema", { changed: [], removed: [], reset: true });
  }

  private forget(): void {
    this.forgetNext = false;
    this.twins.clear();
    this.types.clear();
    this.signals.length = 0;
    this.slots.clear();
    this.documents.clear();
    this.liveAlarms.clear();
    this.columns.reset();
  }

  private addTwin(twin: TwinInfo): void {
    const before = this.twins.get(twin.id);
    if (before) this.detach(before, new Set(twin.signals.map((signal) => signal.slot)));
    this.twins.set(twin.id, twin);
    const ids = this.types.get(twin.type) ?? new Set();
    this.types.set(twin.type, ids.add(twin.id));
    for (const info of twin.signals) {
      this.columns.grow(info.slot + 1);
      this.signals[info.slot] = { twin: twin.id, info };
      this.slots.set(`${twin.id}:${info.path}`, info.slot);
      this.columns.mark(info.slot);
    }
  }

  private removeTwin(id: string): void {
    const twin = this.twins.get(id);
    if (!twin) return;
    this.detach(twin, new Set());
    this.twins.delete(id);
    this.documents.delete(id);
    this.liveAlarms.remove(id);
  }

  /** Untie a twin's signals; the slots in `kept` live on with the twin's next form. */
  private detach(twin: TwinInfo, kept: ReadonlySet<number>): void {
    const ids = this.types.get(twin.type);
    ids?.delete(twin.id);
    if (ids?.size === 0) this.types.delete(twin.type);
    for (const { slot, path } of twin.signals) {
      this.slots.delete(`${twin.id}:${path}`);
      this.signals[slot] = undefined;
      if (!kept.has(slot)) this.columns.forget(slot);
      this.columns.mark(slot);
    }
  }
}
