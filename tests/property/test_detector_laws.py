"""Laws of every detector, on any rows."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from plantverse.ai.detectors import CORES, Detector, fit
from plantverse.ai.stretches import stretches

WIDTH = 4
FITTED: dict[str, Detector] = {}
WILD = np.array([np.nan, np.nan, np.inf, -np.inf, 1e6, -1e300, 1e308, 0.0, 1e-300])


def rows_of(seed: int, length: int, wild: float) -> list[list[float]]:
    """Return rows with a share of values that no plant should send."""
    rng = np.random.default_rng(seed)
    rows = rng.normal(size=(length, WIDTH)) * 2
    strange = rng.random(rows.shape) < wild
    rows[strange] = rng.choice(WILD, strange.sum())
    return rows.tolist()


runs = st.builds(rows_of, st.integers(0, 2**32), st.integers(1, 20), st.sampled_from([0.0, 0.1, 0.5, 1.0]))


def detector(kind: str) -> Detector:
    if kind not in FITTED:
        rng = np.random.default_rng(1)
        rows = rng.normal(size=(600, WIDTH)) @ rng.normal(size=(WIDTH, WIDTH))
        FITTED[kind] = fit(kind, [rows], [f"s{n}" for n in range(WIDTH)], rate=0.01)
    FITTED[kind].reset()
    return FITTED[kind]


def trace(kind: str, rows: list[list[float]]) -> list[tuple[str, bool, bytes]]:
    found = detector(kind)
    verdicts = [found.update(row) for row in rows]
    return [(v.score.hex(), v.alarm, v.contributions.tobytes()) for v in verdicts]


@pytest.mark.parametrize("kind", CORES)
@given(past=runs, one=runs, other=runs)
@settings(max_examples=30)
def test_the_future_never_changes_the_past(
    kind: str, past: list[list[float]], one: list[list[float]], other: list[list[float]]
) -> None:
    assert trace(kind, past + one)[: len(past)] == trace(kind, past + other)[: len(past)] == trace(kind, past)


@pytest.mark.parametrize("kind", CORES)
@given(before=runs, after=runs)
@settings(max_examples=30)
def test_handing_over_changes_nothing(kind: str, before: list[list[float]], after: list[list[float]]) -> None:
    whole = trace(kind, before + after)
    found = detector(kind)
    for row in before:
        found.update(row)
    memory = found.memory()
    for row in after[::-1]:
        found.update(row)
    found.recall(memory)
    verdicts = [found.update(row) for row in after]
    assert [(v.score.hex(), v.alarm, v.contributions.tobytes()) for v in verdicts] == whole[len(before) :]


@pytest.mark.parametrize("kind", CORES)
@given(rows=runs)
@settings(max_examples=30)
def test_scores_are_numbers_wherever_there_is_a_value(kind: str, rows: list[list[float]]) -> None:
    found = detector(kind)
    for row in rows:
        verdict = found.update(row)
        if not np.isfinite(row).any():
            assert np.isnan(verdict.score)
        else:
            assert verdict.score >= 0
            assert verdict.contributions.sum() == pytest.approx(1) or not verdict.contributions.any()


@given(st.lists(st.booleans(), max_size=40))
def test_stretches_put_together_give_the_flags(flags: list[bool]) -> None:
    again = np.zeros(len(flags), bool)
    for start, stop in stretches(np.array(flags, bool)):
        assert start < stop
        again[start:stop] = True
    assert again.tolist() == flags
