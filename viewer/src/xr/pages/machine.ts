/** The selected machine: its values with bars and ages, the trend of one of them, its commands. Pure. */
import { type Item, PANEL, type Page, pageOf, type Sheet } from "../items";
import { type MachineView, TREND_SPAN_S, type TrendView, type ValueRow } from "../views";
import { BOTTOM, button, cap, type Look, MARGIN, pager, rowHeight, TOP, text } from "./frame";

export interface MachinePages {
  values: number;
  commands: number;
}

const LEFT = 31;
const GAP = 1.2;
/** Commands that are shown at once. */
const COMMANDS = 2;

export function machinePage(
  sheet: Sheet,
  view: MachineView | null,
  trend: TrendView | null,
  at: MachinePages,
  look: Look,
): void {
  const { items } = sheet;
  if (!view) {
    items.push(
      text(MARGIN, TOP + 4, PANEL.width - 2 * MARGIN, "No machine is selected.", look, { bold: true }),
      text(MARGIN, TOP + 8, PANEL.width - 2 * MARGIN, "Point at one and press the trigger or pinch.", look, {
        tone: "dim",
        lines: 2,
      }),
    );
    return;
  }
  const y = header(items, view, look);
  valueList(items, view, trend?.path ?? "", y, at.values, look);
  const right = MARGIN + LEFT + GAP;
  const w = PANEL.width - MARGIN - right;
  const chartTop = y + rowHeight(look) * 0.75;
  const shown = Math.min(view.commands.length, COMMANDS);
  const paged = view.commands.length > COMMANDS ? 4 : 0.6;
  const chartHeight = Math.max(5, BOTTOM - chartTop - shown * (rowHeight(look) + 0.5) - paged);
  chart(items, trend, right, y, w, chartHeight, look);
  commands(items, view, right, chartTop + chartHeight + 0.8, w, at.commands, look);
}

function header(items: Item[], view: MachineView, look: Look): number {
  const size = cap(look, 1.15);
  let x = MARGIN;
  if (view.mark) {
    items.push({ kind: "mark", x, y: TOP + 0.1, w: 3, h: 3, ...view.mark, open: view.open });
    x += 3.8;
  }
  const goWide = 12;
  items.push(text(x, TOP, PANEL.width - x - MARGIN - goWide - 1, view.name, look, { bold: true, cap: size }));
  if (view.reachable) {
    items.push(
      button("go", PANEL.width - MARGIN - goWide, TOP, goWide, 3.4, "Go there", look, {
        cap: cap({ ...look, text: 1 }),
      }),
    );
  }
  const below = TOP + size * 2.1;
  const state = view.mark ? `${view.mark.word}${view.open ? ", to acknowledge" : ""} · ${view.state}` : view.state;
  items.push(
    text(MARGIN, below, PANEL.width - 2 * MARGIN, `${state} · ${view.place}`, look, {
      tone: view.doubtful ? "warn" : "dim",
    }),
  );
  return below + cap(look) * 2.2 + 0.3;
}

function valueList(items: Item[], view: MachineView, shown: string, top: number, wanted: number, look: Look): void {
  const h = rowHeight(look) + 0.5;
  const room = Math.floor((BOTTOM - top) / h);
  // The line with the page buttons takes the place of a row.
  const page = pageOf(view.rows.length, view.rows.length > room ? Math.max(1, room - 1) : room, wanted);
  let y = top;
  for (const row of view.rows.slice(page.from, page.to)) {
    valueRow(items, row, row.path === shown, y, h - 0.4, look);
    y += h;
  }
  if (view.rows.length === 0) items.push(text(MARGIN, top + 0.5, LEFT, "It sends no values.", look, { tone: "dim" }));
  items.push(...pager("values", page, MARGIN + LEFT, BOTTOM - 3.3, look));
}

function valueRow(items: Item[], row: ValueRow, on: boolean, y: number, h: number, look: Look): void {
  const tone = !row.bound ? "dim" : row.age ? "warn" : row.doubtful ? "dim" : row.bar?.beyond ? "warn" : "plain";
  const valueWide = LEFT * (row.age ? 0.64 : 0.52);
  items.push(
    button(`row:${row.path}`, MARGIN, y, LEFT, h, "", look, { look: "row", on }),
    text(MARGIN + 0.6, y + 0.35, LEFT - valueWide - 1.2, row.name, look, { tone: "dim" }),
    text(
      MARGIN + LEFT - valueWide - 0.6,
      y + 0.35,
      valueWide,
      row.age ? `${row.value} · ${row.age}` : row.value,
      look,
      {
        tone,
        bold: !row.doubtful,
        align: "right",
      },
    ),
  );
  if (!row.bar) return;
  items.push({
    kind: "bar",
    x: MARGIN + 0.6,
    y: y + h - 0.45,
    w: LEFT - 1.2,
    h: 0.3,
    share: row.bar.share,
    limits: row.bar.limits,
    tone: row.doubtful ? "dim" : tone,
  });
}

function chart(items: Item[], trend: TrendView | null, x: number, y: number, w: number, h: number, look: Look): void {
  if (!trend) {
    items.push(text(x, y, w, "Point at a value to see its trend.", look, { tone: "dim", lines: 2 }));
    return;
  }
  items.push(text(x, y, w, `${trend.title}, ${TREND_SPAN_S / 60} min`, look, { tone: trend.stale ? "warn" : "plain" }));
  items.push({
    kind: "chart",
    x,
    y: y + rowHeight(look) * 0.75,
    w,
    h,
    agesS: trend.agesS,
    values: trend.values,
    spanS: TREND_SPAN_S,
    bounds: trend.bounds,
    limits: trend.limits,
    labels: trend.labels,
    stale: trend.stale,
    cap: cap({ ...look, text: 1 }),
  });
}

function commands(
  items: Item[],
  view: MachineView,
  x: number,
  top: number,
  w: number,
  wanted: number,
  look: Look,
): void {
  const page: Page = pageOf(view.commands.length, COMMANDS, wanted);
  let y = top;
  for (const command of view.commands.slice(page.from, page.to)) {
    const { name, title, obstacle } = command;
    items.push(button(`command:${name}`, x, y, w, rowHeight(look), `${title} …`, look, { obstacle }));
    y += rowHeight(look) + 0.5;
  }
  items.push(...pager("commands", page, x + w, BOTTOM - 3.3, look));
}
