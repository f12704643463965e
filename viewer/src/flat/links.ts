/** Pipes and ways between machines, from what the twins say of each other. Pure. */
import type { TwinInfo } from "../protocol/messages.gen";

/** Relations along which something flows, and which way; a rule that draws pipes along another one counts as well. */
const FLOWS: Readonly<Record<string, 1 | -1>> = {
  feeds: 1,
  fills: 1,
  next: 1,
  to_machine: 1,
  supplies: 1,
  discharges_to: 1,
  downstream: 1,
  draws_from: -1,
  from_machine: -1,
  fed_by: -1,
  upstream: -1,
};

export interface Link {
  from: string;
  to: string;
}

/** Return every pair of twins between which something flows, each once, in the order of the twins. */
export function linksOf(twins: Iterable<TwinInfo>, known: (id: string) => boolean): Link[] {
  const seen = new Set<string>();
  const links: Link[] = [];
  for (const twin of twins) {
    const drawn = new Set(twin.visuals.filter(({ kind }) => kind === "flow").map(({ relation }) => relation));
    for (const [name, targets] of Object.entries(twin.relations)) {
      const way = FLOWS[name] ?? (drawn.has(name) ? 1 : undefined);
      if (!way) continue;
      for (const target of targets) {
        const [from, to] = way === 1 ? [twin.id, target] : [target, twin.id];
        const key = `${from}\n${to}`;
        if (from === to || seen.has(key) || !known(from) || !known(to)) continue;
        seen.add(key);
        links.push({ from, to });
      }
    }
  }
  // What has a machine in between is linked through it; the direct line would only lie beneath.
  const after = new Map<string, string[]>();
  for (const { from, to } of links) after.set(from, [...(after.get(from) ?? []), to]);
  return links.filter(({ from, to }) => !after.get(from)!.some((via) => after.get(via)?.includes(to)));
}
