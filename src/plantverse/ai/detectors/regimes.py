"""Regimes of operation: production, cleaning, standstill. Each is a condition with its own normal, not an anomaly."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from plantverse.ai.detectors.columns import FARTHEST, Columns, Rows
from plantverse.ai.detectors.core import Row
from plantverse.ai.errors import RowsUnfit

MOST = 64
"""Regimes told apart; more values than that are a measurement, not a mode."""
LEAST_ROWS = 60
"""Training rows of a regime, settled ones alone; in a rarer one rows are not judged."""
SETTLE = 12
"""Rows after a change of regime that are not judged where nobody says: the plant is between two normals."""
NARROWEST = 0.05
"""Of a column's standard deviation over all regimes: a column that stands still in one must not make it infinitely
strict."""
NEW = 2.0
"""Score of a regime that was never seen: what stands there is no matter of degree."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Regimes:
    """What tells regimes apart, and what is normal in each.

    Attributes:
        columns: int64, indices of the columns whose values make the regime.
        codes: float64, their values, shape (regime, len(columns)).
        mean: float64, shape (regime, watched column); NaN in a regime that was seen too seldom to be learned.
        scale: float64 > 0, likewise.
        settle: Rows after a change that are not judged.
    """

    columns: NDArray[np.int64]
    codes: NDArray[np.float64]
    mean: NDArray[np.float64]
    scale: NDArray[np.float64]
    settle: int

    @classmethod
    def learn(cls, tables: Sequence[Rows], columns: Columns, modes: Sequence[str], settle: int) -> "Regimes":
        """Return the regimes of these runs.

        Raises:
            RowsUnfit: No such column, too many different values, or no regime with enough rows.
        """
        missing = [mode for mode in modes if mode not in columns.names]
        if missing:
            raise RowsUnfit(f"mode {', '.join(missing)}: no such column")
        if settle < 0:
            raise RowsUnfit(f"settle: expected 0 rows or more, got {settle}")
        where = np.array([columns.names.index(mode) for mode in modes], np.int64)
        told = np.concatenate([table[:, where] for table in tables])
        codes = np.unique(told[np.isfinite(told).all(1)], axis=0)
        if not 1 <= len(codes) <= MOST:
            raise RowsUnfit(f"mode {', '.join(modes)}: expected 1 to {MOST} different values, got {len(codes)}")
        shape = len(codes), len(columns.watched)
        found = cls(columns=where, codes=codes, mean=np.zeros(shape), scale=np.ones(shape), settle=settle)
        settled: list[list[Rows]] = [[] for _ in codes]
        for table in tables:
            for regime, start, stop in found.stretches(table):
                settled[regime].append(table[start:stop, columns.watched])
        for regime, parts in enumerate(settled):
            rows = np.concatenate(parts) if parts else np.empty((0, shape[1]))
            known = np.isfinite(rows)
            if len(rows) < LEAST_ROWS:
                found.mean[regime] = found.scale[regime] = np.nan
                continue
            count = np.maximum(known.sum(0), 1)
            # A column without a value in this regime is measured by the others.
            mean = np.where(known.any(0), np.where(known, rows, 0.0).sum(0) / count, columns.mean)
            spread = np.sqrt((np.where(known, rows - mean, 0.0) ** 2).sum(0) / count)
            found.mean[regime] = mean
            found.scale[regime] = np.where(known.any(0), np.maximum(spread, NARROWEST * columns.scale), columns.scale)
        if np.isnan(found.mean[:, 0]).all():
            raise RowsUnfit(f"no regime of {', '.join(modes)} has {LEAST_ROWS} settled training rows")
        return found

    def of(self, values: Row) -> int | None:
        """Return the regime of a row, -1 for one that was never seen, None where it is not known."""
        told = values[self.columns]
        if not np.isfinite(told).all():
            return None
        same = np.flatnonzero((self.codes == told).all(1))
        return int(same[0]) if len(same) else -1

    def learned(self, regime: int) -> bool:
        """Say whether enough of it was seen to judge by."""
        return bool(np.isfinite(self.mean[regime, 0]))

    def scaled(self, rows: Rows, columns: Columns, regime: int) -> Rows:
        """Return the watched columns in units of their standard deviation in a regime, within `FARTHEST`."""
        picked = rows[..., columns.watched]
        mean, scale = self.mean[regime], self.scale[regime]
        far = FARTHEST * scale
        inside = np.clip(picked, mean - far, mean + far)
        return np.where(np.isinf(picked), np.nan, (inside - mean) / scale)

    def stretches(self, table: Rows) -> list[tuple[int, int, int]]:
        """Return (regime, start, stop) of the settled stretches of a run, without regimes that were never seen.

        A row whose regime is not known belongs to that of the row before.
        """
        found = []
        for regime, start, stop in self.changes(table):
            if regime >= 0 and stop - start > self.settle:
                found.append((regime, start + self.settle, stop))
        return found

    def changes(self, table: Rows) -> list[tuple[int, int, int]]:
        """Return (regime, start, stop) of all stretches of a run.

        -1 stands for a regime that was never seen, -2 for rows before the first that tells one.
        """
        told = table[:, self.columns]
        known = np.isfinite(told).all(1)
        each = np.full(len(table), -1)
        for regime, code in enumerate(self.codes):
            each[(told == code).all(1)] = regime
        last = np.maximum.accumulate(np.where(known, np.arange(len(table)), -1))
        each = np.where(last >= 0, each[np.maximum(last, 0)], -2)
        edges = [0, *(np.flatnonzero(np.diff(each)) + 1).tolist(), len(table)]
        return [(int(each[a]), a, b) for a, b in pairwise(edges) if b > a]
