"""Bodies of requests and answers; OpenAPI and its examples are made from them."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

Scalar = float | int | bool | str | None
MAX_TEXT = 4_096
"""Longest free text in a request: a screenful."""
Text = Annotated[str, Field(max_length=MAX_TEXT)]
Id = Annotated[str, Field(min_length=1, max_length=512)]


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid")


class IngestCounts(_Model):
    """Messages since the start."""

    received: int
    accepted: int
    rejected: dict[str, int]


class HallPicture(_Model):
    """A hall: metres and degrees; `nodes` are twin ids by the names of the nodes that are their pictures."""

    url: str
    position: tuple[float, float, float]
    yaw_deg: float
    scale: float
    nodes: dict[str, str]


class FloorPicture(_Model):
    """A drawing as the ground: metres along x and z, and where its middle lies."""

    url: str
    width: float
    depth: float
    offset: tuple[float, float]
    opacity: float


class Surroundings(_Model):
    """None where there is none, or while it is being prepared; `problems` are in words for people."""

    hall: HallPicture | None = None
    floor: FloorPicture | None = None
    problems: list[str] = []


class BrokerState(_Model):
    """The session with the broker."""

    url: str
    state: str
    message: str


class HistoryState(_Model):
    """`ok`, `behind` or `failing`."""

    state: str
    pending_rows: int
    message: str


class PlantFile(_Model):
    """The plant file; its folder is nobody's business who has no token."""

    name: str
    problem: str


class Health(_Model):
    """State of the server."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "example": {
                "status": "ok",
                "version": "0.1.0",
                "plant": "bottling",
                "twins": 12,
                "signals": 61,
                "revision": 482113,
                "viewers": 2,
                "ingest": {"received": 48210, "accepted": 48207, "rejected": {"malformed": 3}},
                "broker": {"url": "mqtt://127.0.0.1:1883", "state": "connected", "message": ""},
                "history": {"state": "ok", "pending_rows": 12, "message": ""},
                "plant_file": {"name": "plant.toml", "problem": ""},
                "rate": 61.0,
            }
        },
    )
    status: Literal["ok", "degraded"]
    version: str
    plant: str
    twins: int
    signals: int
    revision: int
    viewers: int
    ingest: IngestCounts
    broker: BrokerState
    history: HistoryState
    plant_file: PlantFile
    rate: float


class Me(_Model):
    """The caller."""

    user: str
    role: str
    local: bool
    loopback: bool


class Reading(_Model):
    """The newest value of a signal; times in microseconds since 1970."""

    signal: str | None = None
    value: Scalar
    unit: str
    observed_us: float | None
    received_us: float | None
    age_s: float | None
    quality: str
    label: str | None = None
    synthetic: bool = False


class TwinList(_Model):
    """Structure of twins."""

    twins: list[dict[str, Any]]


class TwinDetail(_Model):
    """One twin with all that is known of it."""

    twin: dict[str, Any]
    document: dict[str, Any]
    values: dict[str, Reading]


class SignalList(_Model):
    """Newest values."""

    signals: list[Reading]


class Hops(_Model):
    """The way of the newest sample of a signal, in microseconds since 1970; None where a hop is not known.

    `received` is when its bytes were read from the broker's socket, `committed` when the value stood in the telemetry
    plane. `observed` is the device's clock where `stamped`, else ours.
    """

    signal: str
    observed_us: float | None
    received_us: float | None
    committed_us: float | None
    revision: int
    stamped: bool
    source: str


class SeriesAnswer(_Model):
    """Raw samples as parallel columns, oldest first."""

    signal: str
    synthetic: bool
    unit: str
    observed_us: list[float]
    value: list[Scalar]
    quality: list[int]


class BucketsAnswer(_Model):
    """Samples condensed to equal spans, as parallel columns; empty spans are left out."""

    signal: str
    synthetic: bool
    unit: str
    start_us: list[float]
    min: list[float | None]
    max: list[float | None]
    mean: list[float | None]
    count: list[int]
    worst: list[int]


class AsOfAnswer(_Model):
    """The newest value of each signal at a moment."""

    at_us: float
    signals: list[dict[str, Any]]


class EventList(_Model):
    """The newest events, oldest first, and how many there are in all."""

    events: list[dict[str, Any]]
    total: int


class CommandRequest(_Model):
    """A command for a twin."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "example": {"twin": "hall/pump-1", "command": "set_speed", "args": {"speed": 1200}, "reason": "ramp-up"}
        },
    )
    twin: Id
    command: Id
    args: dict[str, Any] = Field(default_factory=dict, max_length=64)
    reason: Text = ""
    timeout_s: Annotated[float, Field(gt=0, le=3_600)] | None = None


class DesiredRequest(_Model):
    """Desired properties of a twin: path to value, null takes a wish back."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"example": {"twin": "hall/pump-1", "patch": {"mode": "auto"}}}
    )
    twin: Id
    patch: dict[str, Any] = Field(min_length=1, max_length=256)
    reason: Text = ""


class RequestAnswer(_Model):
    """Where a request stands: `pending`, then one of `succeeded`, `failed`, `refused`, `expired`."""

    request: str
    twin: str
    command: str
    args: dict[str, Any]
    user: str
    status: str
    message: str
    result: Any = None
    asked_us: float
    expires_us: float
    ended_us: float | None


class Done(_Model):
    """What was done with an alarm."""

    alarm: str
    action: str


class AlarmList(_Model):
    """Alarms that are not normal, or that somebody keeps quiet."""

    alarms: list[dict[str, Any]]


class AlarmLoadAnswer(_Model):
    """Alarms raised, synthetic ones left out: in the last ten minutes, the most in any ten, and in all."""

    at_us: float
    now: int
    peak: int
    raised: int


class AlarmRequest(_Model):
    """What to do with an alarm."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"example": {"alarm": "hall/pump-1:motor.temperature:h", "comment": "fan is checked"}},
    )
    alarm: Id
    comment: Text = ""
    duration_s: Annotated[float, Field(gt=0)] | None = None


class DeadLetters(_Model):
    """Messages that could not be used, newest first, and how many by cause."""

    dead_letters: list[dict[str, Any]]
    counts: dict[str, int]


class TopicList(_Model):
    """Topics that nothing reads."""

    topics: list[dict[str, Any]]


class BindRequest(_Model):
    """Make a twin of an unknown topic."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"example": {"topic": "shop/line-2/oven", "twin": "line-2/oven"}}
    )
    topic: Annotated[str, Field(min_length=1, max_length=65_535)]
    twin: Annotated[str, Field(max_length=512)] = ""
    name: Annotated[str, Field(max_length=200)] = ""


class BindAnswer(_Model):
    """The twin that was made."""

    twin: dict[str, Any]


class Explanation(_Model):
    """What a message would do."""

    topic: str
    bindings: list[dict[str, Any]]
    result: list[dict[str, Any]]


class PlacementRequest(_Model):
    """Where a twin stands: metres, y up; degrees about the up axis."""

    position: tuple[float, float, float]
    yaw_deg: float = 0.0


class GhostGone(_Model):
    """The twin that has no ghost any more."""

    twin: str


class GhostRequest(_Model):
    """Where the data of a ghost comes from."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "example": {"generator": "pumps", "version": "3", "condition": {"fault": "cavitation"}, "seed": 7}
        },
    )
    generator: Annotated[str, Field(min_length=1, max_length=200)]
    version: Annotated[str, Field(max_length=200)] = ""
    condition: dict[str, str | float | bool] = Field(default_factory=dict, max_length=64)
    seed: int | None = None


class RenameRequest(_Model):
    """The twin's new id."""

    id: Id


class DetectorList(_Model):
    """Detectors of the plant, and the process in which they run.

    `state` is `no_model`, `invalid`, `no_twin`, `no_signals`, `starting`, `waiting` (no fresh value to judge),
    `watching` or `failing`; `message` says more.
    """

    detectors: list[dict[str, Any]]
    worker: dict[str, Any]


class ModelList(_Model):
    """Saved detectors, by name."""

    models: list[dict[str, Any]]


class DetectorRequest(_Model):
    """Which saved model is to watch, and which twin gets its score; see `[[detector]]` of the plant file."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"example": {"twin": "hall/pump-1", "model": "pumps", "on_delay_s": 5}}
    )
    twin: Id
    model: Id
    name: Annotated[str, Field(min_length=1, max_length=64)] = "anomaly"
    version: Annotated[int, Field(ge=0)] = 0
    hash: Annotated[str, Field(max_length=64)] = ""
    limit: Annotated[float, Field(gt=0)] = 1.0
    on_delay_s: Annotated[float, Field(ge=0, le=86_400)] = 5.0
    off_delay_s: Annotated[float, Field(ge=0, le=86_400)] = 30.0


class DetectorName(_Model):
    """A detector of a twin."""

    twin: Id
    name: Annotated[str, Field(min_length=1, max_length=64)] = "anomaly"
