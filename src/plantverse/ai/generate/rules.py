"""What every value of a column obeys: range, steps of the reading, codes, counters, readings held for some rows.

A twin knows ranges, codes and counters. How finely a value is read, and for how long a reading is held, its training
windows show. Rules are applied to what a generator made, whatever its method, so no output breaks one.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from plantverse.ai.generate.recordings import Cube
from plantverse.twins.specs import SignalSpec, TwinSpec

MOST_DECIMALS = 6
MOST_DIGITS = 6
MOST_LEVELS = 8
HELD_SHARE = 0.99
"""Of windows in which every change falls on the same row of the period."""
AT_EDGE = 0.01
"""A value that so many of all have, lowest or highest of them, is taken for the end of the range."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """What the values of one column obey.

    Attributes:
        low: None for no lower end.
        high: None for no upper end.
        decimals: Values are multiples of 10^-decimals; None where they are not.
        digits: Values have so many significant digits; None where they have more.
        levels: The only values there are, for codes and switches; empty for a number.
        counter: It never falls inside a window.
        hold: A reading stands for so many rows; 1 where each row is read anew.
        group: Columns of one group and one hold are read in the same rows.
    """

    low: float | None = None
    high: float | None = None
    decimals: int | None = None
    digits: int | None = None
    levels: tuple[float, ...] = ()
    counter: bool = False
    hold: int = 1
    group: int = 0

    @classmethod
    def of_signal(cls, signal: SignalSpec) -> Self:
        """Return what a twin knows of one of its signals."""
        low, high = signal.range or (None, None)
        levels = tuple(sorted(map(float, signal.codes))) if signal.kind in {"enum", "bool"} else ()
        if signal.kind == "bool":
            levels = levels or (0.0, 1.0)
        return cls(
            low=low,
            high=high,
            levels=levels,
            decimals=0 if signal.kind == "int" else None,
            counter=signal.counter > 0,
        )

    @classmethod
    def from_facts(cls, facts: Mapping[str, Any]) -> Self:
        """Return what `facts` gave."""
        return cls(**{**facts, "levels": tuple(facts["levels"])})

    def facts(self) -> dict[str, Any]:
        """Return it as plain JSON."""
        return {**asdict(self), "levels": list(self.levels)}

    def broken(self, values: NDArray[np.float64]) -> int:
        """Return how many values, shape (window, time), break it. Holds are not counted, counters inside a window."""
        bad = ~np.isfinite(values)
        if self.low is not None:
            bad |= values < self.low
        if self.high is not None:
            bad |= values > self.high
        bad |= values != self._rounded(values)
        if self.counter:
            bad[:, 1:] |= np.diff(values, axis=1) < 0
        return int(bad.sum())

    def _rounded(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        if self.levels:
            levels = np.array(self.levels)
            return np.asarray(levels[np.abs(values[..., None] - levels).argmin(-1)])
        if self.decimals is not None:
            # Adding 0 turns -0 into 0.
            return np.round(values, self.decimals) + 0.0
        if self.digits is not None:
            return significant(values, self.digits)
        return values

    def kept(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return values, shape (window, time), as the rule allows them."""
        kept = np.clip(values, self.low, self.high) if (self.low, self.high) != (None, None) else values
        kept = self._rounded(kept)
        if not self.levels:
            # The end of the range may lie between two steps of the reading.
            step = 0.0 if self.decimals is None else 10.0**-self.decimals
            if self.high is not None and (kept > self.high).any():
                kept = np.where(kept > self.high, self._rounded(kept - step) if step else self.high, kept)
            if self.low is not None and (kept < self.low).any():
                kept = np.where(kept < self.low, self._rounded(kept + step) if step else self.low, kept)
        return np.maximum.accumulate(kept, axis=1) if self.counter else kept


def significant(values: NDArray[np.float64], digits: int) -> NDArray[np.float64]:
    """Return values with so many significant digits.

    Example:
        >>> significant(np.array([123.456, -0.0012345, 0.0]), 3).tolist()
        [123.0, -0.00123, 0.0]
    """
    with np.errstate(divide="ignore"):
        power = digits - 1 - np.floor(np.log10(np.abs(values)))
    power = np.where(np.isfinite(power), np.clip(power, -300, 300), 0)
    # Dividing by a whole power of ten gives the float nearest to the decimal number; multiplying would not.
    up, down = 10.0 ** np.maximum(power, 0), 10.0 ** np.maximum(-power, 0)
    return np.asarray(np.rint(values * up / down) / up * down + 0.0)


def rules_of_twins(twins: Sequence[TwinSpec], columns: Sequence[str]) -> dict[str, Rule]:
    """Return what a plant's twins know of the columns named `twin:path`; other columns are not in it."""
    known = {f"{twin.id}:{signal.path}": signal for twin in twins for signal in twin.signals()}
    return {name: Rule.of_signal(known[name]) for name in columns if name in known}


def learn_rules(values: Cube, columns: Sequence[str], given: Mapping[str, Rule]) -> tuple[Rule, ...]:
    """Return the rule of each column: what was given, completed by what the windows show.

    Args:
        values: Training windows, shape (window, time, column).
        columns: Names.
        given: Rules by name, as far as known.
    """
    rules = [_learned(values[:, :, k], given.get(name, Rule())) for k, name in enumerate(columns)]
    phases: list[tuple[int, NDArray[np.int64]]] = []
    for k in range(len(columns)):
        hold, phase = _held(values[:, :, k])
        if hold > 1:
            group = next(
                (g for g, (h, p) in enumerate(phases) if h == hold and _same(p, phase) >= HELD_SHARE), len(phases)
            )
            if group == len(phases):
                phases.append((hold, phase))
            rules[k] = replace(rules[k], hold=hold, group=group)
    return tuple(rules)


def apply_rules(values: Cube, rules: Sequence[Rule], scale: NDArray[np.float64]) -> Cube:
    """Return windows as the rules allow them.

    Args:
        values: Shape (window, time, column).
        rules: One per column.
        scale: Spread of each column; where several columns are read together, it weighs them.
    """
    kept = values.copy()
    for hold, group in {(r.hold, r.group) for r in rules if r.hold > 1}:
        at = [k for k, r in enumerate(rules) if (r.hold, r.group) == (hold, group)]
        kept[:, :, at] = _hold(kept[:, :, at], scale[at], hold)
    for k, rule in enumerate(rules):
        kept[:, :, k] = rule.kept(kept[:, :, k])
    return kept


def _learned(values: NDArray[np.float64], given: Rule) -> Rule:
    low, high = float(values.min()), float(values.max())
    rule = given
    if rule.levels:
        return replace(rule, levels=tuple(sorted({*rule.levels, *np.unique(values)})) if _few(values) else rule.levels)
    if rule.decimals is None:
        decimals = next((d for d in range(MOST_DECIMALS + 1) if np.array_equal(np.round(values, d), values)), None)
        digits = next(
            (d for d in range(1, MOST_DIGITS + 1) if np.allclose(significant(values, d), values, rtol=2e-7, atol=0)),
            None,
        )
        rule = replace(rule, decimals=decimals, digits=None if decimals is not None else digits)
    if rule.decimals == 0 and _few(values) and high - low <= MOST_LEVELS:
        rule = replace(rule, levels=tuple(map(float, np.unique(values))))
    if rule.low is None and low >= 0:
        rule = replace(rule, low=0.0)
    # Where many values stand at one end the signal is cut off there, maybe well inside the range of its twin.
    if (values == low).mean() >= AT_EDGE and (rule.low is None or low > rule.low):
        rule = replace(rule, low=low)
    if (values == high).mean() >= AT_EDGE and (rule.high is None or high < rule.high):
        rule = replace(rule, high=high)
    return rule


def _few(values: NDArray[np.float64]) -> bool:
    return len(np.unique(values)) <= MOST_LEVELS


def _held(values: NDArray[np.float64]) -> tuple[int, NDArray[np.int64]]:
    """Return for how many rows a reading is held, and in each window the row of the period in which it changes."""
    changes = np.diff(values, axis=1) != 0
    steps = changes.shape[1]
    moving = changes.any(1)
    if moving.mean() < 0.5:
        return 1, np.zeros(0, np.int64)
    for hold in range((steps + 1) // 3, 1, -1):
        by_phase = np.stack([changes[:, p::hold].any(1) for p in range(hold)], 1)
        single = by_phase.sum(1) <= 1
        full = changes[moving].mean() > 0.5 / hold
        if full and single.mean() >= HELD_SHARE:
            return hold, np.where(moving, by_phase.argmax(1), -1)
    return 1, np.zeros(0, np.int64)


def _same(one: NDArray[np.int64], other: NDArray[np.int64]) -> float:
    both = (one >= 0) & (other >= 0)
    return float((one == other)[both].mean()) if both.any() else 0.0


def _hold(values: Cube, scale: NDArray[np.float64], hold: int) -> Cube:
    """Return readings held for `hold` rows, in the phase that changes the window least."""
    length = values.shape[1]
    candidates, costs = [], []
    for phase in range(hold):
        group = (np.arange(length) - phase - 1) // hold
        group -= group.min()
        share = np.zeros((group.max() + 1, length))
        share[group, np.arange(length)] = 1.0
        share /= share.sum(1, keepdims=True)
        held = np.einsum("gt,wtc->wgc", share, values)[:, group]
        candidates.append(held)
        costs.append((((held - values) / scale) ** 2).sum((1, 2)))
    best = np.argmin(costs, 0)
    return np.asarray(np.stack(candidates)[best, np.arange(len(values))])
