"""What a generator learns from: runs of rows with the fault that was in them, and the windows cut out of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from plantverse.ai.errors import RowsUnfit
from plantverse.ai.generate.condition import NORMAL, Condition

Cube = NDArray[np.float64]
"""Windows, shape (window, time, column)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Recording:
    """One run of a plant, at most one fault in it.

    Attributes:
        name: Of the run.
        rows: Shape (time, column), NaN where a value is missing.
        fault: Kind, or `normal`.
        severity: Above 0 and at most 1, 0 for normal.
        onset: Row at which the fault begins; negative if it began before the first.
    """

    name: str
    rows: NDArray[np.float64]
    fault: str = NORMAL
    severity: float = 0.0
    onset: int = 0

    def condition(self, start: int, length: int) -> Condition:
        """Return what the window from row `start` on shows; one that ends before the onset is normal."""
        onset = self.onset - start
        if self.fault == NORMAL or onset >= length:
            return Condition()
        return Condition(fault=self.fault, severity=self.severity, onset=float(onset))

    def part(self, start: int, stop: int) -> "Recording":
        """Return the rows from start to stop with the same fault."""
        return Recording(
            name=f"{self.name}[{start}:{stop}]",
            rows=self.rows[start:stop],
            fault=self.fault,
            severity=self.severity,
            onset=self.onset - start,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Windows:
    """Windows of the same length, each with its condition.

    Attributes:
        values: float64, shape (window, time, column).
        conditions: One per window.
        columns: Names, for signals `twin:path`.
        every_s: Seconds from row to row.
        dropped: Windows left out because a value in them was missing.
    """

    values: Cube
    conditions: tuple[Condition, ...]
    columns: tuple[str, ...]
    every_s: float = 1.0
    dropped: int = 0

    @classmethod
    def of(cls, values: object, conditions: Sequence[Condition], columns: Sequence[str], every_s: float = 1.0) -> Self:
        """Return windows of arrays, without those that have a value missing.

        Raises:
            RowsUnfit: Not numbers, or shapes and names that do not fit together.
        """
        try:
            cube = np.asarray(values, np.float64)
        except (TypeError, ValueError) as exc:
            raise RowsUnfit(f"windows: expected numbers ({exc})") from exc
        if cube.ndim != 3 or cube.shape[2] != len(columns) or cube.shape[1] < 2:
            raise RowsUnfit(f"windows: expected shape (window, time >= 2, {len(columns)}), got {cube.shape}")
        if len(conditions) != len(cube):
            raise RowsUnfit(f"{len(conditions)} conditions for {len(cube)} windows")
        if len(set(columns)) != len(columns):
            raise RowsUnfit("columns: expected different names")
        if not 0 < every_s < np.inf:
            raise RowsUnfit(f"every_s: expected seconds above 0, got {every_s!r}")
        whole = np.asarray(np.isfinite(cube).all((1, 2)), np.bool_)
        return cls(
            values=cube[whole],
            conditions=tuple(c for c, keep in zip(conditions, whole, strict=True) if keep),
            columns=tuple(columns),
            every_s=float(every_s),
            dropped=int((~whole).sum()),
        )

    def __len__(self) -> int:
        return len(self.values)

    @property
    def length(self) -> int:
        """Rows of a window."""
        return int(self.values.shape[1])

    def take(self, at: Any) -> "Windows":
        """Return some of them, in this order; an array of indexes or of truth values."""
        chosen = np.arange(len(self))[at]
        return Windows(
            values=self.values[chosen],
            conditions=tuple(self.conditions[k] for k in chosen),
            columns=self.columns,
            every_s=self.every_s,
        )


def cut(
    recordings: Sequence[Recording], columns: Sequence[str], *, length: int, stride: int, every_s: float = 1.0
) -> Windows:
    """Return the windows of some runs.

    Args:
        recordings: Runs; one shorter than a window gives none.
        columns: Names.
        length: Rows of a window, >= 2.
        stride: Rows from the start of one window to that of the next.
        every_s: Seconds from row to row.

    Raises:
        RowsUnfit: Length or stride out of range, or not a single window.
    """
    if length < 2 or stride < 1:
        raise RowsUnfit(f"expected windows of at least 2 rows and a stride of at least 1, got {length} and {stride}")
    starts = [(r, s) for r in recordings for s in range(0, len(r.rows) - length + 1, stride)]
    if not starts:
        longest = max((len(r.rows) for r in recordings), default=0)
        raise RowsUnfit(f"not a single window of {length} rows: the longest run has {longest}")
    return Windows.of(
        np.stack([r.rows[s : s + length] for r, s in starts]),
        [r.condition(s, length) for r, s in starts],
        columns,
        every_s,
    )
