"""What an MQTT session hands over and tells about itself: batches of messages, its state, its counters."""

from dataclasses import dataclass
from enum import StrEnum


@dataclass(slots=True)
class MessageBatch:
    """Messages of one read from the socket, as parallel lists.

    Attributes:
        generation: Which connection; goes back to `MqttSession.acknowledge` with the packet ids.
        received_ns: Time of the read, ns since the Unix epoch.
        topics: Topic names, valid UTF-8.
        payloads: Payloads.
        packets: Packet ids, 0 for QoS 0.
        flags: Bits `DUP`, `RETAIN`, `REDELIVERED` (may have been stored already) and `SYNTHETIC`.
        marked: Whether one of them may be `SYNTHETIC`.
    """

    generation: int
    received_ns: int
    topics: list[bytes]
    payloads: list[bytes]
    packets: list[int]
    flags: list[int]
    marked: bool = False


class Phase(StrEnum):
    """Where a session stands."""

    CONNECTING = "connecting"
    CONNECTED = "connected"
    WAITING = "waiting"
    REFUSED = "refused"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionState:
    """What a session is doing, in words for people.

    Attributes:
        phase: WAITING retries soon by itself; REFUSED needs a person and retries slowly.
        message: What happened.
        address: The broker, without credentials.
        protocol: "5" or "3.1.1".
        generation: Number of the present or last connection.
        session_present: Whether the broker had kept our session.
        refused: Topic filters that the broker does not give us, with the reason.
    """

    phase: Phase
    message: str
    address: str
    protocol: str
    generation: int
    session_present: bool
    refused: dict[str, str]


@dataclass(slots=True)
class SessionStats:
    """Counters since the start of the process.

    Attributes:
        received: Messages that came, repetitions included.
        received_bytes: Bytes read from the socket.
        acknowledged: PUBACKs sent.
        redelivered_dropped: Repetitions that were not handed on again.
        suspects: Messages handed on with `REDELIVERED`.
        too_large: Messages passed over because of their size.
        connects: Accepted connections.
        reconnects: Those after the first.
        stale_acknowledgements: Acknowledgements for messages that are open no more.
        at_least_once: Open messages that the broker forgot; the publisher may send those again.
        published: Messages sent.
    """

    received: int = 0
    received_bytes: int = 0
    acknowledged: int = 0
    redelivered_dropped: int = 0
    suspects: int = 0
    too_large: int = 0
    connects: int = 0
    reconnects: int = 0
    stale_acknowledgements: int = 0
    at_least_once: int = 0
    published: int = 0
