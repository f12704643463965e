/** What the scene says to the page, and what a test may ask of it. */
import type { Spot } from "../state/placing";
import type { Surroundings } from "../state/surroundings";
import type { Desk } from "../xr/desk";

export interface SceneHooks {
  onPick(id: string | null): void;
  /** The first picture of the plant is on the screen. */
  onReady(): void;
  /** The user asks for the picture as a file: a PNG. */
  onPicture?(picture: Blob): void;
  /** While places are edited: a twin was moved from one to another. */
  onPlaced?(id: string, from: Spot, to: Spot): void;
  /** The browser took the drawing context away. */
  onLost?(): void;
  /** Headers for requests of mesh files, where the server wants a token. */
  headers?(): Record<string, string>;
  /** What stands around the twins. */
  surroundings?(): Promise<Surroundings>;
  /** What a person in a headset may see and do; without it no headset is offered. */
  desk?: Desk;
}

export interface Stats {
  frames: number;
  drawCalls: number;
  triangles: number;
  /** Cost of a frame on this thread, milliseconds, smoothed. */
  frameMs: number;
  /** What bringing new values into the picture took at most since this was last asked, milliseconds. */
  mostStepMs: number;
  /** The same with all else of that frame on this thread. */
  mostFrameMs: number;
  twins: number;
}
