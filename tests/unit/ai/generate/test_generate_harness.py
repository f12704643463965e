"""The harness sees what it has to see: copies, noise, missing kinds, wrong labels; and it distrusts itself."""

import numpy as np
import pytest

from contract.check_generator import NAMES, RULES, plant
from plantverse.ai.errors import RowsUnfit
from plantverse.ai.generate import Recorded, Recording
from plantverse.ai.generate.evaluate import Case, HarnessBroken, Material, evaluate, fault_lift, likeness, protocol
from plantverse.ai.generate.evaluate.conditioning import conditioning
from plantverse.ai.generate.evaluate.judges import JUDGES, accuracies
from plantverse.ai.generate.evaluate.likeness import coverage, memorisation
from plantverse.ai.generate.evaluate.ridge import Ridge
from plantverse.ai.generate.evaluate.splits import halves, whole

Cube = np.ndarray


def waves(count: int, seed: int, amplitude: float = 1.0) -> Cube:
    rng = np.random.default_rng(seed)
    phase = rng.uniform(0, 6, (count, 1, 3))
    return amplitude * np.sin(np.arange(16)[None, :, None] * 0.7 + phase) + 0.2 * rng.normal(size=(count, 16, 3))


@pytest.mark.parametrize("judge", JUDGES)
def test_a_judge_tells_waves_from_others_and_not_from_the_same(judge: str) -> None:
    one = {judge: JUDGES[judge]}
    real = (waves(150, 1), waves(150, 2))
    same = accuracies(real, (waves(150, 3), waves(150, 4)), seed=0, judges=one)[judge]
    other = accuracies(real, (waves(150, 5) + 0.8, waves(150, 6) + 0.8), seed=0, judges=one)[judge]
    assert abs(same - 0.5) < 0.12
    assert other > 0.85


def kinds(count: int) -> np.ndarray:
    return np.arange(count) % 2


def test_memorisation_finds_copies_and_near_copies_and_passes_fresh_windows() -> None:
    training, held_out, fresh = waves(200, 1), waves(200, 2), waves(200, 3)
    known, unknown = (training, kinds(200)), (held_out, kinds(200))

    def judged(made: Cube) -> likeness.Memorisation:
        return memorisation((made, kinds(len(made))), known, unknown, stretches=200, seed=0)

    assert judged(fresh).passed
    assert judged(fresh).share == pytest.approx(0.5, abs=0.1)
    assert not judged(training).passed
    assert (judged(training).copies, judged(training).share > 0.9) == (1.0, True)
    near = judged(training + 0.05 * np.random.default_rng(1).normal(size=training.shape))
    assert not near.passed
    assert near.copies == 0.0
    few = np.concatenate([fresh[:190], training[:10]])
    assert not judged(few).passed, "5 % copies are too many, whatever the share"


def test_coverage_falls_where_a_kind_is_missing_and_where_what_is_made_is_not_real() -> None:
    real = np.concatenate([waves(80, 1), waves(80, 2) + 6])
    good = coverage(np.concatenate([waves(80, 3), waves(80, 4) + 6]), real)
    half = coverage(waves(160, 5), real)
    wrong = coverage(real + 30, real)
    assert good["recall"] > 0.85
    assert good["precision"] > 0.85
    assert half["recall"] < 0.6
    assert half["precision"] > 0.85
    assert wrong["precision"] == 0.0


def small_case(by_run: bool = True) -> Case:
    runs = [plant(96, seed) for seed in range(6)]
    runs += [plant(96, 20 + k, "leak", 0.25 * (k % 3 + 1), 30) for k in range(6)]
    return Case(
        name="small", recorded=Recorded(runs=tuple(runs), columns=NAMES, every_s=2.0, rules=RULES), by_run=by_run
    )


def test_conditioning_sees_swapped_labels() -> None:
    material = Material.of(small_case(), 12, flip=False)
    test = material.held_out
    good = conditioning(material.training, test, test.values, seed=0)
    assert good["type_generated"] == good["type_real"]
    assert (good["type_real"] or 0) > 0.85
    assert (good["severity_rank_real"] or 0) > 0.6
    assert good["severity_rank_generated"] == good["severity_rank_real"]
    swapped = conditioning(material.training, test, np.roll(test.values, len(test) // 2, 0), seed=0)
    assert (swapped["type_ratio"] or 0) < 0.8


def test_ridge_finds_a_line() -> None:
    rng = np.random.default_rng(1)
    table = rng.normal(size=(80, 120))
    line = 3 * table[:, 4] - table[:, 9] + 7
    found = Ridge(table, line[:, None])(table)[:, 0]
    assert np.corrcoef(found, line)[0, 1] > 0.9


def test_parts_share_no_row_and_lie_a_window_apart() -> None:
    run = Recording(name="r", rows=np.arange(500.0)[:, None], fault="leak", severity=1.0, onset=100)
    for flip in (False, True):
        one, other = (np.concatenate([p.rows[:, 0] for p in side]) for side in halves([run], 10, flip=flip))
        assert np.abs(one[:, None] - other[None]).min() > 10
        assert abs(len(one) - len(other)) <= 40
    first, second = whole([plant(10, k) for k in range(4)] + [plant(10, 9, "leak", 0.5)])
    assert [r.name for r in first] == ["normal-0", "normal-2", "leak-9"]
    assert [r.name for r in second] == ["normal-1", "normal-3"]


def test_the_protocol_judges_all_alike_and_catches_the_replay() -> None:
    found = evaluate([small_case()], ["jitter"], length=12, seeds=2)
    by = found["cases"]["small"]
    assert list(by) == ["jitter", "replay"], "replay always runs"
    assert by["replay"]["worst"]["memorisation_passed"] == 0
    assert by["replay"]["mean"]["copies"] == 1.0
    assert len(by["jitter"]["seeds"]["worst_judge"]) == 2
    assert by["jitter"]["worst"]["worst_judge"] >= by["jitter"]["mean"]["worst_judge"] > 0.5
    assert by["jitter"]["worst"]["rules_broken"] == 0


def test_a_harness_that_lets_the_replay_pass_fails_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    def blind(*_: object, **__: object) -> likeness.Memorisation:
        return likeness.Memorisation(share=0.5, margin=0.0, copies=0.0, passed=True)

    monkeypatch.setattr(protocol, "memorisation", blind)
    with pytest.raises(HarnessBroken, match="replay of training data passed"):
        evaluate([small_case()], ["jitter"], length=12, seeds=1)


def test_what_cannot_be_judged_is_refused() -> None:
    with pytest.raises(RowsUnfit, match="method dream"):
        evaluate([small_case()], ["dream"], length=12)
    with pytest.raises(RowsUnfit, match="at least one seed"):
        evaluate([small_case()], ["jitter"], length=12, seeds=0)
    with pytest.raises(RowsUnfit, match="at least one shot"):
        fault_lift(small_case(), ["jitter"], length=12, shots=0)
    with pytest.raises(RowsUnfit, match="too few to draw 500"):
        fault_lift(small_case(), ["jitter"], length=12, shots=500)


def test_the_lift_compares_on_the_same_draws() -> None:
    found = fault_lift(small_case(), ["smote"], length=12, shots=3, draws=2)
    for by in found["classifiers"].values():
        assert set(by) == {"none", "jitter-tuned", "all", "smote"}
        assert by["jitter-tuned"]["over_jitter"] == {"mean": 0.0, "standard_error": 0.0}
        assert all(0 <= score <= 1 for s in by.values() for score in s["draws"])
        assert by["all"]["mean"] > 0.7
        over = by["smote"]["over_jitter"]["mean"]
        assert over == pytest.approx(by["smote"]["mean"] - by["jitter-tuned"]["mean"])
