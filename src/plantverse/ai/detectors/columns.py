"""Which columns of the rows can be watched, and their scale: the first thing that is learned."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from plantverse.ai.errors import RowsUnfit

Rows = NDArray[np.float64]
"""Shape (time, column); NaN marks a missing value."""

LEAST_KNOWN = 0.5
"""Share of training rows in which a column must have a value."""
FARTHEST = 100.0
"""Standard deviations beyond which a value is no stranger: one wild sample must not fill a smoothed row for an hour."""
LARGEST = 1e100
"""A training value beyond it is no measurement, and its square would not be a number."""
COUNTED = 20
"""Rises without a fall that make a column a counter."""
FLAT = 1e-9
"""A standard deviation below this share of the column's magnitude is rounding, not movement."""


def as_rows(values: object, width: int | None = None) -> Rows:
    """Return rows for training as float64, with every infinity and what is beyond `LARGEST` as a missing value.

    Raises:
        RowsUnfit: Not a table of numbers, or of another width.
    """
    try:
        rows = np.array(values, np.float64)
    except (TypeError, ValueError) as exc:
        raise RowsUnfit(f"rows: expected numbers, got {type(values).__name__}") from exc
    if rows.ndim != 2 or (width is not None and rows.shape[1] != width):
        wanted = "(time, column)" if width is None else f"(time, {width})"
        raise RowsUnfit(f"rows: expected shape {wanted}, got {rows.shape}")
    rows[~(np.abs(rows) <= LARGEST)] = np.nan
    return rows


@dataclass(frozen=True, slots=True, kw_only=True)
class Columns:
    """Names, which of them are watched, and how they are scaled.

    Attributes:
        names: Every column of a row, in order.
        watched: int64, indices of the columns that the model sees.
        mean: float64, per watched column.
        scale: float64 > 0, standard deviation per watched column.
        ignored: Why a column is not watched, by name.
    """

    names: tuple[str, ...]
    watched: NDArray[np.int64]
    mean: NDArray[np.float64]
    scale: NDArray[np.float64]
    ignored: dict[str, str]

    @classmethod
    def learn(cls, tables: Sequence[Rows], names: Sequence[str], aside: Mapping[str, str] | None = None) -> "Columns":
        """Return the columns that moved in these runs and were there in at least half of the rows.

        A column that was constant in normal operation has no scale to measure a change by, and one that only grew is a
        counter, for which every row is beyond those before it; they are left out and named.

        Args:
            tables: Runs, each in order of time.
            names: One per column.
            aside: Why a column is not to be watched, by name.

        Raises:
            RowsUnfit: No column is left.
        """
        rows = np.concatenate(tables)
        known = np.isfinite(rows)
        count = known.sum(0)
        filled = np.where(known, rows, 0.0)
        mean = filled.sum(0) / np.maximum(count, 1)
        scale = np.sqrt((np.where(known, rows - mean, 0.0) ** 2).sum(0) / np.maximum(count, 1))
        ignored: dict[str, str] = {}
        for name, n, middle, spread, counts in zip(names, count, mean, scale, _only_grow(tables), strict=True):
            if aside and name in aside:
                ignored[name] = aside[name]
            elif n == 0:
                ignored[name] = "no value in the training rows"
            elif n < LEAST_KNOWN * len(rows):
                ignored[name] = f"a value in only {n} of {len(rows)} training rows"
            elif spread <= FLAT * max(abs(middle), 1e-300):
                ignored[name] = "constant in the training rows"
            elif counts:
                ignored[name] = "only grows in the training rows, as a counter"
        watched = np.array([i for i, name in enumerate(names) if name not in ignored], np.int64)
        if not len(watched):
            raise RowsUnfit(f"none of {len(names)} columns can be watched: {ignored}")
        return cls(names=tuple(names), watched=watched, mean=mean[watched], scale=scale[watched], ignored=ignored)

    def scaled(self, rows: Rows) -> Rows:
        """Return the watched columns in units of their standard deviation, within `FARTHEST`; NaN where missing."""
        picked = rows[..., self.watched]
        far = FARTHEST * self.scale
        inside = np.clip(picked, self.mean - far, self.mean + far)
        return np.where(np.isinf(picked), np.nan, (inside - self.mean) / self.scale)


def _only_grow(tables: Sequence[Rows]) -> NDArray[np.bool_]:
    """Return which columns never fell within a run, and rose more often than a set-point does."""
    falls = np.zeros(tables[0].shape[1], np.int64)
    rises = falls.copy()
    for table in tables:
        # A gap is bridged by the value before it, a counter's missing sample is no reset.
        held = np.maximum.accumulate(np.where(np.isfinite(table), np.arange(len(table))[:, None], 0), axis=0)
        steps = np.diff(np.take_along_axis(table, held, axis=0), axis=0)
        falls += (steps < 0).sum(0)
        rises += (steps > 0).sum(0)
    return np.asarray((falls == 0) & (rises >= COUNTED), np.bool_)
