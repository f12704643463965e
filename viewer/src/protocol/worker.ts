/** The worker: owns the socket and the timers, so that neither a busy page nor a hidden tab loses the session. */

import type { Presence } from "./messages.gen";
import { type Request, Session, type SessionEvent, type SessionOptions } from "./session";
import { nowMs } from "./time";

/** From the page to the worker. */
export type ToWorker =
  | { kind: "start"; url: string; options: SessionOptions }
  | { kind: "ack"; session: number; frame: number }
  | { kind: "request"; message: Request }
  | { kind: "presence"; message: Presence }
  | { kind: "wake" }
  | { kind: "retry"; token?: string };

/** From the worker to the page: session events, a steady pulse, and requests that found no session. */
export type FromWorker = SessionEvent | { kind: "pulse" } | { kind: "unsent"; request: string };

const TICK_MS = 250;

let session: Session | null = null;
let socket: WebSocket | null = null;
let url = "";

function post(message: FromWorker): void {
  const transfer = message.kind === "frame" ? [message.data] : [];
  self.postMessage(message, { transfer });
}

function open(): void {
  const opening = new WebSocket(url);
  opening.binaryType = "arraybuffer";
  socket = opening;
  const current = () => socket === opening;
  opening.onopen = () => current() && session?.opened(nowMs());
  opening.onmessage = (event) => {
    // All messages are binary; text becomes an empty message, which the session refuses.
    const data = event.data instanceof ArrayBuffer ? event.data : new ArrayBuffer(0);
    if (current()) session?.received(data, nowMs());
  };
  opening.onclose = (event) => {
    if (!current()) return;
    socket = null;
    session?.closed(nowMs(), event.reason || "the server does not answer");
  };
}

function close(): void {
  const closing = socket;
  socket = null;
  closing?.close();
}

function start(options: SessionOptions): void {
  const send = (data: Uint8Array<ArrayBuffer>) => {
    if (socket?.readyState === WebSocket.OPEN) socket.send(data);
  };
  session = new Session({ open, close, send, emit: post, random: Math.random }, options);
  session.start(nowMs());
  setInterval(() => {
    session?.tick(nowMs(), Date.now());
    post({ kind: "pulse" });
  }, TICK_MS);
}

self.onmessage = (event: MessageEvent<ToWorker>) => {
  const message = event.data;
  if (message.kind === "start") {
    url = message.url;
    start(message.options);
  } else if (message.kind === "ack") {
    session?.ack(message.session, message.frame);
  } else if (message.kind === "request") {
    if (!session?.request(message.message)) post({ kind: "unsent", request: message.message.request });
  } else if (message.kind === "presence") {
    session?.request(message.message);
  } else if (message.kind === "wake") {
    session?.wake(nowMs());
  } else {
    session?.retry(nowMs(), message.token);
  }
};
