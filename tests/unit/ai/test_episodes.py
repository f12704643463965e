"""Verdicts become alarms as people read them."""

import numpy as np

from plantverse.ai.detectors import Verdict
from plantverse.ai.episodes import Episode, Tally, most_blamed

NAMES = ("a", "b", "c", "d")


def verdict(score: float, *shares: float) -> Verdict:
    return Verdict(score=score, alarm=score > 1, contributions=np.array(shares or (0.0, 0.0, 0.0, 0.0)))


def test_stretches_of_alarm_rows_with_peak_and_first_blame() -> None:
    tally = Tally(names=NAMES)
    rows = [0.5, 1.5, 3.0, 0.2, np.nan, 2.0]
    for n, score in enumerate(rows):
        tally.take(n * 10.0, verdict(score, *((0.1, 0.6, 0.3, 0.0) if n == 1 else (1.0, 0.0, 0.0, 0.0))))
    assert (tally.rows, tally.alarm_rows, tally.not_judged) == (6, 3, 1)
    assert tally.episodes == [
        Episode(start_us=10, end_us=20, rows=2, peak=3.0, blamed={"b": 0.6, "c": 0.3, "a": 0.1}),
        Episode(start_us=50, end_us=50, rows=1, peak=2.0, blamed={"a": 1.0}),
    ]


def test_another_run_begins_another_episode() -> None:
    tally = Tally(names=NAMES)
    tally.take(0.0, verdict(2.0))
    tally.end_run()
    tally.take(1.0, verdict(2.0))
    assert [e.rows for e in tally.episodes] == [1, 1]


def test_at_most_three_are_blamed() -> None:
    assert most_blamed(verdict(2.0, 0.1, 0.2, 0.3, 0.4), NAMES) == {"d": 0.4, "c": 0.3, "b": 0.2}
