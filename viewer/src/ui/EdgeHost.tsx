/** Place of the panel of edge nodes; it is loaded when it is first opened. */
import type { ComponentType } from "preact";
import { useEffect, useState } from "preact/hooks";

export function EdgeHost() {
  const [loaded, setLoaded] = useState<{ Panel: ComponentType } | null>(null);
  const [trouble, setTrouble] = useState("");
  useEffect(() => {
    import("./EdgePanel").then(
      ({ EdgePanel }) => setLoaded({ Panel: EdgePanel }),
      (error: Error) => setTrouble(error.message),
    );
  }, []);
  if (trouble) return <p class="empty">The panel of edge nodes cannot be loaded: {trouble}</p>;
  return loaded ? <loaded.Panel /> : <p class="empty">Loading…</p>;
}
