/** Shows the scene with invented values: `?twins=2000`, `?theme=light`, `?alarms=0`, `?still=1`, `?quality=low`. */
import { createScene } from "../../src/scene";
import { Store } from "../../src/state/store";
import { bottling, crowd } from "./plant";

const query = new URLSearchParams(location.search);
const store = new Store(() => Date.now());
const count = Number(query.get("twins") ?? 0);
const twins = count > 0 ? crowd(count) : bottling();

function set(slot: number, value: number): void {
  const { columns } = store;
  columns.value[slot] = value;
  columns.observedUs[slot] = store.serverNowUs();
  columns.quality[slot] = 0;
  columns.mark(slot);
}

const RANGES: Record<string, [number, number]> = {
  level: [15, 92],
  temperature: [22, 96],
  speed: [20, 1400],
  flow: [10, 80],
  position: [0, 100],
  j1: [-120, 120],
  j2: [-50, 20],
  j3: [-40, 60],
  j4: [-90, 90],
  j5: [-60, 60],
  x: [-4, 9],
  z: [0, 5],
  heading: [0, 360],
};

function tell(seconds: number): void {
  for (const info of twins) {
    if (info.discovered || info.id.endsWith("pump-4")) continue;
    for (const { path, slot } of info.signals) {
      const [low, high] = RANGES[path] ?? [0, 100];
      set(slot, low + (high - low) * (0.5 + 0.5 * Math.sin(seconds * 0.35 + slot * 1.7)));
    }
  }
}

const alarm = (priority: string, state: string) => ({ priority, state, message: "for show", signal: "", since_us: 1 });

store.applySchema({ type: "schema", revision: 1, twins, removed: [], reset: true });
store.setConnection({ phase: "live", frameMs: Date.now() });
tell(3);
if (query.get("alarms") !== "0") {
  store.applyPatch([
    ["syrup/mixer-2", { alarms: { a: alarm("critical", "unacknowledged") } }, true],
    ["water/pump-2", { alarms: { b: alarm("high", "unacknowledged") } }, true],
    ["filling/filler-1", { alarms: { c: alarm("medium", "acknowledged") } }, true],
    ["utilities/fan-2", { alarms: { d: alarm("low", "acknowledged") } }, true],
    ["utilities/motor-3", { connectivity: { online: false } }, true],
  ]);
}
const scene = createScene(document.getElementById("host")!, store, {
  onPick: (id) => {
    scene.select(id);
    console.log("picked", id);
  },
  onReady: () => console.log("ready"),
});
if (query.get("theme") === "light") scene.setTheme("light");
const start = Date.now();
if (query.get("still") !== "1") setInterval(() => tell((Date.now() - start) / 1000 + 3), 100);
Object.assign(window, { scene, store, tell, set });
