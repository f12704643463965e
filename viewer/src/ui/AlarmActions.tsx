/** Buttons of one alarm, and the dialog that asks for a comment and, for shelving, how long. */
import { useLayoutEffect, useRef, useState } from "preact/hooks";
import { actionsFor } from "../state/alarm-list";
import type { Alarm } from "../state/alarms";
import { useModel } from "./context";
import type { Model } from "./model";

type Action = ReturnType<typeof actionsFor>[number];

const WORDS: Record<Action, string> = {
  acknowledge: "Acknowledge",
  shelve: "Shelve",
  unshelve: "Unshelve",
  unsuppress: "Unsuppress",
};

export const SHELVE_TIMES: readonly [string, number][] = [
  ["15 minutes", 900],
  ["1 hour", 3600],
  ["8 hours", 28_800],
  ["24 hours", 86_400],
];

/** Return whether this user may act on alarms now. */
export function mayAct(model: Model): boolean {
  return model.mayNow("operator");
}

export function AlarmActions({ alarm }: { alarm: Alarm }) {
  const model = useModel();
  const [action, setAction] = useState<Action | null>(null);
  const allowed = mayAct(model);
  const start = (next: Action) => {
    if (next === "unshelve" || next === "unsuppress") model.act(alarm, next, "");
    else setAction(next);
  };
  return (
    <span class="alarm-actions">
      {actionsFor(alarm).map((option) => (
        <button
          type="button"
          key={option}
          class="button is-small"
          tabIndex={-1}
          disabled={!allowed}
          title={allowed ? "" : "Needs a connection and the role operator"}
          onClick={() => start(option)}
        >
          {WORDS[option]}
        </button>
      ))}
      {action && <AlarmDialog alarms={[alarm]} action={action} close={() => setAction(null)} />}
    </span>
  );
}

interface DialogProps {
  alarms: readonly Alarm[];
  action: "acknowledge" | "shelve" | "unshelve" | "unsuppress";
  close(): void;
}

export function AlarmDialog({ alarms, action, close }: DialogProps) {
  const model = useModel();
  const dialog = useRef<HTMLDialogElement>(null);
  const [comment, setComment] = useState("");
  const [durationS, setDurationS] = useState(SHELVE_TIMES[1][1]);
  // Before the next repaint, so that quick fingers type into the dialog and not into what is below.
  useLayoutEffect(() => dialog.current!.showModal(), []);
  const submit = (event: Event) => {
    event.preventDefault();
    for (const alarm of alarms) model.act(alarm, action, comment.trim(), action === "shelve" ? durationS : null);
    close();
  };
  const what = alarms.length === 1 ? alarms[0].message : `${alarms.length} alarms`;
  return (
    <dialog ref={dialog} class="dialog" aria-label={`${WORDS[action]} ${what}`} onClose={close}>
      <form onSubmit={submit}>
        <h3>{WORDS[action]}</h3>
        <p class="wrap">{what}</p>
        {alarms.length === 1 && <p class="muted wrap">{model.nameOf(alarms[0].twin)}</p>}
        {action === "shelve" && (
          <div class="field">
            <label for="shelve-time">For</label>
            <select
              id="shelve-time"
              value={String(durationS)}
              onChange={(event) => setDurationS(Number(event.currentTarget.value))}
            >
              {SHELVE_TIMES.map(([label, seconds]) => (
                <option key={seconds} value={String(seconds)}>
                  {label}
                </option>
              ))}
            </select>
          </div>
        )}
        <div class="field">
          <label for="alarm-comment">
            Comment<span class="muted"> (optional)</span>
          </label>
          <input
            id="alarm-comment"
            type="text"
            maxLength={200}
            autofocus
            value={comment}
            onInput={(event) => setComment(event.currentTarget.value)}
          />
        </div>
        <div class="form-foot">
          <button type="button" class="button" onClick={close}>
            Cancel
          </button>
          <button type="submit" class="button is-primary">
            {WORDS[action]}
          </button>
        </div>
      </form>
    </dialog>
  );
}
