"""Control messages of plantverse.sync.v1: MessagePack maps with a `type`, typed for both languages.

`viewer/src/protocol/messages.gen.ts` is generated from this file (`make generate`), and the golden messages in
tests/golden/sync are decoded by both. The rules that they follow stand in docs/spec/sync.md.
"""

from typing import Any, Literal

import msgspec

PROTOCOL = "plantverse.sync.v1"
MAX_MESSAGE = 1 << 20
"""Bytes; a larger message from a client ends the session (rule S3)."""


class _Message(msgspec.Struct, tag_field="type", omit_defaults=True, forbid_unknown_fields=False, frozen=True):
    """Unknown fields are ignored, so that a newer peer may say more (rule S4)."""


# client to server


class Hello(_Message, tag="hello", frozen=True):
    """First message of a client.

    Attributes:
        versions: Protocol names it speaks, best first.
        token: Of a named user; "" on a loopback server without users.
        resume: What it holds: origin -> [epoch, revision].
        client: Free text for the server's log.
    """

    versions: list[str]
    token: str = ""
    resume: dict[str, tuple[int, int]] = {}
    client: str = ""


class Subscribe(_Message, tag="subscribe", frozen=True):
    """Ask for the twins that a selector names.

    Attributes:
        id: Chosen by the client, unique in its session.
        max_hz: Frames per second at most; 0 takes the server's tick.
        mode: `latest` coalesces, `batch` delivers every sample from now on.
        events: Whether events of these twins are wanted.
        since: The client is complete up to this revision for this selector: -1 takes the one in `Hello.resume`,
            0 asks for a snapshot. Used in a resumed session only.
    """

    id: int
    selector: str
    max_hz: float = 0.0
    mode: Literal["latest", "batch"] = "latest"
    events: bool = True
    since: int = -1


class Unsubscribe(_Message, tag="unsubscribe", frozen=True):
    """End a subscription."""

    id: int


class Ack(_Message, tag="ack", frozen=True):
    """The client has applied frame number `frame` of its session."""

    frame: int


class Invoke(_Message, tag="invoke", frozen=True):
    """Ask for a command; answered by `Reply` messages with the same request id."""

    request: str
    twin: str
    command: str
    args: dict[str, Any] = {}
    reason: str = ""
    timeout_s: float | None = None


class SetDesired(_Message, tag="set_desired", frozen=True):
    """Ask for desired properties (merge patch of path -> value)."""

    request: str
    twin: str
    patch: dict[str, Any]
    reason: str = ""


class AlarmAction(_Message, tag="alarm_action", frozen=True):
    """Acknowledge, shelve (for `duration_s`), unshelve, suppress or unsuppress an alarm."""

    request: str
    alarm: str
    action: Literal["acknowledge", "shelve", "unshelve", "suppress", "unsuppress"]
    comment: str = ""
    duration_s: float | None = None


Pose = tuple[float, float, float, float, float, float, float]
"""Place in the plant's frame, metres, and a unit quaternion: x, y, z, then qx, qy, qz, qw."""


class Presence(_Message, tag="presence", frozen=True):
    """Where this client looks from; newest wins.

    Attributes:
        position, rotation: Of the head, as in `Pose`.
        selected: Twin that it looks at, or "".
        left, right: Hands or controllers of somebody who wears a headset; None for others.
    """

    position: tuple[float, float, float] = (0.0, 0.0, 0.0)
    rotation: tuple[float, float, float, float] = (0.0, 0.0, 0.0, 1.0)
    selected: str = ""
    left: Pose | None = None
    right: Pose | None = None


class Ping(_Message, tag="ping", frozen=True):
    """Ask for the server's time; `sent_us` is the client's clock and comes back unchanged."""

    sent_us: float


# server to client


class Welcome(_Message, tag="welcome", frozen=True):
    """Answer to `Hello`.

    Attributes:
        origin, epoch, revision: Whose counter this is and where it stands.
        tick_ms: Spacing of frames at the most.
        time_us: Server's clock, microseconds since the Unix epoch.
        resumed: The epoch that the client named is the present one, so a delta follows; otherwise it drops what it
            holds and a snapshot follows.
    """

    version: str
    origin: str
    epoch: int
    revision: int
    tick_ms: float
    time_us: float
    resumed: bool
    plant: str
    user: str
    role: str
    ack_window: int


class SignalInfo(msgspec.Struct, omit_defaults=True, frozen=True):
    """A signal as the client shows it; see `specs.SignalSpec`, and for `bound` `specs.TwinSpec.bound`."""

    slot: int
    path: str
    kind: str
    unit: str = ""
    name: str = ""
    description: str = ""
    range: tuple[float, float] | None = None
    limits: tuple[float | None, float | None, float | None, float | None] | None = None
    codes: dict[int, str] = {}
    max_age_s: float = 0.0
    decimals: int | None = None
    derived: bool = False
    bound: bool = True


class PropertyInfo(msgspec.Struct, omit_defaults=True, frozen=True):
    """A property; its value stands in the twin's document under `reported` and `desired`."""

    path: str
    kind: str
    unit: str = ""
    name: str = ""
    choices: list[str] = []
    range: tuple[float, float] | None = None
    writable: bool = False
    role: str = "operator"


class ParameterInfo(msgspec.Struct, omit_defaults=True, frozen=True):
    """An argument of a command."""

    name: str
    kind: str
    unit: str = ""
    required: bool = True
    choices: list[str] = []
    range: tuple[float, float] | None = None


class CommandInfo(msgspec.Struct, omit_defaults=True, frozen=True):
    """A command that the twin takes."""

    name: str
    title: str = ""
    description: str = ""
    parameters: list[ParameterInfo] = []
    timeout_s: float = 10.0
    confirm: bool = False
    role: str = "operator"


class GeometryInfo(msgspec.Struct, omit_defaults=True, frozen=True):
    """How a twin looks.

    Attributes:
        mesh: URL path of this server; "" where there is none, or none yet.
        problem: Why the mesh is not shown, or what is wrong with it, in words for people.
    """

    shape: str = "box"
    size: tuple[float, float, float] = (1.0, 1.0, 1.0)
    color: str = ""
    mesh: str = ""
    problem: str = ""


class VisualInfo(msgspec.Struct, omit_defaults=True, frozen=True):
    """A tie from a signal to the scene; see `specs.VisualRule`.

    Attributes:
        amount: Slot of the rule's second signal, -1 for none.
    """

    kind: str
    slot: int
    axis: str = "y"
    stops: list[tuple[float, str]] = []
    low: float = 0.0
    high: float = 1.0
    scale: float = 1.0
    offset: float = 0.0
    joint: str = ""
    relation: str = ""
    points: list[tuple[float, float, float]] = []
    unit: str = "m"
    width: float = 0.12
    color: str = ""
    item: str = "box"
    amount: int = -1


class SyntheticInfo(msgspec.Struct, omit_defaults=True, frozen=True):
    """Where data comes from that no plant has measured; see `specs.Synthetic`."""

    generator: str
    version: str = ""
    condition: dict[str, str | float | bool] = {}
    seed: int | None = None


class TwinInfo(msgspec.Struct, omit_defaults=True, frozen=True):
    """A twin's structure; its changing state travels in frames and patches.

    Attributes:
        position: Metres, y up; None where the client lays it out.
        discovered: Made from an unknown topic, not part of the plant yet; `topic` says which.
        synthetic: There for a twin whose data no plant has measured; it must never be shown as real.
    """

    id: str
    type: str
    name: str = ""
    area: str = ""
    tags: list[str] = []
    signals: list[SignalInfo] = []
    properties: list[PropertyInfo] = []
    commands: list[CommandInfo] = []
    relations: dict[str, list[str]] = {}
    geometry: GeometryInfo = GeometryInfo()
    visuals: list[VisualInfo] = []
    position: tuple[float, float, float] | None = None
    yaw_deg: float = 0.0
    discovered: bool = False
    topic: str = ""
    synthetic: SyntheticInfo | None = None


class Schema(_Message, tag="schema", frozen=True):
    """Structure that the client lacks: twins that came or changed, and twins that went.

    Attributes:
        reset: The client forgets every twin first.
    """

    revision: int
    twins: list[TwinInfo] = []
    removed: list[str] = []
    reset: bool = False


class Patch(_Message, tag="patch", frozen=True):
    """State documents that changed.

    Attributes:
        changes: (twin id, RFC 7396 merge patch, full); with `full` the document is replaced.
    """

    revision: int
    changes: list[tuple[str, dict[str, Any], bool]]


class EventInfo(msgspec.Struct, omit_defaults=True, frozen=True):
    """One event.

    Attributes:
        kind: `alarm`, `command`, `desired`, `birth`, `death`, `structure`, `counter_reset`, `history`, `system`.
        body: Depends on the kind; see docs/reference/events.md.
    """

    revision: int
    at_us: float
    kind: str
    twin: str
    body: dict[str, Any]


class Events(_Message, tag="events", frozen=True):
    """Events in order of revision; none is merged or left out but for `missed`."""

    events: list[EventInfo]
    missed: int = 0


class Reply(_Message, tag="reply", frozen=True):
    """State of a request: `pending`, then one of `succeeded`, `failed`, `refused`, `expired`."""

    request: str
    status: Literal["pending", "succeeded", "failed", "refused", "expired"]
    code: str = ""
    message: str = ""
    hint: str = ""
    result: Any = None


class People(_Message, tag="people", frozen=True):
    """Who else is here: (client number, user, presence); sent when it changes."""

    people: list[tuple[int, str, Presence]]


class Pong(_Message, tag="pong", frozen=True):
    """Answer to `Ping`."""

    sent_us: float
    time_us: float


class Lag(_Message, tag="lag", frozen=True):
    """A `batch` subscription was overrun and lost so many samples."""

    id: int
    dropped: int


class Bye(_Message, tag="bye", frozen=True):
    """The server ends the session; `code` is stable (docs/reference/errors.md)."""

    code: str
    message: str
    hint: str = ""


ClientMessage = Hello | Subscribe | Unsubscribe | Ack | Invoke | SetDesired | AlarmAction | Presence | Ping
ServerMessage = Welcome | Schema | Patch | Events | Reply | People | Pong | Lag | Bye

_encoder = msgspec.msgpack.Encoder()
_client_decoder: msgspec.msgpack.Decoder[ClientMessage] = msgspec.msgpack.Decoder(ClientMessage)
_server_decoder: msgspec.msgpack.Decoder[ServerMessage] = msgspec.msgpack.Decoder(ServerMessage)


def encode(message: ClientMessage | ServerMessage) -> bytes:
    """Return the MessagePack bytes of a message."""
    return _encoder.encode(message)


def decode_client(data: bytes) -> ClientMessage:
    """Return a client's message.

    Raises:
        msgspec.DecodeError: It is no message of this protocol.
    """
    return _client_decoder.decode(data)


def decode_server(data: bytes) -> ServerMessage:
    """Return a server's message.

    Raises:
        msgspec.DecodeError: It is no message of this protocol.
    """
    return _server_decoder.decode(data)
