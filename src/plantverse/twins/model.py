"""Twin classes: a plant engineer writes a class per kind of machine, and an instance per machine."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, ClassVar

from plantverse.errors import PlantInvalid
from plantverse.twins.assemble import Assembly
from plantverse.twins.declarations import declared_at, first_paragraph
from plantverse.twins.fields import Field
from plantverse.twins.look_specs import Geometry, VisualRule
from plantverse.twins.problems import Problems
from plantverse.twins.specs import Availability, Binding, Limits, Placement, Synthetic, TwinSpec, TwinType


class _Body(dict[str, Any]):
    """Namespace of a class body that notices a field declared twice."""

    def __setitem__(self, name: str, value: Any) -> None:
        earlier = self.get(name)
        if isinstance(earlier, Field) and isinstance(value, Field):
            raise PlantInvalid(
                f"{value.declared}: {self.get('__qualname__')}: {name}",
                expected="each field once",
                got=name,
                hint=f"first declared at {earlier.declared}",
            )
        super().__setitem__(name, value)


class _TwinMeta(type):
    @classmethod
    def __prepare__(cls, name: str, bases: tuple[type, ...], /, **kwds: Any) -> _Body:
        return _Body()

    def __new__(cls, name: str, bases: tuple[type, ...], body: dict[str, Any]) -> "_TwinMeta":
        return super().__new__(cls, name, bases, dict(body))


class Twin(metaclass=_TwinMeta):
    """Base of every twin class.

    The class declares what a kind of machine has; an instance says which machine it is, where its data comes from
    and where it stands. Neither holds values: those live in the server and are read with `plantverse.connect`.

    Args:
        id: 1-8 segments of `[A-Za-z0-9_.-]+`, joined by `/`.
        name: What people call it; "" shows the id.
        area: Area of the plant, for selectors and the tree.
        tags: Words for selectors.
        topic: Base MQTT topic; signals without a binding are read from JSON messages on it by their path.
        command_topic, answer_topic, desired_topic: See `TwinSpec`; "" takes the defaults below `topic`.
        bindings: Where single signals come from: a topic by path, or `Binding` objects.
        availability: The topic that says whether the device is there.
        position: Metres, x to the right, y up, z towards the viewer; None leaves it to the layout.
        yaw_deg: Degrees about the up axis.
        limits: Limits by signal path that replace the type's.
        relations: Targets by relation name: ids or twins.
        formerly: Ids that this twin had before; its history goes on.
        geometry: Looks of this twin alone; None takes the class's.
        visuals: Rules of this twin alone, in place of the class's of the same kind or beside them.
        synthetic: Where its data comes from, if no plant measures it.

    Raises:
        PlantInvalid: At class creation, for a wrong field. Instances are checked by `Plant.add`.

    Example:
        >>> from plantverse import Telemetry
        >>> class Pump(Twin):
        ...     '''A centrifugal pump.'''
        ...     flow = Telemetry(unit="m3/h", range=(0, 120))
        >>> Pump("hall/pump-1", topic="plant/pump-1").spec().signals()[0].range
        (0, 120)
    """

    geometry: ClassVar[Geometry] = Geometry()
    visuals: ClassVar[Sequence[VisualRule]] = ()
    _fields: ClassVar[Mapping[str, Field]] = {}
    _twin_type: ClassVar[TwinType] = TwinType(name="Twin")

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        problems = Problems()
        cls._fields = _fields_of(cls, problems)
        problems.check()
        cls._twin_type = Assembly(cls, cls._fields, problems).run(
            bases=tuple(b.__name__ for b in cls.__mro__[1:] if issubclass(b, Twin) and b is not Twin),
            description=first_paragraph(cls.__doc__) if "__doc__" in cls.__dict__ else "",
            geometry=cls.geometry,
            visuals=cls.visuals,
        )
        problems.check()

    def __init__(
        self,
        id: str,  # noqa: A002  the word of the model
        *,
        name: str = "",
        area: str = "",
        tags: Sequence[str] = (),
        topic: str = "",
        command_topic: str = "",
        answer_topic: str = "",
        desired_topic: str = "",
        bindings: Mapping[str, str] | Sequence[Binding] = (),
        availability: Availability | str | None = None,
        position: tuple[float, float, float] | None = None,
        yaw_deg: float = 0.0,
        limits: Mapping[str, Limits] | None = None,
        relations: "Mapping[str, str | Twin | Sequence[str | Twin]] | None" = None,
        formerly: Sequence[str] = (),
        geometry: Geometry | None = None,
        visuals: Sequence[VisualRule] = (),
        synthetic: Synthetic | None = None,
    ) -> None:
        if isinstance(bindings, Mapping):
            bindings = [Binding(path=path, topic=at) for path, at in bindings.items()]
        self._spec = TwinSpec(
            id=id,
            type=self._twin_type,
            name=name,
            area=area,
            tags=tuple(tags),
            topic=topic,
            command_topic=command_topic,
            answer_topic=answer_topic,
            desired_topic=desired_topic,
            bindings=tuple(bindings),
            availability=Availability(topic=availability) if isinstance(availability, str) else availability,
            placement=None if position is None else Placement(position=position, yaw_deg=yaw_deg),
            limits=dict(limits or {}),
            relations={k: _ids(v) for k, v in (relations or {}).items()},
            formerly=tuple(formerly),
            geometry=geometry,
            visuals=tuple(visuals),
            synthetic=synthetic,
            source=declared_at(),
        )

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._spec.id!r})"

    @property
    def id(self) -> str:
        """The twin id."""
        return self._spec.id

    def spec(self) -> TwinSpec:
        """Return what was declared."""
        return self._spec

    def relate(self, relation: str, *targets: "str | Twin") -> None:
        """Add targets to a relation, for twins that point at each other."""
        known = self._spec.relations
        self._spec = replace(self._spec, relations={**known, relation: (*known.get(relation, ()), *_ids(targets))})

    @classmethod
    def twin_type(cls) -> TwinType:
        """Return everything that the class declares."""
        return cls._twin_type


RESERVED = frozenset(name for name in vars(Twin) if not name.startswith("_"))
"""Names that a field cannot have."""


def _fields_of(cls: type[Twin], problems: Problems) -> dict[str, Field]:
    fields: dict[str, Field] = {}
    for base in reversed(cls.__mro__):
        for name, value in vars(base).items():
            if isinstance(value, Field):
                fields[name] = value
            elif name in fields:
                # An attribute that is no field hides the inherited one.
                del fields[name]
    for name, field in fields.items():
        if field.name != name:
            problems.add(f"{field.declared}: {cls.__name__}: {name}", expected="a field of its own", got=field.name)
    for name in RESERVED & fields.keys():
        problems.add(
            f"{fields[name].declared}: {cls.__name__}: {name}",
            expected=f"a name other than {', '.join(sorted(RESERVED))}",
            got=name,
        )
        del fields[name]
    return fields


def _ids(targets: "str | Twin | Sequence[str | Twin]") -> tuple[str, ...]:
    if isinstance(targets, str | Twin):
        targets = (targets,)
    return tuple(t if isinstance(t, str) else t.id for t in targets)
