"""How a twin looks by its newest values: colour, visibility, and grey where the picture would be out of date."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from plantverse.twins.sync.messages import SignalInfo, TwinInfo

STEEL = "#c2cad3"
"""Colour of a twin whose type names none, as in the viewer."""
OLD = "#5c6671"
"""Colour of a twin whose shown values are stale or bad, as in the viewer."""
OLD_QUALITIES = ("uncertain: stale", "uncertain: disconnected")


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """The newest that is known of a signal.

    Attributes:
        value: A number (bool and enum codes too), None where there is none.
        quality: As `plantverse.client.Reading.quality`.
        observed_s: When it was measured, by the clock that `look` is given; None while not known.
        shown: The value as text, with unit or label.
    """

    value: float | None
    quality: str
    observed_s: float | None
    shown: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """What to draw: `color` as `#rrggbb`, and whether that is grey because the values behind it are `old`."""

    color: str
    visible: bool = True
    old: bool = False


def look(twin: TwinInfo, known: Mapping[str, Known], now_s: float) -> Look:
    """Return how a twin looks.

    A twin is old when a value that is drawn (by a rule for colour or visibility) is stale or bad; where none is drawn,
    when all its values are. Signals that nothing feeds do not count.

    Args:
        twin: Its structure.
        known: By signal path.
        now_s: By the clock of `Known.observed_s`.
    """
    by_slot = {signal.slot: signal for signal in twin.signals}
    rules = [rule for rule in twin.visuals if rule.kind in {"color", "visible"} and rule.slot in by_slot]
    doubts = {s.slot: is_old(s, known.get(s.path), now_s) for s in twin.signals if s.bound}
    drawn = [doubts[rule.slot] for rule in rules if rule.slot in doubts]
    old = any(drawn) if drawn else bool(doubts) and all(doubts.values())
    color, visible = twin.geometry.color or STEEL, True
    for rule in rules:
        found = known.get(by_slot[rule.slot].path)
        if found is None or found.value is None:
            continue
        if rule.kind == "color":
            color = blended(rule.stops, found.value) if rule.stops else color
        else:
            visible = visible and found.value != 0
    return Look(color=OLD if old else color, visible=visible, old=old)


def is_old(signal: SignalInfo, known: Known | None, now_s: float) -> bool:
    """Return whether a value must not be taken for the present state."""
    if known is None or known.quality.startswith("bad") or known.quality in OLD_QUALITIES:
        return True
    return bool(signal.max_age_s) and known.observed_s is not None and now_s - known.observed_s > signal.max_age_s


def blended(stops: Sequence[tuple[float, str]], value: float) -> str:
    """Return the colour of a value; below the first and above the last stop it stays theirs.

    Example:
        >>> blended([(0, "#000000"), (10, "#ff8000")], 5)
        '#804000'
    """
    if value <= stops[0][0]:
        return stops[0][1]
    for (low, below), (high, above) in pairwise(stops):
        if value < high:
            share = (value - low) / (high - low)
            parts = zip(_parts(below), _parts(above), strict=True)
            return "#" + "".join(f"{int(a + (b - a) * share + 0.5):02x}" for a, b in parts)
    return stops[-1][1]


def _parts(color: str) -> tuple[int, int, int]:
    return int(color[1:3], 16), int(color[3:5], 16), int(color[5:7], 16)
