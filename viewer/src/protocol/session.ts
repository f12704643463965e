/**
 * The client half of a session as a state machine: no socket, no timer, no clock of its own.
 *
 * The shell (worker.ts) opens sockets when `ports.open` says so, hands in what arrives, and calls `tick` a few
 * times a second. Times are milliseconds since the Unix epoch on one clock.
 */
import { ClockOffset } from "./clock";
import { decode, encode } from "./codec";
import { decodeFrame, isFrame } from "./frames";
import {
  type AlarmAction,
  type Bye,
  type ClientMessage,
  type Invoke,
  PROTOCOL,
  type Presence,
  type ServerMessage,
  type SetDesired,
  type Welcome,
} from "./messages.gen";
import { ProtocolViolation } from "./violation";

export type Phase = "connecting" | "greeting" | "live" | "waiting" | "stopped";
export type Request = Invoke | SetDesired | AlarmAction;

export interface Reason {
  code: string;
  message: string;
  hint: string;
}

export type SessionEvent =
  | { kind: "phase"; phase: Phase; attempt: number; retryAtMs: number; reason: Reason | null }
  | { kind: "welcome"; message: Welcome; session: number }
  | { kind: "message"; message: ServerMessage }
  | { kind: "frame"; data: ArrayBuffer; arrivedMs: number; session: number }
  | { kind: "clock"; offsetMs: number; rttMs: number };

export interface Ports {
  open(): void;
  close(): void;
  send(data: Uint8Array<ArrayBuffer>): void;
  emit(event: SessionEvent): void;
  /** Uniform in [0, 1), spreads the retries of many viewers. */
  random(): number;
}

export interface SessionOptions {
  token: string;
  selector: string;
  maxHz: number;
  client: string;
}

interface Held {
  origin: string;
  epoch: number;
  revision: number;
}

/** A dead link shows within this: the server sends a frame a second (C2) and answers pings. */
export const SILENCE_MS = 8_000;
const GREETING_MS = 10_000;
const PING_MS = 2_000;
const FIRST_PINGS = 4;
/** No tick came for so long: the machine slept or the tab was frozen. */
export const SLEEP_MS = 4_000;
const AFTER_SLEEP_MS = 3_000;
const FIRST_RETRY_MS = 250;
const LAST_RETRY_MS = 5_000;
/** A session that lived so long starts the back-off anew. */
const STEADY_MS = 5_000;
/** Codes after which coming back unchanged is pointless (S6). */
const FINAL: ReadonlySet<string> = new Set(["not_allowed", "version_unsupported", "message_invalid"]);

export class Session {
  phase: Phase = "waiting";
  private readonly clock = new ClockOffset();
  private held: Held | null = null;
  private session = 0;
  private attempt = 0;
  private openedMs = 0;
  private greetedMs = 0;
  private liveMs = 0;
  private heardMs = 0;
  private deadlineMs = Number.POSITIVE_INFINITY;
  private retryAtMs = 0;
  private pingMs = 0;
  private pings = 0;
  private wallMs: number | null = null;
  private reason: Reason | null = null;

  constructor(
    private readonly ports: Ports,
    private options: SessionOptions,
  ) {}

  start(now: number): void {
    this.connect(now);
  }

  /** Try again at once, for example with another token, or because the network came back. */
  retry(now: number, token?: string): void {
    if (token !== undefined) this.options = { ...this.options, token };
    if (this.phase !== "waiting" && this.phase !== "stopped") return;
    this.attempt = 0;
    this.connect(now);
  }

  opened(now: number): void {
    if (this.phase !== "connecting") return;
    const { token, client } = this.options;
    const resume: Record<string, [number, number]> = {};
    if (this.held) resume[this.held.origin] = [this.held.epoch, this.held.revision];
    this.greetedMs = now;
    this.send({ type: "hello", versions: [PROTOCOL], token, resume, client });
    this.enter("greeting");
  }

  closed(now: number, message: string): void {
    if (this.phase === "waiting" || this.phase === "stopped") return;
    this.reason ??= { code: "connection_lost", message, hint: "" };
    this.wait(now);
  }

  received(data: ArrayBuffer, now: number): void {
    if (this.phase !== "greeting" && this.phase !== "live") return;
    this.heardMs = now;
    this.deadlineMs = Number.POSITIVE_INFINITY;
    try {
      if (isFrame(data)) this.receiveFrame(data, now);
      else this.receiveMessage(decode(data), now);
    } catch (error) {
      if (!(error instanceof ProtocolViolation)) throw error;
      this.drop(now, { code: "protocol_violation", message: error.message, hint: "" });
    }
  }

  /** `wallMs` is the system's clock: `now` may stand still while the machine sleeps. */
  tick(now: number, wallMs: number): void {
    const slept = this.wallMs !== null && wallMs - this.wallMs > SLEEP_MS;
    this.wallMs = wallMs;
    if (this.phase === "waiting" && now >= this.retryAtMs) {
      this.connect(now);
    } else if (this.phase === "connecting" || this.phase === "greeting") {
      if (now - this.openedMs > GREETING_MS) this.drop(now, lost(`no answer within ${GREETING_MS / 1000} s`));
    } else if (this.phase === "live") {
      if (slept) this.wake(now);
      else this.keepAlive(now);
    }
  }

  /** Time may have jumped and the link may be dead without having said so: ask at once. */
  wake(now: number): void {
    if (this.phase === "waiting") {
      this.retry(now);
    } else if (this.phase === "live") {
      this.clock.reset();
      this.pings = 0;
      this.ping(now);
      // The silence of the sleep is not the server's.
      this.heardMs = now;
      this.deadlineMs = Math.min(this.deadlineMs, now + AFTER_SLEEP_MS);
    }
  }

  /** Acknowledge a frame that was applied; numbers of an earlier session mean nothing now (F2). */
  ack(session: number, frame: number): void {
    if (this.phase === "live" && session === this.session) this.send({ type: "ack", frame });
  }

  /** Send a request and return whether there was a session to carry it. */
  request(message: Request | Presence): boolean {
    if (this.phase !== "live") return false;
    this.send(message);
    return true;
  }

  private connect(now: number): void {
    this.openedMs = now;
    this.reason = null;
    this.enter("connecting");
    this.ports.open();
  }

  private receiveFrame(data: ArrayBuffer, now: number): void {
    if (this.phase !== "live") throw new ProtocolViolation("S2", "frame before welcome");
    const frame = decodeFrame(data);
    if (this.held) this.held.revision = Math.max(this.held.revision, frame.revision);
    this.ports.emit({ kind: "frame", data, arrivedMs: now, session: this.session });
  }

  private receiveMessage(message: ServerMessage, now: number): void {
    if (message.type === "bye") {
      this.receiveBye(message, now);
    } else if (message.type === "welcome") {
      this.receiveWelcome(message, now);
    } else if (this.phase !== "live") {
      throw new ProtocolViolation("S2", `${message.type} before welcome`);
    } else if (message.type === "pong") {
      this.clock.add(message.sent_us / 1e3, message.time_us / 1e3, now);
      this.emitClock();
    } else {
      this.ports.emit({ kind: "message", message });
    }
  }

  private receiveWelcome(message: Welcome, now: number): void {
    if (this.phase !== "greeting") throw new ProtocolViolation("S2", "welcome twice");
    this.session += 1;
    this.liveMs = now;
    this.pings = 0;
    this.pingMs = now;
    this.reason = null;
    // Without the resume the client holds nothing; the first frame says what it holds then.
    const revision = message.resumed && this.held ? this.held.revision : 0;
    this.held = { origin: message.origin, epoch: message.epoch, revision };
    this.clock.reset();
    this.clock.add(this.greetedMs, message.time_us / 1e3, now);
    this.enter("live");
    this.ports.emit({ kind: "welcome", message, session: this.session });
    this.emitClock();
    const { selector, maxHz } = this.options;
    this.send({ type: "subscribe", id: 1, selector, max_hz: maxHz, mode: "latest", events: true, since: -1 });
  }

  private receiveBye(message: Bye, now: number): void {
    const { code, message: text, hint } = message;
    this.drop(now, { code, message: text, hint });
    if (FINAL.has(code)) this.enter("stopped");
  }

  private keepAlive(now: number): void {
    if (now > this.deadlineMs || now - this.heardMs > SILENCE_MS) {
      this.drop(now, lost("the server fell silent"));
    } else if (now - this.pingMs >= PING_MS || this.pings < FIRST_PINGS) {
      this.ping(now);
    }
  }

  private ping(now: number): void {
    this.pingMs = now;
    this.pings += 1;
    this.send({ type: "ping", sent_us: now * 1e3 });
  }

  private drop(now: number, reason: Reason): void {
    this.reason = reason;
    this.ports.close();
    this.wait(now);
  }

  private wait(now: number): void {
    if (this.phase === "live" && now - this.liveMs > STEADY_MS) this.attempt = 0;
    const ceiling = Math.min(LAST_RETRY_MS, FIRST_RETRY_MS * 2 ** this.attempt);
    this.retryAtMs = now + ceiling * (0.5 + this.ports.random() / 2);
    this.attempt += 1;
    this.deadlineMs = Number.POSITIVE_INFINITY;
    this.enter("waiting");
  }

  private enter(phase: Phase): void {
    this.phase = phase;
    const { attempt, retryAtMs, reason } = this;
    this.ports.emit({ kind: "phase", phase, attempt, retryAtMs, reason });
  }

  private emitClock(): void {
    this.ports.emit({ kind: "clock", offsetMs: this.clock.offsetMs, rttMs: this.clock.rttMs });
  }

  private send(message: ClientMessage): void {
    this.ports.send(encode(message));
  }
}

function lost(message: string): Reason {
  return { code: "connection_lost", message, hint: "" };
}
