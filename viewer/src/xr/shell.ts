/** State of the panels: which page, which lists, which question; takes presses, gives sheets. Knows no WebXR. */
import type { Alarm } from "../state/alarms";
import { wordsOf } from "../state/format";
import { commandObstacle } from "../state/obstacle";
import type { Asked } from "../state/requests";
import { type Arguments, missing, stepped } from "./arguments";
import { Confirm } from "./confirm";
import type { Desk } from "./desk";
import { buttonOf, type Sheet } from "./items";
import { alarmsPage } from "./pages/alarms";
import { acknowledgeSheet, COMMENTS, commandSheet, REASONS } from "./pages/ask";
import { type Look, type PageName, sheetWithTabs, strip } from "./pages/frame";
import { machinePage } from "./pages/machine";
import { comfortPage, type ViewState, viewPage } from "./pages/settings";
import { statusSheet } from "./pages/status";
import { type Comfort, nextOf, TEXT_SIZES, TURNS_DEG } from "./settings";
import { acknowledgeObstacle, alarmRow, type MachineView, machineView, trendView } from "./views";

export interface ShellHooks {
  /** Stand before this twin. */
  go(twin: string): void;
  /** Back to where one came in. */
  home(): void;
  /** Turn once; positive is to the left. */
  turn(steps: number): void;
  size(life: boolean): void;
  scale(steps: number): void;
  /** Bring the model before the one who looks. */
  bring(): void;
  leave(): void;
  comfort(comfort: Comfort): void;
}

type Dialog =
  | { kind: "acknowledge"; alarm: string; preset: number }
  | { kind: "command"; twin: string; command: string; values: Arguments; preset: number };

/** The outcome of a request stays so long once it has ended; a notice likewise. */
const OUTCOME_MS = 20_000;
const NOTICE_MS = 8000;
const SORTED_MS = 400;

export class Shell {
  open = true;
  page: PageName = "machine";
  dialog: Dialog | null = null;
  readonly confirm = new Confirm();
  private readonly lists: Record<string, number> = { values: 0, commands: 0, alarms: 0 };
  private readonly hovers = new Map<number, string>();
  private trend = "";
  private twin: string | null = null;
  private notice = "";
  private noticeMs = 0;
  private lastMs = 0;
  private sorted: Alarm[] = [];
  private sortedMs = Number.NaN;
  private ended: { request: string; atMs: number } | null = null;

  constructor(
    private readonly desk: Desk,
    public comfort: Comfort,
    private readonly hooks: ShellHooks,
    private readonly view: () => ViewState,
    /** What was asked before, by the clock of requests, belongs to the desktop. */
    private readonly sinceMs: number,
  ) {}

  /** Where a pointer points now, `""` for no button. A hold ends where its pointer leaves the button. */
  hover(pointer: number, button: string): void {
    this.hovers.set(pointer, button);
    if (button !== "hold") this.confirm.release(pointer);
  }

  /** A trigger or pinch went down on a button. */
  press(pointer: number, id: string, nowMs: number): void {
    this.lastMs = nowMs;
    const obstacle = this.open ? buttonOf(this.sheet(nowMs), id)?.obstacle : "";
    if (obstacle) this.say(obstacle);
    else if (id === "hold") this.confirm.press(pointer, nowMs);
    else this.act(id);
  }

  release(pointer: number): void {
    this.confirm.release(pointer);
  }

  /** The view ends: an open question is not sent, and the desktop says so. */
  leave(nowMs: number): void {
    const { dialog, desk } = this;
    if (dialog) {
      const twin = dialog.kind === "acknowledge" ? (desk.store.alarms.all.get(dialog.alarm)?.twin ?? "") : dialog.twin;
      const alarm = dialog.kind === "acknowledge" ? dialog.alarm : "";
      desk.requests.withdrawn(this.titleOf(dialog), twin, alarm, "not sent: the headset view ended first", nowMs);
    }
    this.interrupt("");
  }

  /** The headset went off, or the pointer is lost: a question is closed, nothing is sent. */
  interrupt(why: string): void {
    this.confirm.interrupt(why);
    this.afterConfirm();
  }

  /** To be called with every frame that is seen. */
  tick(nowMs: number): void {
    this.lastMs = nowMs;
    if (this.confirm.tick(nowMs, this.dialog ? this.gone() : "")) this.send();
    this.afterConfirm();
    if (nowMs - this.noticeMs > NOTICE_MS) this.notice = "";
    const selected = this.desk.selected();
    if (selected === this.twin) return;
    this.twin = selected;
    this.lists.values = this.lists.commands = 0;
    this.trend = "";
    // A machine that is chosen by pointing is what one wants to see, unless a question is open.
    if (selected !== null && !this.dialog) {
      this.page = "machine";
      this.open = true;
    }
  }

  /** The panel's sheet now. */
  sheet(nowMs: number): Sheet {
    const look = this.look;
    const asked = this.dialog && this.askSheet(look);
    if (asked) {
      // What speaks against it stands at the foot already.
      return asked;
    }
    const { desk, page } = this;
    const counts = desk.store.alarms.counts();
    const sheet = sheetWithTabs(page, counts.active, look);
    if (page === "machine") {
      const view = this.twin === null ? null : machineView(desk, this.twin, this.view().mode === "vr");
      const path = view?.rows.some((row) => row.path === this.trend) ? this.trend : usualTrend(view);
      const at = { values: this.lists.values, commands: this.lists.commands };
      machinePage(sheet, view, view && trendView(desk, view.id, path), at, look);
    } else if (page === "alarms") this.alarms(sheet, nowMs, look);
    else if (page === "view") viewPage(sheet, this.view(), look);
    else comfortPage(sheet, this.comfort, look);
    sheet.items.push(...strip(this.newest(nowMs), this.notice, look));
    return sheet;
  }

  /** The small bar's sheet now. */
  status(): Sheet {
    const { store } = this.desk;
    const { active, unacknowledged } = store.alarms.counts();
    const past = this.desk.replaying();
    const words = past ? "Replay" : store.live ? "Live" : "No connection";
    return statusSheet(
      { live: store.live && !past, words, active, unacknowledged, open: this.open },
      this.lookOf("open"),
    );
  }

  private get look(): Look {
    for (const id of this.hovers.values()) if (id && id !== "open") return this.lookOf(id);
    return this.lookOf("");
  }

  private lookOf(hover: string): Look {
    return { text: this.comfort.text, hover };
  }

  private alarms(sheet: Sheet, nowMs: number, look: Look): void {
    const { desk } = this;
    // In a flood, sorting thousands with every sheet would cost frames.
    if (!(nowMs - this.sortedMs < SORTED_MS)) {
      this.sortedMs = nowMs;
      this.sorted = desk.store.alarms.sorted();
    }
    const rowOf = (alarm: Alarm) => alarmRow(desk, desk.store.alarms.all.get(alarm.id) ?? alarm);
    alarmsPage(sheet, this.sorted, rowOf, this.lists.alarms, desk.store.live, look);
  }

  private say(notice: string): void {
    this.notice = notice;
    this.noticeMs = this.lastMs;
  }

  private act(id: string): void {
    const [verb, ...rest] = id.split(":");
    const name = rest.join(":");
    switch (verb) {
      case "open":
      case "close":
        this.open = !this.open;
        break;
      case "tab":
        this.page = name as PageName;
        break;
      case "page":
        this.turnPage(rest[0], Number(rest[1]));
        break;
      case "row":
        this.trend = name;
        break;
      case "alarm":
        this.desk.select(this.desk.store.alarms.all.get(name)?.twin ?? null);
        break;
      case "ack":
        this.ask({ kind: "acknowledge", alarm: name, preset: 0 });
        break;
      case "command":
        if (this.twin) this.ask({ kind: "command", twin: this.twin, command: name, values: {}, preset: 0 });
        break;
      case "comment":
      case "reason":
      case "step":
        this.edit(verb, rest);
        break;
      case "cancel":
        this.confirm.interrupt("Cancelled.");
        this.afterConfirm();
        break;
      default:
        this.steer(verb, name);
    }
  }

  private steer(verb: string, name: string): void {
    const { hooks } = this;
    if (verb === "go" && this.twin) hooks.go(this.twin);
    else if (verb === "home") hooks.home();
    else if (verb === "turn") hooks.turn(Number(name));
    else if (verb === "size") hooks.size(name === "life");
    else if (verb === "scale") hooks.scale(Number(name));
    else if (verb === "table") hooks.bring();
    else if (verb === "leave") hooks.leave();
    else if (verb === "set") this.choose(name as keyof Comfort);
  }

  private choose(name: keyof Comfort): void {
    const { comfort } = this;
    if (name === "turnDeg") comfort.turnDeg = nextOf<number>(TURNS_DEG, comfort.turnDeg);
    else if (name === "text") comfort.text = nextOf<number>(TEXT_SIZES, comfort.text);
    else comfort[name] = !comfort[name];
    this.hooks.comfort(comfort);
  }

  private turnPage(list: string, by: number): void {
    this.lists[list] = Math.max(0, this.lists[list] + by);
  }

  private ask(dialog: Dialog): void {
    this.dialog = dialog;
    this.notice = "";
    this.confirm.open(this.lastMs);
  }

  private edit(verb: string, rest: string[]): void {
    const { dialog } = this;
    if (!dialog) return;
    if (verb === "step" && dialog.kind === "command") {
      const parameter = this.commandOf(dialog)?.parameters.find(({ name }) => name === rest[0]);
      if (parameter) dialog.values[parameter.name] = stepped(parameter, dialog.values[parameter.name], Number(rest[1]));
      return;
    }
    dialog.preset = Number(rest[1]);
  }

  private askSheet(look: Look): Sheet | null {
    const { dialog, confirm } = this;
    const question = { share: confirm.share, holding: confirm.phase === "holding", obstacle: "" };
    if (dialog?.kind === "acknowledge") {
      const alarm = this.desk.store.alarms.all.get(dialog.alarm);
      return alarm ? acknowledgeSheet(alarmRow(this.desk, alarm), dialog.preset, question, look) : null;
    }
    const command = dialog && this.commandOf(dialog);
    if (!dialog || !command) return null;
    question.obstacle = missing(command.parameters, dialog.values, wordsOf);
    return commandSheet(command, this.desk.nameOf(dialog.twin), dialog.values, dialog.preset, question, look);
  }

  private commandOf(dialog: Dialog) {
    if (dialog.kind !== "command") return null;
    return this.desk.store.twins.get(dialog.twin)?.commands.find(({ name }) => name === dialog.command) ?? null;
  }

  /** What has come between since the question was asked, or "". */
  private gone(): string {
    const { dialog, desk } = this;
    if (dialog?.kind === "acknowledge") {
      const alarm = desk.store.alarms.all.get(dialog.alarm);
      return alarm ? acknowledgeObstacle(desk, alarm) : "The alarm is gone.";
    }
    const command = dialog && this.commandOf(dialog);
    if (!dialog || !command) return "The machine is gone.";
    return commandObstacle(desk.store, desk.replaying(), dialog.twin, command);
  }

  private send(): void {
    const { dialog, desk } = this;
    if (dialog?.kind === "acknowledge") {
      const alarm = desk.store.alarms.all.get(dialog.alarm);
      if (alarm) desk.acknowledge(alarm, COMMENTS[dialog.preset]);
    } else if (dialog) {
      desk.invoke(dialog.twin, dialog.command, this.titleOf(dialog), dialog.values, REASONS[dialog.preset]);
    }
    this.dialog = null;
  }

  private titleOf(dialog: Dialog): string {
    if (dialog.kind === "command") return this.commandOf(dialog)?.title || wordsOf(dialog.command);
    return `Acknowledge “${this.desk.store.alarms.all.get(dialog.alarm)?.message ?? dialog.alarm}”`;
  }

  private afterConfirm(): void {
    if (!this.dialog || this.confirm.phase !== "closed") return;
    this.dialog = null;
    if (this.confirm.cancelled) this.say(this.confirm.cancelled);
  }

  private newest(nowMs: number): Asked | null {
    const asked = this.desk.requests.all[0];
    if (!asked || asked.sentMs < this.sinceMs) return null;
    // Requests are stamped with the wall clock, frames with another; only ended ones grow old, by our own watch.
    if (asked.endedMs === 0) {
      this.ended = null;
      return asked;
    }
    if (this.ended?.request !== asked.request) this.ended = { request: asked.request, atMs: nowMs };
    return nowMs - this.ended.atMs < OUTCOME_MS ? asked : null;
  }
}

/** The first that has a scale to be drawn against, else the first. */
function usualTrend(view: MachineView | null): string {
  const rows = view?.rows ?? [];
  return (rows.find((row) => row.bar) ?? rows[0])?.path ?? "";
}
