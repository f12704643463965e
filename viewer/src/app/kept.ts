/** Small things that the browser keeps for the next visit. A browser that keeps nothing is no fault. */

export type Storage = Pick<globalThis.Storage, "getItem" | "setItem">;

/** Return what was kept under `key`, or `fallback`; of an object only those fields that have the fallback's type. */
export function recall<T>(key: string, fallback: T, storage: Storage = localStorage): T {
  try {
    return matched(JSON.parse(storage.getItem(key) ?? "null"), fallback);
  } catch {
    return fallback;
  }
}

export function keep(key: string, value: unknown, storage: Storage = localStorage): void {
  try {
    storage.setItem(key, JSON.stringify(value));
  } catch {
    // Storage is full or forbidden: the page works, it only forgets.
  }
}

function matched<T>(found: unknown, fallback: T): T {
  if (Array.isArray(fallback)) return Array.isArray(found) ? (found as T) : fallback;
  if (typeof found !== "object" || found === null || typeof fallback !== "object" || fallback === null) {
    return typeof found === typeof fallback && found !== null ? (found as T) : fallback;
  }
  const had = found as Record<string, unknown>;
  const fits = Object.entries(fallback).filter(([key, value]) => typeof had[key] === typeof value);
  return { ...fallback, ...Object.fromEntries(fits.map(([key]) => [key, had[key]])) };
}
