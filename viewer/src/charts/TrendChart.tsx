/** A live chart of one signal with its history: band of lowest and highest, line, limits. */
import { useEffect, useRef, useState } from "preact/hooks";
import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import type { SignalInfo } from "../protocol/messages.gen";
import { sentence, unitText, valueText } from "../state/format";
import { chartBounds, codeBounds, codesBetween } from "../state/limits";
import { Ring } from "../state/ring";
import type { Trace } from "../state/traces";
import { useModel } from "../ui/context";
import { type Model, PAST_WIDTH_S } from "../ui/model";
import { Segments } from "../ui/Segments";
import { type History, isDiscrete, trendColumns, WINDOWS, windowFor } from "./trend";

const HEIGHT = 190;
const NO_SAMPLES = new Ring(1);
/** While the past is replayed its chart is asked for so often, seconds. */
const PAST_ASK_S = 2;

export function TrendChart({ signal, info }: { signal: string; info: SignalInfo }) {
  const model = useModel();
  const [choice, setChoice] = useState(() => {
    const sinceUs = model.openedSinceUs.peek();
    return windowFor(sinceUs > 0 ? (model.store.serverNowUs() - sinceUs) / 1e6 : 0);
  });
  const [trouble, setTrouble] = useState("");
  const host = useRef<HTMLDivElement>(null);
  const theme = model.theme.value;

  useEffect(() => {
    const chart = new LiveChart(host.current!, model, signal, info, choice, setTrouble);
    return () => chart.dispose();
  }, [signal, info, choice, theme, model]);

  return (
    <div class="trend">
      <Segments
        legend="Time range"
        options={WINDOWS.map((option, index) => [index, option.label] as const)}
        chosen={choice}
        onChoose={(index) => setChoice(index)}
      />
      <div class="trend-plot" ref={host} />
      {trouble && <p class="note note-warn">No history: {sentence(trouble)} The live part goes on.</p>}
    </div>
  );
}

class LiveChart {
  private readonly plot: uPlot;
  private readonly window: (typeof WINDOWS)[number];
  private readonly observer: ResizeObserver;
  private readonly unsubscribe: () => void;
  private history: History | null = null;
  private askedMs = Number.NEGATIVE_INFINITY;
  private gone = false;
  /** The history last asked for was of a replay. */
  private replayed = false;
  /** Pauses of the recording that it covers. */
  private pauses = 0;

  constructor(
    host: HTMLElement,
    private readonly model: Model,
    private readonly signal: string,
    private readonly info: SignalInfo,
    choice: number,
    private readonly tell: (trouble: string) => void,
  ) {
    this.window = WINDOWS[choice];
    this.plot = new uPlot(options(host.clientWidth || 320, info), [[], [], [], []], host);
    this.observer = new ResizeObserver(() => this.plot.setSize({ width: host.clientWidth, height: HEIGHT }));
    this.observer.observe(host);
    this.unsubscribe = model.clock.subscribe(() => this.draw());
  }

  dispose(): void {
    this.gone = true;
    this.unsubscribe();
    this.observer.disconnect();
    this.plot.destroy();
  }

  private draw(): void {
    const toS = this.model.store.shownUs / 1e6;
    const fromS = toS - this.window.seconds;
    const trace = this.model.traces.of(this.signal);
    const replayed = this.model.replay.atUs.peek() !== null;
    // During a replay the chart ends at the moment shown; live samples are of later.
    const ring = replayed ? NO_SAMPLES : trace.ring;
    this.plot.setData(trendColumns(this.history ?? (replayed ? null : pastOf(trace)), ring, fromS), false);
    this.plot.setScale("x", { min: fromS, max: toS });
    // The ring holds the newest few thousand samples; what falls out of it comes back as history.
    const dueS = replayed ? PAST_ASK_S : Math.max(10, this.window.widthS);
    const paused = this.model.traces.pauses !== this.pauses;
    if (replayed !== this.replayed || paused || performance.now() - this.askedMs > 1e3 * dueS) void this.ask(replayed);
  }

  private async ask(replayed: boolean): Promise<void> {
    this.askedMs = performance.now();
    this.replayed = replayed;
    this.pauses = this.model.traces.pauses;
    const toS = this.model.store.shownUs / 1e6;
    const fromS = toS - this.window.seconds;
    try {
      const found = await this.model.api.buckets(this.signal, fromS.toFixed(3), this.window.width, toS.toFixed(3));
      const { start_us, min, max } = found;
      // A mean of codes means nothing; the highest one is at least one that was there.
      const mean = isDiscrete(this.info) ? max : found.mean;
      this.history = { startUs: start_us, min, max, mean, widthS: this.window.widthS };
      if (!this.gone) this.tell("");
    } catch (error) {
      if (!this.gone) this.tell((error as Error).message);
    }
  }
}

/** What the sparkline knows of the past, until the history answers. */
function pastOf({ pastUs, past }: Trace): History {
  return { startUs: pastUs, mean: past, min: past, max: past, widthS: PAST_WIDTH_S };
}

function options(width: number, info: SignalInfo): uPlot.Options {
  const style = getComputedStyle(document.documentElement);
  const color = (name: string) => style.getPropertyValue(name).trim();
  const axis: uPlot.Axis = {
    stroke: color("--muted"),
    grid: { stroke: color("--line"), width: 1 },
    ticks: { stroke: color("--line"), width: 1, size: 4 },
    font: `12px ${style.getPropertyValue("--font").trim() || "sans-serif"}`,
  };
  const unit = unitText(info.unit);
  const text = (value: number | null) => (value === null ? "–" : `${valueText(info, value)} ${unit}`.trim());
  const discrete = isDiscrete(info);
  const line = { stroke: color("--accent"), width: 1.5, value: (_plot: uPlot, value: number | null) => text(value) };
  const edge = { ...line, stroke: "transparent", points: { show: false } };
  return {
    width,
    height: HEIGHT,
    cursor: { drag: { x: false, y: false }, points: { size: 6 } },
    scales: {
      x: { time: true },
      y: { range: (_plot, low, high) => (discrete ? codeBounds(info, low, high) : chartBounds(info, low, high)) },
    },
    axes: [
      { ...axis, space: 70, values: "{HH}:{mm}:{ss}" },
      discrete
        ? {
            ...axis,
            size: 104,
            splits: (_plot, _axis, low, high) => codesBetween(low, high),
            values: (_plot, values) => values.map((value) => valueText(info, value)),
          }
        : { ...axis, size: 56, values: (_plot, values) => values.map((value) => shortNumber(value)) },
    ],
    series: [
      { label: "Time", value: "{HH}:{mm}:{ss}" },
      { ...line, label: discrete ? "State" : "Mean", paths: discrete ? uPlot.paths.stepped!({ align: 1 }) : undefined },
      { ...edge, label: "Low" },
      { ...edge, label: "High" },
    ],
    bands: discrete ? [] : [{ series: [3, 2], fill: color("--accent-soft") }],
    hooks: { draw: [(plot) => drawLimits(plot, info, color)] },
  };
}

const LIMIT_COLORS = ["--critical", "--high", "--high", "--critical"];

function drawLimits(plot: uPlot, info: SignalInfo, color: (name: string) => string): void {
  const { ctx, bbox } = plot;
  info.limits?.forEach((limit, index) => {
    if (limit === null) return;
    const y = plot.valToPos(limit, "y", true);
    if (y < bbox.top || y > bbox.top + bbox.height) return;
    ctx.save();
    ctx.strokeStyle = color(LIMIT_COLORS[index]);
    ctx.setLineDash([6, 4]);
    ctx.beginPath();
    ctx.moveTo(bbox.left, y);
    ctx.lineTo(bbox.left + bbox.width, y);
    ctx.stroke();
    ctx.restore();
  });
}

function shortNumber(value: number): string {
  const size = Math.abs(value);
  if (size >= 1e5 || (size > 0 && size < 1e-3)) return value.toExponential(0);
  return String(Number(value.toPrecision(6)));
}
