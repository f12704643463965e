"""Control packets that a broker sends, decoded: CONNACK, SUBACK, UNSUBACK, PUBACK, PINGRESP, DISCONNECT."""

from collections.abc import Callable
from dataclasses import dataclass

from plantverse.ingest.mqtt.reasons import connect_code
from plantverse.ingest.mqtt.wire import (
    MAXIMUM_PACKET_SIZE,
    MAXIMUM_QOS,
    REASON_STRING,
    RECEIVE_MAXIMUM,
    SERVER_KEEP_ALIVE,
    Malformed,
    Value,
    read_properties,
)

# 3.1.1 has no such properties; these are the limits of the protocol itself.
_LARGEST_PACKET = 268_435_460


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnAck:
    """The broker's answer to CONNECT; `code` is an MQTT 5 reason code, 0 is success."""

    code: int
    session_present: bool
    reason: str = ""
    keepalive_s: int | None = None
    receive_maximum: int = 65_535
    maximum_packet_size: int = _LARGEST_PACKET
    maximum_qos: int = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """SUBACK, UNSUBACK or PUBACK for our packet id; one code per filter, 0x80 and above is a refusal."""

    packet: int
    codes: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Pong:
    """The broker has handled everything that we sent before the PINGREQ."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bye:
    """The broker closes the connection, MQTT 5."""

    code: int
    reason: str = ""


Control = ConnAck | Answer | Pong | Bye


def decode(version: int, head: int, body: bytes) -> Control:
    """Return the packet with first byte `head`.

    Raises:
        Malformed: Reserved bits, a wrong length, or a packet that a broker never sends.
    """
    if head & 0x0F:
        raise Malformed(f"reserved bits are set in packet {head:#04x}")
    reader = _READERS.get(head)
    if reader is None or (head == 0xE0 and version != 5):
        raise Malformed(f"a broker never sends packet {head:#04x}", 0x82)
    try:
        return reader(version, body)
    except IndexError:
        raise Malformed(f"packet {head:#04x} is too short") from None


def _connack(version: int, body: bytes) -> ConnAck:
    if body[0] & 0xFE:
        raise Malformed("reserved bits are set in CONNACK")
    code, present = connect_code(body[1]), body[0] == 1
    if version != 5 or len(body) == 2:
        return ConnAck(code=code, session_present=present)
    found, _ = read_properties(body, 2, len(body))
    return ConnAck(
        code=code,
        session_present=present,
        reason=_text(found, REASON_STRING),
        keepalive_s=_number(found, SERVER_KEEP_ALIVE),
        receive_maximum=_number(found, RECEIVE_MAXIMUM) or 65_535,
        maximum_packet_size=_number(found, MAXIMUM_PACKET_SIZE) or _LARGEST_PACKET,
        maximum_qos=2 if (qos := _number(found, MAXIMUM_QOS)) is None else qos,
    )


def _suback(version: int, body: bytes) -> Answer:
    at = 2
    if version == 5:
        _, at = read_properties(body, at, len(body))
    return Answer(packet=body[0] << 8 | body[1], codes=tuple(body[at:]))


def _unsuback(version: int, body: bytes) -> Answer:
    return _suback(version, body) if version == 5 else Answer(packet=body[0] << 8 | body[1], codes=())


def _puback(version: int, body: bytes) -> Answer:
    return Answer(packet=body[0] << 8 | body[1], codes=(body[2] if version == 5 and len(body) > 2 else 0,))


def _pong(_version: int, body: bytes) -> Pong:
    if body:
        raise Malformed("PINGRESP has a body")
    return Pong()


def _bye(_version: int, body: bytes) -> Bye:
    found = read_properties(body, 1, len(body))[0] if len(body) > 1 else {}
    return Bye(code=body[0] if body else 0, reason=_text(found, REASON_STRING))


def _number(found: dict[int, Value], identifier: int) -> int | None:
    value = found.get(identifier)
    return value if isinstance(value, int) else None


def _text(found: dict[int, Value], identifier: int) -> str:
    value = found.get(identifier)
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else ""


_READERS: dict[int, Callable[[int, bytes], Control]] = {
    0x20: _connack,
    0x40: _puback,
    0x90: _suback,
    0xB0: _unsuback,
    0xD0: _pong,
    0xE0: _bye,
}
