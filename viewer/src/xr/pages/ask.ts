/** The question before something is sent: what, where, a comment from a few, and a button to hold. Pure. */
import type { CommandInfo } from "../../protocol/messages.gen";
import { wordsOf } from "../../state/format";
import { type Arguments, argumentText, needsKeyboard } from "../arguments";
import { type Item, PANEL, type Sheet } from "../items";
import type { AlarmRow } from "../views";
import { button, cap, type Look, MARGIN, rowHeight, text } from "./frame";

/** Words to choose from, since there is no keyboard; the first of each says nothing. */
export const COMMENTS = ["", "Seen", "On my way", "Maintenance called", "Known, being watched"] as const;
export const REASONS = ["", "Process needs it", "Maintenance", "Test"] as const;

const WIDE = PANEL.width - 2 * MARGIN;
const FOOT = PANEL.height - 9.4;
const GAP = 0.6;

export interface Question {
  /** 0 to 1. */
  share: number;
  holding: boolean;
  /** Why the button does nothing now, or "". */
  obstacle: string;
}

export function acknowledgeSheet(row: AlarmRow, comment: number, question: Question, look: Look): Sheet {
  const items: Item[] = [
    text(MARGIN, 1.2, WIDE, "Acknowledge this alarm?", look, { bold: true, cap: cap(look, 1.15) }),
    { kind: "mark", x: MARGIN, y: 5.2, w: 3.4, h: 3.4, ...row.mark, open: row.open },
    text(MARGIN + 4.6, 4.9, WIDE - 4.6, row.message, look, { bold: true }),
    text(MARGIN + 4.6, 4.9 + cap(look) * 2.1, WIDE - 4.6, `${row.twinName} · ${row.state}`, look, { tone: "dim" }),
  ];
  presets(items, "comment", "Comment", COMMENTS, comment, 6.2 + cap(look) * 4.2, look);
  foot(items, "acknowledge", question, look);
  return { ...PANEL, items };
}

export function commandSheet(
  command: CommandInfo,
  twinName: string,
  values: Arguments,
  reason: number,
  question: Question,
  look: Look,
): Sheet {
  const title = command.title || wordsOf(command.name);
  const items: Item[] = [
    text(MARGIN, 1.2, WIDE, `${title}?`, look, { bold: true, cap: cap(look, 1.15) }),
    text(MARGIN, 1.2 + cap(look, 1.15) * 2, WIDE, twinName, look, { bold: true, tone: "accent" }),
  ];
  let y = 1.4 + cap(look, 1.15) * 4;
  if (command.description && command.parameters.length === 0) {
    items.push(text(MARGIN, y, WIDE, command.description, look, { tone: "dim", lines: 2 }));
    y += cap(look) * 4;
  }
  for (const parameter of command.parameters.slice(0, 3)) {
    const h = rowHeight(look);
    const words = `${wordsOf(parameter.name)}${parameter.required ? "" : " (optional)"}`;
    items.push(text(MARGIN, y + 0.5, 16, words, look, { tone: "dim" }));
    if (needsKeyboard(parameter)) {
      items.push(text(MARGIN + 17, y + 0.5, WIDE - 17, "needs a keyboard", look, { tone: "warn" }));
    } else {
      const stepper = (by: number, sign: string, x: number) =>
        button(`step:${parameter.name}:${by}`, x, y, 4.4, h, sign, look);
      const many = parameter.choices.length === 0 && parameter.kind !== "bool";
      const right = MARGIN + WIDE;
      if (many) items.push(stepper(-10, "−−", right - 31), stepper(10, "++", right - 4.4));
      items.push(stepper(-1, many ? "−" : "◀", right - 26), stepper(1, many ? "+" : "▶", right - 9.4));
      items.push(
        text(right - 21.2, y + 0.5, 11.4, argumentText(parameter, values[parameter.name]), look, {
          align: "center",
          bold: true,
          tone: values[parameter.name] === undefined ? "dim" : "plain",
        }),
      );
    }
    y += h + 0.6;
  }
  presets(items, "reason", "Reason", REASONS, reason, y + 0.3, look);
  foot(items, title.toLowerCase(), question, look);
  return { ...PANEL, items };
}

/** All of them side by side where there is room, else one after the other. */
function presets(
  items: Item[],
  id: string,
  title: string,
  all: readonly string[],
  chosen: number,
  y: number,
  look: Look,
): void {
  const h = rowHeight(look);
  items.push(text(MARGIN, y + 0.5, 9, title, look, { tone: "dim" }));
  const left = MARGIN + 10;
  const rows = Math.ceil(all.length / 2);
  if (y + rows * (h + GAP) <= FOOT) {
    const wide = (WIDE - 10 - GAP) / 2;
    all.forEach((words, i) => {
      const [x, top] = [left + (i % 2) * (wide + GAP), y + Math.floor(i / 2) * (h + GAP)];
      items.push(button(`${id}:at:${i}`, x, top, wide, h, words || "None", look, { on: i === chosen }));
    });
    return;
  }
  const next = (by: number) => (chosen + by + all.length) % all.length;
  items.push(
    button(`${id}:at:${next(-1)}`, left, y, 4.4, h, "◀", look),
    text(MARGIN + 15, y + 0.5, WIDE - 20, all[chosen] || "none", look, {
      align: "center",
      bold: chosen > 0,
      tone: chosen > 0 ? "plain" : "dim",
    }),
    button(`${id}:at:${next(1)}`, MARGIN + WIDE - 4.4, y, 4.4, h, "▶", look),
  );
}

function foot(items: Item[], verb: string, question: Question, look: Look): void {
  const { share, holding, obstacle } = question;
  const words = obstacle ? "Not possible now" : holding ? "Keep holding …" : `Hold to ${verb}`;
  const cancelWide = 13;
  items.push(
    button("hold", MARGIN, FOOT, WIDE - cancelWide - 1, 5, words, look, { look: "primary", share, obstacle }),
    button("cancel", MARGIN + WIDE - cancelWide, FOOT, cancelWide, 5, "Cancel", look),
    text(MARGIN, FOOT + 5.5, WIDE, obstacle || "Nothing is sent before the bar is full.", look, {
      tone: obstacle ? "warn" : "dim",
      cap: cap({ ...look, text: 1 }),
    }),
  );
}
