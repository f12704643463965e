"""Alarms of a plant: documents, events, actions, reload, restart."""

from dataclasses import replace

import numpy as np
import pytest

from doubles.alarm_plant import AlarmPlant
from plantverse.errors import Conflict, NotFound
from plantverse.platform.config import AlarmSettings
from plantverse.twins import quality as q
from plantverse.twins.samples import Flag
from plantverse.twins.specs import Limits, RuleSpec, SignalSpec, TwinSpec, TwinType

LIMITS = Limits(ll=5, l=10, h=90, hh=100)
HOT = Limits(h=80, on_delay_s=5, off_delay_s=2)
TANK = TwinType(
    name="Tank",
    signals=(
        SignalSpec(path="level", unit="%", limits=LIMITS, range=(0, 200)),
        SignalSpec(
            path="motor.temperature", unit="Cel", name="Motor", limits=Limits(h=80, on_delay_s=5, off_delay_s=2)
        ),
        SignalSpec(path="flow"),
    ),
    rules=(RuleSpec(name="leak", message="It leaks", inputs=("flow",), condition=lambda s: s.flow > 5),),
)
T1 = TwinSpec(id="hall/t1", type=TANK)
LEVEL, MOTOR, HIGH = "hall/t1:level", "hall/t1:motor.temperature", "hall/t1:level:h"


@pytest.fixture
def plant() -> AlarmPlant:
    return AlarmPlant(T1)


def test_document_and_event_of_a_raised_alarm(plant: AlarmPlant) -> None:
    plant.feed(LEVEL, 95)
    assert plant.documents("hall/t1") == {
        HIGH: {
            "state": "unacknowledged",
            "priority": "medium",
            "message": "Level above 90 %",
            "signal": "level",
            "limit": "h",
            "value": 95.0,
            "since_us": plant.clock.time_ns() / 1e3,
            "count": 1,
            "comment": "",
            "by": "",
        }
    }
    assert plant.bodies("alarm") == [
        {
            "alarm": HIGH,
            "action": "raised",
            "priority": "medium",
            "message": "Level above 90 %",
            "signal": "level",
            "value": 95.0,
        }
    ]


def test_outer_limits_have_the_higher_priority_and_units_are_for_people(plant: AlarmPlant) -> None:
    plant.feed(LEVEL, 1)
    plant.feed(MOTOR, 81)
    plant.wait(5)
    assert {a["alarm"]: (a["priority"], a["message"]) for a in plant.alarms.listed()} == {
        "hall/t1:level:ll": ("high", "Level far below 5 %"),
        "hall/t1:level:l": ("medium", "Level below 10 %"),
        "hall/t1:motor.temperature:h": ("medium", "Motor above 80 °C"),
    }


def test_life_of_an_alarm(plant: AlarmPlant) -> None:
    plant.feed(LEVEL, 95)
    plant.alarms.acknowledge(HIGH, "joe", "seen")
    kept = plant.documents("hall/t1")[HIGH]
    assert (kept["state"], kept["by"], kept["comment"]) == ("acknowledged", "joe", "seen")
    plant.feed(LEVEL, 50)
    assert plant.documents("hall/t1") == {}
    assert plant.alarms.listed() == []
    assert plant.actions() == ["raised", "acknowledged", "cleared"]
    acknowledged = plant.bodies("alarm")[1]
    assert (acknowledged["user"], acknowledged["comment"]) == ("joe", "seen")


def test_returned_alarm_keeps_the_value_that_brought_it(plant: AlarmPlant) -> None:
    plant.feed(LEVEL, [95, 50])
    kept = plant.documents("hall/t1")[HIGH]
    assert (kept["state"], kept["value"]) == ("returned", 95.0)
    assert [b["value"] for b in plant.bodies("alarm")] == [95.0, 50.0]
    plant.alarms.acknowledge(HIGH, "joe", "")
    assert plant.documents("hall/t1") == {}


def test_a_new_occurrence_forgets_what_was_said_about_the_last(plant: AlarmPlant) -> None:
    plant.feed(LEVEL, 95)
    plant.alarms.shelve(HIGH, "joe", "known", 60)
    plant.alarms.unshelve(HIGH, "joe", "fixed")
    plant.feed(LEVEL, [50, 95])
    kept = plant.documents("hall/t1")[HIGH]
    assert (kept["count"], kept["comment"], kept["by"]) == (2, "", "")


def test_spike_inside_one_batch(plant: AlarmPlant) -> None:
    plant.feed(LEVEL, [50, 120, 50])
    assert plant.actions() == ["raised", "raised", "returned", "returned"]


def test_deadband_defaults_to_a_share_of_the_range() -> None:
    plant = AlarmPlant(T1, settings=AlarmSettings(deadband_percent=5.0))
    plant.feed(LEVEL, [95, 81])
    assert plant.actions() == ["raised"]
    plant.feed(LEVEL, 80)
    assert plant.actions() == ["raised", "returned"]


def test_delays_default_to_the_settings_and_own_ones_win() -> None:
    plant = AlarmPlant(T1, settings=AlarmSettings(on_delay_s=1.0))
    plant.feed([LEVEL, MOTOR], [95, 95])
    plant.wait(1)
    assert [b["alarm"] for b in plant.bodies("alarm")] == [HIGH]
    plant.wait(4)
    assert plant.actions("hall/t1:motor.temperature:h") == ["raised"]


def test_nothing_shows_while_a_delay_runs(plant: AlarmPlant) -> None:
    plant.feed(MOTOR, 81)
    plant.wait(4)
    assert (plant.alarms.listed(), plant.documents("hall/t1"), plant.actions()) == ([], {}, [])
    plant.feed(MOTOR, 83)
    plant.wait(1)
    assert plant.alarms.listed()[0]["value"] == 83
    plant.feed(MOTOR, 70)
    plant.wait(1.5)
    assert plant.actions() == ["raised"]
    plant.wait(0.5)
    assert plant.actions() == ["raised", "returned"]


def test_a_delay_does_not_run_while_the_signal_is_bad(plant: AlarmPlant) -> None:
    plant.feed(MOTOR, 81)
    plant.feed(MOTOR, np.nan, flags=Flag.STAMPED | Flag.VALUELESS, quality=q.NOT_A_NUMBER)
    plant.wait(10)
    assert plant.actions() == []
    plant.feed(MOTOR, 81)
    plant.wait(5)
    assert plant.actions() == ["raised"]


def test_an_alarm_that_outlasts_its_delay_between_two_ticks_is_told_with_its_own_value(plant: AlarmPlant) -> None:
    plant.feed(MOTOR, 85)
    plant.clock.advance(5.5)
    plant.feed(MOTOR, 20)
    assert [(b["action"], b["value"]) for b in plant.bodies("alarm")] == [("raised", 85.0)]
    plant.clock.advance(2.5)
    plant.feed(MOTOR, 99)
    plant.wait(5)
    assert [(b["action"], b.get("value")) for b in plant.bodies("alarm")[1:]] == [("returned", None), ("raised", 99.0)]


@pytest.mark.parametrize(
    ("flags", "quality"),
    [(Flag.RETAINED, q.GOOD), (Flag.STAMPED, q.NOT_A_NUMBER), (Flag.STAMPED | Flag.VALUELESS, q.NO_READING)],
)
def test_what_never_raises(plant: AlarmPlant, flags: int, quality: int) -> None:
    plant.feed(LEVEL, 95, flags=flags, quality=quality)
    assert plant.actions() == []


def test_late_samples_never_raise(plant: AlarmPlant) -> None:
    plant.feed(LEVEL, 50)
    plant.feed(LEVEL, 95, at_s=[-10])
    assert plant.actions() == []


def test_shelving_ends_by_itself(plant: AlarmPlant) -> None:
    plant.alarms.shelve(HIGH, "joe", "pump is being changed", 60)
    kept = plant.documents("hall/t1")[HIGH]
    assert (kept["state"], kept["shelved_until_us"]) == ("normal", plant.clock.time_ns() / 1e3 + 60e6)
    plant.feed(LEVEL, 95)
    assert plant.actions() == ["shelved"]
    assert [a["alarm"] for a in plant.alarms.listed("shelved")] == [HIGH]
    plant.wait(61)
    assert plant.actions() == ["shelved", "unshelved", "raised"]
    assert "shelved_until_us" not in plant.documents("hall/t1")[HIGH]


def test_unshelved_and_normal_leaves_no_document(plant: AlarmPlant) -> None:
    plant.alarms.shelve(HIGH, "joe", "", 60)
    plant.alarms.unshelve(HIGH, "ann", "")
    assert plant.documents("hall/t1") == {}


def test_suppressed(plant: AlarmPlant) -> None:
    plant.alarms.suppress(HIGH, "eve", "sensor is out")
    plant.feed(LEVEL, 95)
    assert plant.documents("hall/t1")[HIGH]["suppressed"] is True
    assert plant.alarms.listed("suppressed")[0]["by"] == "eve"
    plant.alarms.unsuppress(HIGH, "eve", "")
    assert plant.actions() == ["suppressed", "unsuppressed", "raised"]
    assert "suppressed" not in plant.documents("hall/t1")[HIGH]


def test_impossible_actions(plant: AlarmPlant) -> None:
    for act in (plant.alarms.acknowledge, plant.alarms.unshelve, plant.alarms.unsuppress):
        with pytest.raises(Conflict):
            act(HIGH, "joe", "")
    plant.alarms.suppress(HIGH, "joe", "")
    with pytest.raises(Conflict, match="suppressed already"):
        plant.alarms.suppress(HIGH, "joe", "")
    assert plant.actions() == ["suppressed"]


@pytest.mark.parametrize(
    "alarm", ["nobody:level:h", "hall/t1:flow:h", "hall/t1:level:x", "hall/t1:rust", "hall/t1", ""]
)
def test_unknown_alarms(plant: AlarmPlant, alarm: str) -> None:
    with pytest.raises(NotFound):
        plant.alarms.acknowledge(alarm, "joe", "")
    with pytest.raises(NotFound):
        plant.alarms.shelve(alarm, "joe", "", 1.0)


@pytest.mark.parametrize("action", ["acknowledge", "unshelve", "unsuppress"])
def test_what_can_be_done_is_known_before_it_is_done(plant: AlarmPlant, action: str) -> None:
    with pytest.raises(Conflict):
        plant.alarms.check(HIGH, action)
    with pytest.raises(NotFound):
        plant.alarms.check("hall/t1:level:x", action)
    plant.feed(LEVEL, 95)
    plant.alarms.shelve(HIGH, "joe", "", 60)
    plant.alarms.suppress(HIGH, "joe", "")
    before = plant.alarms.listed()
    plant.alarms.check(HIGH, action)
    assert plant.alarms.listed() == before


def test_acknowledging_twice_is_told_once(plant: AlarmPlant) -> None:
    plant.feed(LEVEL, 95)
    plant.alarms.acknowledge(HIGH, "joe", "first")
    plant.alarms.acknowledge(HIGH, "ann", "second")
    assert plant.actions() == ["raised", "acknowledged"]
    assert plant.documents("hall/t1")[HIGH]["by"] == "joe"


def test_list_has_the_most_urgent_first_and_filters_by_state(plant: AlarmPlant) -> None:
    plant.feed(LEVEL, 120)
    plant.alarms.acknowledge(HIGH, "joe", "")
    assert [a["alarm"] for a in plant.alarms.listed()] == ["hall/t1:level:hh", HIGH]
    assert [a["alarm"] for a in plant.alarms.listed("acknowledged")] == [HIGH]
    assert plant.alarms.listed("returned") == []
    assert plant.alarms.listed()[0]["twin"] == "hall/t1"


def test_running_alarms_survive_a_reload_and_changed_limits_hold_at_once(plant: AlarmPlant) -> None:
    plant.feed(LEVEL, 95)
    plant.alarms.acknowledge(HIGH, "joe", "")
    plant.registry.add(TwinSpec(id="hall/t2", type=TANK))
    plant.rebuild()
    assert plant.alarms.listed()[0]["state"] == "acknowledged"
    plant.registry.replace(replace(T1, limits={"level": Limits(h=94)}))
    plant.rebuild()
    assert plant.documents("hall/t1")[HIGH]["message"] == "Level above 94 %"
    plant.registry.replace(replace(T1, limits={"level": Limits(h=97)}))
    plant.rebuild()
    assert plant.actions() == ["raised", "acknowledged", "cleared"]
    plant.registry.replace(replace(T1, limits={"level": Limits(h=60)}))
    plant.rebuild()
    assert plant.actions()[3:] == ["raised"]


def test_alarms_of_what_is_gone_end(plant: AlarmPlant) -> None:
    plant.feed([LEVEL, "hall/t1:flow"], [95, 9])
    plant.registry.replace(replace(T1, limits={"level": Limits(l=10)}))
    plant.rebuild()
    assert list(plant.documents("hall/t1")) == ["hall/t1:leak"]
    plant.registry.remove("hall/t1")
    plant.state.remove("hall/t1")
    plant.rebuild()
    assert plant.alarms.listed() == []
    assert plant.actions("hall/t1:leak") == ["raised", "cleared"]
    assert plant.state.get("hall/t1") == {}


def test_restart(plant: AlarmPlant) -> None:
    plant.feed([LEVEL, "hall/t1:flow"], [120, 9])
    plant.alarms.acknowledge(HIGH, "joe", "seen")
    plant.alarms.shelve("hall/t1:level:l", "joe", "", 60)
    plant.state.patch("hall/t1", {"alarms": {"hall/t1:gone:h": {"state": "unacknowledged"}}})
    before = sorted(plant.alarms.listed(), key=lambda a: str(a["alarm"]))
    plant.restart()
    assert sorted(plant.alarms.listed(), key=lambda a: str(a["alarm"])) == before
    assert "hall/t1:gone:h" not in plant.documents("hall/t1")
    told = len(plant.actions())
    plant.feed([LEVEL, "hall/t1:flow"], [50, 1])
    assert sorted(plant.actions()[told:]) == ["cleared", "returned", "returned"]
    plant.wait(61)
    assert plant.actions()[-1] == "unshelved"


def test_what_stood_silently_before_a_restart_is_heard_after_it(plant: AlarmPlant) -> None:
    plant.alarms.suppress(HIGH, "eve", "")
    plant.feed(LEVEL, 95)
    plant.restart()
    plant.alarms.unsuppress(HIGH, "eve", "")
    assert plant.actions()[-1] == "raised"


def test_rename_carries_alarms_over(plant: AlarmPlant) -> None:
    plant.feed([LEVEL, "hall/t1:flow"], [95, 9])
    plant.alarms.acknowledge(HIGH, "joe", "seen")
    renamed = replace(T1, id="yard/t9")
    plant.registry.add(renamed)
    plant.telemetry.ensure()
    plant.state.rename("hall/t1", "yard/t9")
    plant.registry.remove("hall/t1")
    plant.alarms.rename("hall/t1", renamed)
    plant.rebuild()
    kept = plant.documents("yard/t9")
    assert {k: v["state"] for k, v in kept.items()} == {
        "yard/t9:level:h": "acknowledged",
        "yard/t9:leak": "unacknowledged",
    }
    plant.feed("yard/t9:level", 50)
    assert plant.actions("yard/t9:level:h") == ["cleared"]


def test_a_flood_is_told_alarm_by_alarm() -> None:
    plant = AlarmPlant(*(TwinSpec(id=f"t{i}", type=TANK) for i in range(300)))
    plant.feed([f"t{i}:level" for i in range(300)], 95)
    assert len(plant.alarms.listed("unacknowledged")) == 300
    assert plant.actions() == ["raised"] * 300
