import { describe, expect, test } from "vitest";
import { type Bookmark, exported, freshName, imported, kept, moved, usable } from "../../src/state/bookmarks";

function view(name: string, more: Partial<Bookmark> = {}): Bookmark {
  return { name, position: [1, 2, 3], rotation: [0, 0, 0, 1], distance: 12, picture: "3d", selected: "", ...more };
}

describe("kept views", () => {
  test("one of the same name is replaced where it stands", () => {
    const list = [view("a"), view("b")];
    expect(kept(list, view("a", { distance: 5 })).map(({ name, distance }) => [name, distance])).toEqual([
      ["a", 5],
      ["b", 12],
    ]);
    expect(kept(list, view("c")).map(({ name }) => name)).toEqual(["a", "b", "c"]);
  });

  test("move, but not over the ends", () => {
    const list = [view("a"), view("b"), view("c")];
    const names = (found: Bookmark[]) => found.map(({ name }) => name).join("");
    expect(names(moved(list, 2, -1))).toBe("acb");
    expect(names(moved(list, 0, 2))).toBe("bca");
    expect(names(moved(list, 0, -1))).toBe("abc");
    expect(names(moved(list, 7, 1))).toBe("abc");
  });

  test("a fresh name is nobody's", () => {
    expect(freshName([])).toBe("View 1");
    expect(freshName([view("View 2")])).toBe("View 3");
  });

  test("survive the way through a file", () => {
    const list = [view("a", { picture: "flat", selected: "hall/m1" })];
    expect(imported(exported(list))).toEqual(list);
  });

  test.each([
    ["{", "not JSON"],
    ["[]", "no views"],
    ['{"format":"plantverse.views.v2","views":[]}', "no views"],
    ['{"format":"plantverse.views.v1","views":[{"name":"a"}]}', "View 1 of the file"],
    ['{"format":"plantverse.views.v1","views":[{"name":" ","position":[0,0,0],"rotation":[0,0,0,1]}]}', "View 1"],
    ['{"format":"plantverse.views.v1","views":[{"name":"a","position":[0,0,null],"rotation":[0,0,0,1]}]}', "View 1"],
  ])("a file that is none says so: %s", (text, words) => {
    expect(() => imported(text)).toThrow(words);
  });

  test("what the browser kept is taken as far as it is whole", () => {
    const odd = { ...view("b"), distance: -1, picture: "vr", selected: 7 };
    expect(usable([view("a"), null, 3, { name: "x" }, odd])).toEqual([view("a"), view("b", { distance: 10 })]);
  });
});
