/** What became of requests: pending with its time, then confirmed, failed, refused or expired with the reason. */
import { ageText } from "../state/format";
import type { Asked, Outcome } from "../state/requests";
import { useModel } from "./context";

export const WORDS: Record<Outcome, string> = {
  pending: "Pending",
  succeeded: "Confirmed",
  failed: "Failed",
  refused: "Refused",
  expired: "Expired",
  unknown: "Unknown",
};

/** `except` is a request that is told elsewhere already, by its id. */
export function Outcomes({ items, except }: { items: readonly Asked[]; except?: string }) {
  const model = useModel();
  model.clock.value;
  const shown = items.filter((item) => item.request !== except).slice(0, 5);
  if (shown.length === 0) return null;
  const now = Date.now();
  return (
    <ul class="outcomes" aria-live="polite">
      {shown.map((item) => (
        <li key={item.request} class={`outcome is-${item.status}`}>
          <span class="outcome-status">{WORDS[item.status]}</span>
          <span class="outcome-title wrap">
            {item.title}
            {item.message && `: ${item.message}`}
            {item.hint && <span class="muted"> ({item.hint})</span>}
          </span>
          <span class="age">
            {item.status === "pending"
              ? ageText((now - item.sentMs) / 1e3)
              : `${ageText((now - item.endedMs) / 1e3)} ago`}
          </span>
        </li>
      ))}
    </ul>
  );
}
