"""Live rows are the rows of the grid, and steps are even however late somebody looks."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from plantverse.ai.grid import Samples, grid
from plantverse.ai.live import LiveRows, Steps


@given(
    st.lists(st.tuples(st.integers(1, 200), st.integers(0, 1), st.floats(-9, 9)), min_size=1, max_size=40),
    st.integers(2, 30),
)
def test_live_rows_are_those_of_the_grid(events: list[tuple[int, int, float]], hold: int) -> None:
    events = sorted(events, key=lambda e: e[0])
    names = ["a", "b"]
    samples = {
        name: Samples(
            time_us=np.array([t for t, c, _ in events if c == column], float) * 1e6,
            value=np.array([v for _, c, v in events if c == column]),
        )
        for column, name in enumerate(names)
    }
    expected = grid(samples, names, every_s=2, hold_s=hold)
    live, left = LiveRows(names, hold), list(events)
    for at_us, row in zip(expected.time_us, expected.rows, strict=True):
        while left and left[0][0] * 1e6 <= at_us:
            at, column, value = left.pop(0)
            live.take(names[column], value, at * 1e6)
        assert np.array_equal(live.row(at_us), row, equal_nan=True)


def test_an_older_value_changes_nothing_and_none_is_missing() -> None:
    live = LiveRows(["a"], 10)
    assert np.isnan(live.row(0.0))
    live.take("a", 2.0, 5e6)
    live.take("a", 1.0, 4e6)
    assert live.row(6e6).tolist() == [2.0]
    live.take("a", None, 6e6)
    assert np.isnan(live.row(6e6))


def test_steps_are_even_and_count_what_went_by() -> None:
    steps = Steps(2, 3e6)
    assert steps.wait_s(3e6) == 1
    assert steps.take(3.9e6) is None
    assert (steps.take(4.1e6), steps.skipped) == (4e6, 0)
    assert steps.take(5.9e6) is None
    assert (steps.take(11.5e6), steps.skipped) == (10e6, 2)
    assert steps.wait_s(13e6) == 0
    assert (steps.take(13e6), steps.skipped) == (12e6, 2)


def test_steps_with_a_phase_come_after_the_others_and_as_often() -> None:
    steps = Steps(2.0, 0.0, phase=0.25)
    assert steps.take(0.4e6) is None
    assert steps.wait_s(0.4e6) == pytest.approx(0.1)
    assert [steps.take(at) for at in (0.5e6, 2.4e6, 2.6e6)] == [0.5e6, None, 2.5e6]
    assert steps.take(9e6) == 8.5e6
    assert steps.skipped == 2
