/**
 * Ties the worker's session to the store: what arrives is applied in order, once per animation frame.
 *
 * A hidden tab paints no frames; there the worker's steady pulse applies the queue instead, so that the session
 * keeps its acknowledgements and the picture is right when the tab comes back.
 */
import type { Presence, ServerMessage } from "../protocol/messages.gen";
import type { Request, SessionOptions } from "../protocol/session";
import type { FromWorker, ToWorker } from "../protocol/worker";
import type { Requests } from "../state/requests";
import type { Store } from "../state/store";

export interface WorkerPort {
  postMessage(message: ToWorker): void;
  onmessage: ((event: MessageEvent<FromWorker>) => void) | null;
}

export interface Painter {
  hidden(): boolean;
  /** Call before the next repaint. */
  beforePaint(work: () => void): void;
  /** Call after the repaint under way. */
  afterPaint(work: () => void): void;
  nowMs(): number;
}

type Queued = Extract<FromWorker, { kind: "welcome" | "message" | "frame" }>;

/** A queue that old is applied at once: the page is not painting. */
const LATE_MS = 100;

export class Link {
  /** How often queued messages were applied, and what that took in all on the page's thread. */
  readonly applied = { times: 0, ms: 0 };
  private queue: Queued[] = [];
  private queuedMs = 0;
  private scheduled = false;
  private session = 0;

  constructor(
    private readonly store: Store,
    private readonly requests: Requests,
    private readonly worker: WorkerPort,
    private readonly painter: Painter,
  ) {
    worker.onmessage = (event) => this.receive(event.data);
  }

  start(url: string, options: SessionOptions): void {
    this.worker.postMessage({ kind: "start", url, options });
  }

  /** Time may have passed without us: the tab was frozen, the machine slept, the network came back. */
  wake(): void {
    this.worker.postMessage({ kind: "wake" });
  }

  /** Try to connect now, with another token if one is given. */
  retry(token?: string): void {
    this.worker.postMessage({ kind: "retry", token });
  }

  /** Send a request; `Requests` tells what becomes of it. */
  ask(message: Request, title: string, twin: string): void {
    const alarm = message.type === "alarm_action" ? message.alarm : "";
    this.requests.begin(message.request, title, twin, alarm, this.painter.nowMs());
    this.worker.postMessage({ kind: "request", message });
  }

  /** Say where this page looks from; the newest wins and nobody answers. */
  tell(message: Presence): void {
    this.worker.postMessage({ kind: "presence", message });
  }

  private receive(event: FromWorker): void {
    switch (event.kind) {
      case "phase": {
        const { phase, attempt, retryAtMs, reason } = event;
        if (phase !== "live") {
          // What is queued belongs to the session that ends now.
          this.flush();
          if (phase === "waiting" || phase === "stopped") this.requests.sessionLost(this.painter.nowMs());
          this.store.setConnection({ phase, attempt, retryAtMs, reason });
        }
        break;
      }
      case "clock":
        this.store.setConnection({ offsetMs: event.offsetMs, rttMs: event.rttMs });
        break;
      case "unsent":
        this.requests.unsent(event.request, this.painter.nowMs());
        break;
      case "pulse":
        if (this.queue.length > 0 && this.painter.nowMs() - this.queuedMs > LATE_MS) this.flush();
        break;
      default:
        this.enqueue(event);
    }
  }

  private enqueue(event: Queued): void {
    if (this.queue.length === 0) this.queuedMs = this.painter.nowMs();
    this.queue.push(event);
    if (this.painter.nowMs() - this.queuedMs > LATE_MS) {
      this.flush();
    } else if (!this.scheduled && !this.painter.hidden()) {
      this.scheduled = true;
      this.painter.beforePaint(() => {
        this.scheduled = false;
        this.flush();
        this.painter.afterPaint(() => this.store.frames.paint(this.painter.nowMs()));
      });
    }
  }

  private flush(): void {
    if (this.queue.length === 0) return;
    const startMs = performance.now();
    const queue = this.queue;
    this.queue = [];
    let frame = 0;
    for (const event of queue) {
      if (event.kind === "welcome") {
        this.session = event.session;
        frame = 0;
        this.store.applyWelcome(event.message);
        this.store.setConnection({ phase: "live", attempt: 0, reason: null });
      } else if (event.kind === "message") {
        this.apply(event.message);
      } else if (event.session === this.session) {
        frame = this.store.applyFrame(event.data, event.arrivedMs);
      }
    }
    this.applied.times++;
    this.applied.ms += performance.now() - startMs;
    // One acknowledgement covers all frames up to it (F2).
    if (frame > 0) this.worker.postMessage({ kind: "ack", session: this.session, frame });
  }

  private apply(message: ServerMessage): void {
    switch (message.type) {
      case "schema":
        this.store.applySchema(message);
        break;
      case "patch":
        this.store.applyPatch(message.changes);
        break;
      case "events":
        this.store.applyEvents(message.events, message.missed);
        for (const event of message.events) this.requests.learn(event.body, this.painter.nowMs());
        break;
      case "people":
        this.store.applyPeople(message.people);
        break;
      case "reply":
        this.requests.reply(message, this.painter.nowMs());
        break;
      default:
        // welcome, pong and bye are the session's own; lag concerns batch subscriptions, which the page has none of.
        break;
    }
  }
}
