/** The plant at the left: areas and twins, searched by id, name, type, area or tag; the worst state on every row. */

import { useMemo } from "preact/hooks";
import { rowHeight } from "../app/browser";
import type { Worst } from "../state/store";
import { type TreeRow, titleOf, treeRows } from "../state/tree";
import { severity, WorstMark } from "./Badge";
import { useModel } from "./context";
import { SyntheticMark } from "./Ghost";
import type { Model } from "./model";
import { VirtualList } from "./VirtualList";

const ROW = 28;

export function Tree() {
  const model = useModel();
  const structure = model.structure.value;
  const query = model.query.value;
  const closed = model.closedAreas.value;
  const { rows, hits } = useMemo(
    () => treeRows(model.store.twins.values(), query, closed),
    [structure, query, closed, model],
  );
  // Badges follow documents and ages.
  model.documents.value;
  model.clock.value;
  const selected = model.selected.value;
  const total = model.store.twins.size;
  const known = model.connection.value.frameMs > 0;
  return (
    <nav class="panel tree" aria-label="Twins">
      <div class="panel-head">
        <input
          id="search"
          class="search"
          type="search"
          aria-label="Search twins by id, name, type, area or tag"
          placeholder="Search  ( / )"
          title="Words are joined by and; type:pump, area:hall-1, tag:x look at one field"
          value={query}
          onInput={(event) => {
            model.query.value = event.currentTarget.value;
          }}
          onKeyDown={(event) => {
            if (event.key === "Escape") model.query.value = "";
            if (event.key === "Enter") visitFirst(model, rows);
            if (event.key === "ArrowDown") {
              event.preventDefault();
              document.querySelector<HTMLElement>(".tree .vlist")?.focus();
            }
          }}
        />
        <span class="count">{query.trim() ? `${hits} of ${total}` : total}</span>
      </div>
      <VirtualList
        items={rows}
        rowHeight={rowHeight(ROW)}
        label="Twins"
        keyOf={keyOf}
        active={selected}
        onActive={(row) => row.kind === "twin" && model.select(row.twin.id)}
        onEnter={(row) => (row.kind === "twin" ? model.visit(row.twin.id) : toggleArea(model, row.area))}
        rowClass={(row) => (row.kind === "area" ? "tree-area" : "tree-twin")}
        render={(row) =>
          row.kind === "area" ? <AreaRow model={model} row={row} /> : <TwinRow model={model} row={row} />
        }
        empty={total > 0 ? "No twin matches the search." : known ? "No twins yet." : "Waiting for the server."}
      />
    </nav>
  );
}

function keyOf(row: TreeRow): string {
  return row.kind === "area" ? `area ${row.area}` : row.twin.id;
}

function visitFirst(model: Model, rows: readonly TreeRow[]): void {
  const row = rows.find((candidate) => candidate.kind === "twin");
  if (row?.kind === "twin") model.visit(row.twin.id);
}

function toggleArea(model: Model, area: string): void {
  const closed = new Set(model.closedAreas.peek());
  if (!closed.delete(area)) closed.add(area);
  model.closedAreas.value = closed;
}

function AreaRow({ model, row }: { model: Model; row: Extract<TreeRow, { kind: "area" }> }) {
  // Open areas show the state of each twin; a closed one shows its worst.
  const worst = row.open
    ? null
    : row.twins
        .filter((twin) => !twin.synthetic)
        .map((twin) => model.store.worstOf(twin.id))
        .reduce<Worst | null>((a, b) => (a === null || severity(b) > severity(a) ? b : a), null);
  return (
    <button
      type="button"
      class="tree-toggle"
      tabIndex={-1}
      aria-expanded={row.open}
      onClick={() => toggleArea(model, row.area)}
    >
      <span class="caret" aria-hidden="true">
        {row.open ? "▾" : "▸"}
      </span>
      <span class="tree-name" title={row.area}>
        {row.area}
      </span>
      {worst && <WorstMark worst={worst} />}
      <span class="count">{row.twins.length}</span>
    </button>
  );
}

function TwinRow({ model, row }: { model: Model; row: Extract<TreeRow, { kind: "twin" }> }) {
  const { twin } = row;
  return (
    <>
      <span class="tree-name" title={`${titleOf(twin)}\n${twin.id}`}>
        {titleOf(twin)}
      </span>
      <SyntheticMark twin={twin} />
      <span class="tree-type">{twin.type}</span>
      <WorstMark worst={model.store.worstOf(twin.id)} />
    </>
  );
}
