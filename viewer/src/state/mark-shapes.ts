/** Shapes of the alarm priorities in a box of 20 by 20: square, triangle, disc, diamond. Pictures and panels draw the same. */
import type { Priority } from "./alarms";

export const MARK_SHAPES: Readonly<Record<Priority, string>> = {
  critical: "M2 2h16v16H2z",
  high: "M10 .8 19.4 18.4H.6z",
  medium: "M10 1a9 9 0 1 1 0 18 9 9 0 0 1 0-18z",
  low: "M10 .5 19.5 10 10 19.5.5 10z",
};

/** Baseline of the letter in that box: the triangle's room is lower. */
export function letterBase(priority: Priority): number {
  return priority === "high" ? 16 : 14.4;
}
