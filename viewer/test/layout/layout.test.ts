import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { footprint, overlaps, rectAt } from "../../src/layout/geometry";
import { compareNames, groupOf, type Item, Layout } from "../../src/layout/layout";

function item(id: string, more: Partial<Item> = {}): Item {
  return { id, type: "Pump", area: "", size: [2, 1, 1], roams: false, position: null, yawDeg: 0, ...more };
}

function rects(layout: Layout, items: readonly Item[]) {
  return items.map((each) => {
    const place = layout.place(each.id)!;
    const [width, depth] = footprint(each.size[0], each.size[2], place.yawDeg);
    return rectAt(place.x, place.z, width, depth);
  });
}

function collisions(layout: Layout, items: readonly Item[]): string[] {
  const found: string[] = [];
  const all = rects(layout, items);
  for (let i = 0; i < all.length; i++) {
    for (let k = i + 1; k < all.length; k++) if (overlaps(all[i], all[k])) found.push(`${items[i].id} ${items[k].id}`);
  }
  return found;
}

describe("layout", () => {
  test("a placement is taken as it is", () => {
    const layout = new Layout();
    layout.update([item("a", { position: [3, 1.5, -4], yawDeg: 90 })]);
    expect(layout.place("a")).toEqual({ x: 3, y: 1.5, z: -4, yawDeg: 90, fixed: true });
  });

  test("a placement that changes moves the twin, and one that comes later wins over the automatic place", () => {
    const layout = new Layout();
    layout.update([item("a")]);
    expect(layout.place("a")!.fixed).toBe(false);
    layout.update([item("a", { position: [30, 0, 0] })]);
    layout.update([item("a", { position: [31, 0, 0] })]);
    expect(layout.place("a")).toMatchObject({ x: 31, fixed: true });
  });

  test("unplaced twins stand on the floor and apart from each other and from placed ones", () => {
    const items = [
      ...Array.from({ length: 40 }, (_, i) =>
        item(`hall/a-${i}`, { size: [1 + (i % 5), 1, 1 + (i % 3)], type: `T${i % 4}` }),
      ),
      ...Array.from({ length: 10 }, (_, i) => item(`hall/p-${i}`, { position: [i * 3, 0, (i % 3) * 5] })),
    ];
    const layout = new Layout();
    layout.update(items);
    expect(collisions(layout, items)).toEqual([]);
    expect(layout.place("hall/a-0")!.y).toBe(0);
  });

  test("twins of an area stand together and areas apart", () => {
    const items = ["north", "south", "west"].flatMap((area) =>
      Array.from({ length: 9 }, (_, i) => item(`${area}-${i}`, { area })),
    );
    const layout = new Layout();
    layout.update(items);
    const areas = layout.areas();
    expect(areas.map((area) => area.name)).toEqual(["north", "south", "west"]);
    for (const a of areas) for (const b of areas) if (a !== b) expect(overlaps(a.rect, b.rect)).toBe(false);
  });

  test("children stand near their parent", () => {
    const layout = new Layout();
    const lines = [item("line-1", { position: [0, 0, 0] }), item("line-2", { position: [100, 0, 0] })];
    layout.update([...lines, item("line-2/pump"), item("line-1/pump")]);
    expect(Math.abs(layout.place("line-1/pump")!.x)).toBeLessThan(15);
    expect(Math.abs(layout.place("line-2/pump")!.x - 100)).toBeLessThan(15);
  });

  test("tall twins stand at the back", () => {
    const layout = new Layout();
    layout.update([item("h/a", { type: "A" }), item("h/z", { type: "Z", size: [3, 6, 3] })]);
    expect(layout.place("h/z")!.z).toBeLessThan(layout.place("h/a")!.z);
  });

  test("twins that come back, even all of them, stand where they stood", () => {
    const items = Array.from({ length: 12 }, (_, i) => item(`hall-${i % 2}/a-${i}`));
    const layout = new Layout();
    layout.update(items);
    const before = items.map((each) => layout.place(each.id));
    layout.update(items.filter((_, i) => i !== 5));
    expect(layout.place("hall-1/a-5")).toBeUndefined();
    layout.update([...items].reverse());
    expect(items.map((each) => layout.place(each.id))).toEqual(before);
    layout.update([]);
    layout.update([...items].reverse());
    expect(items.map((each) => layout.place(each.id))).toEqual(before);
  });

  test("a newcomer takes a place that became free", () => {
    const items = Array.from({ length: 12 }, (_, i) => item(`hall/a-${i}`));
    const layout = new Layout();
    layout.update(items);
    const free = layout.place("hall/a-5");
    const rest = items.filter((_, i) => i !== 5);
    layout.update([...rest, item("hall/new")]);
    expect(layout.place("hall/new")).toEqual(free);
    layout.update([...items, item("hall/new")]);
    expect(collisions(layout, [...items, item("hall/new")])).toEqual([]);
  });

  test("whatever comes and goes, nobody jumps and nobody stands in another", () => {
    const twin = fc.record({
      name: fc.integer({ min: 0, max: 25 }),
      area: fc.constantFrom("", "a", "b/c"),
      type: fc.constantFrom("P", "Q"),
    });
    fc.assert(
      fc.property(
        fc.array(fc.uniqueArray(twin, { selector: (each) => each.name, maxLength: 20 }), { maxLength: 5 }),
        (rounds) => {
          const layout = new Layout();
          let before = new Map<string, string>();
          for (const round of rounds) {
            const items = round.map(({ name, area, type }) =>
              item(`g${name % 3}/t${name}`, { area, type, size: [1 + (name % 4), 1, 1 + (name % 3)] }),
            );
            layout.update(items);
            expect(collisions(layout, items)).toEqual([]);
            const after = new Map(items.map((each) => [each.id, JSON.stringify(layout.place(each.id))]));
            for (const [id, place] of after) if (before.has(id)) expect(place).toBe(before.get(id));
            before = after;
          }
        },
      ),
      { numRuns: 60 },
    );
  });

  test("two thousand at once make a plant, not a line", () => {
    const items = Array.from({ length: 2000 }, (_, i) => item(`hall-${i % 8}/t-${i}`, { type: `T${i % 20}` }));
    const layout = new Layout();
    layout.update(items);
    const xs = items.map((each) => layout.place(each.id)!.x);
    const zs = items.map((each) => layout.place(each.id)!.z);
    const wide = Math.max(...xs) - Math.min(...xs);
    const deep = Math.max(...zs) - Math.min(...zs);
    expect(wide / deep).toBeGreaterThan(0.5);
    expect(wide / deep).toBeLessThan(3);
    expect(wide * deep).toBeLessThan(2000 * 2 * 1 * 12);
  });
});

test("the group is the area, else the path of the id", () => {
  expect(groupOf({ id: "works/hall/pump", area: "north" })).toBe("north");
  expect(groupOf({ id: "works/hall/pump", area: "" })).toBe("works/hall");
  expect(groupOf({ id: "pump", area: "" })).toBe("");
});

test("names count as people count", () => {
  expect(["pump-10", "pump-2", "pump-1"].sort(compareNames)).toEqual(["pump-1", "pump-2", "pump-10"]);
});

test("a turned box covers other floor", () => {
  const [width, depth] = footprint(4, 2, 90);
  expect(width).toBeCloseTo(2);
  expect(depth).toBeCloseTo(4);
});

describe("frames of areas", () => {
  const at = (id: string, area: string, x: number, z: number, roams = false) =>
    item(id, { area, position: [x, 0, z], roams });
  const frames = (items: Item[]) => {
    const layout = new Layout();
    layout.update(items);
    return Object.fromEntries(layout.areas().map(({ name, rect }) => [name, rect]));
  };

  test("meet in the middle where only their margins overlap", () => {
    const { a, b } = frames([at("a1", "a", 0, 0), at("b1", "b", 3, 0)]);
    // Machines 2 m wide with 1 m between them; each margin alone would be 1.5 m.
    expect(a.maxX).toBeCloseTo(1.5);
    expect(b.minX).toBeCloseTo(1.5);
    expect(a.minX).toBeCloseTo(-2.5);
  });

  test("stay as they are where one lies within the other", () => {
    const { a, b } = frames([at("a1", "a", -20, -20), at("a2", "a", 20, 20), at("b1", "b", 0, 0)]);
    expect(overlaps(a, b)).toBe(true);
  });

  test("do not follow vehicles, unless there is nothing else", () => {
    const { yard } = frames([at("charger", "yard", 0, 0), at("agv", "yard", 30, 0, true)]);
    expect(yard.maxX).toBeLessThan(5);
    expect(frames([at("agv", "yard", 30, 0, true)]).yard.maxX).toBeGreaterThan(30);
  });
});
