/** The plan of the plant in two dimensions; loaded only where it is wanted. */

import type { Source } from "../scene/plant";
import { Flat } from "./flat";
import type { FlatHooks } from "./hooks";

export type { FlatHooks } from "./hooks";

/** Draw the plan into `host`, which must have a size. Needs no WebGL. */
export function createFlat(host: HTMLElement, store: Source, hooks: FlatHooks): Flat {
  return new Flat(host, store, hooks);
}
