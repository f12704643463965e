/** `window.plantverse`: what tests and a curious engineer may read of the page. */
import type { Connection, Store, Worst } from "../state/store";
import type { Model } from "../ui/model";
import type { HeadsetProbe } from "../xr/probe";

export interface SignalReading {
  value: number;
  observedUs: number;
  receivedUs: number;
  quality: number;
  revision: number;
  stale: boolean;
}

export interface TestHandle {
  readonly store: Store;
  readonly connection: Connection;
  /** Null for a signal that does not exist. */
  read(signal: string): SignalReading | null;
  worstOf(twin: string): Worst;
  select(twin: string | null): void;
  readonly selected: string | null;
  /** Where and how the scene shows a twin; null until it has loaded. */
  probe(twin: string): unknown;
  /** Whether the scene has shown its first twin. */
  readonly sceneReady: boolean;
  /** What the scene costs, see its `stats`; null until it has loaded. */
  stats(): unknown;
  /** How often messages of the server were applied, and what that took in all, ms. */
  readonly applied: { times: number; ms: number };
  /** The session with a headset, or null. */
  readonly headset: HeadsetProbe | null;
  ages(): { p50: number; p99: number; rate: number };
}

declare global {
  interface Window {
    plantverse: TestHandle;
  }
}

export function testHandle(model: Model): TestHandle {
  const { store } = model;
  return {
    store,
    get connection() {
      return store.connection;
    },
    read(signal) {
      const slot = store.slotOf(signal);
      if (slot < 0) return null;
      return {
        value: store.value(slot),
        observedUs: store.observedUs(slot),
        receivedUs: store.receivedUs(slot),
        quality: store.quality(slot),
        revision: store.revision(slot),
        stale: store.isStale(slot),
      };
    },
    worstOf: (twin) => store.worstOf(twin),
    select: (twin) => model.select(twin),
    get selected() {
      return model.selected.peek();
    },
    probe: (twin) => model.scene.peek()?.probe(twin) ?? null,
    get sceneReady() {
      return model.scenePainted.peek();
    },
    stats: () => model.scene.peek()?.stats() ?? null,
    applied: model.link.applied,
    get headset() {
      return model.scene.peek()?.headset ?? null;
    },
    ages: () => store.ages.window,
  };
}
