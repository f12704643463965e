/** The quality byte of plantverse.twins.quality: `severity << 6 | cause`. */

export const GOOD = 0;
export const UNCERTAIN = 1;
export const BAD = 2;

const SEVERITIES = ["good", "uncertain", "bad"];

/** Words for an operator, by cause number. */
const CAUSES = [
  "",
  "outside its range",
  "stale",
  "substituted",
  "device clock is wrong",
  "not a number",
  "precision lost",
  "no reading",
  "type changed",
  "retained by the broker",
  "restored after a restart",
  "reported by the device",
  "device disconnected",
  "local time ambiguous",
  "no birth message",
  "messages missing",
  "unknown cause",
  "counter was reset",
  "never seen",
];

const STALE = 2;
const RETAINED = 9;
const RESTORED = 10;
const DISCONNECTED = 12;
const NEVER_SEEN = 18;
const UNKNOWN = 16;

export function severityOf(quality: number): number {
  return quality >> 6;
}

/** Return whether the value is old: nobody vouches for it now. */
export function isOld(quality: number): boolean {
  const cause = quality & 63;
  return (
    quality >= 64 &&
    (cause === STALE || cause === RETAINED || cause === RESTORED || cause === DISCONNECTED || cause === NEVER_SEEN)
  );
}

export function isNeverSeen(quality: number): boolean {
  return (quality & 63) === NEVER_SEEN;
}

/** Return `good` or for example `uncertain: stale`. */
export function describeQuality(quality: number): string {
  const severity = SEVERITIES[severityOf(quality)] ?? "bad";
  const cause = CAUSES[quality & 63] ?? CAUSES[UNKNOWN];
  return cause ? `${severity}: ${cause}` : severity;
}
