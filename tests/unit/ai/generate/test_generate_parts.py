"""Conditions, windows, files of runs, rules, held readings, the law of motion: what generators are made of."""

from pathlib import Path

import numpy as np
import pytest

from plantverse import Plant, Telemetry, Twin
from plantverse.ai.errors import ConditionUnseen, RowsUnfit
from plantverse.ai.generate import (
    NORMAL_OPERATION,
    Condition,
    Recorded,
    Recording,
    Rule,
    Seen,
    Windows,
    cut,
    read_recordings,
    rules_of_twins,
    write_recordings,
)
from plantverse.ai.generate.generator import counted, increments
from plantverse.ai.generate.holds import filled, held, phases_of, rhythm_of
from plantverse.ai.generate.law import Law
from plantverse.ai.generate.rules import apply_rules, learn_rules, significant


def test_conditions_that_cannot_be_are_refused() -> None:
    assert Condition(severity=0.7, onset=3.0) == NORMAL_OPERATION, "without a fault there is neither"
    for arguments in (
        {"fault": ""},
        {"fault": "leak"},
        {"fault": "leak", "severity": 1.5},
        {"fault": "leak", "severity": float("nan")},
        {"fault": "leak", "severity": 0.5, "onset": float("inf")},
    ):
        with pytest.raises(RowsUnfit):
            Condition(**arguments)  # type: ignore[arg-type]


def test_what_was_seen_is_kept_by_fault() -> None:
    leaks = [Condition(fault="leak", severity=s, onset=o) for s, o in ((0.2, -5.0), (0.6, 3.0))]
    seen = Seen.of([*leaks, NORMAL_OPERATION])
    assert Seen.from_facts(seen.facts()) == seen
    seen.check(Condition(fault="leak", severity=0.4, onset=0.0))
    with pytest.raises(ConditionUnseen, match=r"severity 0\.7 of leak: 0\.2 to 0\.6 was seen"):
        seen.check(Condition(fault="leak", severity=0.7))
    assert seen.clip(Condition(fault="leak", severity=0.9, onset=-99.0)) == Condition(
        fault="leak", severity=0.6, onset=-5.0
    )
    with pytest.raises(ConditionUnseen, match="fire"):
        seen.clip(Condition(fault="fire", severity=0.5))


def test_a_window_before_the_onset_is_normal() -> None:
    run = Recording(name="r", rows=np.arange(40.0).reshape(20, 2), fault="leak", severity=0.5, onset=8)
    windows = cut([run], ("a", "b"), length=4, stride=4, every_s=3.0)
    assert [(c.fault, c.onset) for c in windows.conditions] == [
        ("normal", 0.0), ("normal", 0.0), ("leak", 0.0), ("leak", -4.0), ("leak", -8.0),
    ]  # fmt: skip
    inside = cut([run.part(6, 20)], ("a", "b"), length=4, stride=4)
    assert [c.onset for c in inside.conditions] == [2.0, -2.0, -6.0]
    assert np.array_equal(inside.values[0], run.rows[6:10])
    assert windows.every_s == 3.0


def test_windows_that_do_not_fit_are_refused() -> None:
    run = Recording(name="r", rows=np.zeros((3, 1)))
    with pytest.raises(RowsUnfit, match="the longest run has 3"):
        cut([run], ("a",), length=4, stride=1)
    with pytest.raises(RowsUnfit, match="at least 2 rows"):
        cut([run], ("a",), length=1, stride=1)
    for values, conditions, columns, every_s in (
        ([["x"]], [NORMAL_OPERATION], ("a",), 1.0),
        (np.zeros((1, 4, 2)), [NORMAL_OPERATION], ("a",), 1.0),
        (np.zeros((1, 4, 1)), [], ("a",), 1.0),
        (np.zeros((1, 4, 2)), [NORMAL_OPERATION], ("a", "a"), 1.0),
        (np.zeros((1, 4, 1)), [NORMAL_OPERATION], ("a",), 0.0),
    ):
        with pytest.raises(RowsUnfit):
            Windows.of(values, conditions, columns, every_s)


def recorded() -> Recorded:
    runs = (
        Recording(name="n", rows=np.arange(10.0).reshape(5, 2)),
        Recording(name="l", rows=np.full((3, 2), np.nan), fault="leak", severity=0.5, onset=-2),
    )
    return Recorded(runs=runs, columns=("p:a", "p:b"), every_s=2.5, rules={"p:a": Rule(low=0.0, levels=(1.0, 2.0))})


def test_runs_come_back_from_their_file(tmp_path: Path) -> None:
    write_recordings(tmp_path / "r.npz", recorded())
    again = read_recordings(tmp_path / "r.npz")
    assert (again.columns, again.every_s, again.rules) == (("p:a", "p:b"), 2.5, recorded().rules)
    for one, other in zip(again.runs, recorded().runs, strict=True):
        assert np.array_equal(one.rows, other.rows, equal_nan=True)
        assert (one.name, one.fault, one.severity, one.onset) == (other.name, other.fault, other.severity, other.onset)


def test_a_file_of_something_else_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "r.npz"
    with pytest.raises(RowsUnfit, match="not a file of recordings"):
        read_recordings(path)
    path.write_bytes(b"nothing")
    with pytest.raises(RowsUnfit, match="not a file of recordings"):
        read_recordings(path)
    write_recordings(path, recorded())
    with np.load(path) as loaded:
        whole = dict(loaded)
    for name, value, words in (
        ("format", np.array("plantverse.recordings.9"), "of format"),
        ("length", np.array([5, 4]), "do not fit together"),
        ("columns", np.array(["p:a"]), "do not fit together"),
        ("rules", np.array("{"), "not a file of recordings"),
        ("severity", np.array([0.0]), "not a file of recordings"),
    ):
        np.savez(path, **whole | {name: value})
        with pytest.raises(RowsUnfit, match=words):
            read_recordings(path)
    np.savez(path, **{k: v for k, v in whole.items() if k != "rows"})
    with pytest.raises(RowsUnfit, match="not a file of recordings"):
        read_recordings(path)


class Pump(Twin):
    flow = Telemetry(unit="m3/h", range=(0, 120))
    running = Telemetry(bool)
    starts = Telemetry(int, counter=65536)


def test_a_twin_knows_ranges_codes_and_counters() -> None:
    plant = Plant("hall")
    plant.add(Pump("p", topic="p"))
    rules = rules_of_twins(plant.spec().twins, ("p:flow", "p:running", "p:starts", "p:other", "q:flow"))
    assert rules == {
        "p:flow": Rule(low=0, high=120),
        "p:running": Rule(levels=(0.0, 1.0)),
        "p:starts": Rule(decimals=0, counter=True),
    }


def table(rows: int = 240) -> np.ndarray:
    rng = np.random.default_rng(3)
    fast = rng.normal(size=rows)
    analyser = np.repeat(rng.normal(size=rows // 4 + 1), 4)[:rows]
    valve = np.clip(rng.normal(99, 3, size=rows), None, 100.0)
    return np.column_stack([fast, analyser, np.round(fast * 10 + 50, 1), rng.integers(0, 3, rows), valve])


def windows_of(rows: np.ndarray) -> np.ndarray:
    return np.stack([rows[s : s + 20] for s in range(0, len(rows) - 20, 3)])


def test_rules_are_read_off_the_windows() -> None:
    rules = learn_rules(windows_of(table()), tuple("abcde"), {"a": Rule(low=-2.0, high=2.0)})
    assert [r.hold for r in rules] == [1, 4, 1, 1, 1]
    assert [r.decimals for r in rules] == [None, None, 1, 0, None]
    assert rules[3].levels == (0.0, 1.0, 2.0)
    assert (rules[4].high, rules[4].low) == (100.0, 0.0)
    assert (rules[0].low, rules[0].high) == (-2.0, 2.0), "what the twin says holds, whatever the windows show"


def test_rules_are_applied() -> None:
    rules = (Rule(low=0.0, high=1.05, decimals=1), Rule(counter=True), Rule(levels=(0.0, 5.0)), Rule(hold=2))
    values = np.random.default_rng(1).normal(size=(50, 8, 4)) * 3
    kept = apply_rules(values, rules, np.ones(4))
    assert [rule.broken(kept[:, :, k]) for k, rule in enumerate(rules)] == [0, 0, 0, 0]
    assert kept[:, :, 0].max() == 1.0, "the last step below the end of the range"
    assert set(np.unique(kept[:, :, 2])) == {0.0, 5.0}
    assert all(rule.broken(values[:, :, k]) for k, rule in enumerate(rules[:3]))
    changes = np.diff(kept[:, :, 3], axis=1) != 0
    assert all(len({t % 2 for t in np.flatnonzero(row)}) <= 1 for row in changes)
    assert Rule().broken(np.array([[np.nan, 1.0]])) == 1


def test_significant_digits_are_those_of_the_decimal_number() -> None:
    assert significant(np.array([0.252114, 3668.64, -1e-7, 1.5e300]), 5).tolist() == [0.25211, 3668.6, -1e-7, 1.5e300]


def test_held_readings_are_filled_and_read_again() -> None:
    rules = (Rule(), Rule(hold=4))
    rows = table()[:, :2]
    values = windows_of(rows)
    phases = phases_of(values, rules)
    assert rhythm_of(rules) == (4, 0)
    assert rhythm_of((Rule(),)) == (1, None)
    assert sorted(np.unique(phases[:, 0])) == [0, 1, 2, 3]
    whole = filled(values, rules, phases, np.random.default_rng(1))
    assert np.array_equal(whole[:, :, 0], values[:, :, 0])
    assert (np.diff(whole[:, :, 1], axis=1) != 0).mean() > 0.95, "every row is new"
    assert whole[:, :, 1].std() == pytest.approx(values[:, :, 1].std(), rel=0.15), "as wide as the readings are"
    first = int(phases[0, 0])
    assert np.array_equal(held(whole, rules, phases)[0, first:, 1], values[0, first:, 1]), (
        "readings stay what they were"
    )


def test_the_law_takes_windows_apart_and_puts_them_together() -> None:
    seen = Seen.of([NORMAL_OPERATION, Condition(fault="leak", severity=0.5)])
    conditions = [NORMAL_OPERATION, Condition(fault="leak", severity=0.5, onset=-3.0)] * 30
    conditions += [Condition(fault="leak", severity=0.5, onset=5.0)] * 10
    labels = seen.labels(conditions, np.arange(70) % 2, 2)
    rng = np.random.default_rng(2)
    windows = np.zeros((70, 12, 3))
    for t in range(1, 12):
        windows[:, t] = 0.9 * windows[:, t - 1] + rng.normal(size=(70, 3)) @ np.array(
            [[1, 0.8, 0], [0, 0.5, 0], [0, 0, 1]]
        )
    law = Law.learn(windows, labels)
    shocks = law.apart(windows, labels)
    assert np.allclose(law.together(shocks, labels), windows)
    assert np.allclose(Law(law.arrays()).together(shocks, labels), windows)
    rows = shocks.reshape(-1, 3)
    assert np.allclose(np.cov(rows.T), np.eye(3), atol=0.25), "white in columns"
    assert abs(np.corrcoef(rows[:-3].ravel(), rows[3:].ravel())[0, 1]) < 0.15, "and in time"


def test_counters_become_what_they_count_and_come_back() -> None:
    rng = np.random.default_rng(1)
    values = np.cumsum(rng.integers(0, 9, (4, 9, 1)), 1).astype(float) + 100
    assert np.array_equal(counted(increments(values, [Rule(decimals=0, counter=True)]), values[:, 0]), values)
    down = -increments(values, [Rule(counter=True)])
    assert (np.diff(counted(down, values[:, 0]), axis=1) == 0).all(), "it does not count down"


def test_a_coarse_counter_counts_evenly_and_is_rounded_again() -> None:
    rule = Rule(decimals=0, counter=True)
    values = np.floor(np.arange(24.0) * 0.4 + np.arange(6.0)[:, None] / 6)[:, :, None]
    steps = increments(values, [rule])
    assert steps.max() < 0.65, "no step of the rounding is left"
    again = rule.kept(counted(steps, values[:, 0])[:, :, 0])
    assert np.abs(again - values[:, :, 0]).max() <= 1
