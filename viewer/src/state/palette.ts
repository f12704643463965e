/** What the command palette finds: ranking of entries against what was typed. Pure. */

export type EntryKind = "twin" | "signal" | "alarm" | "view" | "command";

export interface Entry {
  kind: EntryKind;
  key: string;
  title: string;
  /** Said in a softer voice beside the title, and searched as well. */
  detail: string;
}

const KIND_ORDER: readonly EntryKind[] = ["alarm", "twin", "view", "command", "signal"];

/**
 * Return the best `most` entries for a query, best first.
 *
 * Every word must occur in title or detail. A title that begins with the first word comes before one with a word that
 * begins so, that before one that merely holds it; then alarms, twins, views, commands, signals.
 */
export function found<E extends Entry>(entries: readonly E[], query: string, most: number): E[] {
  const words = query.toLowerCase().split(/\s+/).filter(Boolean);
  const hits: { entry: E; score: number }[] = [];
  for (const entry of entries) {
    const score = scoreOf(entry, words);
    if (score >= 0) hits.push({ entry, score });
  }
  // Sorting is stable: entries that tie stay in the order they were given in.
  hits.sort((a, b) => b.score - a.score || KIND_ORDER.indexOf(a.entry.kind) - KIND_ORDER.indexOf(b.entry.kind));
  return hits.slice(0, most).map((hit) => hit.entry);
}

function scoreOf({ title, detail }: Entry, words: readonly string[]): number {
  const name = title.toLowerCase();
  const hay = `${name} ${detail.toLowerCase()}`;
  if (!words.every((word) => hay.includes(word))) return -1;
  let score = 0;
  for (const word of words) {
    if (name.startsWith(word)) score += 3;
    else if (name.includes(` ${word}`)) score += 2;
    else if (name.includes(word)) score += 1;
  }
  return score;
}
