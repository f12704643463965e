import { describe, expect, test } from "vitest";
import { keep, recall } from "../../src/app/kept";

function storage(texts: Record<string, string> = {}) {
  return {
    texts,
    getItem: (key: string) => texts[key] ?? null,
    setItem: (key: string, text: string) => {
      texts[key] = text;
    },
  };
}

describe("what the browser keeps", () => {
  test("comes back, field by field, and never with a wrong type", () => {
    const kept = storage();
    keep("sizes", { tree: 300, dock: "high", other: 1 }, kept);
    expect(recall("sizes", { tree: 280, dock: 236 }, kept)).toEqual({ tree: 300, dock: 236 });
  });

  test("is the fallback where nothing or nonsense was kept", () => {
    expect(recall("x", [1], storage())).toEqual([1]);
    expect(recall("x", [1], storage({ x: "{" }))).toEqual([1]);
    expect(recall("x", [1], storage({ x: '{"a":1}' }))).toEqual([1]);
    expect(recall("x", { a: 1 }, storage({ x: "null" }))).toEqual({ a: 1 });
  });

  test("a browser that forbids storage is no fault", () => {
    const forbidden = {
      getItem: () => {
        throw new Error("forbidden");
      },
      setItem: () => {
        throw new Error("full");
      },
    };
    keep("x", 1, forbidden);
    expect(recall("x", 2, forbidden)).toBe(2);
  });
});
