"""Alarms per ten minutes."""

import numpy as np
import pytest

from plantverse.platform.alarm_load import AlarmLoad, alarm_load

S = 1_000_000_000


@pytest.mark.parametrize(
    ("raised_s", "at_s", "expected"),
    [
        ([], 0, AlarmLoad(0, 0)),
        ([5], 5, AlarmLoad(1, 1)),
        ([0, 600], 600, AlarmLoad(2, 2)),  # ten minutes, both ends included
        ([0, 601], 601, AlarmLoad(1, 1)),
        ([0, 100, 200, 5_000], 5_600, AlarmLoad(1, 3)),
        ([0, 100, 200, 5_000], 150, AlarmLoad(2, 2)),  # what comes later is not known
        ([0, 1, 2], 10_000, AlarmLoad(0, 3)),
        ([7] * 5_000, 8, AlarmLoad(5_000, 5_000)),
    ],
)
def test_the_load_now_and_at_its_worst(raised_s: list[int], at_s: int, expected: AlarmLoad) -> None:
    assert alarm_load(np.array(raised_s, np.int64) * S, at_s * S) == expected
