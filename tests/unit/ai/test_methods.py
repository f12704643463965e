"""What is particular to one method."""

import numpy as np
import pytest

from plantverse.ai.detectors import CORES, fit, load_detector, save_detector, spacing_of
from plantverse.ai.errors import ModelInvalid, RowsUnfit
from plantverse.ai.models import Model


def normal(seed: int = 0, rows: int = 600) -> np.ndarray:
    rng = np.random.default_rng(seed)
    drive = np.cumsum(rng.normal(size=rows)) * 0.1 + rng.normal(size=rows)
    return np.column_stack([drive, 2 * drive, -drive, 0.5 * drive]) + 0.1 * rng.normal(size=(rows, 4))


def test_an_unknown_method_names_the_known_ones() -> None:
    with pytest.raises(RowsUnfit, match=r"method magic: expected one of mewma, mewma-bank, pca-ewma"):
        fit("magic", [normal()], list("abcd"))


@pytest.mark.parametrize("kind", ["mewma", "pca-ewma"])
def test_smoothing_finds_a_shift_that_single_rows_hide(kind: str) -> None:
    rng = np.random.default_rng(5)
    rows = rng.normal(size=(200, 3))
    rows[100:, 1] += 1.5
    runs = [np.random.default_rng(seed).normal(size=(500, 3)) for seed in range(5)]
    found = {}
    for method in (kind, "pca"):
        detector = fit(method, runs, list("abc"), rate=0.001)
        found[method] = sum([detector.update(row).alarm for row in rows][100:])
    assert found[kind] > 60
    assert found["pca"] < 20


def test_a_broken_relation_is_found_though_every_value_is_in_its_range() -> None:
    detector = fit("mewma", [normal(seed) for seed in range(5)], list("abcd"), rate=0.001)
    rows = normal(9, 60)
    rows[30:, 2] = rows[30:, 0]
    detector.reset()
    verdicts = [detector.update(row) for row in rows]
    assert not any(v.alarm for v in verdicts[:30])
    alarms = [v for v in verdicts[30:] if v.alarm]
    assert alarms
    assert alarms[0].contributions.argmax() == 2


def test_a_missing_column_is_taken_as_the_others_make_it_likely() -> None:
    detector = fit("mewma", [normal(seed) for seed in range(5)], list("abcd"), rate=0.001)
    far = np.array([3.0, 6.0, -3.0, 1.5])
    without = far.copy()
    without[1] = np.nan
    scores = {}
    for name, row in (("whole", far), ("gap", without)):
        detector.reset()
        for _ in range(40):
            verdict = detector.update(row)
        scores[name] = verdict.score
    assert scores["gap"] == pytest.approx(scores["whole"], rel=0.25)


def test_a_cusum_alarm_ends_soon_after_its_cause() -> None:
    runs = [np.random.default_rng(seed).normal(size=(500, 3)) for seed in range(5)]
    detector = fit("var-cusum", runs, list("abc"), rate=0.001)
    rows = np.random.default_rng(8).normal(size=(400, 3))
    rows[100:200, 0] += 6
    alarms = np.array([detector.update(row).alarm for row in rows])
    assert alarms[105:200].all()
    assert not alarms[230:].any()


def test_the_report_tells_limits_rate_range_and_what_is_ignored() -> None:
    rows = np.column_stack([normal(), np.full(600, 2.0)])
    report = fit("pca-ewma", [rows], [*"abcd", "still"], rate=0.02).report
    assert set(report["statistics"]) == {"T2", "SPE"}
    assert report["ignored"] == {"still": "constant in the training rows"}
    assert report["range"]["still"] == [2.0, 2.0]
    assert report["rows"] == 600
    assert 0 < report["held_out_rate"] <= 0.04


@pytest.mark.parametrize("kind", CORES)
def test_one_wild_sample_does_not_keep_the_alarm_for_long(kind: str) -> None:
    runs = [np.random.default_rng(seed).normal(size=(500, 3)) for seed in range(5)]
    detector = fit(kind, runs, list("abc"), rate=0.001)
    rows = np.random.default_rng(4).normal(size=(200, 3))
    rows[50, 1] = 1e300
    alarms = np.array([detector.update(row).alarm for row in rows])
    assert alarms[50]
    assert not alarms[120:].any()


def test_a_detector_saved_without_its_spacing_says_so() -> None:
    model = save_detector(fit("mewma", [normal()], list("abcd")))
    with pytest.raises(ModelInvalid, match="without the spacing"):
        spacing_of(model)
    assert spacing_of(save_detector(fit("mewma", [normal()], list("abcd")), {"every_s": 1, "hold_s": 10})) == (1, 10)


def test_another_kind_of_model_is_no_detector() -> None:
    with pytest.raises(ModelInvalid, match="expected a detector of mewma"):
        load_detector(Model(kind="generator.flow", facts={}, arrays={}))
    with pytest.raises(ModelInvalid, match="expected a detector of mewma"):
        load_detector(Model(kind="detector.unheard", facts={}, arrays={}))


@pytest.mark.parametrize("kind", CORES)
def test_limits_come_from_rows_that_were_not_fitted(kind: str) -> None:
    """With few rows for many columns, limits from the fitted rows give a false-alarm rate of 0.18 to 0.70 here."""
    runs = [np.random.default_rng(seed).normal(size=(60, 20)) for seed in range(5)]
    detector = fit(kind, runs, [f"s{n}" for n in range(20)], rate=0.05)
    alarms = []
    for seed in range(100, 110):
        detector.reset()
        alarms += [detector.update(row).alarm for row in np.random.default_rng(seed).normal(size=(100, 20))]
    assert np.mean(alarms) < 0.12


def test_several_statistics_together_keep_the_rate() -> None:
    runs = [np.random.default_rng(seed).normal(size=(800, 4)) for seed in range(5)]
    for kind in ("pca-ewma", "var-cusum", "pca"):
        assert fit(kind, runs, list("abcd"), rate=0.05).report["held_out_rate"] <= 0.05
