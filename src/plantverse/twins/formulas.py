"""Formulas of derived signals and alarm rules: bound to their class, run on columns, their inputs found by probes."""

from collections.abc import Callable, Mapping
from types import FunctionType
from typing import Any

from plantverse.twins.fields import Component, Field, Telemetry
from plantverse.twins.methods import Alarm, Derived

DIGEST_NAME = "__plantverse_digest__"
"""Module attribute that the plant loader sets: formulas of files with equal digests do the same."""


class Columns:
    """Arrays by dotted path, reached as attributes; what a formula gets as its `self`.

    Example:
        >>> columns = Columns({"motor.temperature": [61.0], "flow": [12.5]})
        >>> columns.motor.temperature, columns.flow
        ([61.0], [12.5])
    """

    __slots__ = ("_columns", "_prefix")

    def __init__(self, columns: Mapping[str, Any], prefix: str = "") -> None:
        self._columns = columns
        self._prefix = prefix

    def __getattr__(self, name: str) -> Any:
        path = self._prefix + name
        if path in self._columns:
            return self._columns[path]
        if any(p.startswith(path + ".") for p in self._columns):
            return Columns(self._columns, path + ".")
        raise AttributeError(f"no column {path}")


class Formula:
    """A method of a twin class as a function over columns.

    Signals come from the columns; constants and helper methods of the class work as they do in any method. Two
    formulas are equal when they are the same method of files with equal text, so that a reload which changed nothing
    is recognised.
    """

    __slots__ = ("_function", "_identity", "_owner", "_prefix")

    def __init__(self, owner: type, function: Callable[[Any], Any], prefix: tuple[str, ...] = ()) -> None:
        self._owner, self._function, self._prefix = owner, function, prefix
        digest = getattr(function, "__globals__", {}).get(DIGEST_NAME)
        name = (function.__module__, function.__qualname__, owner.__qualname__, prefix)
        self._identity: tuple[object, ...] = (*name, digest if digest is not None else id(function))

    def __call__(self, columns: Any) -> Any:
        for part in self._prefix:
            columns = getattr(columns, part)
        return self._function(_Self(self._owner, columns))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Formula) and other._identity == self._identity

    def __hash__(self) -> int:
        return hash(self._identity)

    def __repr__(self) -> str:
        return f"<formula {self._function.__qualname__}>"

    def within(self, component: str) -> "Formula":
        """Return the same formula for a twin that has the owner as a component."""
        return Formula(self._owner, self._function, (component, *self._prefix))


class _Self:
    """Stands in for the twin inside a formula."""

    __slots__ = ("_columns", "_owner")

    def __init__(self, owner: type, columns: Any) -> None:
        self._owner, self._columns = owner, columns

    def __getattr__(self, name: str) -> Any:
        field = getattr(self._owner, name)
        if isinstance(field, Component):
            return _Self(field.type, getattr(self._columns, name))
        if isinstance(field, Telemetry):
            return getattr(self._columns, name)
        if isinstance(field, Field):
            raise AttributeError(f"{name} is no signal, so a formula cannot read it")  # noqa: TRY004  of `self.name`
        return field.__get__(self, self._owner) if isinstance(field, FunctionType) else field


def trace(formula: Formula, owner: type) -> tuple[tuple[str, ...], Any]:
    """Return (paths read, result) of one call with probes.

    Raises:
        AttributeError: It reads something that is not there.
        TypeError, ValueError: It is not written for columns.
    """
    from plantverse.twins.probe import quiet

    recorder = _Recorder(owner)
    with quiet():
        result = formula(recorder)
    return tuple(dict.fromkeys(recorder.read)), result


class _Recorder:
    """Answers with a probe for each signal and notes which were asked for."""

    def __init__(self, owner: type, prefix: str = "", read: list[str] | None = None) -> None:
        self._owner, self._prefix = owner, prefix
        self.read: list[str] = [] if read is None else read

    def __getattr__(self, name: str) -> Any:
        from plantverse.twins.probe import probe

        field = getattr(self._owner, name)
        if isinstance(field, Component):
            return _Recorder(field.type, f"{self._prefix}{name}.", self.read)
        assert isinstance(field, Telemetry), "only signals reach the columns"
        self.read.append(self._prefix + name)
        return probe(field.range, field.codes)


def is_formula_field(field: Field) -> bool:
    """Return whether a field has a formula."""
    return isinstance(field, Derived | Alarm)
