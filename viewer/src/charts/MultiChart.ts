/** A live chart of several signals; those of one unit share a scale. */
import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import type { SignalInfo } from "../protocol/messages.gen";
import { unitText, valueText } from "../state/format";
import { Ring } from "../state/ring";
import type { Model } from "../ui/model";
import { heldValue, jointColumns, type Table } from "./multi";
import { type History, isDiscrete, type TrendWindow } from "./trend";

/** Told apart without hue as well: the lines differ in dash after the fourth. */
const COLORS = ["#62b6dc", "#e0a458", "#7cc79a", "#cdb4f6", "#ee8fd6", "#c9c15a", "#8893a0", "#ff8f7a"];
const DASHES: readonly number[][] = [[], [], [], [], [8, 4], [8, 4], [3, 3], [3, 3]];
/** What no plant has measured is never a solid line. */
const SYNTHETIC_DASH: number[] = [5, 5];
/** Scales with an axis of their own; lines of further units are drawn without one, their values stand in the list. */
const AXES = 2;

const NO_SAMPLES = new Ring(1);
/** While the past is replayed its chart is asked for so often, seconds. */
const PAST_ASK_S = 2;

export function trendColor(index: number): string {
  return COLORS[index % COLORS.length];
}

/** Values of all signals under the cursor. */
export interface Reading {
  atS: number;
  values: (number | null)[];
}

export interface ChartHooks {
  trouble(text: string): void;
  reading(reading: Reading | null): void;
  zoomed(on: boolean): void;
}

export class MultiChart {
  private readonly plot: uPlot;
  private readonly observer: ResizeObserver;
  private readonly unsubscribe: () => void;
  private readonly histories: (History | null)[];
  private data: Table = [[]];
  /** Zoomed range in seconds; null while it follows the present. */
  private range: [number, number] | null = null;
  private askedMs = Number.NEGATIVE_INFINITY;
  /** Pauses of the recording that the histories cover. */
  private pauses = 0;
  private gone = false;

  constructor(
    host: HTMLElement,
    private readonly model: Model,
    private readonly signals: readonly string[],
    private readonly window: TrendWindow,
    private readonly hooks: ChartHooks,
    /** Shown instead of the present: microseconds from and to. */
    private readonly span: readonly [number, number] | null = null,
  ) {
    this.histories = signals.map(() => null);
    if (span) this.range = [span[0] / 1e6, span[1] / 1e6];
    const infos = signals.map((signal) => model.store.signals[model.store.slotOf(signal)]!.info);
    const size = () => ({ width: host.clientWidth || 320, height: Math.max(120, host.clientHeight) });
    this.plot = new uPlot(
      options(
        size(),
        infos,
        signals.map((signal) => model.isSynthetic(signal)),
        {
          cursor: (index) => this.read(index),
          select: (fromS, toS) => this.zoom(fromS, toS),
        },
      ),
      [[], ...signals.map(() => [])] as uPlot.AlignedData,
      host,
    );
    this.plot.over.addEventListener("dblclick", () => this.follow());
    this.observer = new ResizeObserver(() => this.plot.setSize(size()));
    this.observer.observe(host);
    this.unsubscribe = model.clock.subscribe(() => this.draw());
  }

  /** What is shown now. */
  table(): Table {
    const [fromS, toS] = this.shown();
    return jointColumns(this.sources(), fromS, toS);
  }

  /** End the zoom and go on with the present. */
  follow(): void {
    this.range = this.span && [this.span[0] / 1e6, this.span[1] / 1e6];
    this.hooks.zoomed(false);
    this.draw();
  }

  dispose(): void {
    this.gone = true;
    this.unsubscribe();
    this.observer.disconnect();
    this.plot.destroy();
  }

  private shown(): [number, number] {
    if (this.range) return this.range;
    const toS = this.model.store.shownUs / 1e6;
    return [toS - this.window.seconds, toS];
  }

  /** What the history is asked for: the span of the chart, or its window up to the moment that is shown. */
  private asked(): readonly [number, number] {
    if (this.span) return [this.span[0] / 1e6, Math.min(this.span[1], this.model.store.serverNowUs()) / 1e6];
    const toS = this.model.store.shownUs / 1e6;
    return [toS - this.window.seconds, toS];
  }

  private sources() {
    // During a replay the chart ends at the moment shown; live samples are of later.
    const past = this.model.replay.atUs.peek() !== null;
    return this.signals.map((signal, i) => ({
      history: this.histories[i],
      ring: past ? NO_SAMPLES : this.model.traces.of(signal).ring,
    }));
  }

  private zoom(fromS: number, toS: number): void {
    this.range = [fromS, toS];
    this.hooks.zoomed(true);
    this.draw();
  }

  private read(index: number | null | undefined): void {
    if (index === null || index === undefined) {
      this.hooks.reading(null);
      return;
    }
    const [times, ...lines] = this.data;
    this.hooks.reading({ atS: times[index], values: lines.map((line) => heldValue(line, index)) });
  }

  private draw(): void {
    const [fromS, toS] = this.shown();
    this.data = jointColumns(this.sources(), fromS, toS);
    this.plot.setData(this.data as uPlot.AlignedData, false);
    this.plot.setScale("x", { min: fromS, max: toS });
    const past = this.model.replay.atUs.peek() !== null;
    const dueMs = 1e3 * (past ? PAST_ASK_S : Math.max(10, this.window.widthS));
    const due = performance.now() - this.askedMs > dueMs || this.model.traces.pauses !== this.pauses;
    if (due && (this.span || !this.range)) void this.ask();
  }

  /** One after the other: a chart must not crowd out work. */
  private async ask(): Promise<void> {
    this.askedMs = performance.now();
    this.pauses = this.model.traces.pauses;
    for (const [i, signal] of this.signals.entries()) {
      try {
        const [fromS, toS] = this.asked();
        const found = await this.model.api.buckets(signal, fromS.toFixed(3), this.window.width, toS.toFixed(3));
        if (this.gone) return;
        const info = this.model.store.signals[this.model.store.slotOf(signal)]?.info;
        // A mean of codes means nothing; the highest one is at least one that was there.
        const mean = info && isDiscrete(info) ? found.max : found.mean;
        this.histories[i] = {
          startUs: found.start_us,
          min: found.min,
          max: found.max,
          mean,
          widthS: this.window.widthS,
        };
        this.hooks.trouble("");
      } catch (error) {
        if (!this.gone) this.hooks.trouble((error as Error).message);
        return;
      }
    }
    this.draw();
  }
}

interface PlotHooks {
  cursor(index: number | null | undefined): void;
  select(fromS: number, toS: number): void;
}

function options(
  size: { width: number; height: number },
  infos: readonly SignalInfo[],
  synthetic: readonly boolean[],
  hooks: PlotHooks,
): uPlot.Options {
  const style = getComputedStyle(document.documentElement);
  const color = (name: string) => style.getPropertyValue(name).trim();
  const look: uPlot.Axis = {
    stroke: color("--muted"),
    grid: { stroke: color("--line"), width: 1 },
    ticks: { stroke: color("--line"), width: 1, size: 4 },
    font: `12px ${color("--font") || "sans-serif"}`,
  };
  const scales = infos.map((info, index) => (isDiscrete(info) ? `code ${index}` : `unit ${info.unit}`));
  const distinct = [...new Set(scales)];
  const axes = distinct.slice(0, AXES).map((scale, index): uPlot.Axis => {
    const info = infos[scales.indexOf(scale)];
    const words = isDiscrete(info);
    return {
      ...look,
      scale,
      side: index === 0 ? 3 : 1,
      grid: { ...look.grid, show: index === 0 },
      size: words ? 104 : 64,
      label: words ? undefined : unitText(info.unit) || undefined,
      labelFont: look.font as string,
      labelSize: 16,
      values: (_plot, values) => values.map((value) => (words ? wordAt(info, value) : valueText(info, value))),
    };
  });
  return {
    ...size,
    legend: { show: false },
    cursor: { drag: { x: true, y: false, dist: 6, setScale: false }, points: { size: 6 } },
    scales: { x: { time: true }, ...Object.fromEntries(distinct.map((scale) => [scale, { auto: true }])) },
    axes: [{ ...look, space: 70, values: "{HH}:{mm}:{ss}" }, ...axes],
    series: [
      {},
      ...infos.map((info, index) => ({
        scale: scales[index],
        stroke: trendColor(index),
        dash: synthetic[index] ? SYNTHETIC_DASH : DASHES[index % DASHES.length],
        width: 1.6,
        points: { show: false },
        paths: isDiscrete(info) ? uPlot.paths.stepped!({ align: 1 }) : undefined,
      })),
    ],
    hooks: {
      setCursor: [(plot) => hooks.cursor(plot.cursor.idx)],
      setSelect: [
        (plot) => {
          const { left, width } = plot.select;
          if (width < 6) return;
          hooks.select(plot.posToVal(left, "x"), plot.posToVal(left + width, "x"));
          plot.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
        },
      ],
    },
  };
}

/** A code's word where the axis has a tick on a whole code, else nothing. */
function wordAt(info: SignalInfo, value: number): string {
  return Number.isInteger(value) ? valueText(info, value) : "";
}
