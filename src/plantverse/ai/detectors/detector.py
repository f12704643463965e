"""The detector: rows in, one verdict each out. The same for every method, which it holds as its core."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from plantverse.ai.detectors.columns import Columns, Rows, as_rows
from plantverse.ai.detectors.core import Arrays, Core, Row
from plantverse.ai.detectors.limits import limit_of
from plantverse.ai.detectors.regimes import NEW, SETTLE, Regimes
from plantverse.ai.errors import RowsUnfit

FOLDS = 5
"""Groups that the runs are dealt into for calibration, where there are at least so many."""
HALVES = 2
"""Stretches of a run otherwise. On SKAB's anomaly-free file two of them keep the wanted rate better than three or five:
a limit has to hold for a stretch as far away and as long as what was learned, because plants drift."""
LEAST_RUN = 10
"""Rows of a run; shorter ones are left out."""
LEAST_ROWS = 60
REGIME = "detector.regime"
"""Name, in the memory, of the regime and how many rows ago it began."""
ROWS_PER_COLUMN = 4
"""Training rows per watched column, so that half of them still give a covariance."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What a detector says of one row.

    Attributes:
        score: In units of the limit: above 1 is an alarm. NaN where the row had no value to judge, or
            the plant is between two regimes.
        alarm: Whether the score is above 1.
        contributions: Share of each column in the score, shape (column,), sums to 1, or all 0.
    """

    score: float
    alarm: bool
    contributions: NDArray[np.float64]


class Detector:
    """Watches a fixed set of columns, row by row.

    With regimes every row is measured by what is normal in its own; after a change, and in one that was seen too seldom
    to be learned, rows are not judged, and a regime that was never seen is an alarm.

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

    def __init__(
        self, core: Core, columns: Columns, limits: Row, report: dict[str, Any], regimes: Regimes | None = None
    ) -> None:
        if limits.shape != (len(core.statistics),):
            raise ValueError(f"{len(core.statistics)} statistics, limits of shape {limits.shape}")
        self.core, self.columns, self.limits, self.report, self.regimes = core, columns, limits, report, regimes
        self._regime, self._since = -2, 0
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
        contributions = np.zeros(len(values))
        if self.regimes is None:
            scaled = self.columns.scaled(values)
        else:
            self._follow(values, self.regimes)
            if self._regime == -1:
                contributions[self.regimes.columns] = 1 / len(self.regimes.columns)
                return Verdict(score=NEW, alarm=True, contributions=contributions)
            if not self._settled(self.regimes):
                return Verdict(score=np.nan, alarm=False, contributions=contributions)
            scaled = self.regimes.scaled(values, self.columns, self._regime)
        found = self.core.step(scaled)
        if np.isnan(scaled).all():
            return Verdict(score=np.nan, alarm=False, contributions=contributions)
        score = float((found / self.limits).max())
        blame = self.core.blame()
        total = blame.sum()
        if total > 0:
            contributions[self.columns.watched] = blame / total
        return Verdict(score=score, alarm=score > 1, contributions=contributions)

    def scores(self, rows: Rows) -> NDArray[np.float64]:
        """Return the score of each row in turn, shape (time,), as `update` would to within rounding, only sooner.

        Raises:
            RowsUnfit: Another number of columns than learned.
        """
        if rows.ndim != 2 or rows.shape[1] != len(self.columns.names):
            raise RowsUnfit(f"rows: expected shape (time, {len(self.columns.names)}), got {rows.shape}")
        if self.regimes is None:
            return self._scored(self.columns.scaled(rows))
        if len(rows) and self._regime != -2:
            # A run that goes on in the middle of a regime: the first rows say whether it still is the same.
            return np.array([self.update(row).score for row in rows])
        found = np.full(len(rows), np.nan)
        for regime, start, stop in self.regimes.changes(rows):
            self._enter(regime)
            self._since = stop - start - 1
            first = start + self.regimes.settle
            if regime == -1:
                found[start:stop] = NEW
            elif regime >= 0 and self.regimes.learned(regime) and first < stop:
                found[first:stop] = self._scored(self.regimes.scaled(rows[first:stop], self.columns, regime))
        return found

    def _scored(self, scaled: Rows) -> NDArray[np.float64]:
        found: NDArray[np.float64] = (self.core.run(scaled) / self.limits).max(1)
        return np.where(np.isnan(scaled).all(1), np.nan, found)

    def _follow(self, values: Row, regimes: Regimes) -> None:
        regime = regimes.of(values)
        if regime is None or regime == self._regime:
            self._since += 1
        else:
            self._enter(regime)

    def _enter(self, regime: int) -> None:
        self._regime, self._since = regime, 0
        self.core.reset()

    def _settled(self, regimes: Regimes) -> bool:
        return self._regime >= 0 and self._since >= regimes.settle and regimes.learned(self._regime)

    def reset(self) -> None:
        """Forget the rows seen so far, as at the start of another run."""
        self._enter(-2)

    def memory(self) -> Arrays:
        """Return what is carried from row to row, so that another process can go on with `recall`."""
        kept = {name: array.copy() for name, array in self.core.memory().items()}
        return kept if self.regimes is None else kept | {REGIME: np.array([self._regime, self._since], np.float64)}

    def recall(self, memory: Arrays) -> None:
        """Go on where `memory` was taken."""
        kept = {name: array.copy() for name, array in memory.items()}
        if self.regimes is not None:
            self._regime, self._since = (int(number) for number in kept.pop(REGIME))
        self.core.recall(kept)


def fit_core(
    core: type[Core],
    runs: Sequence[object],
    names: Sequence[str],
    *,
    rate: float,
    modes: Sequence[str] = (),
    settle: int = SETTLE,
) -> Detector:
    """Return a detector of this method, learned from normal runs.

    Limits come from rows that the scoring model had not been fitted on: the rows are cut into two halves (or whole
    runs, where there are five), each is scored by a model of the others, and the model that is kept learns from all.
    The wanted rate is shared evenly by the method's statistics.

    Args:
        core: The method.
        runs: Rows of normal operation, each run in order of time, shape (time, column).
        names: One per column.
        rate: Wanted share of normal rows that raise an alarm, in (0, 0.5].
        modes: Columns whose values tell regimes apart; they are not watched themselves.
        settle: Rows after a change of regime that are neither learned from nor judged.

    Raises:
        RowsUnfit: Too few rows, the wrong width, no column that moves, or a rate out of range.
    """
    if not 0 < rate <= 0.5:
        raise RowsUnfit(f"rate: expected a share in (0, 0.5], got {rate}")
    tables = [table for run in runs if len(table := as_rows(run, len(names))) >= LEAST_RUN]
    count = sum(map(len, tables))
    if count < LEAST_ROWS:
        raise RowsUnfit(f"{count} training rows: at least {LEAST_ROWS} are needed", hint="record longer, or more often")
    columns = Columns.learn(tables, names, aside=dict.fromkeys(modes, "tells the regime"))
    least = ROWS_PER_COLUMN * len(columns.watched)
    if count < least:
        raise RowsUnfit(
            f"{count} training rows for {len(columns.watched)} columns: at least {least} are needed",
            hint="record longer, or watch fewer columns with one detector",
        )
    regimes = Regimes.learn(tables, columns, modes, settle) if modes else None
    held_out = _held_out(core, [_pieces(fold, columns, regimes) for fold in _folds(tables)])
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
    return Detector(core.learn(_pieces(tables, columns, regimes)), columns, limits, report, regimes)


def _pieces(tables: Sequence[Rows], columns: Columns, regimes: Regimes | None) -> list[Rows]:
    """Return the scaled rows that are learned from: each table, or with regimes its settled stretches."""
    if regimes is None:
        return [columns.scaled(table) for table in tables]
    return [
        regimes.scaled(table[start:stop], columns, regime)
        for table in tables
        for regime, start, stop in regimes.stretches(table)
        if regimes.learned(regime)
    ]


def _held_out(core: type[Core], folds: Sequence[Sequence[Rows]]) -> NDArray[np.float64]:
    """Return the statistics of every row under a model that had not seen its stretch, shape (time, statistic)."""
    found = []
    for n, fold in enumerate(folds):
        model = core.learn([piece for k, other in enumerate(folds) if k != n for piece in other])
        for piece in fold:
            model.reset()
            found.append(model.run(piece))
    return np.concatenate(found)


def _folds(runs: Sequence[Rows]) -> list[list[Rows]]:
    """Return groups of rows: whole runs where there are enough, else the halves of each run."""
    if len(runs) >= FOLDS:
        return [list(runs[k::FOLDS]) for k in range(FOLDS)]
    return [[np.array_split(run, HALVES)[k] for run in runs] for k in range(HALVES)]
