/** What an operator may do with an edge node: empty it, and where it was started for that, squeeze its link or kill it. */
import { useState } from "preact/hooks";
import type { EdgeNode, Fault } from "../app/edge";
import { useModel } from "./context";

const SQUEEZES: readonly [string, Fault][] = [
  ["100 ms more each way", { kind: "squeeze", delay_ms: 100, kbit_s: 0, seconds: 60 }],
  ["500 ms more each way", { kind: "squeeze", delay_ms: 500, kbit_s: 0, seconds: 60 }],
  ["only 64 kbit/s", { kind: "squeeze", delay_ms: 0, kbit_s: 64, seconds: 60 }],
];

export function NodeActions({ node, alive, onDone }: { node: EdgeNode; alive: boolean; onDone(): void }) {
  const model = useModel();
  const [busy, setBusy] = useState(false);
  const [sure, setSure] = useState(false);
  const [problem, setProblem] = useState("");
  const attempt = (work: Promise<void>) => {
    setBusy(true);
    setSure(false);
    work
      .then(() => setProblem(""))
      .catch((error: Error) => setProblem(error.message))
      .finally(() => {
        setBusy(false);
        onDone();
      });
  };
  if (!alive) return null;
  const draining = node.phase === "draining";
  const fault = (what: Fault) => attempt(model.api.faultNode(node.name, what, ""));
  return (
    <fieldset class="edge-actions" disabled={busy || !model.mayNow("operator")}>
      <legend class="unseen">Orders to {node.name}</legend>
      <button
        type="button"
        class="button is-small"
        aria-pressed={draining}
        onClick={() => attempt(model.api.drainNode(node.name, !draining, ""))}
      >
        {draining ? "Let it work" : "Empty it"}
      </button>
      {node.faults && (
        <select
          aria-label={`Squeeze the link of ${node.name}`}
          value=""
          onChange={(event) => {
            const chosen = SQUEEZES[Number(event.currentTarget.value)];
            event.currentTarget.value = "";
            fault(chosen[1]);
          }}
        >
          <option value="">Squeeze its link…</option>
          {SQUEEZES.map(([words], i) => (
            <option key={words} value={String(i)}>
              {words}, for a minute
            </option>
          ))}
        </select>
      )}
      {node.fault && (
        <button type="button" class="button is-small" onClick={() => fault({ kind: "heal" })}>
          Heal
        </button>
      )}
      {node.faults && !sure && (
        <button type="button" class="button is-small" onClick={() => setSure(true)}>
          Kill…
        </button>
      )}
      {sure && (
        <>
          <button type="button" class="button is-small is-danger" onClick={() => fault({ kind: "kill" })}>
            Kill {node.name}
          </button>
          <button type="button" class="button is-small" onClick={() => setSure(false)}>
            Let it live
          </button>
        </>
      )}
      {problem && <span class="text-bad wrap">{problem}</span>}
    </fieldset>
  );
}
