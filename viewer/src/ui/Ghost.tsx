/** What is synthetic says so; a ghost stands beside its twin with the difference of every signal. */
import type { TwinInfo } from "../protocol/messages.gen";
import { numberText, unitText, valueText, wordsOf } from "../state/format";
import { type Difference, differences, largest, originText, pairOf } from "../state/ghosts";
import { useModel } from "./context";
import type { Model } from "./model";

export function SyntheticMark({ twin }: { twin: TwinInfo | undefined }) {
  if (!twin?.synthetic) return null;
  return (
    <span class="chip chip-synthetic" title={`No plant has measured this. Made by ${originText(twin)}`}>
      synthetic
    </span>
  );
}

/** Where the data of a synthetic twin comes from; and for it and its real twin, how they differ. */
export function GhostSection({ twin }: { twin: TwinInfo }) {
  const model = useModel();
  model.values.value;
  model.structure.value;
  const pair = pairOf(model.store.twins, twin.id);
  if (!pair && !twin.synthetic) return null;
  const found = pair ? differences(pair, (slot) => model.store.value(slot)) : [];
  return (
    <section class="section" aria-label="Synthetic twin">
      {twin.synthetic && (
        <p class="note note-synthetic wrap" role="note">
          Synthetic: no plant has measured this. Made by {originText(twin)}.
        </p>
      )}
      {pair && (
        <>
          <h3>{twin.synthetic ? "Beside the real twin" : "Beside its ghost"}</h3>
          <table class="ghosts">
            <thead>
              <tr>
                <th scope="col">Signal</th>
                <th scope="col" class="num">
                  Real
                </th>
                <th scope="col" class="num">
                  Synthetic
                </th>
                <th scope="col" class="num">
                  Difference
                </th>
              </tr>
            </thead>
            <tbody>
              {found.map((one) => (
                <Row key={one.path} one={one} />
              ))}
            </tbody>
          </table>
          <p class="signal-tools">
            <button
              type="button"
              class="button is-small"
              title="Both lines of the signal that differs most (D)"
              disabled={found.length === 0}
              onClick={() => compare(model, twin.id)}
            >
              Compare in trends
            </button>
            <button
              type="button"
              class="link"
              onClick={() => model.visit(twin.synthetic ? pair.real.id : pair.ghost.id)}
            >
              {twin.synthetic ? "go to the real twin" : "go to the ghost"}
            </button>
          </p>
        </>
      )}
    </section>
  );
}

/** Put both lines of the opened signal, else of the one that differs most, into the trends. */
export function compare(model: Model, id: string): void {
  const pair = pairOf(model.store.twins, id);
  if (!pair) return;
  const found = differences(pair, (slot) => model.store.value(slot));
  const opened = found.find(({ path }) => path === model.opened.peek());
  const path = (opened ?? largest(found) ?? found[0])?.path;
  if (path === undefined) return;
  model.trends.value = [`${pair.real.id}:${path}`, `${pair.ghost.id}:${path}`];
  model.tab.value = "trends";
}

function Row({ one }: { one: Difference }) {
  const { info } = one;
  const coded = info.kind === "bool" || info.kind === "enum";
  const unit = coded ? "" : unitText(info.unit);
  const known = Number.isFinite(one.by);
  const apart = known && one.share >= 0.05;
  return (
    <tr class={apart ? "is-apart" : ""}>
      <th scope="row">{info.name || wordsOf(one.path)}</th>
      <td class="num">{valueText(info, one.real)}</td>
      <td class="num">{valueText(info, one.ghost)}</td>
      <td class="num">
        {!known ? "–" : coded ? (one.by ? "differs" : "same") : `${one.by > 0 ? "+" : ""}${numberText(one.by)} ${unit}`}
      </td>
    </tr>
  );
}
