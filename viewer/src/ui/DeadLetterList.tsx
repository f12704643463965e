/** Messages that were not taken: why, and what to do about it. */
import { ageText, sentence, wordsOf } from "../state/format";
import { useModel } from "./context";
import { usePolled } from "./polled";

const LIMIT = 200;

export function DeadLetterList() {
  const model = useModel();
  const { value, error } = usePolled(() => model.api.deadLetters(LIMIT), 4000);
  if (error) return <p class="empty">Rejected messages: {sentence(error)}</p>;
  if (value === null) return <p class="empty">Looking for rejected messages…</p>;
  if (value.dead_letters.length === 0) return <p class="empty">No message was rejected.</p>;
  const now = model.store.serverNowUs();
  return (
    <div class="scroll">
      <div class="dock-tools">
        {Object.entries(value.counts).map(([cause, count]) => (
          <span key={cause} class="chip">
            {wordsOf(cause)}: {count.toLocaleString("en")}
          </span>
        ))}
      </div>
      <table class="table">
        <thead>
          <tr>
            <th class="num">Ago</th>
            <th>Topic</th>
            <th>Reason and what to do</th>
            <th>Payload</th>
          </tr>
        </thead>
        <tbody>
          {value.dead_letters.map((letter, index) => (
            <tr key={`${letter.at_us} ${letter.topic} ${index}`}>
              <td class="num nowrap">{ageText((now - letter.at_us) / 1e6)}</td>
              <td class="wrap">{letter.topic}</td>
              <td>
                <div class="wrap">{letter.reason || wordsOf(letter.cause)}</div>
                {letter.hint && <div class="muted wrap">{letter.hint}</div>}
              </td>
              <td>
                <code class="sample wrap">{letter.payload}</code>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
