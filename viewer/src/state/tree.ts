/** The tree at the left as a flat list of rows: areas, and the twins in them that a query leaves. */
import { groupOf } from "../layout/layout";
import type { TwinInfo } from "../protocol/messages.gen";

export type TreeRow =
  | { kind: "area"; area: string; twins: readonly TwinInfo[]; open: boolean }
  | { kind: "twin"; twin: TwinInfo; area: string };

/** Twins that no area was given to, and whose id has no path to go by. */
export const NO_AREA = "No area";
export const DISCOVERED = "Discovered, not yet bound";

const collator = new Intl.Collator("en", { numeric: true, sensitivity: "base" });

type Test = (twin: TwinInfo) => boolean;

/**
 * Return a test for twins. Words are joined by "and"; `type:`, `area:`, `tag:`, `id:` and `name:` look at that field
 * alone, a plain word at all of them. Case does not matter.
 */
export function matcher(query: string): Test {
  const tests = query
    .toLowerCase()
    .split(/\s+/)
    .filter((word) => word !== "")
    .map(wordTest);
  return (twin) => tests.every((test) => test(twin));
}

function wordTest(word: string): Test {
  const [, key, rest] = /^(type|area|tag|id|name):(.*)$/.exec(word) ?? [];
  const has = (text: string, part: string) => text.toLowerCase().includes(part);
  if (key === "tag") return (twin) => twin.tags.some((tag) => has(tag, rest));
  if (key === "area") return (twin) => has(groupOf(twin), rest);
  if (key !== undefined) return (twin) => has(twin[key as "type" | "id" | "name"], rest);
  return (twin) =>
    [twin.id, twin.name, twin.type, twin.area, twin.topic].some((text) => has(text, word)) ||
    twin.tags.some((tag) => has(tag, word));
}

export function titleOf(twin: TwinInfo): string {
  return twin.name || twin.id.slice(twin.id.lastIndexOf("/") + 1);
}

/** As `titleOf`, for places with room for one text alone: what is synthetic is never named like a real twin. */
export function spokenOf(twin: TwinInfo): string {
  return twin.synthetic ? `${titleOf(twin)} (synthetic)` : titleOf(twin);
}

/** Return the rows; while a query is given every area with a hit is open. */
export function treeRows(
  twins: Iterable<TwinInfo>,
  query: string,
  closed: ReadonlySet<string>,
): { rows: TreeRow[]; hits: number } {
  const test = matcher(query);
  const areas = new Map<string, TwinInfo[]>();
  let hits = 0;
  for (const twin of twins) {
    if (!test(twin)) continue;
    hits++;
    const area = areaOf(twin);
    const list = areas.get(area);
    if (list) list.push(twin);
    else areas.set(area, [twin]);
  }
  const rows: TreeRow[] = [];
  for (const area of [...areas.keys()].sort(compareAreas)) {
    const members = areas.get(area)!;
    members.sort((a, b) => collator.compare(titleOf(a), titleOf(b)) || collator.compare(a.id, b.id));
    const open = query.trim() !== "" || !closed.has(area);
    rows.push({ kind: "area", area, twins: members, open });
    if (open) for (const twin of members) rows.push({ kind: "twin", twin, area });
  }
  return { rows, hits };
}

/** Return where a twin belongs: as the zones in the picture, by its area, else by the path of its id. */
export function areaOf(twin: TwinInfo): string {
  return twin.discovered ? DISCOVERED : groupOf(twin) || NO_AREA;
}

/** What was discovered stands last, what has no area before it. */
function compareAreas(a: string, b: string): number {
  const rank = (area: string) => (area === DISCOVERED ? 2 : area === NO_AREA ? 1 : 0);
  return rank(a) - rank(b) || collator.compare(a, b);
}
