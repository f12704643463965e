import { describe, expect, it } from "vitest";
import { AlarmIndex } from "../../src/state/alarms";
import {
  detectorsOf,
  isOutput,
  liveBlames,
  mostBlamed,
  type Plant,
  pastBlames,
  pastText,
  whyText,
} from "../../src/state/anomalies";
import { eventText } from "../../src/state/event-text";
import type { Document } from "../../src/state/merge";
import { signal, twin } from "../build";

const PUMP = "hall/pump-1";
const NOW = 1e15;
const BEYOND = {
  state: "watching",
  message: "",
  hint: "",
  model: "pumps",
  version: 2,
  method: "mewma",
  limit: 1,
  signals: 9,
  missing: [],
  beyond: true,
  since_us: NOW - 180e6,
  shares: [
    { signal: `${PUMP}:motor.vibration`, share: 0.62 },
    { signal: `${PUMP}:power`, share: 0.25 },
    { signal: "hall/pump-2:flow", share: 0.1 },
  ],
  first: [{ signal: `${PUMP}:motor.vibration`, share: 0.9 }],
};
const nameOf = (id: string) => id.slice(id.indexOf(":") + 1);

function plant(detector: Document, state: string | null, extra: Document = {}): Plant {
  const id = `${PUMP}:anomaly.score:h`;
  const alarm = { state, priority: "high", message: "Anomaly score above 1", signal: "anomaly.score", ...extra };
  const document: Document = { detectors: { anomaly: detector }, alarms: state ? { [id]: alarm } : {} };
  const alarms = new AlarmIndex();
  alarms.update(PUMP, document);
  return {
    twins: new Map([[PUMP, twin(PUMP)]]),
    alarms,
    document: () => document,
    value: () => Number.NaN,
  };
}

describe("what detectors blame", () => {
  it("glows while an alarm stands and is heard, with its priority", () => {
    const found = liveBlames(plant(BEYOND, "unacknowledged"));
    expect(found.map(({ path, share }) => [path, share])).toEqual([
      ["motor.vibration", 0.62],
      ["power", 0.25],
    ]);
    expect(found[0]).toMatchObject({ twin: PUMP, priority: "high", unacknowledged: true });
    expect(liveBlames(plant(BEYOND, "acknowledged"))[0].unacknowledged).toBe(false);
  });

  it("does not glow before the delay, when it is shelved, suppressed or over", () => {
    expect(liveBlames(plant(BEYOND, null))).toEqual([]);
    expect(liveBlames(plant(BEYOND, "unacknowledged", { shelved_until_us: NOW }))).toEqual([]);
    expect(liveBlames(plant(BEYOND, "unacknowledged", { suppressed: true }))).toEqual([]);
    expect(liveBlames(plant(BEYOND, "returned"))).toEqual([]);
    expect(liveBlames(plant({ ...BEYOND, beyond: false }, "unacknowledged"))).toEqual([]);
  });

  it("names the first in any case and others only if they stand out", () => {
    const even = [0.1, 0.09, 0.08].map((share, i) => ({ signal: `a:s${i}`, share }));
    expect(mostBlamed(even)).toHaveLength(1);
    expect(mostBlamed([])).toEqual([]);
  });

  it("glows in the past by values alone", () => {
    const score = signal(0, "anomaly.score", { limits: [null, null, 1, null] });
    const codes = { 0: "nothing", 1: `${PUMP}:motor.vibration` };
    const blamed = signal(1, "anomaly.blamed", { kind: "enum", codes });
    const at = (values: number[]) => ({
      ...plant({}, null),
      twins: new Map([[PUMP, twin(PUMP, [score, blamed])]]),
      value: (slot: number) => values[slot],
    });
    expect(pastBlames(at([2, 1]))).toMatchObject([{ twin: PUMP, path: "motor.vibration" }]);
    expect(pastBlames(at([0.5, 0]))).toEqual([]);
    expect(pastBlames(at([2, 0]))).toEqual([]);
    expect(pastBlames(at([Number.NaN, 1]))).toEqual([]);
  });
});

describe("words for it", () => {
  const [detector] = detectorsOf(PUMP, { detectors: { anomaly: BEYOND } });

  it("says what does not go with the others, for how long, and where it began", () => {
    expect(whyText(detector, nameOf, NOW)).toBe(
      "Unlike normal operation for 3 min: motor.vibration does not go with the others as it did. It makes up 62 % of the score, then power.",
    );
    const moved = { ...detector, first: [{ signal: `${PUMP}:flow`, share: 1 }] };
    expect(whyText(moved, nameOf, NOW)).toContain("It began with flow.");
  });

  it("is calm when there is nothing, and says what is missing", () => {
    const calm = { ...detector, beyond: false, message: "1 of its 10 signals are not in the plant: a:b" };
    expect(whyText(calm, nameOf, NOW)).toBe(
      "Nothing unusual: its 9 signals go together as they did in normal operation. 1 of its 10 signals are not in the plant: a:b.",
    );
  });

  it("says why nothing is judged", () => {
    const refused = { ...detector, state: "invalid", message: "changed since it was saved", hint: "fit it again" };
    expect(whyText(refused, nameOf, NOW)).toBe("Changed since it was saved. Fit it again.");
    expect(whyText({ ...detector, state: "starting", message: "", hint: "" }, nameOf, NOW)).toBe("Starting.");
  });

  it("speaks of the past by what is known of it", () => {
    expect(pastText(2, 1, "Vibration")).toBe("Unlike normal operation at that moment; most to blame was Vibration.");
    expect(pastText(2, 1, "")).toBe("Unlike normal operation at that moment.");
    expect(pastText(0.5, 1, "")).toBe("Nothing was unusual at that moment.");
    expect(pastText(Number.NaN, 1, "")).toBe("Nothing was judged at that moment.");
  });

  it("takes documents with holes", () => {
    const [empty] = detectorsOf(PUMP, { detectors: { anomaly: {} } });
    expect(empty).toMatchObject({ state: "", limit: 1, shares: [], beyond: false });
    expect(detectorsOf(PUMP, {})).toEqual([]);
    expect(isOutput([empty], "anomaly.score")).toBe(true);
    expect(isOutput([empty], "motor.score")).toBe(false);
  });

  it("tells an event in a sentence", () => {
    const body = { detector: `${PUMP}:anomaly`, model: "pumps", action: "began", peak: 4.2, blamed: BEYOND.shares };
    const event = { revision: 1, at_us: 0, kind: "anomaly", twin: PUMP, body };
    expect(eventText(event)).toBe(
      `Anomaly by pumps began, peak 4.20, most to blame ${PUMP}:motor.vibration, ${PUMP}:power`,
    );
  });
});
