/** What the panels show and share: the selection, the filters, and counters that tell them to look again. */
import { type Signal, signal } from "@preact/signals";
import type { Api, Health } from "../app/api";
import { requestId } from "../app/browser";
import { keep, recall } from "../app/kept";
import { Kiosk, kioskSeconds } from "../app/kiosk";
import type { Link } from "../app/link";
import { PastAlarms } from "../app/past-alarms";
import { PastSparks } from "../app/past-sparks";
import { Replay } from "../app/replay";
import type { View } from "../app/view";
import { panelOf, tabOf } from "../app/windows";
import type { AlarmAction } from "../protocol/messages.gen";
import type { AlarmScope } from "../state/alarm-list";
import type { Alarm, Priority } from "../state/alarms";
import { type Bookmark, freshName, kept, usable } from "../state/bookmarks";
import { wordsOf } from "../state/format";
import { type Incident, incidentOf } from "../state/incident";
import { Placing, type Spot } from "../state/placing";
import type { Requests } from "../state/requests";
import { mayDo } from "../state/roles";
import type { Connection, Person, Store } from "../state/store";
import { Traces } from "../state/traces";
import { toggled } from "../state/trend-list";
import { poseText, type SceneControl, type Theme } from "./picture";

export type { Theme } from "./picture";
export type DockTab = "alarms" | "trends" | "events" | "topics" | "rejected" | "edge";
/** How far sparklines reach back, and how fine. */
export const PAST_S = 600;
export const PAST_WIDTH_S = 10;
const PAST_SIGNALS = 24;

/** Values are repainted so often; faster is no use to an eye that reads digits. */
const VALUES_MS = 200;
const TRENDS_KEY = "plantverse.trends";
const VIEWS_KEY = "plantverse.views";
const CLOCK_MS = 500;
const HEALTH_MS = 5000;
const PRESENCE_MS = 100;

export class Model {
  readonly selected = signal<string | null>(null);
  /** Path of the selected twin's signal whose chart is open, or "". */
  readonly opened = signal("");
  /** Since when the opened chart should reach back, microseconds; 0 for the usual range. */
  readonly openedSinceUs = signal(0);
  readonly query = signal("");
  readonly closedAreas = signal<ReadonlySet<string>>(new Set());
  /** The one panel that this window is for, or null. */
  readonly panel = panelOf(new URLSearchParams(location.search));
  readonly tab = signal<DockTab>(tabOf(this.panel) ?? "alarms");
  readonly alarmScope = signal<AlarmScope>("open");
  readonly alarmPriority = signal<Priority | null>(null);
  readonly alarmText = signal("");
  readonly people = signal<readonly Person[]>([]);
  /** Client number of the person whose view this page follows, or null. */
  readonly followed = signal<number | null>(null);
  readonly palette = signal(false);
  /** The panel of the simulation is open. */
  readonly simulation = signal(false);
  /** The sheet of keys is open. */
  readonly help = signal(false);
  readonly bookmarks = signal<readonly Bookmark[]>(usable(recall<unknown[]>(VIEWS_KEY, [])));
  /** `twin command` whose form is to open as soon as the twin is shown; or "". */
  readonly prepared = signal("");
  /** Signals in the trends panel, and the index of its time range. */
  readonly trends = signal<readonly string[]>(recall<string[]>(TRENDS_KEY, []));
  readonly trendWindow = signal(1);
  /** The alarm whose ten minutes the trends panel shows instead of the user's own signals. */
  readonly incident = signal<Incident | null>(null);
  /** The newest small thing to tell: for the eye for a moment, for a screen reader at once. */
  readonly said = signal("");
  /** Places are being edited by hand. */
  readonly editing = signal(false);
  readonly placing = new Placing();
  /** Counter of changes of `placing`. */
  readonly placed = signal(0);
  readonly theme: Signal<Theme>;
  readonly health = signal<Health | null>(null);
  readonly scene = signal<SceneControl | null>(null);
  /** The scene has shown its first twin. */
  readonly scenePainted = signal(false);
  readonly connection: Signal<Connection>;
  /** Counters: structure, documents, values (at most 5 Hz), events, requests, and a clock (2 Hz). */
  readonly structure = signal(0);
  readonly documents = signal(0);
  readonly values = signal(0);
  readonly events = signal(0);
  readonly asked = signal(0);
  readonly clock = signal(0);
  readonly traces: Traces;
  readonly replay: Replay;
  /** Sparklines while the past is shown. */
  readonly sparks: PastSparks;
  readonly kiosk: Kiosk;
  private framesCame = false;
  private toldPose = "";
  /** Id of a twin that was bound here and is to be selected when it comes, or "". */
  private awaited = "";

  constructor(
    readonly store: Store,
    readonly link: Link,
    readonly requests: Requests,
    readonly api: Api,
    theme: Theme,
    readonly view: View,
    private readonly keepToken: (token: string) => void,
  ) {
    this.theme = signal(theme);
    this.connection = signal(store.connection);
    this.traces = new Traces(store);
    const alarms = new PastAlarms(
      (start, end, limit, kind) => api.events(start, end, limit, kind),
      () => store.serverNowUs(),
    );
    this.replay = new Replay(store, async (atUs) => ({ ...(await api.asOf(atUs)), alarms: await alarms.at(atUs) }));
    this.sparks = new PastSparks((...asked) => api.buckets(...asked), PAST_S, PAST_WIDTH_S);
    store.on("people", (people) => this.onPeople(people));
    this.trends.subscribe((signals) => keep(TRENDS_KEY, signals));
    this.bookmarks.subscribe((bookmarks) => keep(VIEWS_KEY, bookmarks));
    const stopS = kioskSeconds(new URLSearchParams(location.search));
    this.kiosk = new Kiosk(this, stopS ?? undefined);
    if (stopS !== null) this.kiosk.start();
    store.on("schema", ({ reset }) => this.onSchema(reset));
    store.on("patch", () => {
      bump(this.documents);
      bump(this.values);
    });
    store.on("events", () => bump(this.events));
    store.on("connection", (connection) => {
      this.connection.value = connection;
    });
    store.on("frame", () => {
      this.framesCame = true;
    });
  }

  /** Start the timers; the page lives as long as they do. */
  run(): void {
    setInterval(() => {
      if (!this.framesCame) return;
      this.framesCame = false;
      bump(this.values);
    }, VALUES_MS);
    setInterval(() => {
      this.store.ages.roll(Date.now());
      this.replay.advance(CLOCK_MS * 1e3);
      this.kiosk.advance(Date.now());
      this.loadSparks();
      bump(this.clock);
    }, CLOCK_MS);
    setInterval(() => this.tellPresence(), PRESENCE_MS);
    const look = async () => {
      if (this.store.connection.phase !== "live") return;
      // The bar shows "–" while the server has no answer; the connection itself is told by the session.
      this.health.value = await this.api.health().catch(() => null);
    };
    setInterval(look, HEALTH_MS);
    this.store.on("connection", ({ phase }) => {
      if (phase === "live" && this.health.peek() === null) void look();
    });
  }

  select(id: string | null, path = ""): void {
    if (id !== null && !this.store.twins.has(id)) return;
    if (id !== this.selected.peek() || path) this.opened.value = path;
    if (!path) this.openedSinceUs.value = 0;
    this.selected.value = id;
    if (id !== null) void this.loadPast(id);
    else this.view.choiceEnded();
    this.scene.peek()?.select(id);
  }

  /** Select a twin and fly there; with a path its chart opens, reaching back to `sinceUs`. */
  visit(id: string, path = "", sinceUs = 0): void {
    this.openedSinceUs.value = sinceUs;
    this.select(id, path);
    this.scene.peek()?.frameTwin(id);
  }

  /** Keep the present view, under the next free name where none is given. */
  keepView(name = freshName(this.bookmarks.peek())): void {
    const scene = this.scene.peek();
    if (!scene) return;
    const bookmark = { name, ...scene.pose(), picture: this.view.picture.peek(), selected: this.selected.peek() ?? "" };
    this.bookmarks.value = kept(this.bookmarks.peek(), bookmark);
    this.said.value = `Kept as “${name}”.`;
  }

  /** Go to a kept view; nothing happens where there is none. */
  goToView(index: number): void {
    const bookmark = this.bookmarks.peek()[index];
    const scene = this.scene.peek();
    if (!bookmark || !scene) return;
    this.select(bookmark.selected || null);
    scene.lookFrom(bookmark);
    this.said.value = bookmark.name;
  }

  /** Put a signal into the trends, or take it out. */
  toggleTrend(signal: string): void {
    const before = this.trends.peek();
    this.incident.value = null;
    this.trends.value = toggled(before, signal);
    const out = before.includes(signal);
    this.said.value = out ? "Taken out of the trends." : "In the trends.";
    if (!out) this.tab.value = "trends";
  }

  /** Go to the cause of an alarm: the machine, seen through its surroundings, and the ten minutes around it as a trend. */
  investigate(alarm: Alarm): void {
    this.view.xrayForNow();
    this.visit(alarm.twin, alarm.signal, alarm.sinceUs);
    const incident = incidentOf(alarm, this.store.twins.get(alarm.twin));
    if (incident.signals.length === 0) return;
    this.incident.value = incident;
    this.tab.value = "trends";
  }

  /** Bind a topic as a twin (its own id where `twin` is "") and select it once the server shows it. */
  async bind(topic: string, twin: string): Promise<void> {
    const answer = await this.api.bind(topic, twin, "");
    this.awaited = answer.twin.id;
    this.selectAwaited();
  }

  /** Show a twin with the form of one of its commands open; nothing is sent. */
  prepare(twin: string, command: string): void {
    this.prepared.value = `${twin} ${command}`;
    this.visit(twin);
  }

  /** Whether this user may now do what needs the role `least`. */
  mayNow(least: string): boolean {
    const { phase, welcome } = this.connection.value;
    return phase === "live" && this.replay.atUs.value === null && mayDo(welcome?.role ?? "", least);
  }

  beginEdit(): void {
    this.editing.value = true;
    this.scene.peek()?.setEditing(true);
  }

  /** What is not saved goes back. */
  endEdit(): void {
    this.editing.value = false;
    this.scene.peek()?.setEditing(false);
    for (const id of this.placing.unsaved.keys()) this.scene.peek()?.putBack(id);
    this.placing.clear();
    bump(this.placed);
  }

  /** A twin was moved by hand. */
  place(id: string, from: Spot, to: Spot): void {
    this.placing.move(id, from, to);
    bump(this.placed);
  }

  undoPlace(): void {
    const undone = this.placing.undo();
    if (undone) this.scene.peek()?.showAt(...undone);
    bump(this.placed);
  }

  /** Write the places into the plant file, one after the other; the first refusal ends it. */
  async savePlaces(): Promise<void> {
    for (const [id, spot] of [...this.placing.unsaved]) {
      await this.api.place(id, spot);
      this.placing.saved(id, spot);
      if (!this.placing.unsaved.has(id)) this.scene.peek()?.showAt(id, null);
      bump(this.placed);
    }
  }

  /** Give a twin another id and select it under that once the server shows it. */
  async rename(id: string, next: string): Promise<void> {
    await this.api.rename(id, next);
    this.awaited = next;
    this.selectAwaited();
  }

  /** Sign in with a code that somebody was given. */
  async redeem(code: string): Promise<void> {
    this.signIn(await this.api.redeem(code));
  }

  signIn(token: string): void {
    this.keepToken(token);
    this.link.retry(token);
  }

  /** Whether a signal belongs to a synthetic twin. */
  isSynthetic(signal: string): boolean {
    return Boolean(this.store.twins.get(signal.slice(0, signal.indexOf(":")))?.synthetic);
  }

  nameOf(id: string): string {
    const twin = this.store.twins.get(id);
    return twin?.name || id;
  }

  act(alarm: Alarm, action: AlarmAction["action"], comment: string, durationS: number | null = null): void {
    const message: AlarmAction = {
      type: "alarm_action",
      request: requestId(),
      alarm: alarm.id,
      action,
      comment,
      duration_s: durationS,
    };
    this.link.ask(message, `${wordsOf(action)} “${alarm.message}”`, alarm.twin);
  }

  invoke(twin: string, command: string, title: string, args: Record<string, unknown>, reason: string): void {
    const request = requestId();
    this.link.ask({ type: "invoke", request, twin, command, args, reason, timeout_s: null }, title, twin);
  }

  setDesired(twin: string, patch: Record<string, unknown>, title: string, reason: string): void {
    this.link.ask({ type: "set_desired", request: requestId(), twin, patch, reason }, title, twin);
  }

  /** Fetch the recent past of a twin's signals, one after the other: it is for the eye and must not crowd out work. */
  private async loadPast(id: string): Promise<void> {
    const signals = this.store.twins.get(id)?.signals.slice(0, PAST_SIGNALS) ?? [];
    for (const { path } of signals) {
      const signal = `${id}:${path}`;
      const trace = this.traces.of(signal);
      if (trace.pastUs.length > 0) continue;
      try {
        const { start_us, mean } = await this.api.buckets(signal, `-${PAST_S}s`, `${PAST_WIDTH_S}s`);
        trace.pastUs = start_us;
        trace.past = mean;
      } catch {
        // The chart of a signal says what is wrong with the history; sparklines then start with now.
        return;
      }
      if (this.selected.peek() !== id) return;
    }
  }

  private loadSparks(): void {
    const id = this.selected.peek();
    if (this.replay.atUs.peek() === null || id === null) return;
    const signals = this.store.twins.get(id)?.signals.slice(0, PAST_SIGNALS) ?? [];
    void this.sparks.load(
      id,
      signals.map(({ path }) => `${id}:${path}`),
      this.store.shownUs,
    );
  }

  private onSchema(reset: boolean): void {
    bump(this.structure);
    bump(this.documents);
    const selected = this.selected.peek();
    if (selected !== null && this.store.twins.size > 0 && !this.store.twins.has(selected)) this.select(null);
    else if (selected !== null && reset) void this.loadPast(selected);
    this.selectAwaited();
  }

  private onPeople(people: readonly Person[]): void {
    this.people.value = people;
    const scene = this.scene.peek();
    scene?.setPeople(people);
    const followed = this.followed.peek();
    if (followed === null) return;
    const person = people.find((candidate) => candidate.client === followed);
    if (person) scene?.lookFrom(person.presence);
    else this.followed.value = null;
  }

  /** Say where we look from, when that has changed since we last said so. */
  private tellPresence(): void {
    const scene = this.scene.peek();
    // Some browsers count a page as hidden while a headset shows it.
    if (!scene || !this.store.live || (document.hidden && !scene.headset)) {
      this.toldPose = "";
      return;
    }
    const pose = scene.pose();
    const { position, rotation, left = null, right = null } = pose;
    const selected = this.selected.peek() ?? "";
    if (this.toldPose === `${poseText(pose)} ${selected}`) return;
    this.toldPose = `${poseText(pose)} ${selected}`;
    this.link.tell({ type: "presence", position, rotation, selected, left, right });
  }

  private selectAwaited(): void {
    if (this.store.twins.get(this.awaited)?.discovered !== false) return;
    this.visit(this.awaited);
    this.awaited = "";
  }
}

function bump(counter: Signal<number>): void {
  counter.value = counter.peek() + 1;
}
