/** Where the time of a shown sample went. */
import { useEffect, useState } from "preact/hooks";
import type { Hops } from "../app/api";
import { durationText } from "../state/format";
import { type HopTimes, hopsOf, stepText } from "../state/hops";
import type { Store } from "../state/store";
import { useModel } from "./context";

export function HopsView({ signal }: { signal: string }) {
  const model = useModel();
  const [state, setState] = useState<{ times: HopTimes; hops: Hops } | { error: string } | null>(null);
  const [round, setRound] = useState(0);

  useEffect(() => {
    let gone = false;
    setState(null);
    const look = async () => {
      // The ring must be recording before the server names the sample.
      model.traces.of(signal);
      const hops = await model.api.hops(signal);
      const times = await whenShown(model.store, signal, hops, (observedUs) => {
        const { ring } = model.traces.of(signal);
        const at = ring.find(observedUs);
        return at < 0 ? 0 : ring.serial(at);
      });
      if (!gone)
        setState(times ? { times, hops } : { error: "newer samples came before this one was sent; try again" });
    };
    look().catch((error: Error) => !gone && setState({ error: error.message }));
    return () => {
      gone = true;
    };
  }, [signal, round, model]);

  return (
    <div class="hops">
      <div class="hops-head">
        <h4>Way of the newest sample</h4>
        <button type="button" class="link" onClick={() => setRound(round + 1)}>
          again
        </button>
      </div>
      {state === null && <p class="note">Following the sample…</p>}
      {state !== null && "error" in state && <p class="note note-warn">{state.error}</p>}
      {state !== null && "times" in state && <HopTable times={state.times} hops={state.hops} />}
    </div>
  );
}

function HopTable({ times, hops }: { times: HopTimes; hops: Hops }) {
  const { hops: rows, totalMs } = hopsOf(times);
  return (
    <table class="hop-table">
      <tbody>
        {rows.map((hop) => (
          <tr key={hop.label}>
            <td>{hop.label}</td>
            <td class="num">{stepText(hop.stepMs)}</td>
          </tr>
        ))}
        <tr class="hop-total">
          <td>Age on the screen</td>
          <td class="num">{durationText(totalMs)}</td>
        </tr>
        <tr>
          <td colSpan={2} class="muted wrap">
            {hops.stamped ? "Time stamp by the device" : "The device sends no time; the server's arrival time is used"}
            {hops.source ? `, topic ${hops.source}` : ""}
          </td>
        </tr>
      </tbody>
    </table>
  );
}

const PATIENCE_MS = 3000;

/** Wait until the sample that the server named has been painted here; null when it never comes. */
function whenShown(
  store: Store,
  signal: string,
  hops: Hops,
  serialOf: (observedUs: number) => number,
): Promise<HopTimes | null> {
  const look = (): HopTimes | null => {
    const slot = store.slotOf(signal);
    const serial = same(store.observedUs(slot), hops.observed_us)
      ? store.columns.frame[slot]
      : serialOf(hops.observed_us);
    const frame = store.frames.get(serial);
    if (!frame || frame.paintedMs === 0) return null;
    return {
      observedUs: hops.observed_us,
      receivedUs: hops.received_us,
      committedUs: hops.committed_us,
      ...frame,
      offsetMs: store.connection.offsetMs,
    };
  };
  return new Promise((resolve) => {
    const started = performance.now();
    const step = () => {
      const found = look();
      if (found || performance.now() - started > PATIENCE_MS) resolve(found);
      else setTimeout(step, 50);
    };
    step();
  });
}

/** Both sides hold float64 microseconds of one nanosecond stamp. */
function same(a: number, b: number): boolean {
  return Math.abs(a - b) < 1;
}
