"""Derived signals: every moment, the worst quality, the newest time, and a faulty formula alone."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from doubles.alarm_plant import AlarmPlant
from plantverse.twins import quality as q
from plantverse.twins.samples import Flag
from plantverse.twins.specs import DerivedSpec, Limits, SignalSpec, TwinSpec, TwinType

CALLS: list[int] = []


def power(s: Any) -> Any:
    CALLS.append(len(s.volts))
    return s.volts * s.amps


def derived(path: str, inputs: tuple[str, ...], compute: Any, **more: Any) -> DerivedSpec:
    return DerivedSpec(signal=SignalSpec(path=path, derived=True, **more), inputs=inputs, compute=compute)


LOSS = derived("loss", ("power",), lambda s: s.power * 0.1, limits=Limits(h=50))
POWER = derived("power", ("volts", "amps"), power, range=(0, 1000))
RATIO = derived("ratio", ("volts", "amps"), lambda s: s.volts / s.amps)
DRIVE = TwinType(
    name="Drive",
    signals=(SignalSpec(path="volts"), SignalSpec(path="amps"), POWER.signal, LOSS.signal, RATIO.signal),
    derived=(LOSS, POWER, RATIO),
)


@pytest.fixture
def plant() -> AlarmPlant:
    CALLS.clear()
    return AlarmPlant(TwinSpec(id="a", type=DRIVE), TwinSpec(id="b", type=DRIVE))


def rows(plant: AlarmPlant, made: Any) -> list[tuple[str, float]]:
    names = [plant.registry.names[slot] for slot in made.slot.tolist()]
    return list(zip(names, made.value.tolist(), strict=True))


def test_derived_of_derived_in_order_of_dependency(plant: AlarmPlant) -> None:
    made = plant.feed(["a:volts", "a:amps"], [230, 2])
    assert rows(plant, made) == [("a:power", 460), ("a:ratio", 115), ("a:loss", 46)]


def test_nothing_without_every_input(plant: AlarmPlant) -> None:
    assert plant.feed("a:volts", 230) is None
    assert CALLS == []


def test_one_call_for_all_twins_of_a_batch(plant: AlarmPlant) -> None:
    made = plant.feed(["a:volts", "b:volts", "a:amps", "b:amps"], [1, 2, 3, 4])
    assert CALLS == [2]
    assert ("b:power", 8.0) in rows(plant, made)


def test_only_twins_in_the_batch_are_computed(plant: AlarmPlant) -> None:
    plant.feed(["a:volts", "b:volts", "a:amps", "b:amps"], 1)
    CALLS.clear()
    made = plant.feed("b:amps", 5)
    assert CALLS == [1]
    assert rows(plant, made)[0] == ("b:power", 5.0)


def test_every_moment_of_a_batch_in_order(plant: AlarmPlant) -> None:
    plant.feed(["a:volts", "a:amps"], [10, 1])
    made = plant.feed(["a:volts", "a:volts", "a:amps", "a:volts"], [20, 900, 2, 30])
    assert [v for n, v in rows(plant, made) if n == "a:power"] == [20, 1800, 60]
    assert (np.diff(made.observed_ns[made.slot == plant.registry.slot("a:power")]) > 0).all()


def test_an_input_that_comes_later_in_a_batch_does_not_reach_back(plant: AlarmPlant) -> None:
    plant.feed(["a:volts", "a:amps"], [10, 1])
    made = plant.feed(["a:volts", "a:volts", "a:amps"], [20, 30, 5])
    assert [v for n, v in rows(plant, made) if n == "a:power"] == [20, 150]


def test_a_batch_out_of_order_is_followed_by_observation(plant: AlarmPlant) -> None:
    plant.feed(["a:volts", "a:amps"], [10, 1])
    made = plant.feed(["a:volts", "a:volts"], [30, 20], at_s=[0.2, 0.1])
    assert [v for n, v in rows(plant, made) if n == "a:power"] == [20, 30]
    assert plant.telemetry.value[plant.registry.slot("a:power")] == 30


def test_a_spike_of_a_derived_signal_raises_and_returns(plant: AlarmPlant) -> None:
    plant.feed(["a:volts", "a:amps"], [100, 1])
    plant.feed("a:volts", [100, 900, 100])
    assert plant.actions("a:loss:h") == ["raised", "returned"]


def test_time_is_the_newest_and_quality_the_worst(plant: AlarmPlant) -> None:
    plant.feed("a:volts", 230, at_s=[-2], quality=q.CLOCK_SKEW)
    made = plant.feed("a:amps", 2, at_s=[-1])
    assert made is not None
    assert made.observed_ns.tolist() == [plant.clock.time_ns() - 1_000_000_000] * 3
    assert made.quality.tolist() == [q.CLOCK_SKEW] * 3
    assert made.flags.tolist() == [Flag.STAMPED] * 3


def test_an_input_that_turns_bad_makes_the_result_bad(plant: AlarmPlant) -> None:
    plant.feed(["a:volts", "a:amps"], [230, 2])
    plant.feed("a:amps", np.nan, flags=Flag.STAMPED | Flag.VALUELESS, quality=q.NOT_A_NUMBER)
    slot = plant.registry.slot("a:power")
    assert (plant.telemetry.value[slot], plant.telemetry.quality[slot]) == (460, q.NOT_A_NUMBER)


def test_a_result_that_is_no_number_changes_the_quality_alone(plant: AlarmPlant) -> None:
    plant.feed(["a:volts", "a:amps"], [230, 2])
    made = plant.feed("a:amps", 0)
    assert made is not None
    slot = plant.registry.slot("a:ratio")
    at = made.slot.tolist().index(slot)
    assert np.isnan(made.value[at])
    assert made.flags[at] == Flag.STAMPED | Flag.VALUELESS
    assert (plant.telemetry.value[slot], plant.telemetry.quality[slot]) == (115, q.NOT_A_NUMBER)


def test_out_of_range_is_kept_and_uncertain(plant: AlarmPlant) -> None:
    plant.feed(["a:volts", "a:amps"], [1000, 2])
    slot = plant.registry.slot("a:power")
    assert (plant.telemetry.value[slot], plant.telemetry.quality[slot]) == (2000, q.OUT_OF_RANGE)


def test_late_samples_derive_nothing(plant: AlarmPlant) -> None:
    plant.feed(["a:volts", "a:amps"], [230, 2])
    assert plant.feed("a:volts", 1, at_s=[-60]) is None


def test_a_retained_value_without_a_time_derives_one_of_unknown_age(plant: AlarmPlant) -> None:
    made = plant.feed(["a:volts", "a:amps"], [230, 2], flags=Flag.RETAINED, quality=q.RETAINED)
    assert made is not None
    assert set(made.observed_ns.tolist()) == {0}
    assert set(made.quality.tolist()) == {q.RETAINED}


def faulty(s: Any) -> Any:
    raise ValueError("no such curve")


@pytest.mark.parametrize(
    ("formula", "words"), [(faulty, "no such curve"), (lambda s: np.zeros(7), "shape"), (lambda s: "x", "could not")]
)
def test_a_faulty_formula_is_switched_off_alone_and_said_once(formula: Any, words: str) -> None:
    bad = derived("bad", ("volts",), formula)
    kind = replace(DRIVE, signals=(*DRIVE.signals, bad.signal), derived=(bad, *DRIVE.derived))
    plant = AlarmPlant(TwinSpec(id="a", type=kind), TwinSpec(id="b", type=kind))
    for value in (1.0, 2.0):
        made = plant.feed(["a:volts", "a:amps", "b:volts"], value)
        assert [n for n, _ in rows(plant, made)] == ["a:power", "a:ratio", "a:loss"]
    plant.rebuild()
    plant.feed("a:volts", 3.0)
    (said,) = plant.bodies("system")
    assert said["level"] == "error"
    assert "Drive.bad" in said["message"]
    assert words in said["message"]


def test_a_formula_cannot_change_the_plane() -> None:
    def greedy(s: Any) -> Any:
        s.volts[:] = 0
        return s.volts

    bad = derived("bad", ("volts",), greedy)
    kind = TwinType(name="Greedy", signals=(SignalSpec(path="volts"), bad.signal), derived=(bad,))
    plant = AlarmPlant(TwinSpec(id="a", type=kind))
    plant.feed("a:volts", 5)
    assert plant.telemetry.value[plant.registry.slot("a:volts")] == 5


def test_a_constant_result_is_spread(plant: AlarmPlant) -> None:
    same = derived("same", ("volts",), lambda s: 7)
    kind = TwinType(name="Same", signals=(SignalSpec(path="volts"), same.signal), derived=(same,))
    plant = AlarmPlant(TwinSpec(id="a", type=kind), TwinSpec(id="b", type=kind))
    assert rows(plant, plant.feed(["a:volts", "b:volts"], 1)) == [("a:same", 7), ("b:same", 7)]


def test_new_twins_are_computed_after_a_rebuild(plant: AlarmPlant) -> None:
    plant.registry.add(TwinSpec(id="c", type=DRIVE))
    plant.telemetry.ensure()
    plant.rebuild()
    assert rows(plant, plant.feed(["c:volts", "c:amps"], [3, 3]))[0] == ("c:power", 9)


def test_a_formula_that_fails_for_one_twin_goes_on_for_the_others() -> None:
    curve = {1.0: 10.0, 2.0: 20.0}
    picky = derived("picky", ("volts",), lambda s: [curve[v] for v in s.volts])
    kind = TwinType(name="Picky", signals=(SignalSpec(path="volts"), picky.signal), derived=(picky,))
    plant = AlarmPlant(*(TwinSpec(id=twin, type=kind) for twin in "abc"))
    assert rows(plant, plant.feed(["a:volts", "b:volts", "c:volts"], [1, 7, 2])) == [("a:picky", 10), ("c:picky", 20)]
    plant.rebuild()
    assert rows(plant, plant.feed(["a:volts", "b:volts", "c:volts"], [2, 1, 1])) == [("a:picky", 20), ("c:picky", 10)]
    (said,) = plant.bodies("system")
    assert "Picky.picky is switched off for b, it failed: KeyError" in said["message"]


def test_a_message_about_many_twins_stays_short() -> None:
    bad = derived("bad", ("volts",), faulty)
    kind = TwinType(name="Many", signals=(SignalSpec(path="volts"), bad.signal), derived=(bad,))
    plant = AlarmPlant(*(TwinSpec(id=f"t{i}", type=kind) for i in range(20)))
    plant.feed([f"t{i}:volts" for i in range(20)], 1)
    (said,) = plant.bodies("system")
    assert "t0, t1, t2 and 17 more" in said["message"]


def test_a_derived_signal_is_stale_as_soon_as_its_quickest_input() -> None:
    kind = replace(
        DRIVE,
        signals=(SignalSpec(path="volts", max_age_s=5), SignalSpec(path="amps", max_age_s=50), *DRIVE.signals[2:]),
    )
    plant = AlarmPlant(TwinSpec(id="a", type=kind))
    plant.feed(["a:volts", "a:amps"], [230, 2])
    plant.clock.advance(6)
    plant.telemetry.mark_stale(plant.clock.time_ns())
    quality = {path: plant.telemetry.quality[plant.registry.slot(f"a:{path}")] for path in ("amps", "power", "loss")}
    assert quality == {"amps": q.GOOD, "power": q.STALE, "loss": q.STALE}


def test_a_derived_signal_of_one_that_never_goes_stale_does_not_either() -> None:
    slow = derived("slow", ("setting",), lambda s: s.setting * 2)
    own = derived("own", ("setting",), lambda s: s.setting * 3, max_age_s=4)
    signals = (SignalSpec(path="setting", max_age_s=float("inf")), slow.signal, own.signal)
    plant = AlarmPlant(TwinSpec(id="a", type=TwinType(name="Slow", signals=signals, derived=(slow, own))))
    plant.feed("a:setting", 1)
    plant.clock.advance(3_600)
    plant.telemetry.mark_stale(plant.clock.time_ns())
    quality = [plant.telemetry.quality[plant.registry.slot(f"a:{path}")] for path in ("setting", "slow", "own")]
    assert quality == [q.GOOD, q.GOOD, q.STALE]
