/** REST calls of the page; paths are relative to the page, so that it works behind a proxy's path. */
import type { EventInfo, TwinInfo } from "../protocol/messages.gen";
import type { Spot } from "../state/placing";
import type { AsOf } from "../state/replay";
import type { Surroundings } from "../state/surroundings";
import type { Edge, Fault } from "./edge";

export class ApiError extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
    readonly hint: string,
  ) {
    super(message);
    this.name = "ApiError";
  }
}

export interface Health {
  status: string;
  version?: string;
  viewers?: number;
  rate?: number;
  ingest?: { received?: number; accepted?: number; rejected?: Record<string, number> };
  broker?: { url?: string; state?: string; message?: string };
  history?: { state?: string; pending_rows?: number; message?: string };
}

export interface Buckets {
  signal: string;
  unit: string;
  start_us: number[];
  min: (number | null)[];
  max: (number | null)[];
  mean: (number | null)[];
}

export interface Hops {
  signal: string;
  observed_us: number;
  received_us: number;
  committed_us: number;
  revision: number;
  stamped: boolean;
  source: string;
}

/** A code of six digits that stands for one's token on a device without a keyboard. */
export interface PairingOffer {
  code: string;
  lasts_s: number;
  /** What to type there. */
  address: string;
  /** A QR code with both, SVG. */
  qr: string;
}

/** Alarms raised: in ten minutes, the most in any ten minutes, and in all, of a day. */
export interface AlarmLoad {
  now: number;
  peak: number;
  raised: number;
}

export interface Topic {
  topic: string;
  first_us: number;
  last_us: number;
  count: number;
  sample: string;
  suggestion: { twin: string; signals: { path: string; key: string; kind: string; value: unknown }[] } | null;
}

export interface DeadLetter {
  at_us: number;
  topic: string;
  cause: string;
  reason: string;
  hint: string;
  payload: string;
}

export interface SavedModel {
  model: string;
  versions: number[];
  method: string;
  signals: string[];
  problem: string;
}

export class Api {
  constructor(
    private readonly base: URL,
    private readonly token: () => string,
  ) {}

  /** Headers that say who asks; empty without a token. */
  authorization(): Record<string, string> {
    const token = this.token();
    return token ? { authorization: `Bearer ${token}` } : {};
  }

  health(): Promise<Health> {
    return this.call("health");
  }

  buckets(signal: string, start: string, width: string, end = "now"): Promise<Buckets> {
    return this.call("history/buckets", { signal, start, end, width });
  }

  asOf(atUs: number): Promise<AsOf> {
    return this.call("history/as-of", { selector: "*", at: (atUs / 1e6).toFixed(6) });
  }

  hops(signal: string): Promise<Hops> {
    return this.call("hops", { signal });
  }

  /** Read the newest events since `start`, of one kind or (with "") of all, and how many there are. */
  journal(start: string, limit: number, kind = "", end = "now"): Promise<{ events: EventInfo[]; total: number }> {
    return this.call("events", { start, end, limit: String(limit), kind });
  }

  async events(start: string, end: string, limit: number, kind: string): Promise<EventInfo[]> {
    return (await this.journal(start, limit, kind, end)).events;
  }

  /** Count the alarms raised up to a moment. */
  alarmLoad(atUs: number): Promise<AlarmLoad> {
    return this.call("alarms/load", { at: (atUs / 1e6).toFixed(6) });
  }

  scene(): Promise<Surroundings> {
    return this.call("scene");
  }

  async topics(): Promise<Topic[]> {
    return (await this.call<{ topics: Topic[] }>("topics")).topics;
  }

  deadLetters(limit: number): Promise<{ dead_letters: DeadLetter[]; counts: Record<string, number> }> {
    return this.call("dead-letters", { limit: String(limit) });
  }

  pair(): Promise<PairingOffer> {
    return this.call("pairing", {}, {});
  }

  /** Return the token that a code stands for. */
  async redeem(code: string): Promise<string> {
    return (await this.call<{ token: string }>("pairing/redeem", {}, { code })).token;
  }

  bind(topic: string, twin: string, name: string): Promise<{ twin: TwinInfo }> {
    const body: Record<string, string> = { topic };
    if (twin) body.twin = twin;
    if (name) body.name = name;
    return this.call("mapping/bind", {}, body);
  }

  /** Saved detectors that could be bound. */
  async models(): Promise<SavedModel[]> {
    return (await this.call<{ models: SavedModel[] }>("models")).models;
  }

  async bindDetector(twin: string, model: string): Promise<void> {
    await this.call("detectors/bind", {}, { twin, model });
  }

  async unbindDetector(twin: string, name: string): Promise<void> {
    await this.call("detectors/unbind", {}, { twin, name });
  }

  edge(): Promise<Edge> {
    return this.call("edge");
  }

  /** Keep a group at a place, or with "" leave it to the policy. */
  async moveGroup(group: string, place: string, reason: string): Promise<void> {
    await this.call(`edge/groups/${encodeURIComponent(group)}/move`, {}, { place, reason });
  }

  async drainNode(node: string, on: boolean, reason: string): Promise<void> {
    await this.call(`edge/nodes/${encodeURIComponent(node)}/drain`, {}, { on, reason });
  }

  async faultNode(node: string, fault: Fault, reason: string): Promise<void> {
    await this.call(`edge/nodes/${encodeURIComponent(node)}/fault`, {}, { ...fault, reason });
  }

  async place(twin: string, { x, y, z, yawDeg }: Spot): Promise<void> {
    await this.call(`twins/${twin}/placement`, {}, { position: [x, y, z], yaw_deg: yawDeg });
  }

  async rename(twin: string, id: string): Promise<void> {
    await this.call(`twins/${twin}/rename`, {}, { id });
  }

  private async call<T>(path: string, query: Record<string, string> = {}, body?: unknown): Promise<T> {
    const url = new URL(path, this.base);
    url.search = new URLSearchParams(query).toString();
    const headers: Record<string, string> = { accept: "application/json", ...this.authorization() };
    const init: RequestInit = { headers };
    if (body !== undefined) {
      init.method = "POST";
      init.body = JSON.stringify(body);
      headers["content-type"] = "application/json";
    }
    let response: Response;
    try {
      response = await fetch(url, init);
    } catch {
      throw new ApiError(0, "unreachable", "the server does not answer", "");
    }
    const text = await response.text();
    const answer = parse(text);
    if (!response.ok) throw refusal(response.status, answer);
    if (answer === undefined) throw new ApiError(response.status, "not_json", "the answer is not JSON", "");
    return answer as T;
  }
}

function refusal(status: number, answer: unknown): ApiError {
  const { code, message, hint } = (answer ?? {}) as Partial<ApiError>;
  return new ApiError(status, code ?? `http_${status}`, message ?? `the server answers ${status}`, hint ?? "");
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
