import { describe, expect, test } from "vitest";
import type { CommandInfo } from "../../src/protocol/messages.gen";
import {
  hiddenFault,
  kindsOf,
  placesOf,
  reported,
  sensorsOf,
  simulationOf,
  standingOf,
} from "../../src/state/simulation";
import { signal, twin } from "../build";

const command = (name: string, choices: string[] = []): CommandInfo => ({
  name,
  title: "",
  description: "",
  parameters: [{ name: "kind", kind: "str", unit: "", choices, range: null, required: true }],
  timeout_s: 5,
  confirm: false,
  role: "engineer",
});
const simulation = twin("any/where", [], { commands: [command("clear"), command("inject", ["leak", "jam"])] });

describe("the simulation of a plant", () => {
  test("is the twin that takes its commands, whatever its name", () => {
    const pump = twin("p", [], { commands: [command("start")] });
    expect(simulationOf([pump, simulation])).toBe(simulation);
    expect(simulationOf([pump])).toBeUndefined();
    expect(kindsOf(simulation)).toEqual(["leak", "jam"]);
    expect(kindsOf(pump)).toEqual([]);
  });

  test("says where faults can be and which stand", () => {
    expect([...placesOf("leak: a/t b/t; jam: a/m; odd; none: ")]).toEqual([
      ["leak", ["a/t", "b/t"]],
      ["jam", ["a/m"]],
    ]);
    expect(placesOf(undefined).size).toBe(0);
    expect(standingOf("leak at a/t, sensor_stuck at a/t:level.raw")).toEqual([
      { kind: "leak", twin: "a/t", signal: "" },
      { kind: "sensor_stuck", twin: "a/t", signal: "level.raw" },
    ]);
    expect(standingOf("none")).toEqual([]);
    expect(standingOf(7)).toEqual([]);
    expect(reported({ reported: { clock: "2026-01-01 10:00", n: 3 } }, "clock")).toBe("2026-01-01 10:00");
    expect(reported({ reported: { n: 3 } }, "n")).toBe("");
    expect(reported({}, "n")).toBe("");
  });

  test("hides faults only where they can be, with a severity that shows", () => {
    const tank = twin("a/t", [
      signal(0, "level"),
      signal(1, "mode", { kind: "enum" }),
      signal(2, "rate", { derived: true }),
    ]);
    const silent = twin("b/t", [signal(3, "on", { kind: "bool" })]);
    const known = new Map([tank, silent].map((each) => [each.id, each]));
    expect(sensorsOf(tank)).toEqual(["level"]);
    const places = placesOf("leak: a/t b/t; sensor_drift: b/t a/t");
    const seen = new Set<string>();
    for (let n = 0; n < 100; n++) {
      const draws = [n / 100, (n * 7) / 100, (n * 3) / 100, (n * 13) / 100].map((x) => x % 1);
      const fault = hiddenFault(
        places,
        (id) => known.get(id),
        () => draws.shift() ?? 0,
      )!;
      expect(fault.severity).toBeGreaterThanOrEqual(0.5);
      expect(fault.severity).toBeLessThanOrEqual(1);
      seen.add(`${fault.kind} ${fault.target}`);
    }
    expect(seen).toEqual(new Set(["leak a/t", "leak b/t", "sensor_drift a/t:level"]));
    expect(
      hiddenFault(
        new Map(),
        () => undefined,
        () => 0,
      ),
    ).toBeNull();
  });
});
