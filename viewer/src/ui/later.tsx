/** Parts of the page that the first picture doesn't need: fetched when they are first shown. */
import type { ComponentType } from "preact";
import { useEffect, useState } from "preact/hooks";

/** Return a stand-in for the component that `load` fetches; where that fails it says so, named as `what`. */
export function later<Props extends object>(
  what: string,
  load: () => Promise<ComponentType<Props>>,
): ComponentType<Props> {
  let Loaded: ComponentType<Props> | null = null;
  return function Later(props: Props) {
    const [trouble, setTrouble] = useState("");
    const [, setReady] = useState(Loaded !== null);
    useEffect(() => {
      if (Loaded) return;
      load().then(
        (component) => {
          Loaded = component;
          setReady(true);
        },
        (error: Error) => setTrouble(error.message),
      );
    }, []);
    if (Loaded) return <Loaded {...props} />;
    if (trouble) {
      return (
        <p class="empty">
          {what} cannot be loaded: {trouble}
        </p>
      );
    }
    return <p class="empty">Loading…</p>;
  };
}
