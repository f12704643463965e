/** Topics that nothing is bound to yet, with what they carry, and binding at one click. */
import { useState } from "preact/hooks";
import { ApiError, type Topic } from "../app/api";
import { ageText, sentence } from "../state/format";
import { useModel } from "./context";
import { usePolled } from "./polled";

export function TopicList() {
  const model = useModel();
  const { value: topics, error, reload } = usePolled(() => model.api.topics(), 4000);
  if (error) return <p class="empty">Topics: {sentence(error)}</p>;
  if (topics === null) return <p class="empty">Looking for unknown topics…</p>;
  if (topics.length === 0) return <p class="empty">Every topic that sends is bound.</p>;
  return (
    <div class="scroll">
      <table class="table">
        <thead>
          <tr>
            <th>Topic</th>
            <th>Last message</th>
            <th class="num">Messages</th>
            <th class="num">Last</th>
            <th>Bind as twin</th>
          </tr>
        </thead>
        <tbody>
          {topics.map((topic) => (
            <TopicRow key={topic.topic} topic={topic} onBound={reload} />
          ))}
        </tbody>
      </table>
    </div>
  );
}

function TopicRow({ topic, onBound }: { topic: Topic; onBound(): void }) {
  const model = useModel();
  const [twin, setTwin] = useState(topic.suggestion?.twin ?? "");
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState("");
  const allowed = model.mayNow("engineer");
  const bind = async (event: Event) => {
    event.preventDefault();
    setBusy(true);
    setProblem("");
    try {
      await model.bind(topic.topic, twin.trim());
      onBound();
    } catch (error) {
      const hint = error instanceof ApiError && error.hint ? ` (${error.hint})` : "";
      setProblem((error as Error).message + hint);
    }
    setBusy(false);
  };
  const signals = topic.suggestion?.signals.map((signal) => signal.path).join(", ") ?? "";
  return (
    <tr>
      <td class="wrap">{topic.topic}</td>
      <td>
        <code class="sample wrap">{topic.sample}</code>
        {signals && <div class="muted wrap">Signals: {signals}</div>}
      </td>
      <td class="num">{topic.count.toLocaleString("en")}</td>
      <td class="num nowrap">{ageText((model.store.serverNowUs() - topic.last_us) / 1e6)} ago</td>
      <td>
        <form class="bind" onSubmit={bind}>
          <input
            type="text"
            aria-label={`Twin id for ${topic.topic}`}
            value={twin}
            onInput={(event) => setTwin(event.currentTarget.value)}
          />
          <button
            type="submit"
            class="button is-primary"
            disabled={busy || !allowed}
            title={allowed ? "Writes the twin into the plant file" : "Needs a connection and the role engineer"}
          >
            {busy ? "Binding…" : "Bind"}
          </button>
        </form>
        {problem && <div class="text-bad wrap">{problem}</div>}
      </td>
    </tr>
  );
}
