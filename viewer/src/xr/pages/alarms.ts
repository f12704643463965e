/** Open alarms, those that nobody has seen first; a row selects its machine. Pure. */
import type { Alarm } from "../../state/alarms";
import { type Item, PANEL, pageOf, type Sheet } from "../items";
import type { AlarmRow } from "../views";
import { BOTTOM, button, cap, type Look, MARGIN, pager, TOP, text } from "./frame";

const ACKNOWLEDGE = 15.5;

export function alarmsPage(
  sheet: Sheet,
  alarms: readonly Alarm[],
  rowOf: (alarm: Alarm) => AlarmRow,
  wanted: number,
  live: boolean,
  look: Look,
): void {
  const { items } = sheet;
  const wide = PANEL.width - 2 * MARGIN;
  if (!live)
    items.push(text(MARGIN, TOP, wide, "No connection: this list is old.", look, { tone: "warn", bold: true }));
  const top = live ? TOP + 0.2 : TOP + 3;
  if (alarms.length === 0) {
    items.push(text(MARGIN, top + 3, wide, live ? "No alarm is open." : "", look, { tone: "good", bold: true }));
    return;
  }
  const h = cap(look) * 4.6;
  const room = Math.max(1, Math.floor((BOTTOM - top - 3.6) / (h + 0.4)));
  const page = pageOf(alarms.length, room, wanted);
  let y = top;
  for (const shown of alarms.slice(page.from, page.to)) {
    alarm(items, rowOf(shown), y, wide, h, look);
    y += h + 0.4;
  }
  const shown = page.pages > 1 ? `${page.from + 1} to ${page.to} of ${alarms.length}` : `${alarms.length} open`;
  items.push(text(MARGIN, BOTTOM - 2.9, wide / 2, shown, look, { tone: "dim" }));
  items.push(...pager("alarms", page, PANEL.width - MARGIN, BOTTOM - 3.3, look));
}

function alarm(items: Item[], row: AlarmRow, y: number, wide: number, h: number, look: Look): void {
  const textX = MARGIN + 4.6;
  const textWide = wide - 4.6 - (row.open ? ACKNOWLEDGE + 1 : 0.6);
  items.push(
    button(`alarm:${row.id}`, MARGIN, y, wide, h, "", look, { look: "row" }),
    { kind: "mark", x: MARGIN + 0.6, y: y + h / 2 - 1.6, w: 3.2, h: 3.2, ...row.mark, open: row.open },
    text(textX, y + 0.3, textWide, row.message, look, { bold: row.open }),
    text(
      textX,
      y + 0.3 + cap(look) * 2.1,
      textWide,
      [row.twinName, row.since, row.open ? "" : row.state].filter(Boolean).join(" · "),
      look,
      {
        tone: "dim",
      },
    ),
  );
  if (!row.open) return;
  items.push(
    button(`ack:${row.id}`, MARGIN + wide - ACKNOWLEDGE - 0.5, y + 0.5, ACKNOWLEDGE, h - 1, "Acknowledge", look, {
      obstacle: row.obstacle,
      cap: cap({ ...look, text: 1 }),
    }),
  );
}
