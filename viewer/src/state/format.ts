/** Numbers, units, ages and times as people read them. Pure functions. */
import type { SignalInfo } from "../protocol/messages.gen";

/** UCUM codes that people write otherwise. */
const UNITS: Readonly<Record<string, string>> = {
  "1": "",
  Cel: "°C",
  "[degF]": "°F",
  K: "K",
  "%": "%",
  "[ppm]": "ppm",
  "{#}": "",
  deg: "°",
  Ohm: "Ω",
};

/** Return the unit for the eye: `°C` for `Cel`, `m³/h` for `m3/h`. */
export function unitText(ucum: string): string {
  const known = UNITS[ucum];
  if (known !== undefined) return known;
  return ucum
    .replace(/\{rev\}\/min/g, "rpm")
    .replace(/([A-Za-z]+3?)\{([ns])\}/g, (_, volume, kind) => `${kind.toUpperCase()}${volume}`)
    .replace(/\{([ga])\}/g, "($1)")
    .replace(/\{([^}]*)\}/g, "$1")
    .replace(/\[([A-Za-z0-9]+)(?:_[a-z]+)?\]/g, "$1")
    .replace(/W\.h/g, "Wh")
    .replace(/V\.A/g, "VA")
    .replace(/A\.h/g, "Ah")
    .replace(/N\.m(?![a-z])/g, "Nm")
    .replace(/(^|[/.])u(?=[A-Za-z])/g, "$1µ")
    .replace(/([A-Za-z])2(?![0-9A-Za-z])/g, "$1²")
    .replace(/([A-Za-z])3(?![0-9A-Za-z])/g, "$1³")
    .replace(/\./g, "·");
}

/** Return a value as text without its unit; "–" where there is none. */
export function valueText(
  info: Pick<SignalInfo, "kind" | "codes" | "decimals">,
  value: number,
  exact?: bigint,
): string {
  if (Number.isNaN(value)) return "–";
  if (info.kind === "bool" || info.kind === "enum") {
    const word = info.codes[value];
    if (word !== undefined) return word;
    if (info.kind === "bool") return value === 0 ? "off" : "on";
    return `code ${value}`;
  }
  if (exact !== undefined) return exact.toString();
  if (info.kind === "int") return String(value);
  return numberText(value, info.decimals);
}

/** About four significant digits unless the signal says how many decimals. */
export function numberText(value: number, decimals: number | null = null): string {
  if (Number.isNaN(value)) return "–";
  if (!Number.isFinite(value)) return value > 0 ? "∞" : "−∞";
  const size = Math.abs(value);
  let text: string;
  if (decimals !== null) text = value.toFixed(Math.min(20, Math.max(0, decimals)));
  else if (size === 0) text = "0";
  else if (size >= 1e7 || size < 1e-3) text = value.toExponential(2);
  else text = value.toFixed(size >= 1000 ? 0 : size >= 100 ? 1 : size >= 1 ? 2 : 3);
  // Minus zero is no news, and the minus sign is as wide as a digit.
  return /^-0(\.0*)?$/.test(text) ? text.slice(1) : text.replace("-", "−");
}

/** A number that somebody wrote down, such as a limit: as short as it can be. */
export function plainNumber(value: number): string {
  return String(Number(value.toPrecision(7))).replace("-", "−");
}

/** Return `0.3 s`, `12 s`, `4 min`, `3 h 20 min`, `2 d 4 h`; "–" for NaN. */
export function ageText(seconds: number): string {
  if (Number.isNaN(seconds)) return "–";
  if (seconds < 10) return `${Math.max(0, seconds).toFixed(1)} s`;
  if (seconds < 120) return `${Math.floor(seconds)} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  if (hours < 48) return minutes % 60 ? `${hours} h ${minutes % 60} min` : `${hours} h`;
  const days = Math.floor(hours / 24);
  return hours % 24 ? `${days} d ${hours % 24} h` : `${days} d`;
}

/** Milliseconds: `0.8 ms`, `12 ms`, `1.4 s`, `3 min`. */
export function durationText(ms: number): string {
  if (Number.isNaN(ms)) return "–";
  if (Math.abs(ms) < 10) return `${ms.toFixed(1)} ms`;
  if (Math.abs(ms) < 1000) return `${Math.round(ms)} ms`;
  return ageText(ms / 1e3);
}

/** Counts per second: `0`, `7.5`, `430`, `12.3 k`. */
export function rateText(perSecond: number): string {
  if (!Number.isFinite(perSecond)) return "–";
  if (perSecond >= 10_000) return `${(perSecond / 1000).toFixed(1)} k`;
  if (perSecond >= 10 || perSecond === 0) return Math.round(perSecond).toLocaleString("en");
  return perSecond.toFixed(1);
}

function two(n: number): string {
  return String(n).padStart(2, "0");
}

/** Local clock time `14:03:21`; of another day `11-24 14:03`, of another year with the year. */
export function timeText(us: number, nowUs: number): string {
  if (!(us > 0)) return "–";
  const date = new Date(us / 1e3);
  const now = new Date(nowUs / 1e3);
  const minute = `${two(date.getHours())}:${two(date.getMinutes())}`;
  if (date.toDateString() === now.toDateString()) return `${minute}:${two(date.getSeconds())}`;
  const day = `${two(date.getMonth() + 1)}-${two(date.getDate())} ${minute}`;
  return date.getFullYear() === now.getFullYear() ? day : `${date.getFullYear()}-${day}`;
}

/** `motor.temperature` -> `Motor temperature`; names of commands and words of the protocol likewise. */
export function wordsOf(identifier: string): string {
  const words = identifier
    .replace(/[._-]+/g, " ")
    .replace(/([a-z0-9])([A-Z])/g, "$1 $2")
    .trim();
  return words.charAt(0).toUpperCase() + words.slice(1);
}

/** A message of the server as a sentence: first letter large, one full stop. */
export function sentence(text: string): string {
  const trimmed = text.trim().replace(/\.$/, "");
  return trimmed ? `${trimmed.charAt(0).toUpperCase()}${trimmed.slice(1)}.` : "";
}

/** A JSON value in one line; "–" for nothing. */
export function jsonText(value: unknown): string {
  if (value === undefined || value === null) return "–";
  if (typeof value === "string") return value;
  if (typeof value === "number") return plainNumber(value);
  if (typeof value === "boolean") return value ? "yes" : "no";
  return JSON.stringify(value);
}
