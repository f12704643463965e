import { expect, test } from "vitest";
import { Movers } from "../../src/bindings/movers";
import { Rules } from "../../src/bindings/rules";
import { signal, twin, visual } from "../build";

function rules(id: string, own: number[], read: number[]): Rules {
  const info = twin(
    id,
    own.map((slot) => signal(slot, `s${slot}`)),
    { visuals: read.map((slot) => visual("label", slot)) },
  );
  return new Rules(info, [], { body: [0, 0, 0], content: [0, 0, 0] });
}

/** Let all go a step; each in `staying` goes on. Returns who went. */
function walk(movers: Movers<Rules>, staying: readonly string[] = []): string[] {
  const went: string[] = [];
  movers.walk(0.1, true, ({ info }) => {
    went.push(info.id);
    return staying.includes(info.id);
  });
  return went;
}

test("a newcomer goes, stays while it moves, and comes back once for any number of its readers' changes", () => {
  const movers = new Movers<Rules>();
  for (const each of [rules("a", [0, 1], [0, 1]), rules("b", [2], [2])]) movers.enlist(each);
  expect(walk(movers, ["b"])).toEqual(["a", "b"]);
  expect(movers.size).toBe(1);
  movers.touch(1);
  movers.touch(0);
  movers.touch(2);
  expect(walk(movers)).toEqual(["b", "a"]);
  expect(walk(movers)).toEqual([]);
});

test("a twin goes for the slots that its rules read, another twin's too, and not for the others of its own", () => {
  const movers = new Movers<Rules>();
  const lamp = rules("lamp", [0, 1], [0, 70]);
  movers.enlist(lamp);
  movers.enlist(rules("pump", [70], []));
  walk(movers);
  movers.touch(1);
  movers.touch(999);
  expect(walk(movers)).toEqual([]);
  movers.touch(70);
  expect(walk(movers)).toEqual(["lamp"]);
  movers.retire(lamp);
  movers.touch(70);
  expect(walk(movers)).toEqual([]);
});

test("who leaves while it moves goes no more, and who takes its seat is somebody else", () => {
  const movers = new Movers<Rules>();
  const [a, b, c] = [rules("a", [0], [0]), rules("b", [1], [1]), rules("c", [2], [2])];
  for (const each of [a, b]) movers.enlist(each);
  movers.setStale(a, true);
  movers.retire(a);
  movers.enlist(c);
  movers.touch(0);
  expect(walk(movers).sort()).toEqual(["b", "c"]);
  expect(movers.touch(2)).toBeUndefined();
});

test("the owner of a slot is told of as long as it is stale", () => {
  const movers = new Movers<Rules>();
  const silo = rules("silo", [5, 6], [5]);
  movers.enlist(silo);
  expect(movers.touch(6)).toBeUndefined();
  movers.setStale(silo, true);
  expect(movers.touch(6)).toBe(silo);
  movers.clear();
  expect(movers.touch(6)).toBeUndefined();
  expect(movers.size).toBe(0);
});
