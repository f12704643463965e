/** The plant in 3D: give it an element and the store, and it follows the plant by itself. */

import type { SceneHooks } from "./hooks";
import type { Source } from "./plant";
import { Scene } from "./scene";

export type { SceneHooks, Stats } from "./hooks";
export type { Source } from "./plant";
export type { Probe } from "./probe";
export type { Scene } from "./scene";
export type { Theme } from "./theme";

/**
 * Draw the plant into `host`, which must have a size.
 *
 * Throws where the browser has no WebGL 2; the page then shows its panels alone.
 */
export function createScene(host: HTMLElement, store: Source, hooks: SceneHooks): Scene {
  return new Scene(host, store, hooks);
}
