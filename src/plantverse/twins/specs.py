"""What a twin type declares, as frozen data.

Authors write classes (`model.py`); everything behind them reads these specs. A spec holds no behaviour and no state.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from plantverse.twins.look_specs import FloorPlan, Geometry, Hall, VisualRule, merged_rules

SignalKind = Literal["float", "int", "bool", "enum"]
PropertyKind = Literal["float", "int", "bool", "enum", "str"]
Priority = Literal["critical", "high", "medium", "low"]
"""Alarm priorities, the four of EEMUA 191 and ISA-18.2."""


@dataclass(frozen=True, slots=True)
class Limits:
    """Alarm limits in the signal's unit; any may be None. Always `ll < l < h < hh`.

    Attributes:
        deadband: The value must return by this much before a limit alarm clears, in the signal's unit.
        on_delay_s, off_delay_s: How long the condition must hold before the alarm comes or goes.
    """

    ll: float | None = None
    l: float | None = None  # noqa: E741  the field's own abbreviation: LL, L, H, HH
    h: float | None = None
    hh: float | None = None
    deadband: float = 0.0
    on_delay_s: float = 0.0
    off_delay_s: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class SignalSpec:
    """One numeric signal of a type.

    Attributes:
        path: Dotted path inside the twin, `motor.temperature`.
        kind: How the number is meant; enum signals hold codes.
        unit: UCUM code of the stored value, "" for a pure number.
        range: Engineering range (low, high); a value outside is kept, uncertain `out_of_range`.
        codes: Enum labels by code; for bool the words for 0 and 1 that a device may send.
        counter: Modulus of a roll-over counter (65536 for 16 bits); 0 for a gauge.
        max_age_s: Older than this is stale; None takes the server's default, `inf` never.
        decimals: How many the viewer shows; None lets it choose.
        derived: True where a function computes it, so that no topic may feed it.
    """

    path: str
    kind: SignalKind = "float"
    unit: str = ""
    name: str = ""
    description: str = ""
    range: tuple[float, float] | None = None
    limits: Limits | None = None
    codes: Mapping[int, str] = field(default_factory=dict)
    counter: float = 0.0
    max_age_s: float | None = None
    decimals: int | None = None
    derived: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class PropertySpec:
    """Kept state: what the device reports and, if writable, what is desired of it.

    Attributes:
        kind: JSON type; `enum` takes one of `choices`.
        writable: Whether `set desired` is allowed, and from which role on.
    """

    path: str
    kind: PropertyKind = "str"
    unit: str = ""
    name: str = ""
    description: str = ""
    choices: tuple[str, ...] = ()
    range: tuple[float, float] | None = None
    writable: bool = False
    role: str = "operator"


@dataclass(frozen=True, slots=True, kw_only=True)
class ParameterSpec:
    """One argument of a command."""

    name: str
    kind: PropertyKind = "float"
    unit: str = ""
    required: bool = True
    choices: tuple[str, ...] = ()
    range: tuple[float, float] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CommandSpec:
    """A request that a device may refuse and that is answered.

    Attributes:
        timeout_s: The command expires so long after it was given.
        confirm: The viewer asks once more before it sends.
        role: The least role that may give it.
        max_age_s: Refused while the twin's newest sample is older; None takes the server's default.
    """

    name: str
    title: str = ""
    description: str = ""
    parameters: tuple[ParameterSpec, ...] = ()
    timeout_s: float = 10.0
    confirm: bool = False
    role: str = "operator"
    max_age_s: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RelationSpec:
    """A named edge to other twins.

    Attributes:
        target: Name of the type at the other end, "" for any.
        many: More than one target allowed.
    """

    name: str
    target: str = ""
    many: bool = False
    description: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class DerivedSpec:
    """A signal computed from others of the same twin.

    Attributes:
        signal: What it produces.
        inputs: Paths that it reads; found by calling it once with probes when the class is made.
        compute: Takes an object whose attributes are arrays of equal length (float64) and returns such an array.
    """

    signal: SignalSpec
    inputs: tuple[str, ...]
    compute: Callable[[Any], Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleSpec:
    """An alarm on a condition over several signals of one twin.

    Attributes:
        condition: Takes an object whose attributes are arrays and returns a boolean array.
    """

    name: str
    message: str
    inputs: tuple[str, ...]
    condition: Callable[[Any], Any]
    priority: Priority = "medium"
    on_delay_s: float = 0.0
    off_delay_s: float = 0.0
    latching: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class TwinType:
    """Everything a twin class declares.

    Attributes:
        bases: Names of the twin classes that it extends, nearest first; where one of those is wanted, this one fits.
    """

    name: str
    bases: tuple[str, ...] = ()
    description: str = ""
    signals: tuple[SignalSpec, ...] = ()
    properties: tuple[PropertySpec, ...] = ()
    commands: tuple[CommandSpec, ...] = ()
    relations: tuple[RelationSpec, ...] = ()
    derived: tuple[DerivedSpec, ...] = ()
    rules: tuple[RuleSpec, ...] = ()
    geometry: Geometry = field(default_factory=Geometry)
    visuals: tuple[VisualRule, ...] = ()

    def signal(self, path: str) -> SignalSpec | None:
        """Return the signal of that path, derived ones too."""
        return next((s for s in self.signals if s.path == path), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Binding:
    """Where a signal or property comes from and how its payload is read.

    Empty strings and None mean: take the twin's default, else what the payload itself suggests.

    Attributes:
        path: Signal or property path inside the twin.
        topic: MQTT topic (a filter with `+` is allowed when `twin` patterns fill it in); "" takes the twin's topic.
        key: Path inside the payload, `motor.temps[1]`; "" means the payload is the value itself; None (default)
            means the signal's own path. `vals[id=101].val` picks an element of an array by a member.
        unit: Unit in the payload, converted to the declared one by a factor and an offset.
        codec: How the payload is read.
        time_key: Path of the device's time in the payload; None looks for `ts`, `time`, `timestamp`, "" ignores it.
        time_unit: `auto` takes the magnitude: s, ms, us or ns since 1970, or ISO 8601 text.
        zone: IANA zone of times without one.
        quality_key: Path of the vendor's quality; `quality_codes` maps what it says (text, case ignored) to good,
            uncertain or bad.
        words: For bool and enum: what the device sends (text, case ignored) to the code it means.
        decimal_comma: `21,5` is read as 21.5; otherwise it is rejected.
        encoding: Of text payloads; `auto` is UTF-8 with or without BOM.
        compression: `auto` unpacks gzip and zlib by their magic numbers.
        priority: Lower feeds the signal; a higher one takes over while the lower is stale.
        scale, offset: Raw value times scale plus offset, before the unit is converted.
    """

    path: str
    topic: str = ""
    key: str | None = None
    unit: str = ""
    codec: Literal["auto", "json", "scalar", "cbor"] = "auto"
    time_key: str | None = None
    time_unit: Literal["auto", "s", "ms", "us", "ns", "iso"] = "auto"
    zone: str = "UTC"
    quality_key: str = ""
    quality_codes: Mapping[str, str] = field(default_factory=dict)
    words: Mapping[str, int] = field(default_factory=dict)
    decimal_comma: bool = False
    encoding: str = "auto"
    compression: Literal["auto", "none", "gzip", "zlib"] = "auto"
    priority: int = 0
    scale: float = 1.0
    offset: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Availability:
    """The topic that says whether the device is there (last will), and its words."""

    topic: str
    online: tuple[str, ...] = ("online", "1", "true", "connected")
    offline: tuple[str, ...] = ("offline", "0", "false", "disconnected", "")
    key: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Placement:
    """Where a twin stands.

    Attributes:
        position: Metres, x to the right, y up, z towards the viewer.
        yaw_deg: Degrees about the up axis, counter-clockwise seen from above.
    """

    position: tuple[float, float, float]
    yaw_deg: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Synthetic:
    """Where the data of a twin comes from that no plant has measured.

    Attributes:
        generator: What makes it: a model, a simulation, a person.
        version: Of the generator.
        condition: What was asked for, for example a fault, its severity and onset.
        seed: Of its random numbers.
    """

    generator: str
    version: str = ""
    condition: Mapping[str, str | float | bool] = field(default_factory=dict)
    seed: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TwinSpec:
    """One instance: a type, an id, and the data that ties it to the plant.

    Attributes:
        topic: Base topic; a signal without a topic of its own is read from a JSON message on it.
        command_topic: Commands are published to `<command_topic>/<name>`; "" takes `<topic>/cmd`.
        answer_topic: Answers come here; "" takes `<topic>/cmd/answer`.
        desired_topic: Desired properties are published to it as one JSON object; "" takes `<topic>/desired`.
        extra: Signals declared by the plant file alone, for tags that no class describes.
        limits: Limits by signal path that replace the type's.
        relations: Target twin ids by relation name.
        formerly: Ids that this twin had before; its history goes on under the present one.
        geometry: Looks of this twin alone; None takes the type's.
        visuals: Rules of this twin alone, in place of the type's of the same kind or beside them.
        synthetic: Where its data comes from, if no plant measures it; None for a real twin.
        own: It stands for a part of the platform, which writes its signals itself.
    """

    id: str
    type: TwinType
    name: str = ""
    area: str = ""
    tags: tuple[str, ...] = ()
    topic: str = ""
    command_topic: str = ""
    answer_topic: str = ""
    desired_topic: str = ""
    bindings: tuple[Binding, ...] = ()
    availability: Availability | None = None
    placement: Placement | None = None
    extra: tuple[SignalSpec, ...] = ()
    limits: Mapping[str, Limits] = field(default_factory=dict)
    relations: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    formerly: tuple[str, ...] = ()
    geometry: Geometry | None = None
    visuals: tuple[VisualRule, ...] = ()
    synthetic: Synthetic | None = None
    own: bool = False
    source: str = ""
    """File (and line) that declared it, for error messages."""

    def signals(self) -> tuple[SignalSpec, ...]:
        """Return the type's signals and the extra ones, in slot order."""
        return self.type.signals + self.extra

    def bound(self) -> frozenset[str]:
        """Return the paths of the signals that have a source; of the others no value will ever come.

        A source is the platform itself, a binding, the twin's own topic, a detector, or a formula all of whose inputs
        have one.
        """
        topics = {b.path for b in self.bindings}
        fed = {s.path for s in self.signals() if s.derived or self.own or self.topic or s.path in topics}
        for formula in self.type.derived:
            if not fed.issuperset(formula.inputs):
                fed.discard(formula.signal.path)
        return frozenset(fed)

    def looks(self) -> Geometry:
        """Return its own geometry, else the type's."""
        return self.geometry or self.type.geometry

    def rules(self) -> tuple[VisualRule, ...]:
        """Return the type's visual rules, some replaced by the twin's own, and then the rest of those."""
        return merged_rules(self.type.visuals, self.visuals)


@dataclass(frozen=True, slots=True, kw_only=True)
class DetectorSpec:
    """A saved detector of anomalies that watches a running plant; what it finds becomes signals of a twin.

    Attributes:
        twin: Id of the twin that gets the signals `<name>.score` and `<name>.blamed`.
        model: Name in the folder of saved models; the model knows the signals that it reads, of this twin or of others.
        name: What tells detectors of one twin apart, and the component of their signals.
        version: Of the model; 0 takes the newest, also one that is saved later.
        hash: The only model to accept, "" for any.
        limit: Score from which on it is an alarm; 1 is the limit that the model was calibrated to.
        on_delay_s, off_delay_s: How long the score must be beyond the limit, or back, before the alarm comes or goes.
    """

    twin: str
    model: str
    name: str = "anomaly"
    version: int = 0
    hash: str = ""
    limit: float = 1.0
    on_delay_s: float = 5.0
    off_delay_s: float = 30.0
    source: str = ""
    """File (and line) that declared it, for error messages."""

    @property
    def id(self) -> str:
        """`twin:name`."""
        return f"{self.twin}:{self.name}"


@dataclass(frozen=True, slots=True, kw_only=True)
class PlantSpec:
    """A whole plant as it was loaded and checked."""

    name: str
    title: str = ""
    twins: tuple[TwinSpec, ...] = ()
    types: tuple[TwinType, ...] = ()
    detectors: tuple[DetectorSpec, ...] = ()
    source: str = ""
    hall: Hall | None = None
    floor: FloorPlan | None = None
