/** Control messages: MessagePack maps, completed with the defaults that the encoder leaves out. */
import { Decoder, Encoder } from "@msgpack/msgpack";
import { type ClientMessage, type ServerMessage, SHAPES, type Shape } from "./messages.gen";
import { ProtocolViolation } from "./violation";

type Fields = Record<string, unknown>;

const encoder = new Encoder({ ignoreUndefined: true });
const decoder = new Decoder();

const SERVER_TYPES: ReadonlySet<string> = new Set<ServerMessage["type"]>([
  "welcome",
  "schema",
  "patch",
  "events",
  "reply",
  "people",
  "pong",
  "lag",
  "bye",
]);

export function encode(message: ClientMessage): Uint8Array<ArrayBuffer> {
  return encoder.encode(message);
}

/**
 * Return a server's message with every field present.
 *
 * Unknown fields stay where they are (rule S4); an unknown type or a missing field is a violation.
 */
export function decode(data: ArrayBuffer | Uint8Array): ServerMessage {
  let raw: unknown;
  try {
    raw = decoder.decode(data);
  } catch (error) {
    throw new ProtocolViolation("S3", `message does not decode: ${(error as Error).message}`);
  }
  const type = isFields(raw) ? raw.type : undefined;
  if (typeof type !== "string" || !SERVER_TYPES.has(type)) {
    throw new ProtocolViolation("S4", `message of type ${JSON.stringify(type) ?? "none"}`);
  }
  return complete(raw as Fields, type) as unknown as ServerMessage;
}

/** Fill in defaults, recursively and in place. */
export function complete(raw: Fields, shapeName: string): Fields {
  const shape = SHAPES[shapeName] as Shape;
  for (const name of shape.required) {
    if (raw[name] === undefined) throw new ProtocolViolation("S3", `${shapeName} without ${name}`);
  }
  for (const name in shape.defaults) {
    if (raw[name] === undefined) raw[name] = structuredClone(shape.defaults[name]);
  }
  for (const name in shape.nested) {
    const { shape: inner, list, at } = shape.nested[name];
    const value = raw[name];
    for (const item of list ? asList(value, shapeName, name) : [value]) {
      const target = at === null ? item : (item as unknown[])[at];
      if (!isFields(target)) throw new ProtocolViolation("S3", `${shapeName}.${name} is not a ${inner}`);
      complete(target, inner);
    }
  }
  return raw;
}

function asList(value: unknown, shape: string, name: string): unknown[] {
  if (!Array.isArray(value)) throw new ProtocolViolation("S3", `${shape}.${name} is not a list`);
  return value;
}

function isFields(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
