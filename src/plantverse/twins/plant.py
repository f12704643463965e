"""A plant in Python: the twins, the patterns that make more of them, and what changed between two loads."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

from plantverse.errors import PlantInvalid
from plantverse.twins.checks import check_real_topic
from plantverse.twins.declarations import declared_at
from plantverse.twins.detectors import check_detectors
from plantverse.twins.instances import check_bindings, check_together, checked_twin
from plantverse.twins.look_checks import check_floor, check_hall
from plantverse.twins.look_specs import FloorPlan, Hall
from plantverse.twins.model import Twin
from plantverse.twins.patterns import TopicPattern
from plantverse.twins.problems import Problems, closest
from plantverse.twins.specs import Availability, Binding, DetectorSpec, PlantSpec, Synthetic, TwinSpec, TwinType

_T = TypeVar("_T", bound=Twin)


class Plant:
    """Twins of one plant.

    Args:
        name: Short name, also on the wire.
        title: What people read.
        hall: The building around the machines.
        floor: A drawing as the ground.

    Example:
        >>> from plantverse import Telemetry
        >>> class Pump(Twin):
        ...     flow = Telemetry(unit="m3/h")
        >>> plant = Plant("demo")
        >>> pump = plant.add(Pump("hall/pump-1", topic="plant/pump-1"))
        >>> [t.id for t in plant.spec().twins]
        ['hall/pump-1']
    """

    def __init__(self, name: str, *, title: str = "", hall: Hall | None = None, floor: FloorPlan | None = None) -> None:
        self.name, self.title = name, title
        self.hall, self.floor = hall, floor
        self.source = declared_at()
        self._twins: dict[str, Twin] = {}
        self._patterns: list[TopicPattern] = []
        self._detectors: list[DetectorSpec] = []

    def __len__(self) -> int:
        return len(self._twins)

    def __iter__(self) -> Iterator[Twin]:
        return iter(self._twins.values())

    def __getitem__(self, twin_id: str) -> Twin:
        return self._twins[twin_id]

    def add(self, twin: _T) -> _T:
        """Take a twin and return it.

        Raises:
            PlantInvalid: The id is taken, or the twin is wrong in itself.
        """
        spec = twin.spec()
        problems = Problems()
        checked_twin(spec, problems)
        problems.check()
        if spec.id in self._twins:
            raise PlantInvalid(
                f"{spec.source}: {spec.id}: id",
                expected="an id of its own",
                got=spec.id,
                hint=f"first at {self._twins[spec.id].spec().source}",
            )
        self._twins[spec.id] = twin
        return twin

    def map(
        self,
        topic: str,
        *,
        twin: str,
        type: type[Twin],  # noqa: A002  the word of the model
        name: str = "",
        area: str = "",
        tags: Sequence[str] = (),
        base: str = "",
        bindings: Mapping[str, str] | Sequence[Binding] = (),
        availability: Availability | str | None = None,
        synthetic: Synthetic | None = None,
    ) -> None:
        """Make twins as topics appear; see `TopicPattern`.

        Raises:
            PlantInvalid: A placeholder is not in the topic.
        """
        if isinstance(bindings, Mapping):
            bindings = [Binding(path=path, topic=at) for path, at in bindings.items()]
        pattern = TopicPattern(
            topic=topic,
            twin=twin,
            type=type.twin_type(),
            name=name,
            area=area,
            tags=tuple(tags),
            base=base,
            bindings=tuple(bindings),
            availability=Availability(topic=availability) if isinstance(availability, str) else availability,
            synthetic=synthetic,
            source=declared_at(),
        )
        problems = Problems()
        check_pattern(pattern, problems)
        problems.check()
        self._patterns.append(pattern)

    def watch(
        self,
        twin: Twin | str,
        model: str,
        *,
        name: str = "anomaly",
        version: int = 0,
        hash: str = "",  # noqa: A002  the word of the model
        limit: float = 1.0,
        on_delay_s: float = 5.0,
        off_delay_s: float = 30.0,
    ) -> DetectorSpec:
        """Let a saved detector of anomalies watch the running plant; its score becomes a signal of a twin.

        Args:
            twin: The twin, or its id where a pattern makes it.
            model: Name of the model, as it was saved by `plantverse ai fit`.
            name: What tells detectors of one twin apart.
            version: Of the model; 0 takes the newest.
            hash: The only model to accept, "" for any.
            limit: Score from which on it is an alarm, in units of the calibrated limit.
            on_delay_s: How long the score must be beyond it before the alarm comes.
            off_delay_s: How long it must be back before the alarm goes.

        Raises:
            PlantInvalid: A value is wrong, or the twin has a detector of that name.

        Example:
            >>> from plantverse import Telemetry
            >>> class Pump(Twin):
            ...     flow = Telemetry(unit="m3/h")
            >>> plant = Plant("demo")
            >>> plant.watch(plant.add(Pump("hall/pump-1")), "pumps").id
            'hall/pump-1:anomaly'
        """
        spec = DetectorSpec(
            twin=twin if isinstance(twin, str) else twin.spec().id,
            model=model,
            name=name,
            version=version,
            hash=hash,
            limit=limit,
            on_delay_s=on_delay_s,
            off_delay_s=off_delay_s,
            source=declared_at(),
        )
        problems = Problems()
        check_detectors([*self._detectors, spec], problems)
        problems.check()
        self._detectors.append(spec)
        return spec

    def patterns(self) -> tuple[TopicPattern, ...]:
        """Return the patterns in order; the first that matches a topic counts."""
        return tuple(self._patterns)

    def spec(self) -> PlantSpec:
        """Return the whole plant, checked.

        Raises:
            PlantInvalid: With every mistake in `problems`.
        """
        problems = Problems()
        if self.hall is not None:
            check_hall(self.hall, f"{self.source}: hall", problems)
        if self.floor is not None:
            check_floor(self.floor, f"{self.source}: floor", problems)
        spec = PlantSpec(
            name=self.name,
            title=self.title,
            twins=tuple(t.spec() for t in self),
            detectors=tuple(self._detectors),
            source=self.source,
            hall=self.hall,
            floor=self.floor,
        )
        return checked_plant(spec, patterns=self._patterns, problems=problems)


@dataclass(frozen=True, slots=True, kw_only=True)
class PlantChanges:
    """What a reload brought.

    Attributes:
        renamed: (old id, twin under its present id); such a twin is neither added nor removed, and it is also in
            `changed` if more than its id is different.
    """

    added: tuple[TwinSpec, ...] = ()
    changed: tuple[TwinSpec, ...] = ()
    removed: tuple[str, ...] = ()
    renamed: tuple[tuple[str, TwinSpec], ...] = ()

    def __bool__(self) -> bool:
        return bool(self.added or self.changed or self.removed or self.renamed)


def plant_changes(old: PlantSpec, new: PlantSpec) -> PlantChanges:
    """Return the twins that differ; where a declaration stands in its file does not matter."""
    before = {t.id: t for t in old.twins}
    after = {t.id for t in new.twins}
    added, changed, renamed = [], [], []
    for twin in new.twins:
        was = before.get(twin.id)
        if was is None:
            former = next((f for f in reversed(twin.formerly) if f in before and f not in after), None)
            if former is None:
                added.append(twin)
                continue
            renamed.append((former, twin))
            was = replace(before[former], id=twin.id, formerly=twin.formerly)
        if replace(was, source="") != replace(twin, source=""):
            changed.append(twin)
    gone = before.keys() - after - {former for former, _ in renamed}
    return PlantChanges(
        added=tuple(added),
        changed=tuple(changed),
        removed=tuple(i for i in before if i in gone),
        renamed=tuple(renamed),
    )


def checked_plant(
    plant: PlantSpec, *, patterns: Iterable[TopicPattern] = (), problems: Problems | None = None
) -> PlantSpec:
    """Return the plant with canonical units and all its types.

    Args:
        plant: As it was read or declared.
        patterns: Those that may make more twins.
        problems: Mistakes found before; those found here are added.

    Raises:
        PlantInvalid: With every mistake in `problems`.
    """
    problems = problems or Problems()
    patterns = tuple(patterns)
    twins = tuple(checked_twin(t, problems) for t in plant.twins)
    check_together(twins, problems, may_appear=lambda i: any(p.may_make(i) for p in patterns))
    check_detectors(plant.detectors, problems)
    types = _types((*plant.types, *(t.type for t in twins), *(p.type for p in patterns)), problems)
    problems.check()
    return replace(plant, twins=twins, types=types)


def check_pattern(pattern: TopicPattern, problems: Problems) -> None:
    """Check a pattern on its own."""
    where = f"{pattern.source}: {pattern.topic}"
    if (
        not pattern.topic
        or "#" in pattern.topic[:-1]
        or (pattern.topic.endswith("#") and pattern.topic != "#" and not pattern.topic.endswith("/#"))
    ):
        problems.add(f"{where}: topic", expected="a topic with {placeholders}", got=pattern.topic)
    if pattern.synthetic is None:
        given = [pattern.topic, pattern.base, *(b.topic for b in pattern.bindings)]
        given += [pattern.availability.topic] if pattern.availability is not None else []
        for topic in given:
            check_real_topic(topic.partition("{")[0].partition("#")[0].partition("+")[0], f"{where}: topic", problems)
    check_bindings(pattern.bindings, pattern.type, where, problems)
    for name in sorted(pattern.unknown()):
        hint = closest(name, pattern.placeholders())
        problems.add(f"{where}: {{{name}}}", expected="a placeholder of the topic", got=name, hint=hint)


def _types(types: Iterable[TwinType], problems: Problems) -> tuple[TwinType, ...]:
    by_name: dict[str, TwinType] = {}
    for twin_type in types:
        if by_name.setdefault(twin_type.name, twin_type) != twin_type:
            problems.add(twin_type.name, expected="one type of this name", got="two different ones")
            by_name[twin_type.name] = twin_type
    return tuple(by_name.values())
