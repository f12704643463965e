/** The journal: what happened, newest first. */

import { useEffect, useMemo, useState } from "preact/hooks";
import { rowHeight } from "../app/browser";
import type { EventInfo } from "../protocol/messages.gen";
import { eventText } from "../state/event-text";
import { timeText, wordsOf } from "../state/format";
import { keyOf } from "../state/journal";
import { useModel } from "./context";
import { usePolled } from "./polled";
import { VirtualList } from "./VirtualList";

const PAST = "-24h";
const COUNTED_EVERY_MS = 4000;

/** With `only` given the list shows events of that kind alone. */
export function EventList({ only = "" }: { only?: string }) {
  const model = useModel();
  const version = model.events.value;
  const structure = model.structure.value;
  const [chosen, setKind] = useState("");
  const kind = only || chosen;
  const [text, setText] = useState("");
  const [active, setActive] = useState<string | null>(null);
  const [trouble, setTrouble] = useState("");
  const { journal } = model.store;

  useEffect(() => {
    model.api
      .journal(PAST, journal.capacity, only)
      .then((past) => {
        journal.prepend(past.events);
        model.events.value++;
        setTrouble("");
      })
      .catch((error: Error) => setTrouble(error.message));
  }, [model, journal, only, journal.holes]);

  const kinds = useMemo(() => [...new Set(journal.events.map((event) => event.kind))].sort(), [version, journal]);
  const shown = useMemo(() => {
    const words = text.toLowerCase().split(/\s+/).filter(Boolean);
    const fits = (event: EventInfo) => {
      if (kind && event.kind !== kind) return false;
      if (words.length === 0) return true;
      const hay = `${event.twin} ${model.nameOf(event.twin)} ${eventText(event)}`.toLowerCase();
      return words.every((word) => hay.includes(word));
    };
    return journal.events.filter(fits).reverse();
  }, [version, structure, kind, text, model, journal]);

  const held = useMemo(
    () => journal.events.reduce((sum, event) => sum + Number(!kind || event.kind === kind), 0),
    [version, kind, journal],
  );
  // Short of its capacity the list is whole: there is nothing to count.
  const full = journal.events.length >= journal.capacity;
  const counted = usePolled(
    async () => (full ? (await model.api.journal(PAST, 1, kind)).total : 0),
    COUNTED_EVERY_MS,
    `${full} ${kind}`,
  );
  const total = full ? (counted.value ?? 0) : 0;

  const now = model.store.serverNowUs();
  return (
    <>
      <div class="dock-tools">
        {!only && (
          <select aria-label="Kind of event" value={kind} onChange={(event) => setKind(event.currentTarget.value)}>
            <option value="">All events</option>
            {kinds.map((option) => (
              <option key={option} value={option}>
                {wordsOf(option)}
              </option>
            ))}
          </select>
        )}
        <input
          class="search"
          type="search"
          aria-label="Filter events"
          placeholder="Filter"
          value={text}
          onInput={(event) => setText(event.currentTarget.value)}
        />
        {total > held && (
          <span class="muted" title="Older ones are in the history: GET /api/v1/events">
            Newest {held.toLocaleString("en")} of {total.toLocaleString("en")} in 24 h
          </span>
        )}
        {trouble && <span class="text-bad">Earlier events, and those missed while away: {trouble}</span>}
      </div>
      <VirtualList
        items={shown}
        rowHeight={rowHeight(28)}
        label="Events"
        keyOf={keyOf}
        active={active}
        onActive={(event) => {
          setActive(keyOf(event));
          if (event.twin) model.select(event.twin);
        }}
        onEnter={(event) => event.twin && model.visit(event.twin)}
        rowClass={() => "event-row"}
        render={(event) => (
          <>
            <span class="cell num">{timeText(event.at_us, now)}</span>
            <span class="cell muted">{wordsOf(event.kind)}</span>
            <span class="cell" title={event.twin}>
              {event.body.synthetic === true && <span class="chip chip-synthetic">synthetic</span>}{" "}
              {event.twin ? model.nameOf(event.twin) : "Plant"}
            </span>
            <span class="cell" title={eventText(event)}>
              {eventText(event)}
            </span>
          </>
        )}
        empty="No events yet."
      />
    </>
  );
}
