"""A generator: all that is the same whatever the method (scaling, constants, counters, rules, seeds, provenance)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from plantverse.ai.errors import ConditionUnseen, RowsUnfit
from plantverse.ai.generate.condition import NORMAL_OPERATION, Condition, Labels, Seen
from plantverse.ai.generate.core import Core
from plantverse.ai.generate.draws import check_seed, numbers
from plantverse.ai.generate.holds import Phases, filled, held, phases_of, rhythm_of
from plantverse.ai.generate.pool import Near
from plantverse.ai.generate.recordings import Cube, Windows
from plantverse.ai.generate.rules import Rule, apply_rules, learn_rules

LEAST_WINDOWS = 20
"""Whole windows that are needed to learn from."""
COARSE, SPREAD = 3.0, 5
"""Decimals that a counter moves by in a row, below which its steps are spread over so many rows."""
MOST_VALUES = 400_000_000
"""Of one call (3.2 GB); more is refused instead of filling the memory."""
BASE_PART, PHASE_PART, FILL_PART = 1, 2, 3
"""Of the random numbers: those that belong to no method (see `draws.numbers`)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sampled:
    """Windows that a generator made.

    Attributes:
        values: float64, shape (window, time, column).
        conditions: One per window, as asked for.
        columns: Names.
        every_s: Seconds from row to row.
        generator: Name and beginning of the hash of who made them.
        version: Of the saved model, 0 if it never was.
        seed: As asked for.
        first: Number of the first window.
    """

    values: Cube
    conditions: tuple[Condition, ...]
    columns: tuple[str, ...]
    every_s: float
    generator: str
    version: int
    seed: int
    first: int

    def provenance(self, window: int) -> dict[str, Any]:
        """Return the `synthetic` member that goes wherever this window goes: generator, version, condition, seed."""
        return {
            "generator": self.generator,
            "version": self.version,
            "condition": self.conditions[window].facts(),
            "seed": self.seed,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """What windows look like, learned outside the method.

    Attributes:
        columns: Names.
        length: Rows of a window.
        every_s: Seconds from row to row.
        rules: One per column.
        mean: Shape (column,); the value itself where a column never moves.
        scale: Shape (column,); spread, 1 where a column never moves.
        moving: Columns that move.
        bases: Values at which counters began in training, shape (window, column that counts).
        begun: The labels of those windows.
        phases: Rows in which held readings changed in training, shape (window, group).
    """

    columns: tuple[str, ...]
    length: int
    every_s: float
    rules: tuple[Rule, ...]
    mean: NDArray[np.float64]
    scale: NDArray[np.float64]
    moving: NDArray[np.int64]
    bases: NDArray[np.float64]
    begun: Labels
    phases: Phases

    @property
    def counters(self) -> list[int]:
        """Columns that count."""
        return [k for k, rule in enumerate(self.rules) if rule.counter]

    def labels(self, seen: Seen, conditions: Sequence[Condition], phases: Phases) -> Labels:
        """Return conditions and the rhythm of the readings as columns."""
        period, group = rhythm_of(self.rules)
        phase = np.zeros(len(conditions), np.int64) if group is None else phases[:, group]
        return seen.labels(conditions, phase, period)


class Generator:
    """Makes windows like those it learned from, of a wanted condition.

    Made by `fit` or `load_generator`.

    Attributes:
        core: The method.
        shape: Columns, rules and scales.
        seen: Conditions that it may be asked for.
        report: What was learned from; plain JSON.
    """

    def __init__(self, core: Core, shape: Shape, seen: Seen, report: Mapping[str, Any]) -> None:
        self.core, self.shape, self.seen, self.report = core, shape, seen, dict(report)
        self._bases = Near(shape.begun, shape.length)
        self.id, self.version = core.kind, 0

    @property
    def kind(self) -> str:
        """Name of the method."""
        return self.core.kind

    @property
    def columns(self) -> tuple[str, ...]:
        """Names of the columns, for signals `twin:path`."""
        return self.shape.columns

    def sample(
        self,
        n: int,
        condition: Condition | Sequence[Condition] = NORMAL_OPERATION,
        seed: int = 0,
        *,
        first: int = 0,
    ) -> Sampled:
        """Return windows `first` to `first + n` of a seed.

        Window i depends on the seed, on i and on its condition, to the byte: however many are asked for at once.

        Args:
            n: Windows, >= 0.
            condition: Of all of them, or one for each.
            seed: 0 to 2^63 - 1.
            first: Number of the first window, >= 0.

        Raises:
            ConditionUnseen: A fault, severity or onset that was not learned.
            RowsUnfit: Numbers out of range.
        """
        conditions = n if isinstance(condition, Condition) else len(condition)
        shape = self.shape
        if n < 0 or first < 0 or conditions != n:
            raise RowsUnfit(f"expected n >= 0, first >= 0 and a condition for each, got {n}, {first}, {conditions}")
        if n * shape.length * len(shape.columns) > MOST_VALUES:
            raise RowsUnfit(f"{n} windows are too many at once", hint="ask for some at a time, with first=")
        wanted = (condition,) * n if isinstance(condition, Condition) else tuple(condition)
        for single in set(wanted):
            self.seen.check(single)
        check_seed(seed)
        values = np.empty((n, shape.length, len(shape.columns)))
        if n:
            values[:] = self._draw(wanted, seed, first)
        return Sampled(
            values=values,
            conditions=wanted,
            columns=shape.columns,
            every_s=shape.every_s,
            generator=self.id,
            version=self.version,
            seed=seed,
            first=first,
        )

    def _draw(self, wanted: tuple[Condition, ...], seed: int, first: int) -> Cube:
        """Return windows by the rules. A method that works in blocks gets whole ones, from their first window on."""
        block = getattr(self.core, "block", 1)
        before = first % block
        after = -(before + len(wanted)) % block
        padded = (wanted[0],) * before + wanted + (wanted[-1],) * after
        start = first - before
        shape = self.shape
        phases = shape.phases[
            [numbers(seed, start + k, PHASE_PART).integers(len(shape.phases)) for k in range(len(padded))]
        ]
        labels = shape.labels(self.seen, padded, phases)
        drawn = self.core.draw(labels, [numbers(seed, start + k) for k in range(len(padded))])
        scaled = drawn[before : before + len(wanted)]
        made = np.tile(shape.mean, (len(wanted), shape.length, 1))
        made[:, :, shape.moving] += scaled * shape.scale[shape.moving]
        if shape.counters:
            at = shape.counters
            labels = labels.take(slice(before, before + len(wanted)))
            chosen = [
                numbers(seed, first + k, BASE_PART).choice(self._bases.near(labels, k)) for k in range(len(wanted))
            ]
            made[:, :, at] = counted(made[:, :, at], shape.bases[chosen])
        if self.core.fills:
            made = held(made, shape.rules, phases[before : before + len(wanted)])
        return apply_rules(made, shape.rules, shape.scale)


def fit_core(
    core: type[Core],
    windows: Windows,
    *,
    rules: Mapping[str, Rule] | None = None,
    seed: int = 0,
    steps: int = 0,
) -> Generator:
    """Return a generator that has learned by a method; see `fit`."""
    if len(windows) < LEAST_WINDOWS:
        raise RowsUnfit(
            f"{len(windows)} whole windows: at least {LEAST_WINDOWS} are needed"
            + (f" ({windows.dropped} have a value missing)" if windows.dropped else "")
        )
    check_seed(seed)
    values = windows.values.copy()
    learned = learn_rules(values, windows.columns, rules or {})
    counters = [k for k, rule in enumerate(learned) if rule.counter]
    bases = values[:, 0, counters]
    if counters:
        coarse = [learned[k] for k in counters] if core.fills else []
        values[:, :, counters] = increments(values[:, :, counters], coarse)
    phases = phases_of(values, learned)
    if core.fills:
        values = filled(values, learned, phases, np.random.default_rng([seed, FILL_PART]))
    spread = values.std((0, 1))
    moving = np.flatnonzero(spread > 1e-9 * np.maximum(np.abs(values).max((0, 1)), 1e-3))
    if len(moving) == 0:
        raise RowsUnfit(f"none of {len(windows.columns)} columns moves")
    mean = values.mean((0, 1))
    still = np.setdiff1d(np.arange(len(mean)), moving)
    mean[still] = values[0, 0, still]
    scale = np.ones(len(mean))
    scale[moving] = spread[moving]
    seen = Seen.of(windows.conditions)
    shape = Shape(
        columns=windows.columns,
        length=windows.length,
        every_s=windows.every_s,
        rules=learned,
        mean=mean,
        scale=scale,
        moving=moving,
        bases=bases,
        begun=seen.labels(windows.conditions, np.zeros(len(windows), np.int64), 1),
        phases=phases,
    )
    scaled = (values[:, :, moving] - mean[moving]) / scale[moving]
    made = core.learn(scaled, shape.labels(seen, windows.conditions, phases), seed=seed, steps=steps)
    report = {
        "windows": len(windows),
        "dropped": windows.dropped,
        "constant": [windows.columns[k] for k in still],
        "seed": seed,
        "steps": steps,
    }
    return Generator(made, shape, seen, report)


def increments(values: Cube, rules: Sequence[Rule]) -> Cube:
    """Return what counters counted in each row; in the first, which has none before it, as much as in the second.

    Where a counter moves by a few of its own decimals only, its steps are those of the rounding; they are spread over
    some rows, and come back when it is rounded again. Without rules nothing is spread.
    """
    steps = np.diff(values, axis=1)
    for k, rule in enumerate(rules):
        if rule.decimals is not None and steps[:, :, k].mean() < COARSE * 10.0**-rule.decimals:
            padded = np.pad(steps[:, :, k], ((0, 0), (SPREAD // 2, SPREAD // 2)), mode="reflect")
            steps[:, :, k] = np.lib.stride_tricks.sliding_window_view(padded, SPREAD, 1).mean(-1)
    return np.concatenate([steps[:, :1], steps], 1)


def counted(steps: Cube, bases: NDArray[np.float64]) -> Cube:
    """Return counters again, from their values in the first rows; what would count down does not count."""
    forward = np.maximum(steps, 0.0)
    forward[:, 0] = 0.0
    return np.asarray(bases[:, None] + np.cumsum(forward, 1))


__all__ = ["ConditionUnseen", "Generator", "Sampled", "Shape", "fit_core"]
