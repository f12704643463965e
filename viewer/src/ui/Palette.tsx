/** Ctrl K: find a twin, signal, alarm, view or command by a few letters and go there. The keyboard stays in the input. */
import { useLayoutEffect, useMemo, useRef, useState } from "preact/hooks";
import { found } from "../state/palette";
import { useModel } from "./context";
import { choices, KIND_NAMES } from "./palette-entries";
import { targetOf } from "./VirtualList";

const MOST = 50;
const PAGE = 8;

export function Palette() {
  const model = useModel();
  return model.palette.value ? <OpenPalette /> : null;
}

function OpenPalette() {
  const model = useModel();
  const dialog = useRef<HTMLDialogElement>(null);
  const list = useRef<HTMLUListElement>(null);
  const [query, setQuery] = useState("");
  const [at, setAt] = useState(0);
  const all = useMemo(() => choices(model), [model]);
  const hits = useMemo(() => found(all, query, MOST), [all, query]);
  useLayoutEffect(() => dialog.current!.showModal(), []);
  useLayoutEffect(() => list.current?.children[at]?.scrollIntoView({ block: "nearest" }), [at, hits]);

  const close = () => {
    model.palette.value = false;
  };
  // The event comes late: by then the palette may have gone, and another one be open.
  const closed = () => {
    if (dialog.current) close();
  };
  const run = (index: number) => {
    const hit = hits[index];
    if (!hit) return;
    // First closed, so that the focus which the entry sets is not given back to where it was.
    dialog.current!.close();
    close();
    hit.run();
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === "Enter") {
      event.preventDefault();
      run(at);
      return;
    }
    // Home and End belong to the text.
    const next = event.key === "Home" || event.key === "End" ? null : targetOf(event.key, at, hits.length, PAGE);
    if (next === null) return;
    event.preventDefault();
    setAt(Math.max(0, next));
  };
  return (
    <dialog ref={dialog} class="dialog palette" aria-label="Find and go" onClose={closed}>
      <input
        class="palette-input"
        type="text"
        role="combobox"
        aria-label="Find a twin, signal, alarm, view or command"
        aria-expanded="true"
        aria-controls="palette-list"
        aria-activedescendant={hits.length > 0 ? `palette-${at}` : undefined}
        autocomplete="off"
        spellcheck={false}
        autofocus
        placeholder="Find a twin, signal, alarm, view or command"
        value={query}
        onInput={(event) => {
          setQuery(event.currentTarget.value);
          setAt(0);
        }}
        onKeyDown={onKeyDown}
      />
      <ul ref={list} id="palette-list" class="palette-list" role="listbox" aria-label="Found">
        {hits.map((hit, index) => (
          <li
            key={hit.key}
            id={`palette-${index}`}
            role="option"
            aria-selected={index === at}
            class={`palette-row ${index === at ? "is-active" : ""}`}
            onMouseMove={() => setAt(index)}
            onClick={() => run(index)}
          >
            <span class="palette-kind">{KIND_NAMES[hit.kind]}</span>
            <span class="cell">{hit.title}</span>
            <span class="cell muted">{hit.detail}</span>
          </li>
        ))}
      </ul>
      {hits.length === 0 && <p class="empty">Nothing is called so.</p>}
    </dialog>
  );
}
