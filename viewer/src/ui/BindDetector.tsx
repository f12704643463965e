/** Lets an engineer choose a saved model that is to watch. */
import { useState } from "preact/hooks";
import type { SavedModel } from "../app/api";
import { useModel } from "./context";

export function BindDetector({ twin, first }: { twin: string; first: boolean }) {
  const model = useModel();
  const [models, setModels] = useState<readonly SavedModel[] | null>(null);
  const [chosen, setChosen] = useState("");
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState("");
  const attempt = async (work: () => Promise<void>) => {
    setBusy(true);
    setProblem("");
    try {
      await work();
    } catch (error) {
      setProblem((error as Error).message);
    }
    setBusy(false);
  };
  const look = () =>
    attempt(async () => {
      const found = (await model.api.models()).filter((saved) => !saved.problem);
      // Models that read this twin come first.
      const own = (saved: SavedModel) => Number(saved.signals.some((signal) => signal.startsWith(`${twin}:`)));
      found.sort((a, b) => own(b) - own(a) || a.model.localeCompare(b.model));
      setModels(found);
      setChosen(found[0]?.model ?? "");
    });
  const bind = () =>
    attempt(async () => {
      await model.api.bindDetector(twin, chosen);
      setModels(null);
    });
  if (models === null) {
    return (
      <p class="signal-tools">
        <button type="button" class="button is-small" disabled={busy} onClick={look}>
          {first ? "Bind a model" : "Bind another model"}
        </button>
        {problem && <span class="text-bad wrap">{problem}</span>}
      </p>
    );
  }
  if (models.length === 0) {
    return <p class="note wrap">No saved model. “plantverse ai fit” learns one from normal operation.</p>;
  }
  return (
    <p class="signal-tools">
      <select aria-label="Model" value={chosen} onChange={(event) => setChosen(event.currentTarget.value)}>
        {models.map((saved) => (
          <option key={saved.model} value={saved.model}>
            {saved.model} ({saved.signals.length} signals)
          </option>
        ))}
      </select>
      <button type="button" class="button is-primary is-small" disabled={busy} onClick={bind}>
        {busy ? "Binding…" : "Bind"}
      </button>
      <button type="button" class="button is-small" onClick={() => setModels(null)}>
        Cancel
      </button>
      {problem && <span class="text-bad wrap">{problem}</span>}
    </p>
  );
}
