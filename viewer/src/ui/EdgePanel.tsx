/** Where twins are computed: nodes, groups with predicted and realised latency, decisions; move, drain, and trouble on purpose. */
import { useState } from "preact/hooks";
import type { EdgeDecision, EdgeGroup, EdgeNode, EdgePlace } from "../app/edge";
import { msText } from "../state/edge";
import { ageText, rateText, sentence, wordsOf } from "../state/format";
import { useModel } from "./context";
import { NodeActions } from "./NodeActions";
import { usePolled } from "./polled";
import "./edge.css";

const EVERY_MS = 1000;
const DECISIONS = 12;

export function EdgePanel() {
  const model = useModel();
  const { value: edge, error, reload } = usePolled(() => model.api.edge(), EVERY_MS);
  if (error) return <p class="empty">Edge nodes: {sentence(error)}</p>;
  if (edge === null) return <p class="empty">Looking for edge nodes…</p>;
  const places = [...edge.nodes.map(({ name }) => name), "server"];
  return (
    <div class="scroll edge">
      <section aria-label="Nodes">
        <ul class="edge-nodes">
          {edge.nodes.map((node) => (
            <NodeCard key={node.name} node={node} onDone={reload} />
          ))}
          <li class="edge-node">
            <div class="edge-node-head">
              <strong>server</strong>
            </div>
            <Load place={edge.server} />
            <dl class="edge-facts">
              <Figure name="Rows" text={`${rateText(edge.server.rows_per_s)}/s`} />
              <Figure name="Groups" text={edge.server.groups.join(", ") || "none"} />
            </dl>
          </li>
        </ul>
      </section>
      <section aria-label="Groups">
        <table class="table">
          <thead>
            <tr>
              <th>Group</th>
              <th>Runs on</th>
              <th class="num">Predicted</th>
              <th class="num">Realised</th>
              <th class="num">99 %</th>
              <th class="num">Rows</th>
              <th>Why</th>
              <th>Keep at</th>
            </tr>
          </thead>
          <tbody>
            {edge.groups.map((group) => (
              <GroupRow key={group.name} group={group} places={places} onDone={reload} />
            ))}
          </tbody>
        </table>
      </section>
      <Decisions decisions={edge.decisions} policy={edge.policy} />
    </div>
  );
}

function NodeCard({ node, onDone }: { node: EdgeNode; onDone(): void }) {
  const model = useModel();
  const alive = node.phase === "up" || node.phase === "draining";
  const since = ageText((model.store.serverNowUs() - node.since_us) / 1e6);
  return (
    <li class={`edge-node is-${node.phase}`}>
      <div class="edge-node-head">
        <button type="button" class="link" onClick={() => model.select(node.twin)}>
          <strong>{node.name}</strong>
        </button>
        <span class="edge-phase">
          {wordsOf(node.phase)} for {since}
        </span>
      </div>
      {alive && <Load place={node} />}
      <dl class="edge-facts">
        {alive && <Figure name="Round trip" text={msText(node.rtt_ms)} />}
        {alive && <Figure name="Waiting" text={`${node.queue.toLocaleString("en")} rows, ${msText(node.lag_ms)}`} />}
        {alive && <Figure name="Rows" text={`${rateText(node.rows_per_s)}/s`} />}
        <Figure name="Groups" text={node.groups.join(", ") || "none"} />
        {(node.counts.stale ?? 0) > 0 && <Figure name="Refused" text={`${node.counts.stale} batches, old token`} />}
      </dl>
      {node.fault && <p class="edge-fault">On purpose: {node.fault}</p>}
      <NodeActions node={node} alive={alive} onDone={onDone} />
    </li>
  );
}

function Load({ place }: { place: EdgePlace }) {
  const percent = Math.round(place.load * 100);
  return (
    <div class="edge-load">
      <meter min={0} max={100} high={80} value={Math.min(100, percent)} aria-label={`Load of ${place.name}`} />
      <span>{percent} % of a core</span>
    </div>
  );
}

function Figure({ name, text }: { name: string; text: string }) {
  return (
    <>
      <dt>{name}</dt>
      <dd>{text}</dd>
    </>
  );
}

function GroupRow({ group, places, onDone }: { group: EdgeGroup; places: readonly string[]; onDone(): void }) {
  const model = useModel();
  const [problem, setProblem] = useState("");
  const move = (place: string) => {
    model.api
      .moveGroup(group.name, place, "")
      .then(() => setProblem(""))
      .catch((error: Error) => setProblem(error.message))
      .finally(onDone);
  };
  const on = group.place || "nobody";
  return (
    <tr>
      <td title={group.twins.join(", ")}>
        {group.name} <span class="muted">({group.twins.length} twins)</span>
      </td>
      <td class="nowrap">
        {group.phase === "running" ? on : `${on}, ${wordsOf(group.phase).toLowerCase()}`}
        {group.wanted && group.wanted !== group.place && ` → ${group.wanted}`}
      </td>
      <td class="num nowrap">{msText(group.predicted_ms)}</td>
      <td class="num nowrap">{msText(group.realised_ms)}</td>
      <td class="num nowrap">{msText(group.realised_p99_ms)}</td>
      <td class="num nowrap">{rateText(group.rows_per_s)}/s</td>
      <td class="wrap">{group.reason}</td>
      <td>
        <select
          aria-label={`Where group ${group.name} runs`}
          value={group.pinned}
          disabled={!model.mayNow("operator")}
          onChange={(event) => move(event.currentTarget.value)}
        >
          <option value="">as the policy says</option>
          {places.map((place) => (
            <option key={place} value={place}>
              {place}
            </option>
          ))}
        </select>
        {problem && <div class="text-bad wrap">{problem}</div>}
      </td>
    </tr>
  );
}

function Decisions({ decisions, policy }: { decisions: readonly EdgeDecision[]; policy: string }) {
  const model = useModel();
  const now = model.store.serverNowUs();
  const newest = decisions.slice(-DECISIONS).reverse();
  return (
    <section aria-label="Decisions">
      <h3>
        Decisions <span class="muted">policy {policy}</span>
      </h3>
      {newest.length === 0 && <p class="muted">Nothing was moved yet.</p>}
      <ol class="edge-decisions">
        {newest.map((decision) => (
          <li key={`${decision.at_us} ${decision.group}`}>
            <span class="muted nowrap">{ageText((now - decision.at_us) / 1e6)} ago</span>
            <span class="wrap">
              {decision.group}: {decision.from || "nobody"} → {decision.to || decision.chosen}, {decision.reason}
              <span class="muted">
                {" "}
                (predicted {msText(decision.predicted_ms)}, came to {msText(decision.realised_ms)})
              </span>
            </span>
          </li>
        ))}
      </ol>
    </section>
  );
}
