import { expect, test } from "vitest";
import { keepToken, takeToken } from "../../src/app/token";

function places(hash: string, kept: Record<string, string> = {}) {
  const urls: string[] = [];
  const storage = {
    getItem: (key: string) => kept[key] ?? null,
    setItem: (key: string, value: string) => {
      kept[key] = value;
    },
    removeItem: (key: string) => {
      delete kept[key];
    },
  };
  const history = { replaceState: (_data: unknown, _unused: string, url: string) => void urls.push(url) };
  return { location: { hash, pathname: "/p/", search: "?q=1" }, history, storage, urls, kept };
}

test("a token in the fragment is taken, kept and removed from the address", () => {
  const at = places("#token=pv_a%2Bb&twin=x");
  expect(takeToken(at)).toBe("pv_a+b");
  expect(at.urls).toEqual(["/p/?q=1#twin=x"]);
  expect(Object.values(at.kept)).toEqual(["pv_a+b"]);
});

test("without one the kept token is used, and the address stays", () => {
  const at = places("");
  keepToken(at.storage, "kept");
  expect(takeToken(at)).toBe("kept");
  expect(at.urls).toEqual([]);
});

test("an empty token in the fragment signs out", () => {
  const at = places("#token=");
  keepToken(at.storage, "kept");
  expect(takeToken(at)).toBe("");
  expect(at.kept).toEqual({});
});
