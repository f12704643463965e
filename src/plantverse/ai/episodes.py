"""Verdicts condensed to alarms as people read them, row by row, so that a year of rows fits into memory."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from plantverse.ai.detectors import Verdict

BLAMED = 3
"""Columns named per alarm."""


def most_blamed(verdict: Verdict, names: Sequence[str]) -> dict[str, float]:
    """Return the columns with the largest shares, largest first, without those that have none."""
    shares = verdict.contributions
    return {names[i]: float(shares[i]) for i in np.argsort(-shares, kind="stable")[:BLAMED] if shares[i] > 0}


@dataclass(slots=True, kw_only=True)
class Episode:
    """One stretch of alarm rows.

    Attributes:
        start_us: Of the first row.
        end_us: Of the last one.
        rows: How many.
        peak: Highest score.
        blamed: Shares of the most blamed columns in the first row, before the blame spreads.
    """

    start_us: float
    end_us: float
    rows: int
    peak: float
    blamed: dict[str, float]


@dataclass(slots=True, kw_only=True)
class Tally:
    """Counts rows and collects episodes of one detector."""

    names: Sequence[str]
    rows: int = 0
    alarm_rows: int = 0
    not_judged: int = 0
    episodes: list[Episode] = field(default_factory=list)
    _open: bool = False

    def take(self, at_us: float, verdict: Verdict) -> None:
        """Add the verdict of the next row."""
        self.rows += 1
        self.not_judged += bool(np.isnan(verdict.score))
        self.alarm_rows += verdict.alarm
        if not verdict.alarm:
            self.end_run()
            return
        if not self._open:
            blamed = most_blamed(verdict, self.names)
            self.episodes.append(Episode(start_us=at_us, end_us=at_us, rows=0, peak=verdict.score, blamed=blamed))
        last = self.episodes[-1]
        last.end_us, last.rows, last.peak = at_us, last.rows + 1, max(last.peak, verdict.score)
        self._open = True

    def end_run(self) -> None:
        """Let the next alarm row begin an episode of its own."""
        self._open = False
