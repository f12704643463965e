/** Gives a twin another id; its history stays with it. */
import { useState } from "preact/hooks";
import type { TwinInfo } from "../protocol/messages.gen";
import { useModel } from "./context";

export function Rename({ twin }: { twin: TwinInfo }) {
  const model = useModel();
  const [open, setOpen] = useState(false);
  const [id, setId] = useState(twin.id);
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState("");
  if (twin.discovered || !model.mayNow("engineer")) return null;
  const submit = async (event: Event) => {
    event.preventDefault();
    setBusy(true);
    setProblem("");
    try {
      await model.rename(twin.id, id.trim());
    } catch (error) {
      setProblem((error as Error).message);
    }
    setBusy(false);
  };
  return (
    <div>
      <button type="button" class="link" aria-expanded={open} onClick={() => setOpen(!open)}>
        {open ? "Keep the id" : "Change the id…"}
      </button>
      {open && (
        <form class="command-form" onSubmit={submit}>
          <div class="field">
            <label for="new-id">New id</label>
            <input id="new-id" type="text" value={id} onInput={(event) => setId(event.currentTarget.value)} />
            {problem && <span class="field-error">{problem}</span>}
          </div>
          <div class="form-foot">
            <button
              type="submit"
              class="button is-primary"
              disabled={busy || id.trim() === "" || id.trim() === twin.id}
            >
              Rename
            </button>
          </div>
        </form>
      )}
    </div>
  );
}
