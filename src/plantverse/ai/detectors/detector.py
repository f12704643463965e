"""The detector: rows in, one verdict each out. The same for every method, which it holds as its core."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from plantverse.ai.detectors.columns import Columns, Rows, as_rows
from plantverse.ai.detectors.core import Arrays, Core, Row
from plantverse.ai.detectors.limits import limit_of
from plantverse.ai.errors import RowsUnfit

FOLDS = 5
"""Groups that the runs are dealt into for calibration, where there are at least so many."""
HALVES = 2
"""Stretches of a run otherwise. On SKAB's anomaly-free file two of them keep the wanted rate better than three or five:
a limit has to hold for a stretch as far away and as long as what was learned, because plants drift."""
LEAST_RUN = 10
"""Rows of a run; shorter ones are left out."""
LEAST_ROWS = 60
ROWS_PER_COLUMN = 4
"""Training rows per watched column, so that half of them still give a covariance."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What a detector says of one row.

    Attributes:
        score: In units of the limit: above 1 is an alarm. NaN where the row had no value to judge.
        alarm: Whether the score is above 1.
        contributions: Share of each column in the score, shape (column,), sums to 1, or all 0.
    """

    score: float
    alarm: bool
    contributions: NDArray[np.float64]


class Detector:
    """Watches a fixed set of columns, row by row.

    Example:
        >>> import numpy as np
        >>> from plantverse.ai.detectors import fit
        >>> rng = np.random.default_rng(1)
        >>> detector = fit("pca-ewma", [rng.normal(size=(500, 3))], ["flow", "speed", "power"], rate=0.001)
        >>> for _ in range(20):
        ...     verdict = detector.update([0.0, 0.0, 8.0])
        >>> verdict.alarm, detector.columns.names[verdict.contributions.argmax()]
        (True, 'power')
    """

    def __init__(self, core: Core, columns: Columns, limits: Row, report: dict[str, Any]) -> None:
        if limits.shape != (len(core.statistics),):
            raise ValueError(f"{len(core.statistics)} statistics, limits of shape {limits.shape}")
        self.core, self.columns, self.limits, self.report = core, columns, limits, report
        core.bound(limits)

    @property
    def kind(self) -> str:
        """Name of the method."""
        return self.core.kind

    def update(self, row: Sequence[float] | Row) -> Verdict:
        """Judge the next row, shape (column,); NaN and infinity are missing values.

        Raises:
            RowsUnfit: Another number of columns than learned.
        """
        values = np.asarray(row, np.float64)
        if values.shape != (len(self.columns.names),):
            raise RowsUnfit(f"row: expected {len(self.columns.names)} values, got shape {values.shape}")
        scaled = self.columns.scaled(values)
        known = ~np.isnan(scaled)
        found = self.core.step(scaled)
        contributions = np.zeros(len(values))
        if not known.any():
            return Verdict(score=np.nan, alarm=False, contributions=contributions)
        score = float((found / self.limits).max())
        blame = self.core.blame()
        total = blame.sum()
        if total > 0:
            contributions[self.columns.watched] = blame / total
        return Verdict(score=score, alarm=score > 1, contributions=contributions)

    def reset(self) -> None:
        """Forget the rows seen so far, as at the start of another run."""
        self.core.reset()

    def memory(self) -> Arrays:
        """Return what is carried from row to row, so that another process can go on with `recall`."""
        return {name: array.copy() for name, array in self.core.memory().items()}

    def recall(self, memory: Arrays) -> None:
        """Go on where `memory` was taken."""
        self.core.recall({name: array.copy() for name, array in memory.items()})


def fit_core(core: type[Core], runs: Sequence[object], names: Sequence[str], *, rate: float) -> Detector:
    """Return a detector of this method, learned from normal runs.

    Limits come from rows that the scoring model had not been fitted on: the rows are cut into two halves (or whole
    runs, where there are five), each is scored by a model of the others, and the model that is kept learns from all.
    The wanted rate is shared evenly by the method's statistics.

    Args:
        core: The method.
        runs: Rows of normal operation, each run in order of time, shape (time, column).
        names: One per column.
        rate: Wanted share of normal rows that raise an alarm, in (0, 0.5].

    Raises:
        RowsUnfit: Too few rows, the wrong width, no column that moves, or a rate out of range.
    """
    if not 0 < rate <= 0.5:
        raise RowsUnfit(f"rate: expected a share in (0, 0.5], got {rate}")
    tables = [table for run in runs if len(table := as_rows(run, len(names))) >= LEAST_RUN]
    count = sum(map(len, tables))
    if count < LEAST_ROWS:
        raise RowsUnfit(f"{count} training rows: at least {LEAST_ROWS} are needed", hint="record longer, or more often")
    columns = Columns.learn(np.concatenate(tables), names)
    least = ROWS_PER_COLUMN * len(columns.watched)
    if count < least:
        raise RowsUnfit(
            f"{count} training rows for {len(columns.watched)} columns: at least {least} are needed",
            hint="record longer, or watch fewer columns with one detector",
        )
    scaled = [columns.scaled(table) for table in tables]
    held_out = _held_out(core, scaled)
    share = rate / len(core.statistics)
    limits = np.array([max(limit_of(column, share), 1e-12) for column in held_out.T])
    exceeded = float((held_out / limits > 1).any(1).mean())
    report = {
        "rate": rate,
        "rows": count,
        "held_out_rate": exceeded,
        "statistics": dict(zip(core.statistics, limits.tolist(), strict=True)),
        "ignored": columns.ignored,
        "range": {
            name: [float(np.nanmin(values)), float(np.nanmax(values))]
            for name, values in zip(names, np.concatenate(tables).T, strict=True)
            if np.isfinite(values).any()
        },
    }
    return Detector(core.learn(scaled), columns, limits, report)


def _held_out(core: type[Core], runs: Sequence[Rows]) -> NDArray[np.float64]:
    """Return the statistics of every row under a model that had not seen its stretch, shape (time, statistic)."""
    folds = _folds(runs)
    found = []
    for n, fold in enumerate(folds):
        model = core.learn([piece for k, other in enumerate(folds) if k != n for piece in other])
        for piece in fold:
            model.reset()
            found += [model.step(row) for row in piece]
    return np.array(found)


def _folds(runs: Sequence[Rows]) -> list[list[Rows]]:
    """Return groups of rows: whole runs where there are enough, else the halves of each run."""
    if len(runs) >= FOLDS:
        return [list(runs[k::FOLDS]) for k in range(FOLDS)]
    return [[np.array_split(run, HALVES)[k] for run in runs] for k in range(HALVES)]
