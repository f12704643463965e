/** What one can choose in the headset: how to see the plant (`viewPage`) and how to move in it (`comfortPage`). Pure. */
import { type Item, PANEL, type Sheet } from "../items";
import type { Comfort } from "../settings";
import type { Mode } from "../why";
import { button, type Look, MARGIN, rowHeight, TOP, text } from "./frame";

const WIDE = PANEL.width - 2 * MARGIN;

export interface ViewState {
  mode: Mode;
  /** Room metres per plant metre; 1 is life size. */
  scale: number;
  /** Others who are here, by name. */
  people: readonly string[];
}

export function viewPage(sheet: Sheet, { mode, scale, people }: ViewState, look: Look): void {
  const h = rowHeight(look);
  let y = TOP + 0.4;
  const line = (label: string, buttons: [string, string, boolean?][]) => {
    sheet.items.push(text(MARGIN, y + 0.6, 14, label, look, { tone: "dim" }));
    const wide = (WIDE - 15 - 0.8 * (buttons.length - 1)) / buttons.length;
    buttons.forEach(([id, words, on], i) => {
      sheet.items.push(button(id, MARGIN + 15 + i * (wide + 0.8), y, wide, h, words, look, { on }));
    });
    y += h + 0.8;
  };
  if (mode === "ar") {
    const times = scale >= 1 ? "1 : 1" : `1 : ${Math.round(1 / scale)}`;
    line("Size", [
      ["size:table", "Table", scale < 1],
      ["size:life", "Life size", scale >= 1],
    ]);
    line(times, [
      ["scale:-1", "Smaller"],
      ["scale:1", "Larger"],
    ]);
    line("Place", [["table:here", "Put it before me"]]);
  } else line("Plant", [["home", "Back to the start"]]);
  line("Turn", [
    ["turn:1", "◀ Left"],
    ["turn:-1", "Right ▶"],
  ]);
  const here = people.length === 0 ? "Nobody else is here." : `Here: ${people.join(", ")}`;
  sheet.items.push(text(MARGIN, y + 0.6, WIDE, here, look, { tone: "dim", lines: 2 }));
  const foot = PANEL.height - 8;
  sheet.items.push(button("leave", MARGIN, foot, WIDE, 4, "Leave the headset view", look));
}

export function comfortPage(sheet: Sheet, comfort: Comfort, look: Look): void {
  const yes = (on: boolean) => (on ? "On" : "Off");
  const rows: [string, string, string][] = [
    ["set:turnDeg", "Turn by", `${comfort.turnDeg}°`],
    ["set:smooth", "Glide with the stick", yes(comfort.smooth)],
    ["set:vignette", "Narrow view while gliding", yes(comfort.vignette)],
    ["set:seated", "Sit or stand", comfort.seated ? "Seated" : "Standing"],
    ["set:text", "Text size", `${Math.round(comfort.text * 100)} %`],
    ["set:leftHanded", "Main hand", comfort.leftHanded ? "Left" : "Right"],
  ];
  // Six rows must fit with the largest text as well.
  const h = Math.min(rowHeight(look), 4.1);
  const items: Item[] = rows.flatMap(([id, label, value], i) => {
    const y = TOP + 0.2 + i * (h + 0.35);
    return [
      text(MARGIN, y + 0.6, WIDE - 16, label, look, { tone: "dim" }),
      button(id, MARGIN + WIDE - 14, y, 14, h, value, look),
    ];
  });
  sheet.items.push(...items);
}
