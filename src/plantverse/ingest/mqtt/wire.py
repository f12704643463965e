"""Basic encodings of MQTT: variable byte integers, strings, properties.

Source:
    MQTT Version 5.0, sections 1.5 and 2.2.2; MQTT Version 3.1.1, sections 1.5 and 2.2.3.
"""

from collections.abc import Callable

Value = int | bytes | tuple[bytes, bytes]

SESSION_EXPIRY = 0x11
REASON_STRING = 0x1F
MESSAGE_EXPIRY = 0x02
SERVER_KEEP_ALIVE = 0x13
RECEIVE_MAXIMUM = 0x21
TOPIC_ALIAS = 0x23
MAXIMUM_QOS = 0x24
USER_PROPERTY = 0x26
MAXIMUM_PACKET_SIZE = 0x27

# Subscription identifiers and user properties may stand several times in one packet (2.2.2.2, 3.3.2.3.8).
_REPEATABLE = frozenset({0x0B, USER_PROPERTY})


class Malformed(Exception):
    """Bytes that are no MQTT; `code` is the reason code for DISCONNECT, `reason` a sentence.

    Raised and caught inside the package: the receiver turns it into a closed connection with a reason.
    """

    def __init__(self, reason: str, code: int = 0x81) -> None:
        super().__init__(reason)
        self.reason, self.code = reason, code


def varint(number: int) -> bytes:
    """Return a variable byte integer; `number` lies in [0, 268,435,455]."""
    if number < 128:
        return bytes((number,))
    out = bytearray()
    while True:
        number, digit = number >> 7, number & 127
        out.append(digit | 128 if number else digit)
        if not number:
            return bytes(out)


def read_varint(data: bytes, at: int, stop: int) -> tuple[int, int]:
    """Return (value, position behind it); (-1, at) when `stop` comes before its last byte.

    Raises:
        Malformed: More than four bytes.
    """
    value = shift = 0
    for position in range(at, min(at + 4, stop)):
        byte = data[position]
        value |= (byte & 127) << shift
        if byte < 128:
            return value, position + 1
        shift += 7
    if stop - at >= 4:
        raise Malformed("a length has more than four bytes")
    return -1, at


def string(text: bytes) -> bytes:
    """Return text or binary data with its two-byte length."""
    return len(text).to_bytes(2, "big") + text


def read_properties(data: bytes, at: int, stop: int) -> tuple[dict[int, Value], int]:
    """Return (properties, position behind them); repeatable properties keep their last value.

    Raises:
        Malformed: A property is unknown, given twice or reaches beyond `stop`.
    """
    size, at = read_varint(data, at, stop)
    end = at + size
    if size < 0 or end > stop:
        raise Malformed("the properties are longer than their packet")
    found: dict[int, Value] = {}
    while at < end:
        identifier = data[at]
        reader = _READERS.get(identifier)
        if reader is None:
            raise Malformed(f"unknown property {identifier:#04x}")
        if identifier in found and identifier not in _REPEATABLE:
            raise Malformed(f"property {identifier:#04x} is given twice", 0x82)
        found[identifier], at = reader(data, at + 1, end)
    return found, end


def _number(width: int) -> Callable[[bytes, int, int], tuple[Value, int]]:
    def read(data: bytes, at: int, end: int) -> tuple[Value, int]:
        if at + width > end:
            raise Malformed("a property is cut off")
        return int.from_bytes(data[at : at + width], "big"), at + width

    return read


def _variable(data: bytes, at: int, end: int) -> tuple[Value, int]:
    value, at = read_varint(data, at, end)
    if value < 0:
        raise Malformed("a property is cut off")
    return value, at


def _text(data: bytes, at: int, end: int) -> tuple[bytes, int]:
    behind = at + 2 + int.from_bytes(data[at : at + 2], "big")
    if at + 2 > end or behind > end:
        raise Malformed("a property is cut off")
    return data[at + 2 : behind], behind


def _pair(data: bytes, at: int, end: int) -> tuple[Value, int]:
    key, at = _text(data, at, end)
    value, at = _text(data, at, end)
    return (key, value), at


_Reader = Callable[[bytes, int, int], tuple[Value, int]]
_READERS: dict[int, _Reader] = {
    **dict.fromkeys((0x01, 0x17, 0x19, 0x24, 0x25, 0x28, 0x29, 0x2A), _number(1)),
    **dict.fromkeys((0x13, 0x21, 0x22, 0x23), _number(2)),
    **dict.fromkeys((0x02, 0x11, 0x18, 0x27), _number(4)),
    **dict.fromkeys((0x03, 0x08, 0x09, 0x12, 0x15, 0x16, 0x1A, 0x1C, 0x1F), _text),
    0x0B: _variable,
    USER_PROPERTY: _pair,
}
