/** Things that tests need: twins, frames, a store at a chosen time. */
import type { SignalInfo, TwinInfo, VisualInfo, Welcome } from "../src/protocol/messages.gen";
import { Store } from "../src/state/store";

export function signal(slot: number, path: string, change: Partial<SignalInfo> = {}): SignalInfo {
  return {
    slot,
    path,
    kind: "float",
    unit: "",
    name: "",
    description: "",
    range: null,
    limits: null,
    codes: {},
    max_age_s: 0,
    decimals: null,
    derived: false,
    bound: true,
    ...change,
  };
}

export function visual(kind: string, slot: number, change: Partial<VisualInfo> = {}): VisualInfo {
  return {
    kind,
    slot,
    axis: "y",
    stops: [],
    low: 0,
    high: 1,
    scale: 1,
    offset: 0,
    joint: "",
    relation: "",
    points: [],
    unit: "m",
    width: 0.12,
    color: "",
    item: "box",
    amount: -1,
    ...change,
  };
}

export function twin(id: string, signals: SignalInfo[] = [], change: Partial<TwinInfo> = {}): TwinInfo {
  return {
    id,
    type: "Thing",
    name: "",
    area: "",
    tags: [],
    signals,
    properties: [],
    commands: [],
    relations: {},
    geometry: { shape: "box", size: [1, 1, 1], color: "", mesh: "", problem: "" },
    visuals: [],
    position: null,
    yaw_deg: 0,
    discovered: false,
    synthetic: null,
    topic: "",
    ...change,
  };
}

export function welcome(change: Partial<Welcome> = {}): Welcome {
  return {
    type: "welcome",
    version: "plantverse.sync.v1",
    origin: "o",
    epoch: 1,
    revision: 0,
    tick_ms: 40,
    time_us: 0,
    resumed: false,
    plant: "p",
    user: "u",
    role: "operator",
    ack_window: 2,
    ...change,
  };
}

export interface Row {
  slot: number;
  value: number;
  observedUs?: number;
  quality?: number;
  exact?: bigint;
}

export function frame(rows: Row[], number = 1, revision = 1, timeUs = 0): ArrayBuffer {
  const n = rows.length;
  const exact = rows.flatMap((row, i) => (row.exact === undefined ? [] : [[i, row.exact] as const]));
  const m = exact.length;
  const size = 32 + 21 * n + 12 * m;
  const data = new ArrayBuffer(size + ((8 - (size % 8)) % 8));
  const view = new DataView(data);
  view.setUint8(0, 0xf7);
  view.setUint8(1, 1);
  view.setUint16(2, 1, true);
  view.setUint32(4, n, true);
  view.setUint32(8, revision, true);
  view.setFloat64(16, timeUs, true);
  view.setUint32(24, number, true);
  view.setUint32(28, m, true);
  rows.forEach((row, i) => {
    view.setFloat64(32 + 8 * i, row.value, true);
    view.setFloat64(32 + 8 * n + 8 * i, row.observedUs ?? 0, true);
    view.setUint32(32 + 16 * n + 8 * m + 4 * i, row.slot, true);
    view.setUint8(32 + 20 * n + 12 * m + i, row.quality ?? 0);
  });
  exact.forEach(([row, value], i) => {
    view.setBigInt64(32 + 16 * n + 8 * i, value, true);
    view.setUint32(32 + 20 * n + 8 * m + 4 * i, row, true);
  });
  return data;
}

/** A store whose clock the test moves; live, with these twins. */
export function liveStore(twins: TwinInfo[]): { store: Store; clock: { ms: number } } {
  const clock = { ms: 1_000_000 };
  const store = new Store(() => clock.ms);
  store.applyWelcome(welcome());
  store.setConnection({ phase: "live" });
  store.applySchema({ type: "schema", revision: 1, twins, removed: [], reset: false });
  store.applyFrame(frame([]), clock.ms);
  return { store, clock };
}
