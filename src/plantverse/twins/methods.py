"""Methods of a twin class that are more than methods: formulas of derived signals, conditions of alarms."""

from collections.abc import Callable
from typing import Any, TypeAlias, TypeVar, cast

from plantverse.twins.declarations import first_paragraph
from plantverse.twins.fields import Field, Telemetry
from plantverse.twins.specs import Limits, Priority

T = TypeVar("T")

Column: TypeAlias = Any
"""What a formula with numpy functions returns: a number to its author, an array when it runs; no type says both."""


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
