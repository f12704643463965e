/** The plan of the plant in two dimensions; loaded only where it is wanted. */
import { Flat } from "./flat";
import type { FlatHooks, FlatSource } from "./hooks";

export type { FlatHooks, FlatSource } from "./hooks";

/** Draw the plan into `host`, which must have a size. Needs no WebGL. */
export function createFlat(host: HTMLElement, store: FlatSource, hooks: FlatHooks): Flat {
  return new Flat(host, store, hooks);
}
