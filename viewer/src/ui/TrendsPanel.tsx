/** Signals side by side in one chart: shared cursor, range, zoom, export. */
import { useEffect, useRef, useState } from "preact/hooks";
import { saveFile } from "../app/save";
import { MultiChart, type Reading, trendColor } from "../charts/MultiChart";
import { tableCsv } from "../charts/multi";
import { WINDOWS } from "../charts/trend";
import { sentence, timeText, unitText, valueText, wordsOf } from "../state/format";
import { toggled } from "../state/trend-list";
import { useModel } from "./context";
import { SyntheticMark } from "./Ghost";
import type { Model } from "./model";
import { Segments } from "./Segments";

export function TrendsPanel() {
  const model = useModel();
  model.structure.value;
  const incident = model.incident.value;
  const signals = incident?.signals ?? model.trends.value;
  const choice = model.trendWindow.value;
  const theme = model.theme.value;
  const [trouble, setTrouble] = useState("");
  const [reading, setReading] = useState<Reading | null>(null);
  const [zoomed, setZoomed] = useState(false);
  const host = useRef<HTMLDivElement>(null);
  const chart = useRef<MultiChart | null>(null);
  const known = signals.filter((signal) => model.store.slotOf(signal) >= 0).join("\n");

  useEffect(() => {
    // Between the paint and this call a signal may have left; the change of structure brings us here again.
    if (!known || known.split("\n").some((signal) => model.store.slotOf(signal) < 0)) return;
    setZoomed(false);
    const made = new MultiChart(
      host.current!,
      model,
      known.split("\n"),
      incident ? WINDOWS[1] : WINDOWS[choice],
      {
        trouble: setTrouble,
        reading: setReading,
        zoomed: setZoomed,
      },
      incident && [incident.fromUs, incident.toUs],
    );
    chart.current = made;
    return () => {
      chart.current = null;
      made.dispose();
    };
  }, [known, choice, theme, model, incident]);

  if (signals.length === 0) {
    return (
      <p class="empty">
        No signals chosen. Open a signal in the details at the right and press “Add to trends”, or find it with Ctrl K.
      </p>
    );
  }
  const save = () => {
    const table = chart.current?.table();
    if (table)
      saveFile(`trends-${new Date().toISOString().slice(0, 19)}.csv`, "text/csv", tableCsv(known.split("\n"), table));
  };
  return (
    <div class="trends">
      <div class="dock-tools">
        {incident ? (
          <>
            <strong class="wrap">Ten minutes around: {incident.title}</strong>
            <button
              type="button"
              class="button"
              onClick={() => {
                model.incident.value = null;
              }}
            >
              Back to my trends
            </button>
            <button
              type="button"
              class="button"
              onClick={() => {
                model.tab.value = "alarms";
              }}
            >
              Alarms
            </button>
          </>
        ) : (
          <Segments
            legend="Time range"
            options={WINDOWS.map((option, index) => [index, option.label] as const)}
            chosen={choice}
            onChoose={(index) => {
              model.trendWindow.value = index;
            }}
          />
        )}
        <button type="button" class="button" disabled={!zoomed} onClick={() => chart.current?.follow()}>
          {zoomed ? (incident ? "All of it" : "Back to live") : incident ? "All" : "Live"}
        </button>
        <span class="muted num">
          {reading ? timeText(reading.atS * 1e6, model.store.serverNowUs()) : "Drag over the chart to zoom."}
        </span>
        <div class="spacer" />
        <button type="button" class="button" disabled={!known} onClick={save}>
          Export CSV
        </button>
        {!incident && (
          <button
            type="button"
            class="button"
            onClick={() => {
              model.trends.value = [];
            }}
          >
            Clear
          </button>
        )}
      </div>
      {trouble && <p class="note note-warn">No history: {sentence(trouble)} The live part goes on.</p>}
      <div class="trends-body">
        <div class="trends-plot" ref={host} role="img" aria-label={`Chart of ${signals.length} signals`} />
        <ul class="trends-legend" aria-label="Signals in the chart">
          {signals.map((signal) => (
            <Entry key={signal} model={model} signal={signal} known={known.split("\n")} reading={reading} />
          ))}
        </ul>
      </div>
    </div>
  );
}

interface EntryProps {
  model: Model;
  signal: string;
  known: readonly string[];
  reading: Reading | null;
}

function Entry({ model, signal, known, reading }: EntryProps) {
  model.values.value;
  const ref = model.store.signals[model.store.slotOf(signal)];
  const index = known.indexOf(signal);
  const value = reading && index >= 0 ? reading.values[index] : model.store.value(model.store.slotOf(signal));
  const twin = signal.slice(0, signal.indexOf(":"));
  const path = signal.slice(twin.length + 1);
  return (
    <li class="trends-entry">
      <span class="swatch" style={{ background: index >= 0 ? trendColor(index) : "transparent" }} />
      <button type="button" class="trends-name" title={signal} onClick={() => model.visit(twin, path)}>
        {ref?.info.name || wordsOf(path)} <SyntheticMark twin={model.store.twins.get(twin)} />{" "}
        <span class="muted">{ref ? model.nameOf(twin) : "unknown now"}</span>
      </button>
      <span class="num">
        {ref ? valueText(ref.info, value ?? Number.NaN) : "–"}
        <span class="unit">{ref ? unitText(ref.info.unit) : ""}</span>
      </span>
      <button
        type="button"
        class="icon-button"
        aria-label={`Take ${signal} out of the chart`}
        onClick={() => {
          const { incident } = model;
          const shown = incident.peek();
          if (shown) incident.value = { ...shown, signals: shown.signals.filter((other) => other !== signal) };
          else model.trends.value = toggled(model.trends.peek(), signal);
        }}
      >
        ✕
      </button>
    </li>
  );
}
