"""Which columns of the rows can be watched, and their scale: the first thing that is learned."""

from collections.abc import Sequence
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
    def learn(cls, rows: Rows, names: Sequence[str]) -> "Columns":
        """Return the columns that moved in these rows and were there in at least half of them.

        A column that was constant in normal operation has no scale to measure a change by; it is left out and named.

        Raises:
            RowsUnfit: No column is left.
        """
        known = np.isfinite(rows)
        count = known.sum(0)
        filled = np.where(known, rows, 0.0)
        mean = filled.sum(0) / np.maximum(count, 1)
        scale = np.sqrt((np.where(known, rows - mean, 0.0) ** 2).sum(0) / np.maximum(count, 1))
        ignored: dict[str, str] = {}
        for name, n, middle, spread in zip(names, count, mean, scale, strict=True):
            if n == 0:
                ignored[name] = "no value in the training rows"
            elif n < LEAST_KNOWN * len(rows):
                ignored[name] = f"a value in only {n} of {len(rows)} training rows"
            elif spread <= FLAT * max(abs(middle), 1e-300):
                ignored[name] = "constant in the training rows"
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
