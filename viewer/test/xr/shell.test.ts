import { beforeEach, describe, expect, test } from "vitest";
import { Requests } from "../../src/state/requests";
import type { Store } from "../../src/state/store";
import { Traces } from "../../src/state/traces";
import type { Desk } from "../../src/xr/desk";
import { type ButtonItem, buttonOf, CAP, type Item, type Sheet } from "../../src/xr/items";
import { COMFORT, type Comfort } from "../../src/xr/settings";
import { Shell } from "../../src/xr/shell";
import { frame, liveStore, signal, twin } from "../build";

let clock: { ms: number };
let store: Store;
let requests: Requests;
let selected: string | null;
let sent: unknown[];
let done: unknown[];
let shell: Shell;

function desk(): Desk {
  return {
    store,
    requests,
    traces: new Traces(store),
    replaying: () => false,
    selected: () => selected,
    select: (id) => {
      selected = id;
    },
    nameOf: (id) => store.twins.get(id)?.name || id,
    invite: () => Promise.reject(new Error("not asked for")),
    acknowledge: (alarm, comment) => {
      sent.push(["acknowledge", alarm.id, comment]);
      requests.begin("r1", "Acknowledge", alarm.twin, alarm.id, clock.ms);
    },
    invoke: (id, command, title, args, reason) => {
      sent.push([command, id, args, reason]);
      requests.begin("r2", title, id, "", clock.ms);
    },
  };
}

function make(comfort: Partial<Comfort> = {}): Shell {
  const note =
    (name: string) =>
    (...args: unknown[]) => {
      done.push([name, ...args]);
    };
  const hooks = {
    go: note("go"),
    home: note("home"),
    turn: note("turn"),
    size: note("size"),
    scale: note("scale"),
    bring: note("bring"),
    leave: note("leave"),
    comfort: note("comfort"),
  };
  const view = () => ({ mode: "vr" as const, scale: 1, people: ["ana"] });
  return new Shell(desk(), { ...COMFORT, ...comfort }, hooks, view, 0);
}

const SPEED = { name: "speed", kind: "float", unit: "{rev}/min", required: true, choices: [], range: null };
const COMMAND = {
  name: "set_speed",
  title: "",
  description: "",
  parameters: [{ ...SPEED, range: [0, 3000] as [number, number] }],
  timeout_s: 10,
  confirm: true,
  role: "operator",
};

beforeEach(() => {
  ({ store, clock } = liveStore([]));
  selected = null;
  sent = [];
  done = [];
  requests = new Requests(() => {});
  const signals = [
    signal(0, "flow", { name: "Flow", unit: "m3/h", range: [0, 100], limits: [null, null, 80, 90], max_age_s: 10 }),
    signal(1, "state", { kind: "enum", codes: { 1: "RUNNING" }, max_age_s: 10 }),
  ];
  const pump = twin("hall/p1", signals, { name: "Pump", commands: [COMMAND] });
  store.applySchema({ type: "schema", revision: 1, twins: [pump], removed: [], reset: false });
  const rows = [0, 1].map((slot) => ({ slot, value: slot === 0 ? 85.5 : 1, observedUs: clock.ms * 1e3 }));
  store.applyFrame(frame(rows, 1, 2, clock.ms * 1e3), clock.ms);
  const alarm = { state: "unacknowledged", priority: "high", message: "Flow high", since_us: clock.ms * 1e3 };
  store.applyPatch([["hall/p1", { alarms: { "hall/p1:flow#h": alarm } }, false]]);
  shell = make();
});

function pass(ms: number): void {
  for (const end = clock.ms + ms; clock.ms < end; clock.ms += 20) {
    store.connection.frameMs = clock.ms;
    shell.tick(clock.ms);
  }
}

function texts(sheet: Sheet = shell.sheet(clock.ms)): string {
  return sheet.items.flatMap((item) => ("text" in item ? [item.text] : [])).join(" | ");
}

function button(id: string): ButtonItem {
  const found = buttonOf(shell.sheet(clock.ms), id);
  if (!found) throw new Error(`no button ${id} in ${texts()}`);
  return found;
}

function press(id: string): void {
  button(id);
  shell.hover(1, id);
  shell.press(1, id, clock.ms);
  shell.release(1);
}

describe("the panel", () => {
  test("shows the chosen machine with values, units, bars and its trend", () => {
    selected = "hall/p1";
    shell.tick(clock.ms);
    const sheet = shell.sheet(clock.ms);
    expect(texts(sheet)).toContain("Pump");
    expect(texts(sheet)).toContain("85.50 m³/h");
    expect(texts(sheet)).toContain("RUNNING");
    expect(sheet.items.some((item) => item.kind === "bar" && item.share === 0.855)).toBe(true);
    const chart = sheet.items.find((item) => item.kind === "chart");
    expect(chart?.kind === "chart" && chart.values.at(-1)).toBe(85.5);
  });

  test("shows how old a value is, beside the value", () => {
    selected = "hall/p1";
    clock.ms += 15_000;
    shell.tick(clock.ms);
    expect(texts()).toContain("85.50 m³/h · 15 s old");
    expect(texts()).toContain("All values are old");
  });

  test("says of a value that nothing feeds that it is not bound, and counts it for nothing", () => {
    const signals = [signal(0, "flow"), signal(1, "state", { kind: "enum" }), signal(2, "pressure", { bound: false })];
    store.applySchema({ type: "schema", revision: 2, twins: [twin("hall/p1", signals)], removed: [], reset: false });
    selected = "hall/p1";
    shell.tick(clock.ms);
    expect(texts()).toContain("· not bound");
    expect(texts()).toContain("Live");
    expect(texts()).not.toContain("old");
  });

  test("opens at a machine that is chosen, and closes when a choice says so", () => {
    press("close");
    expect(shell.open).toBe(false);
    selected = "hall/p1";
    shell.tick(clock.ms);
    expect(shell.open).toBe(true);
    selected = null;
    shell.tick(clock.ms);
    expect(texts()).toContain("No machine is selected.");
  });

  test("leads to the machine of an alarm", () => {
    press("tab:alarms");
    expect(texts()).toContain("Flow high");
    press("alarm:hall/p1:flow#h");
    expect(selected).toBe("hall/p1");
    shell.tick(clock.ms);
    press("go");
    expect(done).toEqual([["go", "hall/p1"]]);
  });

  test("a machine that is removed while it is shown leaves an empty page, and closes its question", () => {
    selected = "hall/p1";
    shell.tick(clock.ms);
    press("command:set_speed");
    store.applySchema({ type: "schema", revision: 2, twins: [], removed: ["hall/p1"], reset: false });
    shell.tick(clock.ms);
    expect(shell.dialog).toBeNull();
    expect(texts()).toContain("The machine is gone.");
  });

  test("five thousand alarms come in pages", () => {
    const many = Object.fromEntries(
      Array.from({ length: 5000 }, (_, i) => [`a${i}`, { state: "unacknowledged", message: `Alarm ${i}` }]),
    );
    store.applyPatch([["hall/p1", { alarms: many }, false]]);
    press("tab:alarms");
    expect(texts()).toMatch(/1 to \d of 5001/);
    expect(shell.sheet(clock.ms).items.length).toBeLessThan(80);
    press("page:alarms:1");
    expect(texts()).not.toMatch(/\| 1 to/);
  });
});

describe("acknowledging", () => {
  beforeEach(() => {
    press("tab:alarms");
    press("ack:hall/p1:flow#h");
  });

  test("is sent after a hold, with the chosen comment", () => {
    press("comment:at:1");
    shell.hover(1, "hold");
    shell.press(1, "hold", clock.ms);
    pass(600);
    expect(sent).toEqual([]);
    pass(800);
    expect(sent).toEqual([["acknowledge", "hall/p1:flow#h", "Seen"]]);
    expect(texts()).toContain("Acknowledge: pending");
    requests.reply({ request: "r1", status: "succeeded", message: "", hint: "" }, clock.ms);
    expect(texts()).toContain("Acknowledge: confirmed");
    pass(21_000);
    expect(texts()).not.toContain("confirmed");
  });

  test("is not sent by a short press, nor by one that slides off the button", () => {
    shell.hover(1, "hold");
    shell.press(1, "hold", clock.ms);
    pass(600);
    shell.hover(1, "cancel");
    shell.hover(1, "hold");
    pass(3000);
    expect(sent).toEqual([]);
  });

  test("is off when somebody else was quicker", () => {
    store.applyPatch([["hall/p1", { alarms: { "hall/p1:flow#h": { state: "acknowledged" } } }, false]]);
    shell.tick(clock.ms);
    expect(shell.dialog).toBeNull();
    expect(texts()).toContain("It is acknowledged already.");
  });

  test("and the end of the view closes the question, with a word on the desktop", () => {
    shell.leave(clock.ms);
    expect(sent).toEqual([]);
    expect(requests.of("hall/p1")).toMatchObject([{ title: "Acknowledge “Flow high”", alarm: "hall/p1:flow#h" }]);
  });

  test("and a headset taken off closes the question", () => {
    shell.hover(1, "hold");
    shell.press(1, "hold", clock.ms);
    pass(1000);
    shell.interrupt("Cancelled: the headset was taken off.");
    pass(5000);
    expect(sent).toEqual([]);
    expect(shell.dialog).toBeNull();
  });
});

describe("a command", () => {
  beforeEach(() => {
    selected = "hall/p1";
    shell.tick(clock.ms);
  });

  test("that nobody confirmed before the view ended is not sent, and the desktop says so", () => {
    press("command:set_speed");
    shell.leave(clock.ms);
    expect(shell.dialog).toBeNull();
    expect(sent).toEqual([]);
    expect(requests.of("hall/p1")).toMatchObject([
      { title: "Set speed", status: "failed", message: "not sent: the headset view ended first" },
    ]);
    shell.leave(clock.ms);
    expect(requests.all).toHaveLength(1);
  });

  function hold(): void {
    shell.hover(1, "hold");
    shell.press(1, "hold", clock.ms);
    pass(1500);
    shell.release(1);
  }

  test("needs its arguments, and takes them without a keyboard", () => {
    press("command:set_speed");
    expect(button("hold").obstacle).toBe("Speed is not set.");
    hold();
    expect(sent).toEqual([]);
    press("step:speed:1");
    press("step:speed:-10");
    press("reason:at:1");
    expect(texts()).toContain("1000 rpm");
    hold();
    expect(sent).toEqual([["set_speed", "hall/p1", { speed: 1000 }, "Process needs it"]]);
    hold();
    expect(sent).toHaveLength(1);
  });

  test.each([
    ["failed", "Set speed: failed, no power"],
    ["expired", "Set speed: expired: no answer in time, no power"],
    ["refused", "Set speed: refused, no power"],
  ] as const)("that %s says so", (status, words) => {
    press("command:set_speed");
    press("step:speed:1");
    hold();
    requests.reply({ request: "r2", status, message: "no power", hint: "" }, clock.ms);
    expect(texts()).toContain(words);
  });

  test("is refused while all values are old, with the reason", () => {
    clock.ms += 20_000;
    store.connection.frameMs = clock.ms;
    shell.tick(clock.ms);
    press("command:set_speed");
    expect(shell.dialog).toBeNull();
    expect(texts()).toContain("The device is silent: its newest value is 20 s old.");
  });

  test("is off when the connection goes while one holds", () => {
    press("command:set_speed");
    press("step:speed:1");
    shell.hover(1, "hold");
    shell.press(1, "hold", clock.ms);
    pass(800);
    store.setConnection({ phase: "waiting" });
    pass(2000);
    expect(sent).toEqual([]);
    expect(texts()).toContain("Not connected.");
  });

  test("whose argument is a text is left to the desktop", () => {
    const name = { ...SPEED, name: "recipe", kind: "string" };
    const pump = twin("hall/p1", [signal(0, "flow")], { commands: [{ ...COMMAND, parameters: [name] }] });
    store.applySchema({ type: "schema", revision: 3, twins: [pump], removed: [], reset: false });
    press("command:set_speed");
    expect(button("hold").obstacle).toContain("needs a keyboard");
  });
});

describe("comfort", () => {
  test("each press takes the next choice", () => {
    press("tab:comfort");
    for (const id of ["set:turnDeg", "set:smooth", "set:text", "set:leftHanded", "set:seated"]) press(id);
    expect(shell.comfort).toEqual({
      ...COMFORT,
      turnDeg: 45,
      smooth: true,
      text: 1.25,
      leftHanded: true,
      seated: true,
    });
    press("set:turnDeg");
    expect(shell.comfort.turnDeg).toBe(30);
    expect(done).toHaveLength(6);
  });

  test.each([1, 1.25, 1.5])(
    "with text of %d everything is on the panel, large enough to read and to point at",
    (size) => {
      shell = make({ text: size });
      selected = "hall/p1";
      shell.tick(clock.ms);
      const sheets: Sheet[] = ["machine", "alarms", "view", "comfort"].map((page) => {
        press(`tab:${page}`);
        return shell.sheet(clock.ms);
      });
      press("tab:alarms");
      press("ack:hall/p1:flow#h");
      sheets.push(shell.sheet(clock.ms));
      press("cancel");
      press("tab:machine");
      press("command:set_speed");
      sheets.push(shell.sheet(clock.ms));
      for (const sheet of sheets) for (const item of sheet.items) check(item, sheet);
    },
  );

  function check(item: Item, { width, height }: Sheet): void {
    const what = JSON.stringify(item);
    expect(item.x, what).toBeGreaterThanOrEqual(0);
    expect(item.y, what).toBeGreaterThanOrEqual(0);
    expect(item.x + item.w, what).toBeLessThanOrEqual(width);
    expect(item.y + item.h, what).toBeLessThanOrEqual(height + 0.01);
    if ("cap" in item) expect(item.cap, what).toBeGreaterThanOrEqual(CAP);
    if (item.kind === "button") expect(Math.min(item.w, item.h), what).toBeGreaterThanOrEqual(3.2);
  }
});

test("buttons that one points at never lie over each other, rows excepted", () => {
  selected = "hall/p1";
  const commands = ["a", "b", "c", "d"].map((name) => ({ ...COMMAND, name }));
  const signals = Array.from({ length: 12 }, (_, i) => signal(i, `s${i}`));
  const pump = twin("hall/p1", signals, { commands });
  store.applySchema({ type: "schema", revision: 3, twins: [pump], removed: [], reset: false });
  shell.tick(clock.ms);
  const buttons = shell.sheet(clock.ms).items.filter((item) => item.kind === "button");
  for (const a of buttons) {
    for (const b of buttons) {
      if (a === b) continue;
      const apart = a.x + a.w <= b.x || b.x + b.w <= a.x || a.y + a.h <= b.y || b.y + b.h <= a.y;
      expect(apart, `${a.id} and ${b.id}`).toBe(true);
    }
  }
});
