/** Views that somebody keeps by name: where one looks from, what is chosen, and how it is shown. Pure. */

export interface Bookmark {
  name: string;
  position: [number, number, number];
  /** Quaternion x, y, z, w. */
  rotation: [number, number, number, number];
  /** To what is looked at, metres. */
  distance: number;
  picture: "3d" | "flat";
  /** Id of the chosen twin, or "". */
  selected: string;
}

/** The number keys reach so many. */
export const NUMBERED = 9;
const MOST = 99;
const FORMAT = "plantverse.views.v1";

/** Put a bookmark in; one of the same name is replaced where it stands. */
export function kept(list: readonly Bookmark[], added: Bookmark): Bookmark[] {
  const at = list.findIndex(({ name }) => name === added.name);
  if (at >= 0) return list.map((other, i) => (i === at ? added : other));
  return [...list, added].slice(-MOST);
}

/** Move the bookmark at `index` by `steps` places. */
export function moved(list: readonly Bookmark[], index: number, steps: number): Bookmark[] {
  const to = index + steps;
  if (index < 0 || index >= list.length || to < 0 || to >= list.length) return [...list];
  const rest = list.filter((_, i) => i !== index);
  return [...rest.slice(0, to), list[index], ...rest.slice(to)];
}

/** Return a name that nobody has yet: "View 3". */
export function freshName(list: readonly Bookmark[]): string {
  let number = list.length + 1;
  while (list.some(({ name }) => name === `View ${number}`)) number++;
  return `View ${number}`;
}

export function exported(list: readonly Bookmark[]): string {
  return `${JSON.stringify({ format: FORMAT, views: list }, null, 2)}\n`;
}

/**
 * Return the bookmarks of a file that was exported.
 *
 * @throws Error that says what is wrong with it.
 */
export function imported(text: string): Bookmark[] {
  let found: unknown;
  try {
    found = JSON.parse(text);
  } catch {
    throw new Error("The file is not JSON.");
  }
  const { format, views } = (found ?? {}) as { format?: unknown; views?: unknown };
  if (format !== FORMAT || !Array.isArray(views)) throw new Error("The file holds no views of plantverse.");
  const good = views.map(checked);
  const bad = good.indexOf(null);
  if (bad >= 0) throw new Error(`View ${bad + 1} of the file lacks a name or a place.`);
  return (good as Bookmark[]).slice(0, MOST);
}

/** Return those of a stored list that are whole. */
export function usable(found: readonly unknown[]): Bookmark[] {
  return found.map(checked).filter((bookmark) => bookmark !== null);
}

function checked(raw: unknown): Bookmark | null {
  const { name, position, rotation, distance, picture, selected } = (raw ?? {}) as Record<string, unknown>;
  if (typeof name !== "string" || !name.trim() || !numbers(position, 3) || !numbers(rotation, 4)) return null;
  return {
    name: name.trim().slice(0, 60),
    position: position as Bookmark["position"],
    rotation: rotation as Bookmark["rotation"],
    distance: typeof distance === "number" && distance > 0 && Number.isFinite(distance) ? distance : 10,
    picture: picture === "flat" ? "flat" : "3d",
    selected: typeof selected === "string" ? selected : "",
  };
}

function numbers(value: unknown, count: number): boolean {
  return (
    Array.isArray(value) && value.length === count && value.every((n) => typeof n === "number" && Number.isFinite(n))
  );
}
