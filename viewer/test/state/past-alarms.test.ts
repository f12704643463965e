import { describe, expect, test } from "vitest";
import { PastAlarms } from "../../src/app/past-alarms";
import type { EventInfo } from "../../src/protocol/messages.gen";
import { incidentOf } from "../../src/state/incident";
import { alarmsAsOf } from "../../src/state/past-alarms";
import { signal, twin } from "../build";

function alarm(at_us: number, action: string, more: Record<string, unknown> = {}): EventInfo {
  const body = { alarm: "t:v:h", action, priority: "high", message: "too much", signal: "v", ...more };
  return { revision: at_us, at_us, kind: "alarm", twin: "t", body };
}

describe("the alarms of a moment", () => {
  const life = [
    alarm(10, "raised", { value: 81 }),
    alarm(20, "acknowledged", { user: "anna", comment: "seen" }),
    alarm(30, "returned"),
    alarm(40, "raised"),
    alarm(50, "returned"),
    alarm(60, "acknowledged"),
  ];
  const stateAt = (us: number) => alarmsAsOf(life, us).of("t")[0]?.state ?? null;

  test("follow the life of each", () => {
    expect([5, 10, 25, 35, 45, 55, 65].map(stateAt)).toEqual([
      null,
      "unacknowledged",
      "acknowledged",
      null,
      "unacknowledged",
      "returned",
      null,
    ]);
    expect(alarmsAsOf(life, 25).of("t")[0]).toMatchObject({ by: "anna", comment: "seen", sinceUs: 10, value: 81 });
  });

  test("leave out what is shelved, and what is none", () => {
    const events = [alarm(1, "raised"), alarm(2, "shelved"), { ...alarm(3, "raised"), kind: "birth" }];
    expect(alarmsAsOf(events, 9).counts()).toMatchObject({ active: 0, shelved: 1 });
    expect(alarmsAsOf([...events, alarm(4, "unshelved")], 9).counts()).toMatchObject({ active: 1, shelved: 0 });
  });

  test("one whose beginning is not known stands from the first word of it", () => {
    expect(alarmsAsOf([alarm(7, "returned")], 9).of("t")[0]).toMatchObject({ state: "returned", sinceUs: 7 });
  });

  test("are asked for once for later moments, and again for earlier ones", async () => {
    const asked: string[] = [];
    const past = new PastAlarms(
      async (start) => {
        asked.push(start);
        return life;
      },
      () => 1000e6,
    );
    await past.at(500e6);
    expect((await past.at(700e6)).of("t")).toEqual([]);
    expect(asked.length).toBe(1);
    await past.at(400e6);
    expect(asked).toEqual(["0.000", "0.000"]);
  });
});

describe("the ten minutes around an alarm", () => {
  const machine = twin("t", [
    signal(0, "state", { kind: "enum" }),
    signal(1, "speed"),
    signal(2, "temperature", { limits: [null, null, 80, 90] }),
    signal(3, "v"),
  ]);

  test("show its signal first, then what else is watched", () => {
    const [found] = alarmsAsOf([alarm(600e6, "raised")], 700e6).of("t");
    expect(incidentOf(found, machine)).toEqual({
      alarm: "t:v:h",
      title: "too much",
      signals: ["t:v", "t:temperature", "t:speed"],
      fromUs: 300e6,
      toUs: 900e6,
    });
  });

  test("of a rule start with what is watched; of a twin that went there is nothing but the signal", () => {
    const [rule] = alarmsAsOf([alarm(600e6, "raised", { signal: "" })], 700e6).of("t");
    expect(incidentOf(rule, machine).signals).toEqual(["t:temperature", "t:speed", "t:v"]);
    expect(incidentOf(rule, undefined).signals).toEqual([]);
  });
});
