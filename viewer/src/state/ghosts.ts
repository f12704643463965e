/** Synthetic twins beside real ones: which belong together, and how far apart they are. Pure. */
import type { SignalInfo, TwinInfo } from "../protocol/messages.gen";
import { plainNumber } from "./format";
import { barBounds } from "./limits";

const GHOST_OF = "ghost_of";
const CODED = new Set(["bool", "enum"]);

export interface Pair {
  real: TwinInfo;
  ghost: TwinInfo;
}

export interface Difference {
  path: string;
  info: SignalInfo;
  real: number;
  ghost: number;
  /** Ghost minus real; 0 or 1 for codes, NaN where one of them has no value. */
  by: number;
  /** How much that is of what the signal usually spans, 0 or more; 0 where it is not known. */
  share: number;
}

/** Return a twin with its ghost, or a ghost with its twin; null for a twin that stands alone. */
export function pairOf(twins: ReadonlyMap<string, TwinInfo>, id: string): Pair | null {
  const twin = twins.get(id);
  if (!twin) return null;
  if (twin.synthetic) {
    const real = twins.get(twin.relations[GHOST_OF]?.[0] ?? "");
    return real && !real.synthetic ? { real, ghost: twin } : null;
  }
  for (const other of twins.values()) {
    if (other.synthetic && other.relations[GHOST_OF]?.includes(id)) return { real: twin, ghost: other };
  }
  return null;
}

/** Return every signal that both have, with their values now. */
export function differences({ real, ghost }: Pair, value: (slot: number) => number): Difference[] {
  const others = new Map(ghost.signals.map((info) => [info.path, info]));
  const found: Difference[] = [];
  for (const info of real.signals) {
    const other = others.get(info.path);
    if (!other || other.kind !== info.kind) continue;
    const a = value(info.slot);
    const b = value(other.slot);
    const by = CODED.has(info.kind) && Number.isFinite(a + b) ? Number(a !== b) : b - a;
    found.push({ path: info.path, info, real: a, ghost: b, by, share: shareOf(info, a, by) });
  }
  return found;
}

/** Return the difference that says most; null where none is known. */
export function largest(found: readonly Difference[]): Difference | null {
  let most: Difference | null = null;
  for (const one of found) {
    if (Number.isFinite(one.by) && (most === null || one.share > most.share)) most = one;
  }
  return most;
}

/** Who made it, under which condition, in words. */
export function originText(twin: TwinInfo): string {
  const { synthetic } = twin;
  if (!synthetic) return "";
  const facts = Object.entries(synthetic.condition).map(([name, value]) =>
    typeof value === "number" ? `${name} ${plainNumber(value)}` : `${name} ${value}`,
  );
  if (synthetic.seed !== null) facts.push(`seed ${synthetic.seed}`);
  const maker = synthetic.version ? `${synthetic.generator}, version ${synthetic.version}` : synthetic.generator;
  return facts.length > 0 ? `${maker} (${facts.join(", ")})` : maker;
}

function shareOf(info: SignalInfo, real: number, by: number): number {
  if (!Number.isFinite(by)) return 0;
  if (CODED.has(info.kind)) return by;
  const bounds = barBounds(info);
  return Math.abs(by) / (bounds ? bounds[1] - bounds[0] : Math.max(Math.abs(real), 1e-9));
}
