/** Says that places are being edited, and saves them. */
import { useState } from "preact/hooks";
import { useModel } from "./context";

export function EditBar() {
  const model = useModel();
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState("");
  model.placed.value;
  if (!model.editing.value) return null;
  const { placing } = model;
  const count = placing.unsaved.size;
  const save = async () => {
    setBusy(true);
    setProblem("");
    try {
      await model.savePlaces();
    } catch (error) {
      setProblem((error as Error).message);
    }
    setBusy(false);
  };
  return (
    <section class="banner banner-edit" aria-label="Edit places">
      <strong>Edit places.</strong>
      <span role="status">
        {problem
          ? `Not saved: ${problem}`
          : `Drag a machine over the floor; or choose one and, in the picture, move it with the arrows and turn it with Q and E. ${count} not saved.`}
      </span>
      <button type="button" class="button" disabled={!placing.canUndo || busy} onClick={() => model.undoPlace()}>
        Undo
      </button>
      <button
        type="button"
        class="button"
        disabled={count === 0 || busy || !model.mayNow("engineer")}
        title="Writes the places into the plant file"
        onClick={save}
      >
        {busy ? "Saving…" : "Save"}
      </button>
      <button type="button" class="button" disabled={busy} onClick={() => model.endEdit()}>
        {count > 0 ? "Discard" : "Done"}
      </button>
    </section>
  );
}
