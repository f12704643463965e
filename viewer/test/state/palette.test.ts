import { describe, expect, test } from "vitest";
import { type Entry, found } from "../../src/state/palette";

const entry = (kind: Entry["kind"], title: string, detail = ""): Entry => ({
  kind,
  key: `${kind} ${title}`,
  title,
  detail,
});

describe("the command palette", () => {
  const entries = [
    entry("signal", "Pressure", "Feed pump hall/p1:pressure"),
    entry("twin", "Feed pump", "hall/p1 Pump"),
    entry("twin", "Pump house", "hall/h Room"),
    entry("alarm", "Pump runs hot", "Feed pump, high"),
  ];

  test("puts titles that begin with the word first, and alarms before the rest", () => {
    expect(found(entries, "pump", 9).map((hit) => hit.title)).toEqual([
      "Pump runs hot",
      "Pump house",
      "Feed pump",
      "Pressure",
    ]);
  });

  test("asks for every word, in title or detail, without regard to case", () => {
    expect(found(entries, "PRESS hall/p1", 9).map((hit) => hit.title)).toEqual(["Pressure"]);
    expect(found(entries, "pump nowhere", 9)).toEqual([]);
  });

  test("offers what is most urgent before anything is typed, and no more than asked for", () => {
    expect(found(entries, " ", 2).map((hit) => hit.kind)).toEqual(["alarm", "twin"]);
  });
});
