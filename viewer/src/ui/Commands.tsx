/** Commands of a twin: arguments, reason, a second question where the type asks for one, and the outcome. */
import { useEffect, useRef, useState } from "preact/hooks";
import type { CommandInfo, TwinInfo } from "../protocol/messages.gen";
import { type FieldSpec, parseField } from "../state/fields";
import { wordsOf } from "../state/format";
import { commandObstacle } from "../state/obstacle";
import { useModel } from "./context";
import { Field } from "./Field";
import type { Model } from "./model";

export function Commands({ twin }: { twin: TwinInfo }) {
  const model = useModel();
  model.documents.value;
  const past = model.replay.atUs.value !== null;
  model.clock.value;
  const obstacles = [...new Set(twin.commands.map((command) => commandObstacle(model.store, past, twin.id, command)))];
  // What keeps all of them is said once.
  const common = obstacles.length === 1 ? obstacles[0] : "";
  return (
    <section class="section" aria-label="Commands">
      <h3>Commands</h3>
      <div class="commands">
        {twin.commands.map((command) => (
          <Command key={`${twin.id} ${command.name}`} twin={twin} command={command} quiet={common !== ""} />
        ))}
      </div>
      {common && <p class="note">{common}</p>}
    </section>
  );
}

function Command({ twin, command, quiet }: { twin: TwinInfo; command: CommandInfo; quiet: boolean }) {
  const model = useModel();
  model.documents.value;
  const [open, setOpen] = useState(false);
  const row = useRef<HTMLDivElement>(null);
  const prepared = model.prepared.value === `${twin.id} ${command.name}`;
  useEffect(() => {
    if (!prepared) return;
    model.prepared.value = "";
    setOpen(true);
    row.current!.scrollIntoView({ block: "nearest" });
    row.current!.querySelector("button")?.focus();
  }, [prepared, model]);
  const title = command.title || wordsOf(command.name);
  model.connection.value;
  model.clock.value;
  const blocked = commandObstacle(model.store, model.replay.atUs.value !== null, twin.id, command);
  return (
    <div class={`command ${open || command.description ? "is-wide" : ""}`} ref={row}>
      <div class="command-head">
        {command.description && (
          <div class="command-text">
            <strong>{title}</strong>
            <span class="muted wrap">{command.description}</span>
          </div>
        )}
        <button
          type="button"
          class="button"
          aria-expanded={open}
          disabled={blocked !== ""}
          title={blocked}
          onClick={() => setOpen(!open)}
        >
          {open ? "Cancel" : `${title}…`}
        </button>
      </div>
      {blocked && !quiet && <p class="note">{blocked}</p>}
      {open && !blocked && <CommandForm model={model} twin={twin} command={command} close={() => setOpen(false)} />}
    </div>
  );
}

interface FormProps {
  model: Model;
  twin: TwinInfo;
  command: CommandInfo;
  close(): void;
}

function CommandForm({ model, twin, command, close }: FormProps) {
  const [texts, setTexts] = useState<Record<string, string>>({});
  const [reason, setReason] = useState("");
  const [asked, setAsked] = useState(false);
  const [shown, setShown] = useState(false);
  const form = useRef<HTMLFormElement>(null);
  useEffect(() => form.current!.querySelector<HTMLElement>("input, select")!.focus(), []);
  const parsed = command.parameters.map((parameter) => ({
    parameter,
    result: parseField(parameter as FieldSpec, texts[parameter.name] ?? ""),
  }));
  const valid = parsed.every(({ result }) => result.error === null);
  const title = command.title || wordsOf(command.name);
  const submit = (event: Event) => {
    event.preventDefault();
    setShown(true);
    if (!valid) return;
    if (command.confirm && !asked) {
      setAsked(true);
      return;
    }
    const args: Record<string, unknown> = {};
    for (const { parameter, result } of parsed) if (result.value !== undefined) args[parameter.name] = result.value;
    model.invoke(twin.id, command.name, title, args, reason.trim());
    close();
  };
  return (
    <form class="command-form" ref={form} onSubmit={submit}>
      {parsed.map(({ parameter, result }) => (
        <Field
          key={parameter.name}
          id={`arg-${command.name}-${parameter.name}`}
          label={wordsOf(parameter.name)}
          spec={parameter}
          text={texts[parameter.name] ?? ""}
          error={shown ? result.error : null}
          onText={(text) => {
            setAsked(false);
            setTexts({ ...texts, [parameter.name]: text });
          }}
        />
      ))}
      <div class="field">
        <label for={`reason-${command.name}`}>
          Reason<span class="muted"> (kept in the audit log)</span>
        </label>
        <input
          id={`reason-${command.name}`}
          type="text"
          maxLength={200}
          value={reason}
          onInput={(event) => setReason(event.currentTarget.value)}
        />
      </div>
      <div class="form-foot">
        {asked && (
          <span class="wrap">
            Really “{title}” on {twin.name || twin.id}?
          </span>
        )}
        <button type="submit" class={`button ${asked ? "is-danger" : "is-primary"}`}>
          {asked ? `Yes, ${title}` : title}
        </button>
      </div>
    </form>
  );
}
