import { createContext } from "preact";
import { useContext } from "preact/hooks";
import type { Model } from "./model";

export const ModelContext = createContext<Model | null>(null);

/** Return the page's model; components exist only below its provider. */
export function useModel(): Model {
  const model = useContext(ModelContext);
  if (model === null) throw new Error("component outside of the page");
  return model;
}
