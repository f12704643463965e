/** Which signals the trends panel shows. Pure. */

/** More lines than this no eye tells apart. */
export const MOST_TRENDS = 8;

/** Put a signal in, or take it out when it is there; with a full list the oldest makes room. */
export function toggled(signals: readonly string[], signal: string): string[] {
  if (signals.includes(signal)) return signals.filter((other) => other !== signal);
  return [...signals, signal].slice(-MOST_TRENDS);
}
