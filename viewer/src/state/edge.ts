/** What the page knows of edge nodes without asking: nodes are twins, and documents say where a twin runs. */
import type { TwinInfo } from "../protocol/messages.gen";
import type { Document } from "./merge";

const NODE_TYPE = "EdgeNode";

export function hasEdgeNodes(twins: Iterable<TwinInfo>): boolean {
  for (const twin of twins) if (twin.type === NODE_TYPE) return true;
  return false;
}

/** Return in words where a twin runs, null where that is the server. */
export function runsOn(document: Document): string | null {
  const found = document.runs_on as { node?: unknown; group?: unknown } | undefined;
  if (typeof found?.node !== "string" || found.node === "" || found.node === "server") return null;
  return typeof found.group === "string" && found.group ? `${found.node} (group ${found.group})` : found.node;
}

/** Return a time in milliseconds as people read it, "–" where nothing was measured. */
export function msText(ms: number | null): string {
  if (ms === null || !Number.isFinite(ms)) return "–";
  return ms < 10 ? `${ms.toFixed(1)} ms` : `${Math.round(ms).toLocaleString("en")} ms`;
}
