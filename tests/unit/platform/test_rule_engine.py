"""Alarm rules: conditions over several signals of a twin, for whole types at once."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from doubles.alarm_plant import AlarmPlant
from plantverse.twins import quality as q
from plantverse.twins.samples import Flag
from plantverse.twins.specs import DerivedSpec, RuleSpec, SignalSpec, TwinSpec, TwinType

CALLS: list[int] = []


def dry(s: Any) -> Any:
    CALLS.append(len(s.flow))
    return (s.speed > 100) & (s.flow < 1)


DRY = RuleSpec(name="dry", message="Runs dry", inputs=("speed", "flow"), condition=dry, priority="critical")
WEAK = RuleSpec(
    name="weak",
    message="Weak",
    inputs=("speed", "ratio"),
    condition=lambda s: (s.speed > 100) & (s.ratio < 0.1),
)
RATIO = DerivedSpec(
    signal=SignalSpec(path="ratio", derived=True), inputs=("flow", "speed"), compute=lambda s: s.flow / s.speed
)
PUMP = TwinType(
    name="Pump",
    signals=(SignalSpec(path="speed"), SignalSpec(path="flow"), RATIO.signal),
    derived=(RATIO,),
    rules=(DRY, WEAK),
)


def plant_of(*rules: RuleSpec) -> AlarmPlant:
    CALLS.clear()
    kind = replace(PUMP, rules=rules)
    return AlarmPlant(TwinSpec(id="a", type=kind), TwinSpec(id="b", type=kind))


@pytest.fixture
def plant() -> AlarmPlant:
    return plant_of(DRY)


def test_a_rule_raises_and_returns(plant: AlarmPlant) -> None:
    plant.feed(["a:speed", "a:flow"], [500, 0])
    kept = plant.documents("a")["a:dry"]
    assert {k: kept[k] for k in ("state", "priority", "message", "signal", "limit")} == {
        "state": "unacknowledged",
        "priority": "critical",
        "message": "Runs dry",
        "signal": "",
        "limit": "rule",
    }
    assert "value" not in kept
    plant.feed("a:flow", 20)
    assert plant.actions("a:dry") == ["raised", "returned"]
    assert plant.bodies("alarm")[0] == {
        "alarm": "a:dry",
        "action": "raised",
        "priority": "critical",
        "message": "Runs dry",
    }


def test_inputs_without_a_value_are_not_evaluated(plant: AlarmPlant) -> None:
    plant.feed("a:speed", 500)
    assert CALLS == []


def test_one_call_for_all_twins_and_only_for_those_in_the_batch(plant: AlarmPlant) -> None:
    plant.feed(["a:speed", "a:flow", "b:speed", "b:flow"], [500, 0, 500, 9])
    assert CALLS == [2]
    plant.feed("b:flow", 0)
    assert CALLS == [2, 1]
    assert plant.actions() == ["raised", "raised"]


def test_a_spike_inside_a_batch_is_seen(plant: AlarmPlant) -> None:
    plant.feed(["a:speed", "a:flow"], [500, 9])
    plant.feed("a:flow", [9, 0, 9])
    assert plant.actions() == ["raised", "returned"]


def test_delay_and_latching_of_a_rule() -> None:
    plant = plant_of(replace(DRY, on_delay_s=5, latching=True))
    plant.feed(["a:speed", "a:flow"], [500, 0])
    plant.wait(4)
    assert plant.actions() == []
    plant.wait(1)
    plant.feed("a:flow", 20)
    assert plant.documents("a")["a:dry"]["state"] == "unacknowledged"
    plant.alarms.acknowledge("a:dry", "joe", "reset")
    assert plant.actions() == ["raised", "acknowledged", "cleared"]


@pytest.mark.parametrize(
    ("flags", "quality"),
    [
        (Flag.RETAINED, q.RETAINED),
        (Flag.STAMPED, q.pack(q.Severity.BAD, q.Cause.DEVICE)),
        (Flag.STAMPED | Flag.VALUELESS, q.NO_READING),
    ],
)
def test_what_never_raises(plant: AlarmPlant, flags: int, quality: int) -> None:
    plant.feed("a:speed", 500)
    plant.feed("a:flow", 0, flags=flags, quality=quality)
    assert plant.actions() == []


def test_a_bad_input_holds_the_rule_even_when_another_input_comes(plant: AlarmPlant) -> None:
    plant.feed("a:flow", 0)
    plant.feed("a:flow", np.nan, flags=Flag.STAMPED | Flag.VALUELESS, quality=q.NOT_A_NUMBER)
    plant.feed("a:speed", 500)
    assert plant.actions() == []


def test_new_inputs_are_never_seen_beside_old_results() -> None:
    plant = plant_of(WEAK)
    plant.feed(["a:speed", "a:flow"], [50, 1])
    plant.feed(["a:speed", "a:flow"], [500, 400])
    assert plant.actions() == []
    plant.feed("a:flow", 2)
    assert plant.actions() == ["raised"]


def faulty(s: Any) -> Any:
    raise KeyError("gone")


def test_a_faulty_rule_is_switched_off_alone_and_said_once() -> None:
    plant = plant_of(RuleSpec(name="bad", message="Bad", inputs=("flow",), condition=faulty), DRY)
    plant.feed(["a:speed", "a:flow", "b:flow"], [500, 0, 0])
    plant.feed(["a:flow", "b:flow"], 0)
    plant.rebuild()
    plant.feed("b:flow", 0)
    assert plant.actions("a:dry") == ["raised"]
    (said,) = plant.bodies("system")
    assert "Pump.bad" in said["message"]
    assert "gone" in said["message"]


def test_a_repaired_rule_runs_again() -> None:
    bad = RuleSpec(name="dry", message="Bad", inputs=("flow",), condition=faulty)
    plant = plant_of(bad)
    plant.feed("a:flow", 0)
    for twin in ("a", "b"):
        plant.registry.replace(TwinSpec(id=twin, type=replace(PUMP, rules=(DRY,))))
    plant.rebuild()
    plant.feed(["a:speed", "a:flow"], [500, 0])
    assert plant.actions("a:dry") == ["raised"]


def test_a_rule_that_stood_before_a_restart_returns_after_it(plant: AlarmPlant) -> None:
    plant.feed(["a:speed", "a:flow"], [500, 0])
    plant.restart()
    plant.feed("a:flow", 0)
    assert plant.actions() == ["raised"]
    plant.feed("a:flow", 20)
    assert plant.actions() == ["raised", "returned"]


def test_a_rule_that_fails_for_one_twin_goes_on_for_the_others() -> None:
    curve = {0: False, 1: True}
    picky = RuleSpec(name="picky", message="Off", inputs=("flow",), condition=lambda s: [curve[int(v)] for v in s.flow])
    plant = plant_of(picky)
    plant.feed(["a:flow", "b:flow"], [7, 1])
    assert plant.actions("b:picky") == ["raised"]
    plant.feed(["a:flow", "b:flow"], [1, 0])
    assert plant.actions("b:picky") == ["raised", "returned"]
    assert plant.actions("a:picky") == []
    (event,) = [e for e in plant.events.read(0, 100)[0] if e.kind == "system"]
    assert event.twin == "a"
    assert event.body["message"] == "alarm rule Pump.picky is switched off for a, it failed: KeyError: 7"


def test_a_rule_that_is_no_formula_over_columns_is_switched_off_as_a_whole() -> None:
    plant = plant_of(RuleSpec(name="bad", message="Bad", inputs=("flow",), condition=lambda s: bool(s.flow > 5)))
    plant.feed(["a:flow", "b:flow"], 9)
    plant.feed("a:flow", 9)
    assert plant.actions() == []
    (said,) = plant.bodies("system")
    assert "Pump.bad is switched off for a, b" in said["message"]


def test_a_delay_does_not_run_while_an_input_is_bad() -> None:
    plant = plant_of(replace(DRY, on_delay_s=5))
    plant.feed(["a:speed", "a:flow"], [500, 0])
    plant.feed("a:flow", np.nan, flags=Flag.STAMPED | Flag.VALUELESS, quality=q.NOT_A_NUMBER)
    plant.wait(10)
    assert plant.actions() == []
    plant.feed("a:flow", 0)
    plant.wait(5)
    assert plant.actions() == ["raised"]


def test_a_new_rule_is_held_against_what_is_there() -> None:
    plant = plant_of(replace(DRY, condition=lambda s: s.speed < 0))
    plant.feed(["a:speed", "a:flow", "b:speed"], [500, 0, 500])
    plant.registry.replace(TwinSpec(id="a", type=replace(PUMP, rules=(DRY,))))
    plant.rebuild()
    assert plant.actions() == ["raised"]
    plant.rebuild()
    assert plant.actions() == ["raised"]


def test_a_new_rule_waits_where_a_value_is_not_good() -> None:
    plant = plant_of(replace(DRY, condition=lambda s: s.speed < 0))
    plant.feed("a:speed", 500)
    plant.feed("a:flow", 0, quality=q.CLOCK_SKEW)
    plant.registry.replace(TwinSpec(id="a", type=replace(PUMP, rules=(DRY,))))
    plant.rebuild()
    assert plant.actions() == []
