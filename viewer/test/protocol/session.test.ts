import { Decoder, Encoder } from "@msgpack/msgpack";
import { beforeEach, describe, expect, test } from "vitest";
import { ClockOffset } from "../../src/protocol/clock";
import { Session, type SessionEvent, SILENCE_MS, SLEEP_MS } from "../../src/protocol/session";

const encoder = new Encoder();
const decoder = new Decoder();

/** A socket that the test opens, closes and speaks through. */
class Wire {
  opened = 0;
  closed = 0;
  sent: Record<string, unknown>[] = [];
  events: SessionEvent[] = [];
  session = new Session(
    {
      open: () => this.opened++,
      close: () => this.closed++,
      send: (data) => this.sent.push(decoder.decode(data) as Record<string, unknown>),
      emit: (event) => this.events.push(event),
      random: () => 1,
    },
    { token: "t", selector: "*", maxHz: 0, client: "test" },
  );

  say(message: Record<string, unknown>, now: number): void {
    const bytes = encoder.encode(message);
    this.session.received(
      bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength) as ArrayBuffer,
      now,
    );
  }

  welcome(now: number, change: Record<string, unknown> = {}): void {
    this.say({ ...WELCOME, time_us: now * 1e3, ...change }, now);
  }

  last(type: string): Record<string, unknown> | undefined {
    return this.sent.findLast((message) => message.type === type);
  }
}

const WELCOME = {
  type: "welcome",
  version: "plantverse.sync.v1",
  origin: "o",
  epoch: 3,
  revision: 50,
  tick_ms: 40,
  time_us: 0,
  resumed: false,
  plant: "p",
  user: "u",
  role: "operator",
  ack_window: 2,
};

function heartbeat(revision: number, number = 1): ArrayBuffer {
  const view = new DataView(new ArrayBuffer(32));
  view.setUint8(0, 0xf7);
  view.setUint8(1, 1);
  view.setUint16(2, 1, true);
  view.setUint32(8, revision, true);
  view.setUint32(24, number, true);
  return view.buffer;
}

let wire: Wire;

function goLive(now = 1000): void {
  wire.session.start(now);
  wire.session.opened(now);
  wire.welcome(now);
}

beforeEach(() => {
  wire = new Wire();
});

describe("greeting", () => {
  test("S1: hello comes first, with the token, and subscribe after welcome", () => {
    goLive();
    expect(wire.sent.map((message) => message.type).slice(0, 2)).toEqual(["hello", "subscribe"]);
    expect(wire.last("hello")).toMatchObject({ token: "t", versions: ["plantverse.sync.v1"], resume: {} });
    expect(wire.session.phase).toBe("live");
  });

  test("a server that does not answer within ten seconds is left", () => {
    wire.session.start(0);
    wire.session.opened(0);
    wire.session.tick(10_001, 10_001);
    expect(wire.session.phase).toBe("waiting");
    expect(wire.closed).toBe(1);
  });

  test("S2: a frame before welcome is a violation", () => {
    wire.session.start(0);
    wire.session.opened(0);
    wire.session.received(heartbeat(1), 1);
    expect(wire.session.phase).toBe("waiting");
  });
});

describe("resume", () => {
  test("R2, R4: what the newest frame covered is offered to the server that comes back", () => {
    goLive();
    wire.session.received(heartbeat(77), 1100);
    wire.session.closed(1200, "cut");
    wire.session.tick(9000, 9000);
    wire.session.opened(9001);
    expect(wire.last("hello")!.resume).toEqual({ o: [3, 77] });
  });

  test("a resumed session keeps its place, another epoch starts at nothing", () => {
    goLive();
    wire.session.received(heartbeat(77), 1100);
    for (const [welcome, held] of [
      [{ resumed: true }, [3, 77]],
      [{ epoch: 4, resumed: false }, [4, 0]],
    ] as const) {
      wire.session.closed(2000, "cut");
      wire.session.tick(9000, 9000);
      wire.session.opened(9001);
      wire.welcome(9002, welcome);
      wire.session.closed(9003, "cut");
      wire.session.tick(20_000, 20_000);
      wire.session.opened(20_001);
      expect(wire.last("hello")!.resume).toEqual({ o: held });
      wire.welcome(20_002, { ...welcome, resumed: true });
    }
  });
});

describe("back-off", () => {
  test("doubles up to five seconds while the server is away", () => {
    wire.session.start(0);
    const waits: number[] = [];
    let now = 0;
    for (let i = 0; i < 8; i++) {
      wire.session.closed(now, "refused");
      const event = wire.events.at(-1);
      if (event?.kind !== "phase") throw new Error("a phase was expected");
      waits.push(event.retryAtMs - now);
      now = event.retryAtMs;
      wire.session.tick(now, now);
    }
    expect(waits).toEqual([250, 500, 1000, 2000, 4000, 5000, 5000, 5000]);
    expect(wire.opened).toBe(9);
  });

  test("S6: a refused token stops, another token tries at once", () => {
    goLive();
    wire.say({ type: "bye", code: "not_allowed", message: "unknown token" }, 1100);
    expect(wire.session.phase).toBe("stopped");
    wire.session.tick(100_000, 100_000);
    expect(wire.opened).toBe(1);
    wire.session.retry(100_001, "better");
    wire.session.opened(100_002);
    expect(wire.last("hello")!.token).toBe("better");
  });

  test("S6: a restart is waited for", () => {
    goLive();
    wire.say({ type: "bye", code: "restart", message: "restarting" }, 1100);
    expect(wire.session.phase).toBe("waiting");
    wire.session.tick(7000, 7000);
    expect(wire.opened).toBe(2);
  });
});

describe("a link that died without a word", () => {
  test("silence ends the session", () => {
    goLive(1000);
    wire.session.tick(1000 + SILENCE_MS, 0);
    expect(wire.session.phase).toBe("live");
    wire.session.tick(1001 + SILENCE_MS, 0);
    expect(wire.session.phase).toBe("waiting");
  });

  test("after a sleep the server is asked at once and left when it does not answer", () => {
    goLive(1000);
    wire.session.tick(1100, 1100);
    // The machine slept an hour: the wall clock jumped, the monotonic one stood still.
    wire.session.tick(1350, 1100 + 3_600_000);
    expect(wire.last("ping")).toBeDefined();
    wire.session.tick(4300, 3_603_000);
    expect(wire.session.phase).toBe("live");
    wire.session.tick(4400, 3_603_300);
    expect(wire.session.phase).toBe("waiting");
    expect(SLEEP_MS).toBeLessThan(3_600_000);
  });

  test("the silence of a sleep is not the server's: it has its time to answer", () => {
    goLive(1000);
    wire.session.tick(1100, 1100);
    // The tab was frozen: both clocks went on.
    wire.session.tick(61_100, 61_100);
    wire.session.tick(61_350, 61_350);
    wire.session.tick(64_000, 64_000);
    expect(wire.session.phase).toBe("live");
    wire.session.tick(64_150, 64_150);
    expect(wire.session.phase).toBe("waiting");
  });

  test("an answer after a sleep keeps the session", () => {
    goLive(1000);
    wire.session.wake(1100);
    wire.session.received(heartbeat(60), 1200);
    wire.session.tick(4400, 0);
    expect(wire.session.phase).toBe("live");
  });
});

describe("acknowledgement and requests", () => {
  test("F2: acknowledgements of an earlier session are not sent", () => {
    goLive();
    wire.session.ack(1, 5);
    expect(wire.last("ack")).toEqual({ type: "ack", frame: 5 });
    wire.session.ack(0, 9);
    expect(wire.last("ack")!.frame).toBe(5);
  });

  test("a request without a session says so", () => {
    const request = { type: "set_desired", request: "1", twin: "a", patch: {}, reason: "" } as const;
    expect(wire.session.request(request)).toBe(false);
    goLive();
    expect(wire.session.request(request)).toBe(true);
  });
});

describe("C1: clock offset", () => {
  test("is that of the shortest round trip of the last eight", () => {
    const clock = new ClockOffset();
    clock.add(0, 5000, 400);
    expect(clock.offsetMs).toBe(4800);
    clock.add(1000, 6010, 1020);
    expect(clock.offsetMs).toBe(5000);
    for (let i = 0; i < 8; i++) clock.add(2000 + i, 7001 + i, 2100 + i);
    expect(clock.offsetMs).toBe(4951);
    expect(clock.rttMs).toBe(100);
  });

  test("an exchange that ends before it began is no exchange", () => {
    const clock = new ClockOffset();
    clock.add(10, 10, 5);
    expect(clock.rttMs).toBeNaN();
  });
});
