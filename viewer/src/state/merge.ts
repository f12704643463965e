/** RFC 7396 merge patch on documents without nulls (rule T4). */

export type Json = string | number | boolean | null | Json[] | { [key: string]: Json };
export type Document = Record<string, unknown>;

/**
 * Return the patched document; neither argument is changed.
 *
 * What the patch leaves alone is shared, and a patch that changes nothing returns the very same object, so that
 * "did it change" is one comparison.
 */
export function mergePatch(target: unknown, patch: unknown): unknown {
  if (!isObject(patch)) return sameScalar(target, patch) ? target : patch;
  const base = isObject(target) ? target : {};
  let out: Document | null = isObject(target) ? null : {};
  for (const key of Object.keys(patch)) {
    const value = patch[key];
    const known = Object.hasOwn(base, key);
    if (value === null) {
      if (!known) continue;
      out ??= { ...base };
      delete out[key];
    } else {
      const before = known ? base[key] : undefined;
      const after = mergePatch(before, value);
      if (known && after === before) continue;
      out ??= { ...base };
      // A plain assignment of "__proto__" would set the prototype instead.
      Object.defineProperty(out, key, { value: after, enumerable: true, configurable: true, writable: true });
    }
  }
  return out ?? target;
}

function isObject(value: unknown): value is Document {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function sameScalar(a: unknown, b: unknown): boolean {
  return a === b || (Array.isArray(a) && Array.isArray(b) && JSON.stringify(a) === JSON.stringify(b));
}
