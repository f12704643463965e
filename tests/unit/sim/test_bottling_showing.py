"""Where faults are said to show within a minute: true of some of both kinds, and said only while it holds."""

import json

import pytest

from doubles.plant_alarms import AlarmWatch
from plantverse.sim.bottling.faults import FIRST_FAULT_S, KINDS
from plantverse.sim.bottling.plant import PLACES_TOPIC
from plantverse.sim.bottling.schedule import Phase
from plantverse.sim.bottling.showing import ONSET_S, SEVERITY, SHOWS, WITHIN_S, showing
from plantverse.sim.bottling.telegrams import Telegrams
from plantverse.sim.bottling.world import BottlingWorld

START = 1_764_064_800.0


def world_after(seconds: float, *, order_s: float = 2400.0) -> BottlingWorld:
    world = BottlingWorld(start_s=START, step_s=0.25, order_s=order_s)
    world.run(seconds)
    return world


def told(telegrams: Telegrams) -> dict[str, list[str]]:
    """Return the places that the telegrams say faults show at."""
    parts = [part.split(": ") for part in json.loads(telegrams.places())["shows"].split("; ") if part]
    return {kind: places.split(" ") for kind, places in parts}


@pytest.mark.parametrize(
    ("kind", "place", "shows"),
    [
        ("bearing_wear", "line/rinser", True),
        ("bearing_wear", "process/cip-pump", False),
        ("stuck_valve", "process/syrup-valve", True),
        ("stuck_valve", "process/cip-valve", False),
        ("worn_belt", "line/conveyor-1", True),
        ("jam", "line/packer", True),
        ("overheating", "line/packer", False),
        ("dirty_condenser", "utilities/chiller-1", False),
        ("sensor_drift", "line/labeller:motor.vibration", True),
        ("sensor_drift", "line/labeller:motor.temperature", False),
        ("sensor_stuck", "process/water-tank:level", True),
        ("sensor_stuck", "line/labeller:motor.vibration", False),
        ("sensor_spikes", "hall/climate-1:temperature", True),
        ("network_dropout", "utilities/boiler-1", False),
    ],
)
def test_what_is_said_to_show_does_and_what_is_not_does_not(kind: str, place: str, shows: bool) -> None:
    assert (place in SHOWS.get(kind, ())) == shows
    world = world_after(90.0)
    world.faults.inject(kind, place, SEVERITY, ONSET_S)
    watch = AlarmWatch(world, 1.0)
    watch.run(WITHIN_S)
    first = next(iter(watch.alarms()), "")
    assert first.startswith(place.partition(":")[0] + ":") == shows, first


def test_every_place_takes_its_fault() -> None:
    world = world_after(1.0)
    assert set(SHOWS) <= set(KINDS)
    for kind, places in SHOWS.items():
        assert len(set(places)) == len(places) > 0
        for place in places:
            world.faults.inject(kind, place, SEVERITY, ONSET_S)


def test_in_production_all_of_them_are_told_but_those_of_machines_that_stand_still() -> None:
    world = world_after(90.0)
    found = showing(world)
    missing = {place for kind, places in SHOWS.items() for place in places if place not in found.get(kind, ())}
    assert {place.partition(":")[0] for place in missing} <= {
        "process/cip-pump",
        "process/cip-heater",
        "utilities/feed-pump",
    }
    assert "process/cip-pump:motor.vibration" in missing
    assert told(Telegrams(world, 0.1)) == found


def test_nothing_is_told_when_production_is_about_to_end_or_has_ended() -> None:
    world = world_after(239.0, order_s=300.0)
    assert showing(world)
    world.run(3.0)
    assert world.plan.phase is Phase.PRODUCTION
    assert showing(world) == {}
    world.run(120.0)
    assert world.plan.phase is Phase.CHANGEOVER
    assert told(Telegrams(world, 0.1)) == {}


def test_a_machine_that_stands_still_or_is_broken_is_not_told() -> None:
    world = world_after(90.0)
    assert "process/syrup-pump" in showing(world)["bearing_wear"]
    world.command("process/syrup-pump", "stop", {})
    world.faults.inject("sensor_stuck", "line/rinser:speed", 1.0, 0.0)
    world.run(20.0)
    left = showing(world)
    assert "process/syrup-pump" not in left["bearing_wear"]
    assert "process/syrup-valve" not in left["stuck_valve"], "nothing flows through it"
    assert not [place for places in left.values() for place in places if place.startswith("line/rinser")]
    assert "process/product-pump" in left["bearing_wear"]


def test_what_shows_is_published_again_when_it_changes() -> None:
    world = world_after(90.0)
    telegrams = Telegrams(world, 0.1)
    first = telegrams.places()

    def news(ticks: int) -> list[tuple[str, str]]:
        return [new for _ in range(ticks) for _ in [list(telegrams.take(0))] for new in telegrams.new_places()]

    assert news(30) == []
    world.faults.inject("jam", "", 1.0, 0.0)
    ((topic, text),) = news(30)
    assert topic == PLACES_TOPIC
    assert json.loads(text)["places"] == json.loads(first)["places"]
    assert "line/labeller" not in json.loads(text)["shows"]
    world.mend()
    world.run(60.0)
    assert news(30) == [(PLACES_TOPIC, first)]


def test_a_fault_that_is_ordered_has_the_plant_for_itself() -> None:
    world = world_after(0.0)
    world.tell_story()
    world.run(FIRST_FAULT_S + 2.0)
    assert [fault.kind for fault in world.faults.standing.values()] == ["jam"]
    world.order("worn_belt", "line/conveyor-1", SEVERITY, ONSET_S)
    assert [fault.kind for fault in world.faults.standing.values()] == ["worn_belt"]
    world.run(600.0)
    assert [fault.kind for fault in world.faults.standing.values()] == ["worn_belt"]
    assert world.mend() == 1
    waited_s = 0
    while not world.faults.standing and waited_s < 300:
        world.run(1.0)
        waited_s += 1
    assert [fault.kind for fault in world.faults.standing.values()] == ["bearing_wear"], "the story goes on"


def test_an_ordered_fault_outlives_the_one_of_the_story_at_its_place() -> None:
    world = world_after(0.0)
    world.tell_story()
    world.run(FIRST_FAULT_S + 2.0)
    world.order("jam", "", 0.9, 0.0)
    world.run(60.0)
    assert [(fault.kind, fault.severity) for fault in world.faults.standing.values()] == [("jam", 0.9)]
    world.mend()
    world.run(1.0)
    world.order("jam", "", 0.8, 0.0)
    world.run(60.0)
    assert world.faults.standing


@pytest.mark.parametrize("kind", ["sensor_spikes", "sensor_drift", "sensor_stuck"])
def test_a_new_level_sensor_leaves_no_alarm_of_the_old_one_behind(kind: str) -> None:
    world = world_after(90.0)
    world.faults.inject(kind, "process/water-tank:level", 1.0, 0.0)
    world.run(40.0)
    world.mend()
    watch = AlarmWatch(world, 1.0)
    watch.run(60.0)
    assert watch.alarms() == {}
