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

  test("says which sensors can fail", () => {
    const tank = twin("a/t", [
      signal(0, "level"),
      signal(1, "mode", { kind: "enum" }),
      signal(2, "rate", { derived: true }),
    ]);
    expect(sensorsOf(tank)).toEqual(["level"]);
    expect(sensorsOf(undefined)).toEqual([]);
  });

  test("hides faults only where they show, as bad and as quick as they were measured to show", () => {
    const shows = placesOf("leak: a/t b/t; sensor_drift: a/t:level a/t:motor.speed; jam: ");
    const seen = new Set<string>();
    const severities = [];
    for (let n = 0; n < 400; n++) {
      const draws = [(n * 0.37) % 1, (n * 0.61) % 1, (n * 0.0025) % 1];
      const fault = hiddenFault(shows, () => draws.shift()!)!;
      expect(draws).toEqual([]);
      expect(fault.onset).toBe(10);
      severities.push(fault.severity);
      seen.add(`${fault.kind} ${fault.target}`);
    }
    expect(seen).toEqual(new Set(["leak a/t", "leak b/t", "sensor_drift a/t:level", "sensor_drift a/t:motor.speed"]));
    expect(Math.min(...severities)).toBe(0.75);
    expect(Math.max(...severities)).toBe(1);
    expect(hiddenFault(shows, () => 1 - Number.EPSILON)).toEqual({
      kind: "sensor_drift",
      target: "a/t:motor.speed",
      severity: 1,
      onset: 10,
    });
  });

  test("hides nothing where nothing shows or the simulation does not say", () => {
    const never = () => {
      throw new Error("nothing is drawn");
    };
    for (const told of ["", "none", "jam: ", undefined, 7]) expect(hiddenFault(placesOf(told), never)).toBeNull();
  });
});
