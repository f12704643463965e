"""What a twin class is made of: each field declares one part of the type and turns into its spec.

A field is a descriptor. On the class it is the field itself (`Pump.flow.unit`); on a twin it is typed as its value,
so that formulas and alarm rules are checked by mypy and completed by an editor.
"""

import sys
from collections.abc import Callable, Mapping
from enum import Enum
from pathlib import Path
from typing import Any, Generic, Self, TypeAlias, TypeVar, cast, overload

from plantverse.twins.specs import (
    CommandSpec,
    Limits,
    ParameterSpec,
    Priority,
    PropertyKind,
    PropertySpec,
    RelationSpec,
    SignalKind,
    SignalSpec,
)

T = TypeVar("T")
K = TypeVar("K", float, int, bool, str)

Column: TypeAlias = Any
"""What a formula with numpy functions returns: a number to its author, an array when it runs; no type says both."""

_HERE = str(Path(__file__).parent)


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


class Derived(Telemetry[T]):
    """A signal that a formula computes from others of the same twin; made by `derived`."""

    formula: Callable[[Any], Any]


class Alarm(Field):
    """An alarm on a condition over several signals; made by `alarm`."""

    def __init__(
        self,
        condition: Callable[[Any], Any],
        message: str,
        *,
        priority: Priority,
        on_delay_s: float,
        off_delay_s: float,
        latching: bool,
    ) -> None:
        super().__init__()
        self.condition, self.message, self.priority = condition, message, priority
        self.on_delay_s, self.off_delay_s, self.latching = on_delay_s, off_delay_s, latching


def derived(
    *,
    kind: type[float] | type[int] | type[bool] = float,
    unit: str = "",
    range: tuple[float, float] | None = None,  # noqa: A002
    limits: Limits | None = None,
    name: str = "",
    max_age_s: float | None = None,
    decimals: int | None = None,
) -> Callable[[Callable[[Any], T]], Derived[T]]:
    """Make a method a derived signal.

    The method runs on whole columns: each attribute of `self` is a float64 array, one element per moment, and the
    result is such an array. So use numpy's functions, `&` and `|`, and no `if` on a value. Which signals it reads is
    found by calling it once with probes when the class is made.
    """

    def decorate(formula: Callable[[Any], T]) -> Derived[T]:
        made: Derived[Any] = Derived(
            kind,
            unit=unit,
            range=range,
            limits=limits,
            name=name,
            description=first_paragraph(formula.__doc__),
            max_age_s=max_age_s,
            decimals=decimals,
        )
        made.formula = formula
        return cast("Derived[T]", made)

    return decorate


def alarm(
    message: str,
    *,
    priority: Priority = "medium",
    on_delay_s: float = 0.0,
    off_delay_s: float = 0.0,
    latching: bool = False,
) -> Callable[[Callable[[Any], Any]], Alarm]:
    """Make a method an alarm rule; it returns a boolean column, true where the alarm stands.

    Args:
        message: What the operator reads.
        priority: `critical`, `high`, `medium` or `low`.
        on_delay_s: How long the condition must hold before the alarm comes.
        off_delay_s: How long it must be gone before the alarm goes.
        latching: It stays until it is acknowledged, even when the condition is gone.
    """

    def decorate(condition: Callable[[Any], Any]) -> Alarm:
        return Alarm(
            condition,
            message,
            priority=priority,
            on_delay_s=on_delay_s,
            off_delay_s=off_delay_s,
            latching=latching,
        )

    return decorate


def declared_at() -> str:
    """Return `file:line` of the author's line that is being executed."""
    frame = sys._getframe(1)  # noqa: SLF001  the public `inspect` costs 10 ms at import
    while frame.f_back is not None and frame.f_code.co_filename.startswith(_HERE):
        frame = frame.f_back
    return f"{frame.f_code.co_filename}:{frame.f_lineno}"


def first_paragraph(text: str | None) -> str:
    """Return the first paragraph of a docstring on one line."""
    return " ".join((text or "").strip().split("\n\n")[0].split())


def is_enum(kind: object) -> bool:
    """Return whether a declared kind is an Enum class."""
    return isinstance(kind, type) and issubclass(kind, Enum)


def codes_of(kind: type) -> dict[int, str]:
    """Return label by code of an Enum class."""
    members = list(cast("type[Enum]", kind))
    whole = all(isinstance(m.value, int) and not isinstance(m.value, bool) for m in members)
    return {int(m.value) if whole else i: m.name for i, m in enumerate(members)}


def code_of(member: object) -> float:
    """Return the code of an Enum member, or a plain number as it is."""
    if not isinstance(member, Enum):
        return float(cast("float", member))
    labels = codes_of(type(member))
    return float(next(code for code, label in labels.items() if label == member.name))


def signal_kind(kind: object, codes: Mapping[int, str]) -> SignalKind:
    """Return the kind of signal that a Python type stands for.

    Raises:
        TypeError: The type is not numeric.
    """
    if is_enum(kind):
        return "enum"
    if kind is int:
        return "enum" if codes else "int"
    if kind is float:
        return "float"
    if kind is bool:
        return "bool"
    raise TypeError("float, int, bool or an Enum class")


def property_kind(kind: object, choices: tuple[str, ...]) -> PropertyKind:
    """Return the kind of property that a Python type stands for.

    Raises:
        TypeError: No JSON scalar.
    """
    if kind is str:
        return "enum" if choices else "str"
    if is_enum(kind):
        return "enum"
    if kind is bool:
        return "bool"
    if kind is int:
        return "int"
    if kind is float:
        return "float"
    raise TypeError("str, float, int, bool or an Enum class")
