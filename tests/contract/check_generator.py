"""What every method of generation must do, as checks that take its core.

A new method gets a line in test_generator.py.
"""

import functools
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from plantverse.ai.errors import ConditionUnseen, ModelInvalid, RowsUnfit
from plantverse.ai.generate import (
    NORMAL_OPERATION,
    Condition,
    Core,
    Generator,
    Recording,
    Rule,
    Windows,
    cut,
    fit_core,
    load_generator,
    save_generator,
    stream,
)
from plantverse.ai.models import read_model, write_model

Method = type[Core]
Rows = NDArray[np.float64]
NAMES = ("p1:flow", "p1:motor.power", "p2:level", "p2:running", "p2:count", "p2:brix")
RULES = {
    "p1:flow": Rule(low=0.0, high=9.0),
    "p2:count": Rule(counter=True, decimals=0),
    "p2:running": Rule(levels=(0.0, 1.0)),
}
LENGTH = 12
STEPS = 30
"""Of training: enough to see that it works, not that it is good."""


def plant(rows: int, seed: int, fault: str = "normal", severity: float = 0.0, onset: int = 0) -> Recording:
    """Return a run of a small plant: a flow that drives power, a level, a switch, a counter, a slow analyser."""
    rng = np.random.default_rng(seed)
    flow = np.zeros(rows)
    for t in range(1, rows):
        flow[t] = 0.8 * flow[t - 1] + 0.3 * rng.normal()
    faulty = (np.arange(rows) >= onset) & (fault != "normal")
    level = 50 + 5 * np.sin(np.arange(rows) / 9 + rng.uniform(0, 6)) + 0.5 * rng.normal(size=rows)
    power = 20 + 3 * flow + 12 * severity * faulty + 0.2 * rng.normal(size=rows)
    running = (np.arange(rows) // 7 + seed) % 2
    count = 1000 * seed + np.cumsum(rng.integers(0, 4, rows))
    brix = np.repeat(10 + rng.normal(size=rows // 3 + 1), 3)[:rows]
    table = [np.clip(np.round(5 + flow, 2), 0, 9), np.round(power, 1), level, running, count, np.round(brix, 2)]
    return Recording(name=f"{fault}-{seed}", rows=np.column_stack(table), fault=fault, severity=severity, onset=onset)


@functools.cache
def windows() -> Windows:
    """Return what every generator here learns from: normal runs, and leaks of three severities."""
    runs = [plant(90, seed) for seed in range(6)]
    runs += [plant(60, 20 + k, "leak", 0.25 * (k % 3 + 1), 24) for k in range(6)]
    return cut(runs, NAMES, length=LENGTH, stride=3, every_s=2.0)


@functools.cache
def learned(method: Method) -> Generator:
    """Return a generator of the small plant."""
    return fit_core(method, windows(), rules=RULES, seed=1, steps=STEPS)


LEAK = Condition(fault="leak", severity=0.5, onset=-6.0)


def what_it_makes_looks_like_a_window(method: Method) -> None:
    made = learned(method).sample(40, LEAK, 5)
    assert made.values.shape == (40, LENGTH, len(NAMES))
    assert made.columns == NAMES
    assert made.every_s == 2.0
    assert np.isfinite(made.values).all()
    spread = windows().values.std((0, 1))
    assert (np.abs(made.values.mean((0, 1)) - windows().values.mean((0, 1)))[:3] < 5 * spread[:3]).all()
    assert (made.values.std((0, 1))[:3] > 0.05 * spread[:3]).all()


def one_seed_makes_the_same_bytes(method: Method) -> None:
    generator = learned(method)
    assert generator.sample(7, LEAK, 5).values.tobytes() == generator.sample(7, LEAK, 5).values.tobytes()
    assert generator.sample(7, LEAK, 5).values.tobytes() != generator.sample(7, LEAK, 6).values.tobytes()


def a_window_depends_on_seed_and_number_alone(method: Method) -> None:
    generator = learned(method)
    whole = generator.sample(75, LEAK, 5).values
    for first, n in ((0, 1), (0, 33), (31, 2), (32, 1), (40, 35), (74, 1)):
        assert generator.sample(n, LEAK, 5, first=first).values.tobytes() == whole[first : first + n].tobytes()
    assert len(np.unique(whole.reshape(75, -1), axis=0)) > 5, "windows of one seed differ"


def a_window_does_not_depend_on_what_else_is_asked_for(method: Method) -> None:
    generator = learned(method)
    mixed = [LEAK, NORMAL_OPERATION, Condition(fault="leak", severity=0.75, onset=4.0)] * 12
    whole = generator.sample(36, mixed, 9).values
    for k in (0, 1, 2, 31, 35):
        assert generator.sample(1, mixed[k], 9, first=k).values.tobytes() == whole[k : k + 1].tobytes()


def no_value_breaks_a_rule(method: Method) -> None:
    generator = learned(method)
    rules = dict(zip(NAMES, generator.shape.rules, strict=True))
    assert (rules["p1:flow"].decimals, rules["p1:motor.power"].decimals) == (2, 1)
    assert rules["p2:brix"].hold == 3
    values = generator.sample(100, seed=2).values
    assert [rule.broken(values[:, :, k]) for k, rule in enumerate(generator.shape.rules)] == [0] * len(NAMES)
    assert values[:, :, 0].min() >= 0
    assert values[:, :, 0].max() <= 9
    assert np.array_equal(np.round(values[:, :, 1], 1), values[:, :, 1])
    assert set(np.unique(values[:, :, 3])) <= {0.0, 1.0}
    assert (np.diff(values[:, :, 4], axis=1) >= 0).all()
    changes = np.diff(values[:, :, 5], axis=1) != 0
    assert all(len({row % 3 for row in np.flatnonzero(window)}) <= 1 for window in changes)


def a_fault_shows_from_its_onset_on(method: Method) -> None:
    generator = learned(method)
    bad, good = (generator.sample(60, c, 3).values[:, :, 1].mean() for c in (LEAK, NORMAL_OPERATION))
    assert bad - good > 2.0


def provenance_names_who_and_what(method: Method) -> None:
    made = learned(method).sample(2, [LEAK, NORMAL_OPERATION], 5)
    assert made.provenance(0) == {
        "generator": method.kind,
        "version": 0,
        "condition": {"fault": "leak", "severity": 0.5, "onset": -6.0},
        "seed": 5,
    }
    assert made.provenance(1)["condition"]["fault"] == "normal"


def what_it_never_saw_is_refused(method: Method) -> None:
    generator = learned(method)
    for condition, words in (
        (Condition(fault="fire", severity=0.5), "fault fire: never seen in training"),
        (Condition(fault="leak", severity=0.9), "severity 0.9 of leak: 0.25 to 0.75 was seen"),
        (Condition(fault="leak", severity=0.5, onset=-500.0), "onset -500 of leak"),
    ):
        with pytest.raises(ConditionUnseen, match=words):
            generator.sample(1, condition)
        with pytest.raises(ConditionUnseen, match=words):
            generator.sample(2, [NORMAL_OPERATION, condition])


def numbers_out_of_range_are_refused(method: Method) -> None:
    generator = learned(method)
    assert generator.sample(0).values.shape == (0, LENGTH, len(NAMES))
    for arguments, words in (
        ({"n": -1}, "n >= 0"),
        ({"n": 1, "first": -1}, "first >= 0"),
        ({"n": 1, "seed": -1}, "seed"),
        ({"n": 1, "seed": 2**63}, "seed"),
        ({"n": 3, "condition": [LEAK]}, "a condition for each"),
        ({"n": 10**15}, "too many at once"),  # no machine has room even for the list of what was asked for
    ):
        with pytest.raises(RowsUnfit, match=words):
            generator.sample(**arguments)  # type: ignore[arg-type]


def windows_with_gaps_are_left_out_and_counted(method: Method) -> None:
    values = windows().values.copy()
    values[3, 4, 1] = np.nan
    values[8, 0, 0] = np.inf
    some = Windows.of(values, windows().conditions, NAMES)
    generator = fit_core(method, some, seed=1, steps=2)
    assert (generator.report["windows"], generator.report["dropped"]) == (len(values) - 2, 2)
    assert np.isfinite(generator.sample(3).values).all()


def windows_that_cannot_be_learned_from_are_refused(method: Method) -> None:
    whole = windows()
    with pytest.raises(RowsUnfit, match="19 whole windows: at least 20 are needed"):
        fit_core(method, whole.take(np.arange(19)))
    gaps = Windows.of(np.full(whole.values.shape, np.nan), whole.conditions, NAMES)
    with pytest.raises(RowsUnfit, match=rf"0 whole windows: .*\({len(whole)} have a value missing\)"):
        fit_core(method, gaps)
    still = Windows.of(np.ones(whole.values.shape), whole.conditions, NAMES)
    with pytest.raises(RowsUnfit, match="none of 6 columns moves"):
        fit_core(method, still)


def a_column_that_stands_still_is_told_and_stays(method: Method) -> None:
    values = np.concatenate([windows().values, np.full((len(windows()), LENGTH, 1), 3.25)], 2)
    generator = fit_core(method, Windows.of(values, windows().conditions, (*NAMES, "p2:still")), seed=1, steps=2)
    assert generator.report["constant"] == ["p2:still"]
    assert (generator.sample(5).values[:, :, 6] == 3.25).all()


def one_kind_of_window_is_enough(method: Method) -> None:
    of = np.array([c.fault == "leak" for c in windows().conditions])
    generator = fit_core(method, windows().take(of), seed=1, steps=2)
    assert np.isfinite(generator.sample(3, LEAK).values).all()
    with pytest.raises(ConditionUnseen, match="fault normal"):
        generator.sample(1)


def learning_again_gives_the_same(method: Method) -> None:
    one, other = (fit_core(method, windows(), rules=RULES, seed=1, steps=3) for _ in range(2))
    assert one.sample(4, LEAK, 1).values.tobytes() == other.sample(4, LEAK, 1).values.tobytes()


def learning_leaves_its_windows_alone(method: Method) -> None:
    kept = windows().values.copy()
    fit_core(method, windows(), rules=RULES, seed=1, steps=2)
    assert np.array_equal(windows().values, kept)


def a_stream_goes_on_without_jumps(method: Method) -> None:
    generator = learned(method)
    onset = 30.0
    rows = stream(generator, Condition(fault="leak", severity=0.5, onset=onset), 4)
    taken = [next(rows) for _ in range(60)]
    assert [row.number for row in taken] == list(range(60))
    assert [row.faulty for row in taken] == [n >= onset for n in range(60)]
    values = np.stack([row.values for row in taken])
    assert [rule.broken(values[None, :, k]) for k, rule in enumerate(generator.shape.rules)] == [0] * len(NAMES)
    assert values[40:, 1].mean() - values[:25, 1].mean() > 2.0
    again = stream(generator, Condition(fault="leak", severity=0.5, onset=onset), 4, skip=20)
    assert np.array_equal(next(again).values, values[20])
    assert taken[0].synthetic["condition"] == {"fault": "leak", "severity": 0.5, "onset": onset}


def what_was_saved_makes_the_same_bytes(method: Method, folder: Path, methods: Mapping[str, Method]) -> None:
    generator = learned(method)
    digest = write_model(save_generator(generator, {"plant": "small"}), folder / "m")
    again = load_generator(read_model(folder / "m", digest), name="leaks", version=3, cores=methods)
    made = again.sample(40, LEAK, 5)
    assert made.values.tobytes() == generator.sample(40, LEAK, 5).values.tobytes()
    assert (again.seen, again.report, again.columns) == (generator.seen, generator.report, NAMES)
    assert (made.generator, made.version) == (f"leaks@{digest[:12]}", 3)


def parts_that_do_not_fit_are_refused(method: Method, methods: Mapping[str, Method]) -> None:
    model = save_generator(learned(method))
    for name in model.arrays:
        less = {k: v for k, v in model.arrays.items() if k != name}
        with pytest.raises(ModelInvalid, match="do not fit together"):
            load_generator(type(model)(kind=model.kind, facts=model.facts, arrays=less), cores=methods)
    for name in model.facts.keys() - {"extra"}:
        facts = {k: v for k, v in model.facts.items() if k != name}
        with pytest.raises(ModelInvalid, match="do not fit together"):
            load_generator(type(model)(kind=model.kind, facts=facts, arrays=model.arrays), cores=methods)
    with pytest.raises(ModelInvalid, match="expected a generator"):
        load_generator(type(model)(kind="detector.pca", facts=model.facts, arrays=model.arrays), cores=methods)


CHECKS = (
    what_it_makes_looks_like_a_window,
    one_seed_makes_the_same_bytes,
    a_window_depends_on_seed_and_number_alone,
    a_window_does_not_depend_on_what_else_is_asked_for,
    no_value_breaks_a_rule,
    a_fault_shows_from_its_onset_on,
    provenance_names_who_and_what,
    what_it_never_saw_is_refused,
    numbers_out_of_range_are_refused,
    windows_with_gaps_are_left_out_and_counted,
    windows_that_cannot_be_learned_from_are_refused,
    a_column_that_stands_still_is_told_and_stays,
    one_kind_of_window_is_enough,
    learning_again_gives_the_same,
    learning_leaves_its_windows_alone,
    a_stream_goes_on_without_jumps,
)
