"""What a broker sends, as bytes, for tests of the MQTT core without I/O."""

from plantverse.ingest.mqtt.wire import string, varint


def packet(head: int, body: bytes) -> bytes:
    return bytes((head,)) + varint(len(body)) + body


def connack(version: int, *, present: bool = False, code: int = 0, properties: bytes = b"") -> bytes:
    extra = varint(len(properties)) + properties if version == 5 else b""
    return packet(0x20, bytes((present, code)) + extra)


def publish(
    version: int,
    topic: str | bytes,
    payload: bytes,
    *,
    packet_id: int = 0,
    dup: bool = False,
    retain: bool = False,
    qos: int | None = None,
    properties: bytes = b"",
) -> bytes:
    level = (1 if packet_id else 0) if qos is None else qos
    name = topic.encode() if isinstance(topic, str) else topic
    body = string(name) + (packet_id.to_bytes(2, "big") if level else b"")
    body += varint(len(properties)) + properties if version == 5 else b""
    return packet(0x30 | dup << 3 | level << 1 | retain, body + payload)


def suback(version: int, packet_id: int, *codes: int) -> bytes:
    return packet(0x90, packet_id.to_bytes(2, "big") + (b"\x00" if version == 5 else b"") + bytes(codes))


def unsuback(version: int, packet_id: int, *codes: int) -> bytes:
    return packet(0xB0, packet_id.to_bytes(2, "big") + (b"\x00" + bytes(codes) if version == 5 else b""))


def puback(packet_id: int, code: int | None = None) -> bytes:
    return packet(0x40, packet_id.to_bytes(2, "big") + (b"" if code is None else bytes((code,))))


def disconnect(code: int, reason: str = "") -> bytes:
    properties = b"\x1f" + string(reason.encode()) if reason else b""
    return packet(0xE0, bytes((code,)) + varint(len(properties)) + properties)


PINGRESP = b"\xd0\x00"
