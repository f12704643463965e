"""Control messages between the server and a node, MessagePack maps with a `type`; samples are in `columns`."""

import re
import zlib
from typing import Annotated, Any, Literal

import msgspec

from plantverse.errors import ProtocolViolation
from plantverse.twins.specs import Binding, DetectorSpec, PropertySpec, SignalSpec, Synthetic

PROTOCOL = "plantverse.edge.v1"
MOST_BYTES = 1 << 20
"""Of one message towards the server; the other way `MOST_ASSIGN_BYTES`."""
MOST_ASSIGN_BYTES = 32 << 20
"""Of an assignment: some 100,000 signals with their bindings."""
MOST_TEXT = 400
MOST_SHARES = 8
PACKED = b"\x43"
"""First byte of a message that is packed (zlib); no MessagePack map begins with it."""
PACK_FROM = 1_024
_NAME = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9_.-]{0,63}")


class Hello(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag="hello"):
    """A node introduces itself, holding nothing.

    Attributes:
        versions: Protocols that it speaks.
        name: Unique among the living; becomes part of a twin id.
        boot: Of this process; a node that comes back within its lease shows by it that it is the same.
        speed: Rows that it decodes per second, measured at its start.
        memory: Bytes for models.
        faults: Whether it lets itself be killed and its link be squeezed, for trying things out.
        types: Twin types whose formulas it has; it derives for a group if it has all of the group's.
        models: Hashes of the models that it keeps.
    """

    versions: tuple[str, ...]
    name: str
    boot: str
    token: str = ""
    speed: float = 1.0
    memory: int = 0
    faults: bool = False
    types: tuple[str, ...] = ()
    models: tuple[str, ...] = ()


class GroupCount(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a node has done for one group since it was given it.

    Attributes:
        received, accepted, rejected: Messages.
        rows: Sent.
        waiting: Rows that came and were not sent: the link takes no more.
    """

    group: str
    token: int
    received: int
    accepted: int
    rows: int
    waiting: int = 0
    rejected: dict[str, int] = {}


class Beat(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag="beat"):
    """A sign of life every 500 ms, with what the node knows of itself.

    Attributes:
        number: The answer names it.
        time_us: The node's wall clock at sending, microseconds since 1970.
        rtt_us: Of the last answered heart-beat.
        way_us: The same without the node's own data in front of it; 0 if it does not tell.
        load: Share of one core that the process used since the last one, in [0, inf).
        lag_us: How late the node's work is: the oldest row not yet sent, beyond what rows wait for company.
        queue: Rows decoded and not acknowledged by the server.
        groups: Counters, for each group held.
        fault: What is wrong with its link on purpose, "" for nothing.
    """

    number: int
    time_us: float
    rtt_us: float = 0.0
    way_us: float = 0.0
    load: float = 0.0
    lag_us: float = 0.0
    queue: int = 0
    groups: list[GroupCount] = []
    fault: str = ""


class Ready(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag="ready"):
    """The node reads the topics of a group from now on.

    Attributes:
        topics: How many it was given, as a check.
        refused: Filters that the broker does not give it.
        derives: Whether it also computes what the group derives.
        detects: Detectors that it runs for the group, and "" or why not.
    """

    group: str
    token: int
    topics: int = 0
    refused: dict[str, str] = {}
    derives: bool = False
    detects: dict[str, str] = {}


class Released(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag="released"):
    """The node reads a group no more and has nothing of it left.

    Attributes:
        reason: Why, where it was not asked to.
    """

    group: str
    token: int
    reason: str = ""


class Share(msgspec.Struct, frozen=True, kw_only=True):
    """What a signal has to do with a score, a share of 1."""

    signal: Annotated[str, msgspec.Meta(max_length=MOST_TEXT)]
    share: float


Shares = Annotated[list[Share], msgspec.Meta(max_length=MOST_SHARES)]


class Detecting(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """How a detector stands on the node: members of its document, which the server completes."""

    state: Annotated[str, msgspec.Meta(max_length=MOST_TEXT)]
    message: Annotated[str, msgspec.Meta(max_length=MOST_TEXT)] = ""
    hint: Annotated[str, msgspec.Meta(max_length=MOST_TEXT)] = ""
    since_us: float = 0.0
    shares: Shares = []
    first: Shares = []


class Anomaly(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """An anomaly began or ended: the body of an event."""

    action: Literal["began", "ended"]
    peak: float
    since_us: float
    blamed: Shares = []


class Facts(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag="facts"):
    """What messages said besides numbers.

    Attributes:
        reported: Properties by twin.
        events: (kind, twin, microseconds since 1970, body).
        detectors: How detectors stand, by id.
        anomalies: (detector, microseconds since 1970, what).
    """

    group: str
    token: int
    reported: dict[str, dict[str, Any]] = {}
    events: list[tuple[str, str, float, dict[str, Any]]] = []
    detectors: dict[str, Detecting] = {}
    anomalies: list[tuple[str, float, Anomaly]] = []


class Goodbye(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag="goodbye"):
    """The node leaves on purpose and holds nothing any more."""


class Welcome(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag="welcome"):
    """The server takes a node in.

    Attributes:
        origin: Of the server's data.
        broker: Address of the broker as the server knows it, without a password.
        beat_s, ttl_s: Pace of heart-beats, and after how long without one a node is dead.
        user: As whom it was recognised.
    """

    protocol: str
    origin: str
    broker: str
    beat_s: float
    ttl_s: float
    user: str = ""


class BeatAnswer(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag="beat_answer"):
    """The answer to a heart-beat."""

    number: int


class EdgeTwin(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A twin as far as decoding needs it.

    Attributes:
        slots: The server's slot of each signal.
        formulas: Paths of the signals that a formula computes; other derived ones are none of the node's business.
    """

    id: str
    kind: str
    topic: str
    bindings: tuple[Binding, ...]
    signals: tuple[SignalSpec, ...]
    properties: tuple[PropertySpec, ...]
    slots: dict[str, int]
    formulas: tuple[str, ...] = ()
    synthetic: Synthetic | None = None


class Assign(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag="assign"):
    """A group is given to the node, or what belongs to it has changed (the same token).

    Attributes:
        client_id: The group's own session at the broker; who has the group connects under this id.
        qos: Asked for in its subscriptions.
        session_expiry_s: How long the broker keeps messages while nobody reads them.
        twins: Complete, also when only one changed.
        detectors: To run on the group, each pinned to a model by version and hash; what the node lacks came before.
    """

    group: str
    token: int
    client_id: str
    qos: int
    session_expiry_s: int
    twins: list[EdgeTwin]
    detectors: list[DetectorSpec] = []


class Model(msgspec.Struct, frozen=True, kw_only=True, tag="model"):
    """A saved model, for detectors that are assigned next.

    Attributes:
        hash: SHA-256 that its files have to give.
        facts, arrays: The two files.
    """

    name: str
    version: int
    hash: str
    facts: bytes
    arrays: bytes


class Revoke(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag="revoke"):
    """The node has to give a group back."""

    group: str
    token: int


class Ack(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag="ack"):
    """These batches are safe: their messages may be acknowledged to the broker."""

    numbers: list[int]


class Refuse(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag="refuse"):
    """A batch was discarded; its messages must not be acknowledged.

    Attributes:
        reason: `stale_token`: the group is no longer this node's.
    """

    number: int
    reason: str


class Fault(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag="fault"):
    """Do something bad on purpose (`Hello.faults`).

    Attributes:
        kind: `kill` ends the process at once, `squeeze` worsens the link, `heal` makes it good again.
        delay_ms, jitter_ms: Added one way, each way.
        kbit_s: Bandwidth each way, 0 for all there is.
        stall_s: Nothing passes for so long.
        seconds: After that it heals by itself.
    """

    kind: str
    delay_ms: float = 0.0
    jitter_ms: float = 0.0
    kbit_s: float = 0.0
    stall_s: float = 0.0
    seconds: float = 0.0


class Bye(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag="bye"):
    """The server ends the connection."""

    code: str
    message: str
    hint: str = ""


NodeMessage = Hello | Beat | Ready | Released | Facts | Goodbye
ServerMessage = Welcome | BeatAnswer | Model | Assign | Revoke | Ack | Refuse | Fault | Bye

_encoder = msgspec.msgpack.Encoder()
_node = msgspec.msgpack.Decoder(NodeMessage)
_server = msgspec.msgpack.Decoder(ServerMessage)


def is_name(text: str) -> bool:
    """Return whether a text may be the name of a node: it is a segment of a twin id."""
    return _NAME.fullmatch(text) is not None


def encode(message: NodeMessage | ServerMessage) -> bytes:
    """Return the bytes of a message; long ones are packed, or an assignment would hold up heart-beats."""
    data = _encoder.encode(message)
    return PACKED + zlib.compress(data, 1) if len(data) > PACK_FROM else data


def decode_node(data: bytes) -> NodeMessage:
    """Read what a node sent.

    Raises:
        ProtocolViolation: It is no such message.
    """
    message: NodeMessage = _decode(_node, data)
    return message


def decode_server(data: bytes) -> ServerMessage:
    """Read what the server sent.

    Raises:
        ProtocolViolation: It is no such message.
    """
    message: ServerMessage = _decode(_server, data)
    return message


def _decode(decoder: Any, data: bytes) -> Any:
    try:
        return decoder.decode(_unpacked(data) if data[:1] == PACKED else data)
    except (msgspec.DecodeError, zlib.error, RecursionError, OverflowError, ValueError) as exc:
        raise ProtocolViolation("edge message", f"it cannot be read: {exc}") from exc


def _unpacked(data: bytes) -> bytes:
    unpacker = zlib.decompressobj()
    found = unpacker.decompress(data[1:], MOST_ASSIGN_BYTES)
    if not unpacker.eof:
        raise ValueError(f"packed, and more than {MOST_ASSIGN_BYTES} bytes or cut short")
    return found
