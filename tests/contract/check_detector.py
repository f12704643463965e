"""What every method of detection must do, as checks that take its core.

A new method gets a line in test_detector.py.
"""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from plantverse.ai.detectors import Core, Detector, fit_core, load_detector, save_detector
from plantverse.ai.errors import ModelInvalid, RowsUnfit
from plantverse.ai.models import read_model, write_model

Method = type[Core]
Rows = NDArray[np.float64]
NAMES = ("flow", "speed", "power", "level")
RATE = 0.01


def plant(rows: int, seed: int) -> Rows:
    """Return rows of a small plant: speed drives flow and power, the level goes its own slow way."""
    rng = np.random.default_rng(seed)
    speed = np.zeros(rows)
    level = np.zeros(rows)
    for t in range(1, rows):
        speed[t] = 0.8 * speed[t - 1] + rng.normal()
        level[t] = 0.9 * level[t - 1] + rng.normal()
    noise = rng.normal(size=(rows, 4)) * 0.3
    return np.column_stack([5 + 2 * speed, 50 + speed, 9 + 3 * speed, level]) + noise


def learned(method: Method, rate: float = RATE) -> Detector:
    """Return a detector of five normal runs."""
    return fit_core(method, [plant(400, seed) for seed in range(5)], NAMES, rate=rate)


def scores(detector: Detector, rows: Rows) -> list[float]:
    """Return the scores of a run from a fresh start."""
    detector.reset()
    return [detector.update(row).score for row in rows]


def a_fault_is_found_and_its_column_blamed(method: Method) -> None:
    detector, rows = learned(method), plant(300, 90)
    rows[200:, 2] += 30
    detector.reset()
    verdicts = [detector.update(row) for row in rows]
    assert sum(v.alarm for v in verdicts[:200]) <= 20
    assert sum(v.alarm for v in verdicts[200:]) >= 80
    first = next(v for v in verdicts[200:] if v.alarm)
    assert NAMES[first.contributions.argmax()] == "power"


def normal_rows_raise_about_as_many_alarms_as_asked_for(method: Method) -> None:
    detector = learned(method, rate=0.02)
    alarms = sum(s > 1 for seed in range(50, 60) for s in scores(detector, plant(400, seed)))
    assert 4000 * 0.02 / 4 <= alarms <= 4000 * 0.02 * 4


def verdicts_are_consistent(method: Method) -> None:
    detector, rows = learned(method), plant(100, 91)
    rows[50:] += 10
    for row in rows:
        verdict = detector.update(row)
        assert verdict.alarm == (verdict.score > 1)
        assert verdict.score >= 0
        assert verdict.contributions.shape == (4,)
        assert (verdict.contributions >= 0).all()
        total = verdict.contributions.sum()
        assert total == 0 or total == pytest.approx(1)


def the_future_does_not_change_the_past(method: Method) -> None:
    detector, rows = learned(method), plant(120, 92)
    other = rows.copy()
    other[80:] = -7 * other[80:] + 1000
    assert scores(detector, rows)[:80] == scores(detector, other)[:80]
    assert scores(detector, rows)[80:] != scores(detector, other)[80:]


def many_rows_at_once_score_as_one_by_one(method: Method) -> None:
    detector, rows = learned(method), plant(150, 94)
    rows[np.random.default_rng(3).random(rows.shape) < 0.1] = np.nan
    rows[40:44] = np.nan
    one_by_one = scores(detector, rows)
    after = detector.update(rows[-2])
    detector.reset()
    assert detector.scores(rows) == pytest.approx(one_by_one, rel=1e-9, abs=1e-9, nan_ok=True)
    again = detector.update(rows[-2])
    assert again.score == pytest.approx(after.score, rel=1e-9)
    assert again.contributions == pytest.approx(after.contributions, abs=1e-9)
    assert detector.scores(rows[:0]).shape == (0,)
    with pytest.raises(RowsUnfit, match=r"expected shape \(time, 4\)"):
        detector.scores(rows[:, :3])


def a_reset_forgets(method: Method) -> None:
    detector, rows = learned(method), plant(60, 93)
    before = scores(detector, rows)
    scores(detector, rows + 100)
    assert scores(detector, rows) == before


def learning_again_gives_the_same(method: Method) -> None:
    assert scores(learned(method), plant(60, 94)) == scores(learned(method), plant(60, 94))


def learning_leaves_its_rows_alone(method: Method) -> None:
    runs = [plant(200, 1)]
    kept = runs[0].copy()
    detector = fit_core(method, runs, NAMES, rate=RATE)
    row = kept[0].copy()
    detector.update(row)
    assert np.array_equal(runs[0], kept)
    assert np.array_equal(row, kept[0])


def what_was_saved_scores_the_same(method: Method, folder: Path, methods: Mapping[str, Method]) -> None:
    detector, rows = learned(method), plant(100, 95)
    digest = write_model(save_detector(detector, {"every_s": 1.0}), folder / "m")
    again = load_detector(read_model(folder / "m", digest), methods)
    assert again.kind == method.kind
    assert scores(again, rows) == scores(detector, rows)
    assert again.report == detector.report


def it_goes_on_where_another_stopped(method: Method) -> None:
    detector, rows = learned(method), plant(100, 96)
    whole = scores(detector, rows)
    scores(detector, rows[:60])
    memory = detector.memory()
    scores(detector, rows + 50)
    other = learned(method)
    other.recall(memory)
    assert [other.update(row).score for row in rows[60:]] == whole[60:]
    other_again = learned(method)
    other_again.recall(memory)
    assert [other_again.update(row).score for row in rows[60:]] == whole[60:], "recalling must not share its arrays"


def missing_values_are_borne(method: Method) -> None:
    runs = [plant(400, seed) for seed in range(5)]
    rng = np.random.default_rng(3)
    for run in runs:
        run[rng.random(run.shape) < 0.1] = np.nan
    detector = fit_core(method, runs, NAMES, rate=RATE)
    rows = plant(300, 97)
    rows[rng.random(rows.shape) < 0.2] = np.inf
    rows[200:, 0] = np.nan
    found = np.array(scores(detector, rows))
    judged = np.isfinite(rows).any(1)
    assert np.isfinite(found[judged]).all()
    assert (found[judged] > 1).mean() < 0.1


def a_row_without_values_is_not_judged(method: Method) -> None:
    detector = learned(method)
    detector.update(plant(1, 1)[0])
    verdict = detector.update([np.nan] * 4)
    assert np.isnan(verdict.score)
    assert not verdict.alarm
    assert not verdict.contributions.any()
    assert np.isfinite(detector.update(plant(1, 2)[0]).score)


def columns_that_cannot_be_watched_are_left_out_and_named(method: Method) -> None:
    rows = np.column_stack([plant(400, 5), np.full(400, 3.3), np.full(400, np.nan), np.full(400, np.nan)])
    rows[:100, 6] = 1.0
    names = (*NAMES, "constant", "dead", "seldom")
    detector = fit_core(method, [rows], names, rate=RATE)
    assert detector.report["ignored"] == {
        "constant": "constant in the training rows",
        "dead": "no value in the training rows",
        "seldom": "a value in only 100 of 400 training rows",
    }
    row = np.concatenate([plant(1, 6)[0], [99.0, 99.0, 99.0]])
    verdict = detector.update(row)
    assert np.isfinite(verdict.score)
    assert not verdict.contributions[4:].any()


def rows_that_cannot_be_learned_from_are_refused(method: Method) -> None:
    for runs, names, rate, words in (
        ([plant(10, 1)], NAMES, RATE, "10 training rows: at least 60 are needed"),
        ([], NAMES, RATE, "0 training rows"),
        ([np.ones((100, 4))], NAMES, RATE, "none of 4 columns can be watched"),
        ([np.full((100, 4), np.nan)], NAMES, RATE, "none of 4 columns can be watched"),
        ([plant(100, 1)], NAMES[:3], RATE, r"expected shape \(time, 3\)"),
        ([["a", "b"]], NAMES, RATE, "expected numbers"),
        ([plant(100, 1)], NAMES, 0.0, "rate"),
        ([np.random.default_rng(1).normal(size=(70, 40))], tuple(map(str, range(40))), RATE, "at least 160 are needed"),
    ):
        with pytest.raises(RowsUnfit, match=words):
            fit_core(method, runs, names, rate=rate)


def columns_that_say_the_same_do_no_harm(method: Method) -> None:
    rows = plant(400, 7)
    detector = fit_core(method, [np.column_stack([rows, rows[:, :1]])], (*NAMES, "again"), rate=RATE)
    fresh = plant(200, 8)
    found = np.array(scores(detector, np.column_stack([fresh, fresh[:, :1]])))
    assert np.isfinite(found).all()
    assert (found > 1).mean() < 0.2


def a_row_of_another_width_is_refused(method: Method) -> None:
    detector = learned(method)
    for row in ([1.0] * 3, [[1.0] * 4]):
        with pytest.raises(RowsUnfit, match="expected 4 values"):
            detector.update(row)


def parts_that_do_not_fit_are_refused(method: Method, methods: Mapping[str, Method]) -> None:
    model = save_detector(learned(method))
    for name in model.arrays:
        less = {k: v for k, v in model.arrays.items() if k != name}
        short = {**model.arrays, name: model.arrays[name][:-1]}
        for arrays in (less, short):
            with pytest.raises(ModelInvalid, match="do not fit together"):
                load_detector(type(model)(kind=model.kind, facts=model.facts, arrays=arrays), methods)


CHECKS = (
    a_fault_is_found_and_its_column_blamed,
    normal_rows_raise_about_as_many_alarms_as_asked_for,
    verdicts_are_consistent,
    the_future_does_not_change_the_past,
    many_rows_at_once_score_as_one_by_one,
    a_reset_forgets,
    learning_again_gives_the_same,
    learning_leaves_its_rows_alone,
    it_goes_on_where_another_stopped,
    missing_values_are_borne,
    a_row_without_values_is_not_judged,
    columns_that_cannot_be_watched_are_left_out_and_named,
    rows_that_cannot_be_learned_from_are_refused,
    columns_that_say_the_same_do_no_harm,
    a_row_of_another_width_is_refused,
)
