/** All keys on one sheet. */
import { useLayoutEffect, useRef } from "preact/hooks";
import { useModel } from "./context";
import { KEY_GROUPS } from "./keys";

export function Help() {
  const model = useModel();
  return model.help.value ? <Sheet /> : null;
}

function Sheet() {
  const model = useModel();
  const dialog = useRef<HTMLDialogElement>(null);
  useLayoutEffect(() => dialog.current!.showModal(), []);
  return (
    <dialog
      ref={dialog}
      class="dialog help"
      aria-label="Keys"
      onClose={() => {
        model.help.value = false;
      }}
    >
      <form method="dialog" class="help-head">
        <h3>Keys</h3>
        <button type="submit" class="icon-button" aria-label="Close" title="Close (Esc)">
          ✕
        </button>
      </form>
      <div class="help-groups">
        {KEY_GROUPS.map(({ where, keys }) => (
          <section key={where}>
            <h4>{where}</h4>
            <dl class="keys">
              {keys.map(([key, meaning]) => (
                <div key={key} class="key">
                  <dt>
                    <kbd>{key}</kbd>
                  </dt>
                  <dd>{meaning}</dd>
                </div>
              ))}
            </dl>
          </section>
        ))}
      </div>
    </dialog>
  );
}
