/** The small bar that is always within reach: is the picture true, what is wrong, and the way to the panel. Pure. */
import { type Item, type Sheet, STATUS } from "../items";
import { button, type Look, text } from "./frame";

export interface StatusView {
  live: boolean;
  /** What to say of the connection: "Live", "Old picture: 12 s", "Replay". */
  words: string;
  unacknowledged: number;
  active: number;
  open: boolean;
}

export function statusSheet({ live, words, unacknowledged, active, open }: StatusView, look: Look): Sheet {
  const plain: Look = { ...look, text: 1 };
  const alarms = active === 0 ? "No alarms" : `${active} ${active === 1 ? "alarm" : "alarms"}`;
  const items: Item[] = [
    text(1.2, 0.9, 14, words, plain, { tone: live ? "good" : "warn", bold: true }),
    text(15.5, 0.9, 18, unacknowledged > 0 ? `${alarms}, ${unacknowledged} new` : alarms, plain, {
      tone: unacknowledged > 0 ? "warn" : "plain",
      bold: unacknowledged > 0,
    }),
    button("open", STATUS.width - 9.6, 0.6, 9, STATUS.height - 1.2, open ? "Hide" : "Panel", plain, { look: "tab" }),
  ];
  return { ...STATUS, items };
}
