/**
 * Data frames: typed arrays over the received bytes, nothing parsed and nothing copied.
 *
 * The layout stands in src/plantverse/twins/sync/frames.py.
 */
import { ProtocolViolation } from "./violation";

export const MAGIC = 0xf7;
export const LATEST = 1;
export const BATCH = 2;
const HEADER = 32;

export interface Frame {
  kind: number;
  subscription: number;
  /** Number in the session, from 1. */
  number: number;
  /** Up to here the client is complete. */
  revision: number;
  /** Server's clock when the frame was made, microseconds since the Unix epoch. */
  timeUs: number;
  rows: number;
  value: Float64Array;
  /** Microseconds since the Unix epoch; 0 = unknown. */
  observedUs: Float64Array;
  slot: Uint32Array;
  quality: Uint8Array;
  /** Integers beyond 2^53, and the rows that they belong to. */
  exact: BigInt64Array;
  exactRow: Uint32Array;
}

export function isFrame(data: ArrayBuffer): boolean {
  return data.byteLength > 0 && new Uint8Array(data, 0, 1)[0] === MAGIC;
}

/** Return the frame whose arrays are views into `data`; a layout that contradicts itself is a violation (F1). */
export function decodeFrame(data: ArrayBuffer): Frame {
  const bytes = data.byteLength;
  if (bytes < HEADER) throw new ProtocolViolation("F1", `frame of ${bytes} bytes, a header has ${HEADER}`);
  const header = new DataView(data, 0, HEADER);
  const kind = header.getUint8(1);
  const n = header.getUint32(4, true);
  const m = header.getUint32(28, true);
  const size = HEADER + 21 * n + 12 * m;
  const padded = size + ((8 - (size % 8)) % 8);
  if (header.getUint8(0) !== MAGIC || (kind !== LATEST && kind !== BATCH) || bytes !== padded || m > n) {
    throw new ProtocolViolation("F1", `frame of ${bytes} bytes with ${n} rows, ${m} exact rows, kind ${kind}`);
  }
  const exactAt = HEADER + 16 * n;
  const slotAt = exactAt + 8 * m;
  const exactRowAt = slotAt + 4 * n;
  return {
    kind,
    subscription: header.getUint16(2, true),
    number: header.getUint32(24, true),
    revision: header.getUint32(8, true) + header.getUint32(12, true) * 2 ** 32,
    timeUs: header.getFloat64(16, true),
    rows: n,
    value: new Float64Array(data, HEADER, n),
    observedUs: new Float64Array(data, HEADER + 8 * n, n),
    exact: new BigInt64Array(data, exactAt, m),
    slot: new Uint32Array(data, slotAt, n),
    exactRow: new Uint32Array(data, exactRowAt, m),
    quality: new Uint8Array(data, exactRowAt + 4 * m, n),
  };
}
