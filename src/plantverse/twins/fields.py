"""What a twin class is made of: each field declares one part of the type and turns into its spec.

A field is a descriptor. On the class it is the field itself (`Pump.flow.unit`); on a twin it is typed as its value,
so that formulas and alarm rules are checked by mypy and completed by an editor.
"""

from collections.abc import Mapping
from typing import Generic, Self, TypeVar, overload

from plantverse.twins.declarations import declared_at
from plantverse.twins.kinds import code_of, codes_of, is_enum, property_kind, signal_kind
from plantverse.twins.specs import CommandSpec, Limits, ParameterSpec, PropertySpec, RelationSpec, SignalSpec

T = TypeVar("T")
K = TypeVar("K", float, int, bool, str)


class Field:
    """A part of a twin type.

    Attributes:
        name: Attribute name in the class, which is the path inside the twin.
        declared: `file:line` of the declaration.
    """

    def __init__(self) -> None:
        self.name = ""
        self.declared = declared_at()

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name

    def _valueless(self, instance: object) -> AttributeError:
        return AttributeError(
            f"{instance!r} declares {self.name} but holds no value of it; read values with plantverse.connect(url)"
        )


class Telemetry(Field, Generic[T]):
    """A numeric signal: float, int, bool or an enum.

    Args:
        kind: `float`, `int`, `bool` or an Enum class; members of an Enum with integer values keep them as codes,
            others count from 0.
        unit: UCUM code or what plants write (`m3/h`, `°C`, `bar`); "" for a pure number.
        range: Engineering range (low, high) in that unit.
        limits: Alarm limits in that unit.
        codes: For bool the words for 0 and 1; for int it makes an enum signal.
        counter: Modulus of a roll-over counter, 0 for a gauge.
        max_age_s: Older than this is stale; None takes the server's default, `inf` never.
        decimals: How many the viewer shows.

    Example:
        >>> from plantverse import Twin
        >>> class Pump(Twin):
        ...     flow = Telemetry(unit="m3/h", range=(0, 120))
        >>> Pump.flow.unit
        'm3/h'
    """

    @overload
    def __init__(
        self: "Telemetry[float]",
        *,
        unit: str = "",
        range: tuple[float, float] | None = None,
        limits: Limits | None = None,
        name: str = "",
        description: str = "",
        counter: float = 0.0,
        max_age_s: float | None = None,
        decimals: int | None = None,
    ) -> None: ...

    @overload
    def __init__(
        self,
        kind: type[T],
        *,
        unit: str = "",
        range: tuple[float, float] | None = None,
        limits: Limits | None = None,
        name: str = "",
        description: str = "",
        codes: Mapping[int, str] | None = None,
        counter: float = 0.0,
        max_age_s: float | None = None,
        decimals: int | None = None,
    ) -> None: ...

    def __init__(
        self,
        kind: type = float,
        *,
        unit: str = "",
        range: tuple[float, float] | None = None,  # noqa: A002
        limits: Limits | None = None,
        name: str = "",
        description: str = "",
        codes: Mapping[int, str] | None = None,
        counter: float = 0.0,
        max_age_s: float | None = None,
        decimals: int | None = None,
    ) -> None:
        super().__init__()
        self.kind, self.unit, self.range, self.limits = kind, unit, range, limits
        self.title, self.description = name, description
        self.codes = codes_of(kind) if is_enum(kind) else dict(codes or {})
        self.counter, self.max_age_s, self.decimals = counter, max_age_s, decimals

    @overload
    def __get__(self, instance: None, owner: type) -> Self: ...

    @overload
    def __get__(self, instance: object, owner: type) -> T: ...

    def __get__(self, instance: object | None, owner: type) -> Self | T:
        if instance is None:
            return self
        raise self._valueless(instance)

    def code(self, member: T) -> float:
        """Return the number that stands for an enum member in formulas, rules and history."""
        return code_of(member)

    def spec(self, *, derived: bool = False) -> SignalSpec:
        """Return what this field declares."""
        return SignalSpec(
            path=self.name,
            kind=signal_kind(self.kind, self.codes),
            unit=self.unit,
            name=self.title,
            description=self.description,
            range=self.range,
            limits=self.limits,
            codes=self.codes,
            counter=self.counter,
            max_age_s=self.max_age_s,
            decimals=self.decimals,
            derived=derived,
        )


class Property(Field, Generic[T]):
    """Kept state: what the device reports and, if writable, what is desired of it.

    Args:
        kind: `str`, `float`, `int`, `bool` or an Enum class (its member names are the choices).
        writable: Whether people may set a desired value, from `role` on.
        choices: What a text may be.
    """

    @overload
    def __init__(
        self: "Property[str]",
        *,
        unit: str = "",
        name: str = "",
        description: str = "",
        choices: tuple[str, ...] = (),
        range: tuple[float, float] | None = None,
        writable: bool = False,
        role: str = "operator",
    ) -> None: ...

    @overload
    def __init__(
        self,
        kind: type[T],
        *,
        unit: str = "",
        name: str = "",
        description: str = "",
        choices: tuple[str, ...] = (),
        range: tuple[float, float] | None = None,
        writable: bool = False,
        role: str = "operator",
    ) -> None: ...

    def __init__(
        self,
        kind: type = str,
        *,
        unit: str = "",
        name: str = "",
        description: str = "",
        choices: tuple[str, ...] = (),
        range: tuple[float, float] | None = None,  # noqa: A002
        writable: bool = False,
        role: str = "operator",
    ) -> None:
        super().__init__()
        self.kind, self.unit, self.range = kind, unit, range
        self.title, self.description = name, description
        self.choices = tuple(codes_of(kind).values()) if is_enum(kind) else tuple(choices)
        self.writable, self.role = writable, role

    @overload
    def __get__(self, instance: None, owner: type) -> Self: ...

    @overload
    def __get__(self, instance: object, owner: type) -> T: ...

    def __get__(self, instance: object | None, owner: type) -> Self | T:
        if instance is None:
            return self
        raise self._valueless(instance)

    def spec(self) -> PropertySpec:
        """Return what this field declares."""
        return PropertySpec(
            path=self.name,
            kind=property_kind(self.kind, self.choices),
            unit=self.unit,
            name=self.title,
            description=self.description,
            choices=self.choices,
            range=self.range,
            writable=self.writable,
            role=self.role,
        )


class Parameter:
    """One argument of a command.

    Args:
        kind: `float`, `int`, `bool`, `str` or an Enum class.
    """

    def __init__(
        self,
        kind: type = float,
        *,
        unit: str = "",
        required: bool = True,
        choices: tuple[str, ...] = (),
        range: tuple[float, float] | None = None,  # noqa: A002
    ) -> None:
        self.kind, self.unit, self.required, self.range = kind, unit, required, range
        self.choices = tuple(codes_of(kind).values()) if is_enum(kind) else tuple(choices)

    def spec(self, name: str) -> ParameterSpec:
        """Return what this argument declares."""
        return ParameterSpec(
            name=name,
            kind=property_kind(self.kind, self.choices),
            unit=self.unit,
            required=self.required,
            choices=self.choices,
            range=self.range,
        )


class Command(Field):
    """A request that a device may refuse and that is answered.

    Args:
        title: What the button says.
        parameters: Type or `Parameter` by name.
        timeout_s: The command expires so long after it was given.
        confirm: Whether the viewer asks once more.
        role: The least role that may give it.
        max_age_s: Refused while the twin's newest sample is older; None takes the server's default.
    """

    def __init__(
        self,
        *,
        title: str = "",
        description: str = "",
        parameters: Mapping[str, type | Parameter] | None = None,
        timeout_s: float = 10.0,
        confirm: bool = False,
        role: str = "operator",
        max_age_s: float | None = None,
    ) -> None:
        super().__init__()
        self.title, self.description = title, description
        self.parameters = dict(parameters or {})
        self.timeout_s, self.confirm, self.role, self.max_age_s = timeout_s, confirm, role, max_age_s

    def spec(self) -> CommandSpec:
        """Return what this field declares."""
        parameters = {n: p if isinstance(p, Parameter) else Parameter(p) for n, p in self.parameters.items()}
        return CommandSpec(
            name=self.name,
            title=self.title,
            description=self.description,
            parameters=tuple(p.spec(n) for n, p in parameters.items()),
            timeout_s=self.timeout_s,
            confirm=self.confirm,
            role=self.role,
            max_age_s=self.max_age_s,
        )


class Component(Field, Generic[T]):
    """A part that is described by a twin class of its own; its signals are `motor.temperature` and so on."""

    def __init__(self, type: type[T]) -> None:  # noqa: A002
        super().__init__()
        self.type = type

    @overload
    def __get__(self, instance: None, owner: type) -> Self: ...

    @overload
    def __get__(self, instance: object, owner: type) -> T: ...

    def __get__(self, instance: object | None, owner: type) -> Self | T:
        if instance is None:
            return self
        raise self._valueless(instance)


class Relation(Field):
    """A named edge to other twins.

    Args:
        target: Twin class or its name; "" for any.
        many: Whether there may be more than one target.
    """

    def __init__(self, target: type | str = "", *, many: bool = False, description: str = "") -> None:
        super().__init__()
        self.target = target if isinstance(target, str) else target.__name__
        self.many, self.description = many, description

    def spec(self) -> RelationSpec:
        """Return what this field declares."""
        return RelationSpec(name=self.name, target=self.target, many=self.many, description=self.description)
