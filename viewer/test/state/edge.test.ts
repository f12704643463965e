import { describe, expect, it } from "vitest";
import type { TwinInfo } from "../../src/protocol/messages.gen";
import { hasEdgeNodes, msText, runsOn } from "../../src/state/edge";

describe("edge", () => {
  it("is there while a node's twin is", () => {
    const twin = (type: string) => ({ type }) as TwinInfo;
    expect(hasEdgeNodes([twin("Pump")])).toBe(false);
    expect(hasEdgeNodes([twin("Pump"), twin("EdgeNode")])).toBe(true);
  });

  it("says where a twin runs only if that is not the server", () => {
    expect(runsOn({})).toBeNull();
    expect(runsOn({ runs_on: { node: "server", group: "line" } })).toBeNull();
    expect(runsOn({ runs_on: { node: "edge-1", group: "line" } })).toBe("edge-1 (group line)");
    expect(runsOn({ runs_on: { node: "edge-1" } })).toBe("edge-1");
    expect(runsOn({ runs_on: 7 })).toBeNull();
  });

  it("writes milliseconds for the eye", () => {
    expect([null, Number.NaN, 0.84, 12.6, 1234].map(msText)).toEqual(["–", "–", "0.8 ms", "13 ms", "1,234 ms"]);
  });
});
