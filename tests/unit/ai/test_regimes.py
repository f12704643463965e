"""Regimes of operation: each has its own normal, and what is between them is not judged."""

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from plantverse.ai.detectors import Detector, fit, load_detector, save_detector
from plantverse.ai.errors import ModelInvalid, RowsUnfit
from plantverse.ai.models import read_model, write_model

NAMES = ("state", "speed", "power")
STOPPED, RUNNING, HELD, CLEANING = 0.0, 1.0, 3.0, 6.0
SETTLE = 5
NORMAL = {STOPPED: (0.0, 1.0), RUNNING: (100.0, 40.0), HELD: (60.0, 2.0), CLEANING: (30.0, 80.0)}
Rows = NDArray[np.float64]


def run(states: list[tuple[float, int]], seed: int) -> Rows:
    """Return rows of a machine that goes through states, each for so many rows."""
    rng = np.random.default_rng(seed)
    rows = []
    for state, count in states:
        speed, power = NORMAL[state]
        rows += [(state, speed + rng.normal() * 0.5, power + rng.normal() * 0.5) for _ in range(count)]
    return np.array(rows)


def learned(method: str = "mewma", settle: int = SETTLE, **options: object) -> Detector:
    runs = [run([(RUNNING, 300), (STOPPED, 100), (RUNNING, 200), (CLEANING, 100)], seed) for seed in range(5)]
    return fit(method, runs, NAMES, rate=0.01, modes=["state"], settle=settle)


def scores(detector: Detector, rows: Rows) -> list[float]:
    detector.reset()
    return [detector.update(row).score for row in rows]


def test_a_regime_is_no_anomaly_and_a_small_shift_within_one_is() -> None:
    normal = run([(RUNNING, 100), (CLEANING, 60), (STOPPED, 60), (RUNNING, 60)], 50)
    assert np.nanmean(np.array(scores(learned(), normal)) > 1) < 0.05
    shifted = normal.copy()
    shifted[130:160, 1] += 2.0
    assert np.nanmean(np.array(scores(learned(), shifted))[140:160] > 1) == 1.0
    every = [(RUNNING, 300), (HELD, 100), (STOPPED, 100), (CLEANING, 100)]
    plain = fit("mewma", [run(every, seed) for seed in range(5)], NAMES, rate=0.01)
    assert max(scores(plain, shifted)[140:160]) < 1.0, "two units drown in the changes of regime"


def test_rows_after_a_change_are_not_judged_and_those_before_leave_no_trace() -> None:
    detector = learned()
    rows = run([(RUNNING, 50), (STOPPED, 50)], 51)
    rows[48:50, 1] = 300.0
    rows[50:53, 1] = 80.0
    found = scores(detector, rows)
    assert np.isnan(found[:SETTLE]).all()
    assert found[49] > 1
    assert np.isnan(found[50 : 50 + SETTLE]).all()
    assert max(found[50 + SETTLE :]) < 1


def test_a_state_that_was_never_seen_is_an_alarm_that_blames_the_mode() -> None:
    detector = learned()
    rows = run([(RUNNING, 50), (STOPPED, 20)], 52)
    rows[55:, 0] = 4.0
    detector.reset()
    verdicts = [detector.update(row) for row in rows]
    assert not verdicts[54].alarm
    assert verdicts[55].alarm
    assert verdicts[55].contributions.tolist() == [1.0, 0.0, 0.0]


def test_a_regime_that_was_seen_too_seldom_is_not_judged() -> None:
    runs = [run([(RUNNING, 300), (CLEANING, 12)], seed) for seed in range(5)]
    detector = fit("mewma", runs, NAMES, rate=0.01, modes=["state"], settle=SETTLE)
    rows = run([(RUNNING, 20), (CLEANING, 20)], 53)
    rows[30:, 1] = 500.0
    assert np.isnan(scores(detector, rows)[20:]).all()


def test_a_missing_mode_is_the_one_before() -> None:
    detector = learned()
    rows = run([(RUNNING, 40)], 54)
    rows[20:30, 0] = np.nan
    assert np.isfinite(scores(detector, rows)[SETTLE:]).all()
    rows[:10, 0] = np.nan
    assert np.isnan(scores(detector, rows)[: 10 + SETTLE]).all()


@pytest.mark.parametrize("method", ["mewma", "pca-ewma", "var-cusum", "dpca"])
def test_many_rows_at_once_score_as_one_by_one(method: str) -> None:
    detector = learned(method)
    rows = run([(RUNNING, 40), (STOPPED, 3), (CLEANING, 30), (STOPPED, 30)], 55)
    rows[10:14, 1] = np.nan
    rows[60:64, 0] = 4.0
    rows[80, 0] = np.nan
    one_by_one = scores(detector, rows)
    after = detector.update(rows[-1])
    detector.reset()
    assert detector.scores(rows) == pytest.approx(one_by_one, rel=1e-9, abs=1e-9, nan_ok=True)
    assert detector.update(rows[-1]).score == pytest.approx(after.score, rel=1e-9)
    detector.reset()
    halves = [*detector.scores(rows[:95]), *detector.scores(rows[95:])]
    assert halves == pytest.approx(one_by_one, rel=1e-9, abs=1e-9, nan_ok=True)


def test_it_is_saved_and_goes_on_where_another_stopped(tmp_path: Path) -> None:
    detector = learned()
    write_model(save_detector(detector), tmp_path / "m")
    other = load_detector(read_model(tmp_path / "m"))
    rows = run([(RUNNING, 40), (STOPPED, 30)], 56)
    assert scores(other, rows) == pytest.approx(scores(detector, rows), nan_ok=True)
    scores(detector, rows[:43])
    other.recall(detector.memory())
    assert [other.update(row).score for row in rows[43:]] == pytest.approx(
        [detector.update(row).score for row in rows[43:]], nan_ok=True
    )


@pytest.mark.parametrize("name", ["regime.columns", "regime.codes", "regime.mean", "regime.scale"])
def test_a_saved_model_without_its_regimes_is_refused(name: str) -> None:
    model = save_detector(learned())
    less = {k: v for k, v in model.arrays.items() if k != name}
    for arrays in (less, {**model.arrays, name: model.arrays[name][:-1]}):
        with pytest.raises(ModelInvalid, match="do not fit together"):
            load_detector(type(model)(kind=model.kind, facts=model.facts, arrays=arrays))


def test_what_tells_no_regime_is_refused() -> None:
    rows = run([(RUNNING, 400)], 57)
    for modes, settle, reason in (
        (["phase"], 5, "mode phase: no such column"),
        (["speed"], 5, "expected 1 to 64 different values, got 400"),
        (["state"], -1, "expected 0 rows or more, got -1"),
        (["state"], 390, "no regime of state has 60 settled training rows"),
    ):
        with pytest.raises(RowsUnfit, match=reason):
            fit("mewma", [rows], NAMES, modes=modes, settle=settle)


def test_a_counter_is_left_out_and_a_set_point_that_rose_is_not() -> None:
    rng = np.random.default_rng(7)
    count = np.cumsum(rng.random((2, 200)) < 0.5, axis=1).astype(float)
    count[:, 50] = np.nan
    rows = [np.column_stack([c, rng.normal(size=200), np.repeat([1.0, 2.0], 100)]) for c in count]
    detector = fit("mewma", rows, ["count", "flow", "wanted"], rate=0.01)
    assert detector.report["ignored"] == {"count": "only grows in the training rows, as a counter"}
