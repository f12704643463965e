"""Packets that we send, as bytes: CONNECT, SUBSCRIBE, UNSUBSCRIBE, PUBACK, PUBLISH, PINGREQ, DISCONNECT.

`version` is the protocol level: 4 for MQTT 3.1.1, 5 for MQTT 5.0.
"""

from collections.abc import Sequence

import numpy as np

from plantverse.ingest.mqtt.wire import (
    MAXIMUM_PACKET_SIZE,
    MESSAGE_EXPIRY,
    RECEIVE_MAXIMUM,
    SESSION_EXPIRY,
    USER_PROPERTY,
    string,
    varint,
)

PINGREQ = b"\xc0\x00"


def connect(
    version: int,
    *,
    client_id: str,
    clean: bool,
    keepalive_s: int,
    user: str | None,
    password: str | None,
    session_expiry_s: int,
    receive_maximum: int,
    maximum_packet_size: int,
) -> bytes:
    """Return a CONNECT without a will. The last three limits exist in MQTT 5 only."""
    flags = (0x02 if clean else 0) | (0x80 if user is not None else 0) | (0x40 if password is not None else 0)
    body = string(b"MQTT") + bytes((version, flags)) + keepalive_s.to_bytes(2, "big")
    if version == 5:
        limits = bytes((SESSION_EXPIRY,)) + session_expiry_s.to_bytes(4, "big")
        limits += bytes((RECEIVE_MAXIMUM,)) + receive_maximum.to_bytes(2, "big")
        limits += bytes((MAXIMUM_PACKET_SIZE,)) + maximum_packet_size.to_bytes(4, "big")
        body += varint(len(limits)) + limits
    body += string(client_id.encode())
    body += b"" if user is None else string(user.encode())
    body += b"" if password is None else string(password.encode())
    return _packet(0x10, body)


def subscribe(version: int, packet: int, filters: Sequence[str], qos: int) -> bytes:
    """Return a SUBSCRIBE for all filters with the same QoS, 0 or 1; retained messages are asked for."""
    body = packet.to_bytes(2, "big") + (b"\x00" if version == 5 else b"")
    return _packet(0x82, body + b"".join(string(text.encode()) + bytes((qos,)) for text in filters))


def unsubscribe(version: int, packet: int, filters: Sequence[str]) -> bytes:
    """Return an UNSUBSCRIBE."""
    body = packet.to_bytes(2, "big") + (b"\x00" if version == 5 else b"")
    return _packet(0xA2, body + b"".join(string(text.encode()) for text in filters))


def pubacks(packets: Sequence[int]) -> bytes:
    """Return one PUBACK per packet id, in order; the short form is valid in both versions."""
    return (np.array(packets, dtype=np.uint32) + 0x40020000).astype(">u4").tobytes()


def publish(
    version: int,
    topic: bytes,
    payload: bytes,
    *,
    qos: int,
    packet: int,
    expiry_s: int | None = None,
    user: tuple[bytes, bytes] | None = None,
) -> bytes:
    """Return a PUBLISH that is never retained.

    Args:
        version: Protocol level, 4 or 5.
        topic: A topic name, UTF-8, without wildcards.
        payload: Sent as it is.
        qos: 0 or 1.
        packet: Packet id in [1, 65535]; unused with QoS 0.
        expiry_s: The broker drops an undelivered message after this many seconds (MQTT 5 only).
        user: A user property, UTF-8 (MQTT 5 only).
    """
    body = string(topic) + (packet.to_bytes(2, "big") if qos else b"")
    if version == 5:
        limit = b"" if expiry_s is None else bytes((MESSAGE_EXPIRY,)) + expiry_s.to_bytes(4, "big")
        if user is not None:
            limit += bytes((USER_PROPERTY,)) + string(user[0]) + string(user[1])
        body += varint(len(limit)) + limit
    return _packet(0x30 | qos << 1, body + payload)


def disconnect(version: int, code: int = 0) -> bytes:
    """Return a DISCONNECT; the reason code travels in MQTT 5 only."""
    return b"\xe0\x00" if version == 4 or code == 0 else bytes((0xE0, 1, code))


def _packet(head: int, body: bytes) -> bytes:
    return bytes((head,)) + varint(len(body)) + body
