/** Something fetched again and again while its panel is open. */
import { useEffect, useState } from "preact/hooks";

export interface Polled<T> {
  value: T | null;
  error: string;
  reload(): void;
}

/** With another `key` something else is fetched, at once. */
export function usePolled<T>(fetchIt: () => Promise<T>, everyMs: number, key = ""): Polled<T> {
  const [value, setValue] = useState<T | null>(null);
  const [error, setError] = useState("");
  const [round, setRound] = useState(0);
  useEffect(() => {
    let gone = false;
    const look = () =>
      fetchIt()
        .then((found) => {
          if (gone) return;
          setValue(found);
          setError("");
        })
        .catch((problem: Error) => !gone && setError(problem.message));
    void look();
    const timer = setInterval(look, everyMs);
    return () => {
      gone = true;
      clearInterval(timer);
    };
  }, [round, key]);
  return { value, error, reload: () => setRound(round + 1) };
}
