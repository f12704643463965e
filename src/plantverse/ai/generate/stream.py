"""A long stream of rows, put together from windows that fit at their ends: what a ghost twin shows."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from plantverse.ai.errors import ConditionUnseen
from plantverse.ai.generate.condition import NORMAL, NORMAL_OPERATION, Condition
from plantverse.ai.generate.generator import Generator
from plantverse.ai.generate.recordings import Cube
from plantverse.ai.generate.rules import apply_rules

CANDIDATES = 32
"""Windows that each one of the stream is chosen from; those of a flow come in blocks of as many."""
FADE = 0.5
"""Share of a window over which the rest of a step between two windows fades."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamRow:
    """One row of a stream.

    Attributes:
        number: Of the row, from 0.
        values: float64, shape (column,), in the order of `Generator.columns`.
        faulty: Whether the fault has begun.
        synthetic: Provenance (generator, version, condition, seed); the condition's onset is a row of the stream.
    """

    number: int
    values: NDArray[np.float64]
    faulty: bool
    synthetic: dict[str, Any]


def stream(
    generator: Generator,
    condition: Condition = NORMAL_OPERATION,
    seed: int = 0,
    *,
    skip: int = 0,
) -> Iterator[StreamRow]:
    """Yield rows without end, each `generator.shape.every_s` seconds after the one before.

    Before the onset the stream is normal, after it the fault grows older with every window; once it is older than any
    that was learned, it stays as old as that. A window is the one of 32 whose first row is nearest to the row before
    it; what is left of the step fades over half a window. The same arguments give the same rows.

    Args:
        generator: As fitted or loaded.
        condition: What to show; its `onset` is a row of the stream, negative if the fault began before it.
        seed: 0 to 2^63 - 1.
        skip: Rows to leave out at the beginning; they are still made.

    Raises:
        ConditionUnseen: A fault or a severity that was not learned, or an onset ahead without normal operation learned.
    """
    seen, length = generator.seen, generator.shape.length
    onset = _any_onset(generator, condition)
    seen.check(Condition(fault=condition.fault, severity=condition.severity, onset=onset))
    if condition.onset > 0 and NORMAL not in seen.faults:
        raise ConditionUnseen("a stream that begins before its fault: normal operation was never seen in training")
    synthetic = {
        "generator": generator.id,
        "version": generator.version,
        "condition": condition.facts(),
        "seed": seed,
    }
    last: NDArray[np.float64] | None = None
    window = 0
    while True:
        wanted = _of_window(generator, condition, window * length)
        made = generator.sample(CANDIDATES, wanted, seed, first=window * CANDIDATES).values
        rows = made[0] if last is None else _joined(generator, made, last)
        for k, row in enumerate(rows):
            number = window * length + k
            if number >= skip:
                faulty = condition.fault != NORMAL and number >= condition.onset
                yield StreamRow(number=number, values=row, faulty=faulty, synthetic=synthetic)
        last = rows[-1]
        window += 1


def _any_onset(generator: Generator, condition: Condition) -> float:
    """Return an onset that was seen of this fault, so that only fault and severity are checked."""
    seen = generator.seen
    return seen.onset[seen.faults.index(condition.fault)][1] if condition.fault in seen.faults else 0.0


def _of_window(generator: Generator, condition: Condition, start: int) -> Condition:
    """Return what the window from row `start` of the stream on shows, as near as was learned."""
    if condition.fault == NORMAL:
        return condition
    onset = condition.onset - start
    if onset >= generator.shape.length:
        return Condition()
    latest = generator.seen.onset[generator.seen.faults.index(condition.fault)][1]
    if onset > max(latest, 0.0):
        # A window with the onset in it was never seen; the fault begins with the next one.
        return Condition() if NORMAL in generator.seen.faults else condition
    return generator.seen.clip(Condition(fault=condition.fault, severity=condition.severity, onset=onset))


def _joined(generator: Generator, made: Cube, last: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the window that follows best on a row, bent at its beginning so that no step is left."""
    shape = generator.shape
    counters = shape.counters
    gap = (last - made[:, 0]) / shape.scale
    gap[:, counters] = 0.0
    best = int((gap**2).sum(1).argmin())
    rows = made[best].copy()
    rows[:, counters] += last[counters] - made[best, 0, counters]
    # A step as large as from row to row anyway is no step.
    usual = np.median(np.abs(np.diff(made, axis=1)), (0, 1))
    step = last - made[best, 0]
    rest = np.sign(step) * np.maximum(np.abs(step) - usual, 0.0)
    rest[counters] = 0.0
    fade = np.clip(1.0 - np.arange(shape.length) / (FADE * shape.length), 0.0, None)
    rows += fade[:, None] * rest
    return np.asarray(apply_rules(rows[None], shape.rules, shape.scale)[0])
