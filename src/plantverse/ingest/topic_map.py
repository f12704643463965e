"""Which topic feeds what: bindings compiled to targets, targets gathered to one route per topic.

A twin with a base topic T is read from one JSON object on T whose members are its signal and property paths, and from
bare values on `T/<path>` (dots as slashes). A binding replaces that for its own path.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any, Final

from plantverse.errors import PlantInvalid, UnitMismatch
from plantverse.ingest import paths, payloads
from plantverse.ingest.availability import word_reader as availability_reader
from plantverse.ingest.scalars import number_reader, property_reader, word_reader
from plantverse.ingest.stamps import Stamp, stamp_reader
from plantverse.ingest.vendor_quality import quality_reader
from plantverse.twins.registry import Registry, TwinEntry
from plantverse.twins.specs import Binding, PropertySpec, SignalSpec
from plantverse.twins.units import conversion

TIME_KEYS: Final = ("ts", "time", "timestamp")
VALUE_KEYS: Final = ("value", "val", "v")
"""Members that hold the value where a topic carries one signal and the payload is an object without its path."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """One signal or property fed from one kind of payload, everything worked out.

    Attributes:
        slot: Slot of a signal, -1 for a property.
        key: Path inside the payload; () is the payload itself.
        get: From the decoded payload to the raw value.
        read: From the raw value to a `Value`, or a property's JSON value.
        plain: A float or int signal.
        simple: A finite float needs nothing but factor and offset: a float signal with one source and no quality.
        factor, offset: Raw value times factor plus offset is the value in the declared unit.
        times: Where the device's time is looked for, in order.
        rank: 0 for the source with the best priority.
        contested: More than one source feeds the signal.
        counter: Modulus of a roll-over counter, 0 for none.
        implied: The key was not declared: a bare value, or the member `value` of an object, will do as well.
    """

    twin: str
    path: str
    kind: str
    slot: int
    topic: str
    binding: Binding
    key: tuple[paths.Step, ...]
    get: paths.Getter
    read: Callable[[Any], Any]
    plain: bool
    simple: bool
    factor: float
    offset: float
    times: tuple[paths.Getter, ...]
    read_time: Callable[[Any], Stamp]
    get_quality: paths.Getter | None
    read_quality: Callable[[Any], int] | None
    rank: int = 0
    contested: bool = False
    counter: float = 0.0
    implied: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """An array whose elements say by a member whose they are: `vals[id=101]`.

    Attributes:
        prefix: Path of the array.
        get: The same, compiled.
        member: Holds the id.
        rows: What the element of an id feeds.
    """

    prefix: tuple[paths.Step, ...]
    get: paths.Getter
    member: str
    rows: dict[str, list[Target]] = field(default_factory=dict)


@dataclass(slots=True)
class Route:
    """Everything that one topic feeds.

    Attributes:
        name: The topic.
        codec: From an uncompressed payload and the name of its encoding to plain values.
        targets: All that it feeds.
        single: Those that are found by their path alone.
        tables: The others, by the array in which they are found.
        members: Top-level members that something reads; others are unknown.
        whole: Something reads the payload itself, so no member is unknown.
        availability: (twin id, reader) of the twins whose presence this topic tells.
        fast: A quicker decoder, where the messages of this topic have the form for it.
        noted: Unknown members that were counted.
        real: A twin that is not synthetic reads the topic, so a message that bears a mark feeds nothing.
    """

    name: str
    codec: payloads.Codec = payloads.decode_auto
    encoding: str = "auto"
    compression: str = "auto"
    targets: list[Target] = field(default_factory=list)
    single: list[Target] = field(default_factory=list)
    tables: list[Table] = field(default_factory=list)
    members: frozenset[str] = frozenset()
    whole: bool = False
    availability: list[tuple[str, Callable[[bytes], bool | None]]] = field(default_factory=list)
    fast: Callable[[bytes], Any] | None = None
    noted: set[str] = field(default_factory=set)
    real: bool = False


def compile_routes(registry: Registry) -> tuple[dict[bytes, Route], list[str]]:
    """Return the route of every topic that the plant reads, and what is wrong with bindings that are left out.

    One wrong binding must not cost a running plant the others.
    """
    problems: list[str] = []
    routes: dict[str, Route] = {}
    for target in _ranked(_targets(registry, problems)):
        if target.topic not in routes:
            routes[target.topic] = Route(target.topic)
        routes[target.topic].targets.append(target)
        routes[target.topic].real |= not registry.is_synthetic(target.twin)
    for entry in registry:
        available = entry.spec.availability
        if available is not None:
            try:
                reader = availability_reader(available)
            except PlantInvalid as exc:
                problems.append(f"{entry.spec.id}: availability: {exc}")
                continue
            route = routes.setdefault(available.topic, Route(available.topic))
            route.availability.append((entry.spec.id, reader))
            route.real |= entry.spec.synthetic is None
    for route in routes.values():
        _finish(route, problems)
    return {name.encode(): route for name, route in routes.items()}, problems


def _finish(route: Route, problems: list[str]) -> None:
    route.encoding = _agreed(route, "encoding", problems)
    route.compression = _agreed(route, "compression", problems)
    codec = _agreed(route, "codec", problems)
    only_texts = all(t.slot < 0 and t.kind in {"str", "enum"} for t in route.targets)
    texts = codec == "auto" and bool(route.targets) and only_texts
    route.codec = payloads.decode_text if texts else payloads.CODECS[codec]
    tables: dict[tuple[tuple[paths.Step, ...], str], Table] = {}
    members: set[str] = set()
    for target in route.targets:
        at = next((n for n, step in enumerate(target.key) if isinstance(step, paths.Where)), None)
        if at is None:
            route.single.append(target)
        else:
            prefix, where = target.key[:at], target.key[at]
            assert isinstance(where, paths.Where)
            table = tables.setdefault((prefix, where.member), Table(prefix, paths.compile_path(prefix), where.member))
            table.rows.setdefault(where.text, []).append(target)
        if not target.key or not isinstance(target.key[0], str):
            route.whole = True
        else:
            members |= {target.key[0], target.path}
        if target.binding.time_key is None:
            members |= set(TIME_KEYS)
        elif target.binding.time_key:
            members.add(target.binding.time_key.partition(".")[0])
        if target.binding.quality_key:
            members.add(target.binding.quality_key.partition(".")[0])
        if target.binding.key is None:
            members |= set(VALUE_KEYS)
    route.members = frozenset(members)
    route.tables = list(tables.values())


def _agreed(route: Route, what: str, problems: list[str]) -> str:
    """Return how all bindings of a topic want its payload read; the first counts where they differ."""
    declared = dict.fromkeys(str(getattr(t.binding, what)) for t in route.targets)
    declared.pop("auto", None)
    if len(declared) > 1:
        problem = PlantInvalid(
            f"topic {route.name}: {what}",
            expected="the same in every binding of the topic",
            got=" and ".join(declared),
        )
        problems.append(str(problem))
    return next(iter(declared), "auto")


def _targets(registry: Registry, problems: list[str]) -> Iterator[Target]:
    for entry in registry:
        for field_spec, binding, topic, implied in _sources(entry):
            try:
                yield _target(entry, field_spec, binding, topic, implied=implied)
            except (PlantInvalid, UnitMismatch) as exc:
                problems.append(str(exc))


def _sources(entry: TwinEntry) -> Iterator[tuple[SignalSpec | PropertySpec, Binding, str, bool]]:
    """Return (what is fed, how, by which topic, whether a bare value will do)."""
    spec = entry.spec
    bound: set[str] = set()
    fields: dict[str, SignalSpec | PropertySpec] = {s.path: s for s in spec.signals() if not s.derived}
    fields |= {p.path: p for p in spec.type.properties}
    for binding in spec.bindings:
        if binding.path in fields:
            bound.add(binding.path)
            topic = binding.topic or spec.topic
            # A topic of its own may carry the bare value; on the twin's topic the member must be named.
            yield fields[binding.path], binding, topic, bool(binding.topic)
    if not spec.topic:
        return
    for path, field_spec in fields.items():
        if path in bound:
            continue
        binding = Binding(path=path)
        yield field_spec, binding, spec.topic, False
        yield field_spec, binding, f"{spec.topic}/{path.replace('.', '/')}", True


def _target(
    entry: TwinEntry, field_spec: SignalSpec | PropertySpec, binding: Binding, topic: str, *, implied: bool
) -> Target:
    where = f"{entry.spec.source or entry.spec.id}: {entry.spec.id}: {binding.path}"
    payloads.check_encoding(binding.encoding, f"{where}: encoding")
    key = paths.parse(binding.path if binding.key is None else binding.key, f"{where}: key")
    signal = field_spec if isinstance(field_spec, SignalSpec) else None
    factor, offset = _scaling(binding, field_spec.unit, where)
    stamp_reader(binding.time_unit, binding.zone, f"{where}: zone")
    quality_key = paths.parse(binding.quality_key, f"{where}: quality_key") if binding.quality_key else None
    plain = signal is not None and signal.kind in {"float", "int"}
    return Target(
        twin=entry.spec.id,
        path=binding.path,
        kind=field_spec.kind,
        slot=-1 if signal is None else entry.slots[binding.path],
        topic=topic,
        binding=binding,
        key=key,
        get=_getter(key, binding.path, implied=implied and binding.key is None, declared=binding.key is not None),
        read=_reader(field_spec, binding, factor, offset),
        plain=plain,
        simple=signal is not None and signal.kind == "float" and not signal.counter and quality_key is None,
        factor=factor if plain else 1.0,
        offset=offset if plain else 0.0,
        times=_times(binding, key, where),
        read_time=_stamp_reader(binding.time_unit, binding.zone),
        get_quality=None if quality_key is None else paths.compile_path(quality_key),
        read_quality=None
        if quality_key is None
        else quality_reader(binding.quality_key, binding.quality_codes, f"{where}: quality_codes"),
        counter=0.0 if signal is None else signal.counter,
        implied=implied and binding.key is None,
    )


def _scaling(binding: Binding, unit: str, where: str) -> tuple[float, float]:
    factor, offset = conversion(binding.unit, unit, where) if binding.unit else (1.0, 0.0)
    return binding.scale * factor, binding.offset * factor + offset


def _reader(
    field_spec: SignalSpec | PropertySpec, binding: Binding, factor: float, offset: float
) -> Callable[[Any], Any]:
    if isinstance(field_spec, PropertySpec):
        return property_reader(
            field_spec.kind,
            field_spec.choices,
            decimal_comma=binding.decimal_comma,
            factor=factor,
            offset=offset,
        )
    if field_spec.kind in {"bool", "enum"}:
        return word_reader(field_spec.kind, field_spec.codes, binding.words)
    return number_reader(decimal_comma=binding.decimal_comma)


def _getter(key: tuple[paths.Step, ...], path: str, *, implied: bool, declared: bool) -> paths.Getter:
    """A path is looked for nested (`{"motor": {"speed": 1}}`) and flat (`{"motor.speed": 1}`) unless declared."""
    nested = paths.compile_path(key)
    if declared or (len(key) == 1 and not implied):
        return nested

    def get(value: Any) -> Any:
        found = nested(value)
        if found is not paths.MISSING:
            return found
        if type(value) is not dict:
            return value if implied and type(value) is not list else paths.MISSING
        if path in value:
            return value[path]
        if implied:
            for name in VALUE_KEYS:
                if name in value:
                    return value[name]
        return paths.MISSING

    return get


def _times(binding: Binding, key: tuple[paths.Step, ...], where: str) -> tuple[paths.Getter, ...]:
    """The device's time stands beside the value, else in its element of an array, else at the top of the payload."""
    if binding.time_key == "":
        return ()
    if binding.time_key is not None:
        return _getters((paths.parse(binding.time_key, f"{where}: time_key"),))
    elements = [key[: n + 1] for n, step in enumerate(key) if isinstance(step, paths.Where)]
    parents = dict.fromkeys([key[:-1], *reversed(elements), ()])
    return _getters(tuple((*parent, name) for parent in parents for name in TIME_KEYS))


@cache
def _getters(places: tuple[tuple[paths.Step, ...], ...]) -> tuple[paths.Getter, ...]:
    """Equal places give the same object, so that a time is looked up once per message and not once per value."""
    return tuple(paths.compile_path(place) for place in places)


@cache
def _stamp_reader(unit: str, zone: str) -> Callable[[Any], Stamp]:
    return stamp_reader(unit, zone)


def _ranked(targets: Iterable[Target]) -> Iterator[Target]:
    """Give the sources of one signal their ranks: by declared priority, equal ones in the order of declaration."""
    found = list(targets)
    sources: dict[int, dict[int, Binding]] = {}
    for target in found:
        if target.slot >= 0:
            sources.setdefault(target.slot, {})[id(target.binding)] = target.binding
    for target in found:
        bindings = sources.get(target.slot, {})
        if len(bindings) < 2:
            yield target
        else:
            order = sorted(bindings.values(), key=lambda b: b.priority)
            rank = next(n for n, binding in enumerate(order) if binding is target.binding)
            yield replace(target, rank=rank, contested=True, simple=False)
