import { describe, expect, test } from "vitest";
import { decode, encode } from "../../src/protocol/codec";
import { decodeFrame, isFrame } from "../../src/protocol/frames";
import type { ClientMessage } from "../../src/protocol/messages.gen";
import { ProtocolViolation } from "../../src/protocol/violation";

interface Golden {
  side: "client" | "server" | "frame";
  hex: string;
  hex_javascript?: string;
  decoded: Record<string, unknown>;
}

const files = import.meta.glob<{ default: Golden }>("../../../tests/golden/sync/*.json", { eager: true });
const golden = Object.entries(files).map(([path, file]) => [path.split("/").at(-1)!, file.default] as const);

function bytes(hex: string): ArrayBuffer {
  return Uint8Array.from(hex.match(/../g)!, (pair) => Number.parseInt(pair, 16)).buffer;
}

function hex(data: Uint8Array): string {
  return Array.from(data, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** JSON has no words for infinity and "not a number"; the golden files write them as text. */
function plain(value: unknown): unknown {
  if (typeof value === "number" && !Number.isFinite(value)) return String(value);
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, plain(item)]));
}

test("there are golden messages", () => {
  expect(golden.length).toBeGreaterThan(20);
});

describe("messages of the server, decoded with their defaults", () => {
  test.each(golden.filter(([, g]) => g.side === "server"))("%s", (_name, { hex, decoded }) => {
    expect(plain(decode(bytes(hex)))).toEqual(decoded);
  });
});

describe("messages of the client, encoded as the server has read them", () => {
  const clients = golden.filter(([, g]) => g.side === "client");
  test.each(clients)("%s", (_name, { hex: expected, hex_javascript, decoded }) => {
    expect(hex(encode(decoded as unknown as ClientMessage))).toBe(hex_javascript ?? expected);
  });
});

describe("data frames", () => {
  test.each(golden.filter(([, g]) => g.side === "frame"))("%s", (_name, { hex, decoded }) => {
    const data = bytes(hex);
    expect(isFrame(data)).toBe(true);
    const frame = decodeFrame(data);
    const read = {
      kind: frame.kind,
      subscription: frame.subscription,
      number: frame.number,
      revision: frame.revision,
      time_us: frame.timeUs,
      slot: [...frame.slot],
      value: plain([...frame.value]),
      observed_us: [...frame.observedUs],
      quality: [...frame.quality],
      exact: [...frame.exact].map(String),
      exact_row: [...frame.exactRow],
    };
    expect(read).toEqual(decoded);
  });

  test("F1: every truncation and every wrong count is refused", () => {
    const whole = bytes(golden.find(([name]) => name === "frame-exact.json")![1].hex);
    for (let length = 0; length < whole.byteLength; length++) {
      expect(() => decodeFrame(whole.slice(0, length)), `${length} bytes`).toThrow(ProtocolViolation);
    }
    const wrong = new Uint8Array(whole.slice(0));
    wrong[4] ^= 1;
    expect(() => decodeFrame(wrong.buffer)).toThrow(/F1/);
  });
});

test("S4: an unknown type is refused, unknown fields stay", () => {
  expect(() => decode(encode({ type: "ack", frame: 1 }))).toThrow(/S4/);
  expect(() => decode(new Uint8Array([0xc1]))).toThrow(ProtocolViolation);
});
