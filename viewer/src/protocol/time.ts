/**
 * Milliseconds since the Unix epoch, with the resolution of `performance.now`.
 *
 * Both the page and the worker use it. It does not follow steps of the system's clock; the offset to the server is
 * measured against this clock, so that steps don't matter.
 */
export function nowMs(): number {
  return performance.timeOrigin + performance.now();
}
