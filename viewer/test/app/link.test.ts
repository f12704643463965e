import { beforeEach, describe, expect, test } from "vitest";
import { Link, type Painter, type WorkerPort } from "../../src/app/link";
import type { SessionEvent } from "../../src/protocol/session";
import type { FromWorker, ToWorker } from "../../src/protocol/worker";
import { Requests } from "../../src/state/requests";
import { Store } from "../../src/state/store";
import { frame, signal, twin, welcome } from "../build";

class FakeWorker implements WorkerPort {
  onmessage: ((event: MessageEvent<FromWorker>) => void) | null = null;
  sent: ToWorker[] = [];

  postMessage(message: ToWorker): void {
    this.sent.push(message);
  }

  say(...events: FromWorker[]): void {
    for (const data of events) this.onmessage!({ data } as MessageEvent<FromWorker>);
  }

  acks(): number[] {
    return this.sent.flatMap((message) => (message.kind === "ack" ? [message.frame] : []));
  }
}

class FakePainter implements Painter {
  now = 1000;
  isHidden = false;
  before: (() => void)[] = [];
  after: (() => void)[] = [];

  hidden = () => this.isHidden;
  beforePaint = (work: () => void) => void this.before.push(work);
  afterPaint = (work: () => void) => void this.after.push(work);
  nowMs = () => this.now;

  paint(): void {
    for (const work of this.before.splice(0)) work();
    for (const work of this.after.splice(0)) work();
  }
}

let worker: FakeWorker;
let painter: FakePainter;
let store: Store;
let requests: Requests;
let link: Link;

const phase = (name: "waiting" | "live" | "stopped"): SessionEvent => ({
  kind: "phase",
  phase: name,
  attempt: 1,
  retryAtMs: 0,
  reason: null,
});
const greeted = (session: number, change = {}): FromWorker => ({ kind: "welcome", session, message: welcome(change) });
const framed = (session: number, number: number, value: number): FromWorker => ({
  kind: "frame",
  session,
  arrivedMs: painter.now,
  data: frame([{ slot: 0, value, observedUs: 1 }], number, number),
});
const schema = (id = "a"): FromWorker => ({
  kind: "message",
  message: { type: "schema", revision: 1, twins: [twin(id, [signal(0, "t")])], removed: [], reset: false },
});

beforeEach(() => {
  worker = new FakeWorker();
  painter = new FakePainter();
  store = new Store(painter.nowMs);
  requests = new Requests(() => {});
  link = new Link(store, requests, worker, painter);
});

describe("painting", () => {
  test("what arrives is applied once per repaint, with one acknowledgement for all frames", () => {
    worker.say(greeted(1), schema(), framed(1, 1, 10), framed(1, 2, 20));
    expect(store.twins.size).toBe(0);
    expect(painter.before).toHaveLength(1);
    painter.paint();
    expect(store.value(store.slotOf("a:t"))).toBe(20);
    expect(worker.acks()).toEqual([2]);
    expect(store.live).toBe(true);
  });

  test("the time of painting is noted after the repaint", () => {
    worker.say(greeted(1), schema(), framed(1, 1, 10));
    for (const work of painter.before.splice(0)) work();
    expect(store.frames.get(1)!.paintedMs).toBe(0);
    painter.now = 1016;
    painter.paint();
    expect(store.frames.get(1)!.paintedMs).toBe(1016);
  });

  test("a hidden tab applies at the worker's pulse and goes on acknowledging", () => {
    painter.isHidden = true;
    worker.say(greeted(1), schema(), framed(1, 1, 10));
    expect(painter.before).toHaveLength(0);
    worker.say({ kind: "pulse" });
    expect(worker.acks()).toEqual([]);
    painter.now += 150;
    worker.say({ kind: "pulse" });
    expect(store.value(0)).toBe(10);
    expect(worker.acks()).toEqual([1]);
  });

  test("a page that stopped painting does not let the queue grow", () => {
    worker.say(greeted(1), schema(), framed(1, 1, 10));
    painter.now += 500;
    worker.say(framed(1, 2, 20));
    expect(store.value(0)).toBe(20);
  });
});

describe("sessions", () => {
  test("frames queued from the old session never touch the new picture", () => {
    worker.say(greeted(1), schema("old"), framed(1, 1, 10));
    painter.paint();
    worker.say(framed(1, 2, 99), greeted(2, { epoch: 2 }), schema("new"), framed(2, 1, 7));
    painter.paint();
    expect([...store.twins.keys()]).toEqual(["new"]);
    expect(store.value(0)).toBe(7);
    expect(worker.sent.at(-1)).toEqual({ kind: "ack", session: 2, frame: 1 });
  });

  test("a cut applies what had come, keeps it on the screen and says so", () => {
    worker.say(greeted(1), schema(), framed(1, 1, 10), phase("waiting"));
    expect(store.value(0)).toBe(10);
    expect(store.live).toBe(false);
    expect(store.connection.phase).toBe("waiting");
    expect(store.isStale(0)).toBe(true);
  });
});

describe("requests", () => {
  const command = {
    type: "invoke",
    request: "r1",
    twin: "a",
    command: "go",
    args: {},
    reason: "",
    timeout_s: null,
  } as const;

  test("E2: pending, then the outcome", () => {
    link.ask(command, "Go", "a");
    expect(worker.sent.at(-1)).toEqual({ kind: "request", message: command });
    expect(requests.of("a")[0]).toMatchObject({ status: "pending", title: "Go" });
    const reply = { type: "reply", request: "r1", code: "", hint: "", result: null } as const;
    worker.say({ kind: "message", message: { ...reply, status: "pending", message: "" } });
    painter.paint();
    expect(requests.all[0].endedMs).toBe(0);
    worker.say({ kind: "message", message: { ...reply, status: "failed", message: "valve locked" } });
    painter.paint();
    expect(requests.all[0]).toMatchObject({ status: "failed", message: "valve locked" });
  });

  test("one that found no session has failed", () => {
    link.ask(command, "Go", "a");
    worker.say({ kind: "unsent", request: "r1" });
    expect(requests.all[0]).toMatchObject({ status: "failed" });
    expect(requests.all[0].message).toContain("not sent");
  });

  test("one whose session was lost is unknown until an event tells its outcome", () => {
    worker.say(greeted(1));
    painter.paint();
    link.ask(command, "Go", "a");
    worker.say(phase("waiting"));
    expect(requests.all[0].status).toBe("unknown");
    const event = {
      revision: 9,
      at_us: 1,
      kind: "command",
      twin: "a",
      body: { request: "server's own", asked_as: "r1", status: "succeeded" },
    };
    worker.say(greeted(2, { resumed: true }), {
      kind: "message",
      message: { type: "events", events: [event], missed: 0 },
    });
    painter.paint();
    expect(requests.all[0].status).toBe("succeeded");
  });
});
