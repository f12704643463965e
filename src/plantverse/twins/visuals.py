"""Words for tying a signal to the scene; each makes a `VisualRule`."""
# ruff: noqa: N802  they read as declarations beside Geometry and Limits

from collections.abc import Iterable
from typing import Literal

from plantverse.twins.look_specs import VisualRule

Axis = Literal["x", "y", "z"]
Point = tuple[float, float, float]


def Color(signal: str, *, stops: Iterable[tuple[float, str]]) -> VisualRule:
    """Colour by value: `stops` of (value, `#rrggbb`), ascending, blended in between."""
    return VisualRule(kind="color", signal=signal, stops=tuple((v, c) for v, c in stops))


def Level(signal: str, *, low: float = 0.0, high: float = 1.0) -> VisualRule:
    """Fill the shape from bottom (`low`) to top (`high`)."""
    return VisualRule(kind="level", signal=signal, low=low, high=high)


def Spin(signal: str, *, axis: Axis = "y", scale: float = 1.0, joint: str = "") -> VisualRule:
    """Turn about an axis at the signal's speed times `scale`, in revolutions per minute."""
    return VisualRule(kind="spin", signal=signal, axis=axis, scale=scale, joint=joint)


def Move(signal: str, *, axis: Axis = "x", scale: float = 1.0, offset: float = 0.0, joint: str = "") -> VisualRule:
    """Shift along an axis by signal times `scale` plus `offset`, in metres."""
    return VisualRule(kind="move", signal=signal, axis=axis, scale=scale, offset=offset, joint=joint)


def Turn(signal: str, *, axis: Axis = "y", scale: float = 1.0, offset: float = 0.0, joint: str = "") -> VisualRule:
    """Stand at an angle about an axis: signal times `scale` plus `offset`, in degrees."""
    return VisualRule(kind="turn", signal=signal, axis=axis, scale=scale, offset=offset, joint=joint)


def Visible(signal: str) -> VisualRule:
    """Show the twin while the signal is not zero."""
    return VisualRule(kind="visible", signal=signal)


def Label(signal: str) -> VisualRule:
    """Write the value at the twin."""
    return VisualRule(kind="label", signal=signal)


def Flow(
    signal: str,
    *,
    relation: str = "feeds",
    scale: float = 1.0,
    width: float = 0.12,
    color: str = "",
    points: Iterable[Point] = (),
) -> VisualRule:
    """Draw pipes to the twins of a relation; what is in them moves at signal times `scale`, in m/s.

    A `scale` below zero flows towards this twin. `width` is the pipe's outer diameter in metres, `points` are where it
    passes, in metres of the plant; without them it finds its own way.
    """
    return VisualRule(
        kind="flow",
        signal=signal,
        relation=relation,
        scale=scale,
        width=width,
        color=color,
        points=tuple(points),
    )


def Along(
    signal: str,
    *,
    points: Iterable[Point],
    unit: Literal["m", "share"] = "m",
    scale: float = 1.0,
    offset: float = 0.0,
) -> VisualRule:
    """Stand on a polyline of the plant, so far along it as signal times `scale` plus `offset` says, and look ahead."""
    return VisualRule(kind="path", signal=signal, points=tuple(points), unit=unit, scale=scale, offset=offset)


def Carry(
    signal: str,
    *,
    item: Literal["box", "bottle", "case"] = "box",
    amount: str = "",
    low: float = 0.0,
    high: float = 1.0,
    scale: float = 1.0,
) -> VisualRule:
    """Draw pieces on a conveyor that move at signal times `scale`, in m/s; `amount` says how many lie on it."""
    return VisualRule(kind="carry", signal=signal, item=item, amount=amount, low=low, high=high, scale=scale)
