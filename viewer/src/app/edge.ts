/** What `GET /edge` answers (docs/reference/rest.md, "Edge nodes"), as far as the page shows it. */

export interface EdgePlace {
  name: string;
  tier: string;
  load: number;
  rtt_ms: number | null;
  lag_ms: number | null;
  rows_per_s: number;
  groups: string[];
}

export interface EdgeNode extends EdgePlace {
  twin: string;
  phase: "up" | "draining" | "lost" | "left";
  since_us: number;
  queue: number;
  /** May be killed and squeezed. */
  faults: boolean;
  /** What is wrong on purpose, in words, or "". */
  fault: string;
  counts: Record<string, number>;
}

export interface EdgeGroup {
  name: string;
  twins: string[];
  place: string;
  wanted: string;
  reason: string;
  pinned: string;
  phase: string;
  moves: number;
  rows_per_s: number;
  predicted_ms: number | null;
  realised_ms: number | null;
  realised_p99_ms: number | null;
}

export interface EdgeDecision {
  at_us: number;
  group: string;
  from: string;
  to: string;
  chosen: string;
  reason: string;
  predicted_ms: number | null;
  realised_ms: number | null;
}

export interface Edge {
  active: boolean;
  policy: string;
  nodes: EdgeNode[];
  server: EdgePlace;
  groups: EdgeGroup[];
  decisions: EdgeDecision[];
}

export type Squeeze = { kind: "squeeze"; delay_ms: number; kbit_s: number; seconds: number };
export type Fault = Squeeze | { kind: "kill" | "heal" };
