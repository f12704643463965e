"""Words for tying a signal to the scene; each makes a `VisualRule`."""
# ruff: noqa: N802  they read as declarations beside Geometry and Limits

from collections.abc import Iterable
from typing import Literal

from plantverse.twins.specs import VisualRule

Axis = Literal["x", "y", "z"]


def Color(signal: str, *, stops: Iterable[tuple[float, str]]) -> VisualRule:
    """Colour by value: `stops` of (value, `#rrggbb`), ascending, blended in between."""
    return VisualRule(kind="color", signal=signal, stops=tuple((v, c) for v, c in stops))


def Level(signal: str, *, low: float = 0.0, high: float = 1.0) -> VisualRule:
    """Fill the shape from bottom (`low`) to top (`high`)."""
    return VisualRule(kind="level", signal=signal, low=low, high=high)


def Spin(signal: str, *, axis: Axis = "y", scale: float = 1.0) -> VisualRule:
    """Turn about an axis at the signal's speed times `scale`, in revolutions per minute."""
    return VisualRule(kind="spin", signal=signal, axis=axis, scale=scale)


def Move(signal: str, *, axis: Axis = "x", scale: float = 1.0, offset: float = 0.0) -> VisualRule:
    """Shift along an axis by signal times `scale` plus `offset`, in metres."""
    return VisualRule(kind="move", signal=signal, axis=axis, scale=scale, offset=offset)


def Turn(signal: str, *, axis: Axis = "y", scale: float = 1.0, offset: float = 0.0) -> VisualRule:
    """Stand at an angle about an axis: signal times `scale` plus `offset`, in degrees."""
    return VisualRule(kind="turn", signal=signal, axis=axis, scale=scale, offset=offset)


def Visible(signal: str) -> VisualRule:
    """Show the twin while the signal is not zero."""
    return VisualRule(kind="visible", signal=signal)


def Label(signal: str) -> VisualRule:
    """Write the value at the twin."""
    return VisualRule(kind="label", signal=signal)
