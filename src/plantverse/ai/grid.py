"""From samples, each signal at its own moments, to rows at even steps, using nothing that was not known at the time."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from plantverse.ai.detectors import Rows
from plantverse.ai.errors import RowsUnfit
from plantverse.ai.stretches import stretches

MOST_CELLS = 200_000_000
"""Of a grid (1.6 GB); a wider span or a finer step is refused instead of filling the memory."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Samples:
    """Samples of one signal in order of time.

    Attributes:
        time_us: float64, microseconds since 1970, shape (n,).
        value: float64, shape (n,); NaN where there is none to trust.
    """

    time_us: NDArray[np.float64]
    value: NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Grid:
    """Rows at even steps.

    Attributes:
        time_us: float64, microseconds since 1970, shape (time,).
        rows: Shape (time, column), NaN where nothing fresh was known.
    """

    time_us: NDArray[np.float64]
    rows: Rows

    def runs(self) -> list[Rows]:
        """Return the unbroken stretches in which at least one column was known."""
        known = np.asarray(np.isfinite(self.rows).any(1), np.bool_)
        return [self.rows[a:b] for a, b in stretches(known)]


def grid(samples: Mapping[str, Samples], names: Sequence[str], *, every_s: float, hold_s: float) -> Grid:
    """Return a row for each step between the first and the last sample.

    A cell is the newest value at or before its moment and not older than `hold_s`. A sample without a value ends the
    one before it.

    Args:
        samples: By name; a name without samples is a missing column.
        names: The columns, in this order.
        every_s: Seconds from row to row, > 0.
        hold_s: Seconds that a value is good for, >= every_s.

    Raises:
        RowsUnfit: Step or hold out of range, no sample at all, or more cells than the memory should hold.
    """
    if not (0 < every_s <= hold_s < np.inf):
        raise RowsUnfit(f"expected 0 < every <= hold, got every {every_s} s, hold {hold_s} s")
    there = [samples[name] for name in names if name in samples and len(samples[name].time_us)]
    if not there:
        raise RowsUnfit(f"no samples of {', '.join(names) or 'any signal'}")
    step_us, hold_us = every_s * 1e6, hold_s * 1e6
    first = np.ceil(min(s.time_us[0] for s in there) / step_us) * step_us
    count = int((max(s.time_us[-1] for s in there) - first) // step_us) + 1
    if count * len(names) > MOST_CELLS:
        raise RowsUnfit(f"{count} rows of {len(names)} columns are too many", hint="a longer step, or a shorter span")
    time_us = first + step_us * np.arange(max(count, 0))
    rows = np.full((len(time_us), len(names)), np.nan)
    for column, name in enumerate(names):
        found = samples.get(name)
        if found is None or not len(found.time_us):
            continue
        at = np.searchsorted(found.time_us, time_us, side="right") - 1
        fresh = (at >= 0) & (time_us - found.time_us[np.maximum(at, 0)] <= hold_us)
        rows[fresh, column] = found.value[at[fresh]]
    return Grid(time_us=time_us, rows=rows)
