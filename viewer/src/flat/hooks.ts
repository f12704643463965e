/** What the plan says to the page, and what it reads. */
import type { Spot } from "../state/placing";

export interface FlatHooks {
  onPick(id: string | null): void;
  /** The first plan of the plant is on the screen. */
  onReady(): void;
  /** The user asks for the plan as a file: a PNG. */
  onPicture(picture: Blob): void;
  /** While places are edited: a twin was moved from one to another. */
  onPlaced(id: string, from: Spot, to: Spot): void;
}
