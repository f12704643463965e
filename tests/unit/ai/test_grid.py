"""Samples become rows by what was known at the time."""

import numpy as np
import pytest

from plantverse.ai.errors import RowsUnfit
from plantverse.ai.grid import Grid, Samples, grid

NAN = float("nan")


def samples(*pairs: tuple[float, float]) -> Samples:
    at, value = zip(*pairs, strict=True) if pairs else ((), ())
    return Samples(time_us=np.array(at, np.float64) * 1e6, value=np.array(value, np.float64))


def rows(found: Grid) -> list[list[float]]:
    return [[None if np.isnan(v) else v for v in row] for row in found.rows]  # type: ignore[misc]


def test_a_cell_is_the_newest_value_that_is_not_too_old() -> None:
    found = grid(
        {"a": samples((0.5, 1.0), (2.0, 2.0)), "b": samples((0.9, 5.0), (6.2, 6.0))}, ["b", "a"], every_s=1, hold_s=2
    )
    assert (found.time_us / 1e6).tolist() == [1, 2, 3, 4, 5, 6]
    assert rows(found) == [[5, 1], [5, 2], [None, 2], [None, 2], [None, None], [None, None]]


def test_a_sample_without_a_value_ends_the_one_before() -> None:
    assert rows(grid({"a": samples((1, 1.0), (2, NAN), (3, 3.0))}, ["a"], every_s=1, hold_s=9)) == [[1], [None], [3]]


def test_a_name_without_samples_is_a_missing_column_and_others_are_left_out() -> None:
    found = grid({"a": samples((1, 1.0)), "x": samples((50, 1.0))}, ["a", "gone"], every_s=1, hold_s=1)
    assert rows(found) == [[1, None]]


def test_runs_are_the_stretches_with_a_value() -> None:
    found = Grid(time_us=np.arange(6.0), rows=np.array([[NAN], [1], [2], [NAN], [NAN], [3]]))
    assert [run.ravel().tolist() for run in found.runs()] == [[1, 2], [3]]


def test_only_the_past_counts() -> None:
    early = samples((1, 1.0), (2, 2.0), (3, 3.0))
    late = samples((1, 1.0), (2, 2.0), (3.5, 99.0))
    short, long = (grid({"a": s}, ["a"], every_s=1, hold_s=5) for s in (early, late))
    assert rows(short)[:2] == rows(long)[:2]


@pytest.mark.parametrize(("every_s", "hold_s"), [(0, 1), (-1, 1), (2, 1), (1, float("inf")), (NAN, 1)])
def test_steps_out_of_range(every_s: float, hold_s: float) -> None:
    with pytest.raises(RowsUnfit, match="0 < every <= hold"):
        grid({"a": samples((1, 1.0))}, ["a"], every_s=every_s, hold_s=hold_s)


def test_nothing_and_too_much() -> None:
    with pytest.raises(RowsUnfit, match="no samples of a"):
        grid({"a": samples()}, ["a"], every_s=1, hold_s=1)
    with pytest.raises(RowsUnfit, match="too many"):
        grid({"a": samples((0, 1.0), (1e9, 1.0))}, ["a"], every_s=0.001, hold_s=1)
