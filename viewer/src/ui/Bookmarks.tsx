/** Views kept by name: go there, keep the present one, rename, order, delete, and carry them to another browser. */
import { useRef, useState } from "preact/hooks";
import { saveFile } from "../app/save";
import { exported, freshName, imported, moved, NUMBERED } from "../state/bookmarks";
import { useModel } from "./context";

export function Bookmarks() {
  const model = useModel();
  const list = model.bookmarks.value;
  const [name, setName] = useState("");
  const [problem, setProblem] = useState("");
  const file = useRef<HTMLInputElement>(null);
  const keep = (event: Event) => {
    event.preventDefault();
    model.keepView(name.trim() || freshName(list));
    setName("");
  };
  const read = async (picked: File | undefined) => {
    if (!picked) return;
    try {
      model.bookmarks.value = imported(await picked.text());
      setProblem("");
    } catch (error) {
      setProblem((error as Error).message);
    }
    file.current!.value = "";
  };
  return (
    <section class="bookmarks" aria-label="Views">
      <h4>Views</h4>
      {list.length === 0 && <p class="muted">None kept yet. Keys 1 to 9 go to the first nine.</p>}
      <ol>
        {list.map((bookmark, index) => (
          <li key={bookmark.name} class="bookmark">
            <button type="button" class="link" onClick={() => model.goToView(index)}>
              {index < NUMBERED && <kbd>{index + 1}</kbd>} {bookmark.name}
            </button>
            <button
              type="button"
              class="icon-button"
              aria-label={`Move ${bookmark.name} up`}
              disabled={index === 0}
              onClick={() => {
                model.bookmarks.value = moved(list, index, -1);
              }}
            >
              ↑
            </button>
            <button
              type="button"
              class="icon-button"
              aria-label={`Forget ${bookmark.name}`}
              onClick={() => {
                model.bookmarks.value = list.filter((_, i) => i !== index);
              }}
            >
              ✕
            </button>
          </li>
        ))}
      </ol>
      <form class="bookmark-new" onSubmit={keep}>
        <input
          type="text"
          aria-label="Name of the present view"
          placeholder={freshName(list)}
          maxLength={60}
          value={name}
          onInput={(event) => setName(event.currentTarget.value)}
        />
        <button type="submit" class="button" title="Keep the present view (B)">
          Keep this view
        </button>
      </form>
      <p>
        <button
          type="button"
          class="link"
          disabled={list.length === 0}
          onClick={() => saveFile("views.json", "application/json", exported(list))}
        >
          Export
        </button>
        <button type="button" class="link" onClick={() => file.current!.click()}>
          Import…
        </button>
        <input
          ref={file}
          type="file"
          accept="application/json,.json"
          hidden
          aria-label="File of views"
          onChange={(event) => read(event.currentTarget.files?.[0])}
        />
      </p>
      {problem && (
        <p class="text-bad" role="alert">
          {problem}
        </p>
      )}
    </section>
  );
}
