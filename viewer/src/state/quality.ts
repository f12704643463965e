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

/** Names on the wire where they are texts, by cause number (plantverse.twins.quality). */
const NAMES = [
  "",
  "out_of_range",
  "stale",
  "substituted",
  "clock_skew",
  "not_a_number",
  "precision_lost",
  "no_reading",
  "type_changed",
  "retained",
  "restored",
  "device",
  "disconnected",
  "local_time_ambiguous",
  "birth_missing",
  "sequence_gap",
  "unknown_code",
  "counter_reset",
  "never_seen",
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

/** Return the byte of `good` or for example `uncertain: out_of_range`; a text of a newer server reads as unknown. */
export function qualityNamed(text: string): number {
  const [severity, cause = ""] = text.split(": ");
  const level = SEVERITIES.indexOf(severity);
  const number = NAMES.indexOf(cause);
  return ((level < 0 ? BAD : level) << 6) | (number < 0 ? UNKNOWN : number);
}

export const NOT_BOUND = "not bound";
export const HOW_TO_BIND = "Nothing feeds it. To bind it, give the twin a topic or a bind entry in the plant file.";

/** Return `good` or for example `uncertain: stale`. */
export function describeQuality(quality: number): string {
  const severity = SEVERITIES[severityOf(quality)] ?? "bad";
  const cause = CAUSES[quality & 63] ?? CAUSES[UNKNOWN];
  return cause ? `${severity}: ${cause}` : severity;
}
