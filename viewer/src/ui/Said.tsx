/** Tells small things: for a moment on the screen, and to a screen reader. */
import { useEffect, useState } from "preact/hooks";
import { useModel } from "./context";

const SHOWN_MS = 2500;

export function Said() {
  const model = useModel();
  const text = model.said.value;
  const [shown, setShown] = useState(false);
  useEffect(() => {
    if (!text) return;
    setShown(true);
    const timer = setTimeout(() => {
      setShown(false);
      model.said.value = "";
    }, SHOWN_MS);
    return () => clearTimeout(timer);
  }, [text, model]);
  return (
    <p class={`said ${shown ? "" : "is-gone"}`} role="status">
      {text}
    </p>
  );
}
