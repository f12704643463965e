/** What the user asked for and what became of it: pending, confirmed, failed, refused, expired. */
import type { Reply } from "../protocol/messages.gen";

export type Outcome = Reply["status"] | "unknown";

export interface Asked {
  request: string;
  /** For people: "Start", "set-point 40". */
  title: string;
  twin: string;
  /** Alarm id, or "". */
  alarm: string;
  status: Outcome;
  message: string;
  hint: string;
  /** Milliseconds since the Unix epoch, browser's clock. */
  sentMs: number;
  endedMs: number;
}

const KEPT = 100;

export class Requests {
  private items: Asked[] = [];

  constructor(private readonly changed: () => void) {}

  /** Newest first. */
  get all(): readonly Asked[] {
    return this.items;
  }

  of(twin: string): Asked[] {
    return this.items.filter((item) => item.twin === twin);
  }

  begin(request: string, title: string, twin: string, alarm: string, nowMs: number): void {
    const asked: Asked = {
      request,
      title,
      twin,
      alarm,
      status: "pending",
      message: "",
      hint: "",
      sentMs: nowMs,
      endedMs: 0,
    };
    this.items = [asked, ...this.items].slice(0, KEPT);
    this.changed();
  }

  reply(reply: Pick<Reply, "request" | "status" | "message" | "hint">, nowMs: number): void {
    const { status, message, hint } = reply;
    this.update(reply.request, { status, message, hint, endedMs: status === "pending" ? 0 : nowMs });
  }

  /** It found no session: nothing was asked. */
  unsent(request: string, nowMs: number): void {
    const message = "not sent: there is no connection to the server";
    this.update(request, { status: "failed", message, hint: "try again once connected", endedMs: nowMs });
  }

  /** Nobody confirmed it, and the place where it was asked is gone: said here, so that nobody takes it for sent. */
  withdrawn(title: string, twin: string, alarm: string, message: string, nowMs: number): void {
    const request = `withdrawn ${nowMs}`;
    this.begin(request, title, twin, alarm, nowMs);
    this.update(request, { status: "failed", message, endedMs: nowMs });
  }

  /** The session that would have brought the answer is gone. */
  sessionLost(nowMs: number): void {
    for (const item of this.items) {
      if (item.status !== "pending") continue;
      const message = "the connection was lost before the answer came";
      this.update(item.request, { status: "unknown", message, hint: "the events show the outcome", endedMs: nowMs });
    }
  }

  /** Events say as what the request was asked, so that an outcome survives a lost session. */
  learn(body: Record<string, unknown>, nowMs: number): void {
    const item = this.items.find((candidate) => candidate.request === body.asked_as);
    if (item?.status !== "unknown") return;
    if (typeof body.status !== "string" || body.status === "pending") return;
    const message = typeof body.message === "string" ? body.message : "";
    this.update(item.request, { status: body.status as Outcome, message, hint: "", endedMs: nowMs });
  }

  private update(request: string, change: Partial<Asked>): void {
    if (!this.items.some((item) => item.request === request)) return;
    this.items = this.items.map((item) => (item.request === request ? { ...item, ...change } : item));
    this.changed();
  }
}
