import { describe, expect, test } from "vitest";
import type { EventInfo } from "../../src/protocol/messages.gen";
import { faceplateOf, modeOf, newestCommand, setPointValue } from "../../src/state/faceplate";
import { signal, twin } from "../build";

function shape(signals: ReturnType<typeof signal>[], properties: string[] = [], label = -1) {
  const made = twin("t", signals);
  return {
    ...made,
    properties: properties.map((path) => ({ path })) as never,
    visuals: label < 0 ? [] : ([{ kind: "label", slot: label }] as never),
  };
}

describe("a faceplate", () => {
  test("finds the set-point of a valve by its unit, and what it is for", () => {
    const valve = shape([
      signal(0, "flow", { unit: "m3/h" }),
      signal(1, "position", { unit: "%" }),
      signal(2, "setpoint", { unit: "%" }),
    ]);
    const face = faceplateOf(valve);
    expect(face.value?.path).toBe("position");
    expect(face.setPoint).toEqual({ of: "position", slot: 2, property: "" });
    expect(setPointValue(face.setPoint!, (slot) => [4, 60, 63][slot], {})).toBe(63);
  });

  test("takes a set-point from a property, reported before desired", () => {
    const filler = shape(
      [signal(0, "state", { kind: "enum" }), signal(1, "speed"), signal(2, "motor.speed")],
      ["speed_setpoint"],
    );
    const face = faceplateOf(filler);
    expect([face.value?.path, face.output?.path, face.state?.path]).toEqual(["speed", "motor.speed", "state"]);
    const read = () => Number.NaN;
    expect(setPointValue(face.setPoint!, read, { desired: { speed_setpoint: 9 } })).toBe(9);
    expect(
      setPointValue(face.setPoint!, read, { desired: { speed_setpoint: 9 }, reported: { speed_setpoint: 8 } }),
    ).toBe(8);
    expect(setPointValue(face.setPoint!, read, {})).toBeNaN();
  });

  test("of a machine without set-point shows the value that labels it", () => {
    const pump = shape([signal(0, "power", { range: [0, 9] }), signal(1, "flow")], [], 1);
    expect(faceplateOf(pump)).toMatchObject({ value: { path: "flow" }, setPoint: null, output: null, state: null });
    expect(faceplateOf(shape([signal(0, "on", { kind: "bool" })])).value).toBeNull();
  });
});

describe("who has a machine in hand", () => {
  const plain = shape([signal(0, "flow")]);
  const none = () => Number.NaN;

  test.each([
    ["automatic", "automatic"],
    ["AUTO", "automatic"],
    ["manual", "manual"],
    ["by hand", "manual"],
    ["Interlocked", "interlocked"],
    ["dancing", null],
  ])("%s is %s", (word, mode) => {
    expect(modeOf(plain, none, { reported: { mode: word } })).toBe(mode);
  });

  test("an interlock comes before any mode", () => {
    const locked = shape([signal(0, "interlock.door", { kind: "bool" })]);
    expect(modeOf(locked, () => 1, { reported: { mode: "manual" } })).toBe("interlocked");
    expect(modeOf(locked, () => 0, { reported: { mode: "manual" } })).toBe("manual");
    expect(modeOf(plain, none, { reported: { interlocked: true } })).toBe("interlocked");
    expect(modeOf(plain, none, {})).toBeNull();
  });
});

test("the newest command has its author, who is named only where it was asked for", () => {
  const event = (at_us: number, twinId: string, body: Record<string, unknown>) =>
    ({ revision: at_us, at_us, kind: "command", twin: twinId, body }) as EventInfo;
  const events = [
    event(1, "t", { request: "a", asked_as: "mine", command: "start", status: "pending", user: "anna" }),
    event(2, "t", { request: "a", asked_as: "mine", status: "succeeded" }),
    event(3, "u", { request: "b", command: "stop", status: "pending", user: "ben" }),
  ];
  expect(newestCommand(events, "t")).toEqual({
    askedAs: "mine",
    command: "start",
    status: "succeeded",
    user: "anna",
    message: "",
    atUs: 2,
  });
  expect(newestCommand(events, "t", 1)?.status).toBe("pending");
  expect(newestCommand(events, "v")).toBeNull();
});
