"""Each fault of the bottling plant raises the right alarm on the right machine, and goes away again."""

import json
from random import Random

import pytest

from doubles.plant_alarms import AlarmWatch
from plantverse.sim.bottling.faults import FIRST_FAULT_S, KINDS, STORY, story
from plantverse.sim.bottling.parts import Refused
from plantverse.sim.bottling.telegrams import Telegrams
from plantverse.sim.bottling.world import BottlingWorld

START = 1_764_064_800.0


def world_after(seconds: float) -> BottlingWorld:
    world = BottlingWorld(start_s=START, step_s=0.25)
    world.run(seconds)
    return world


@pytest.mark.parametrize(
    ("kind", "target", "alarm", "within_s"),
    [
        ("bearing_wear", "process/product-pump", "motor.vibration:h", 60),
        ("bearing_wear", "line/labeller", "motor.vibration:h", 60),
        ("bearing_wear", "palletising/robot", "vibration:h", 60),
        ("cavitation", "process/water-pump", "cavitation", 60),
        ("leak", "process/blend-tank", "imbalance:h", 120),
        ("leak", "utilities/compressor-1", "pressure:l", 150),
        ("stuck_valve", "process/product-valve", "stuck", 120),
        ("clogged_filter", "process/water-filter", "drop:h", 60),
        ("overheating", "line/packer", "motor.temperature:h", 400),
        ("worn_belt", "line/conveyor-3", "slip:h", 60),
        ("jam", "line/labeller", "fault", 30),
        ("jam", "palletising/robot", "fault", 30),
        ("dirty_condenser", "utilities/chiller-1", "condensing:h", 400),
        ("battery_wear", "logistics/agv-2", "current:h", 900),
        ("sensor_drift", "process/product-tank:temperature", "temperature:h", 60),
        ("sensor_stuck", "process/product-tank:level", "level_spread:l", 90),
        ("sensor_spikes", "process/syrup-tank:level", "level_spread:h", 60),
    ],
)
def test_a_fault_raises_its_alarm_there_first(kind: str, target: str, alarm: str, within_s: float) -> None:
    world = world_after(120.0)
    assert world.faults.inject(kind, target, 0.8, 20.0).level(world.elapsed_s) == 0.0
    watch = AlarmWatch(world, 1.0)
    watch.run(within_s)
    alarms = watch.alarms()
    assert f"{target.partition(':')[0]}:{alarm}" in alarms
    assert next(iter(alarms)).startswith(target.partition(":")[0]), alarms


def test_lost_messages_show_at_the_gateway_with_their_device() -> None:
    world = world_after(10.0)
    telegrams = Telegrams(world, 0.1)
    world.faults.inject("network_dropout", "utilities/boiler-1", 0.9, 0.0)
    world.run(1.0)
    heard = [topic for _ in range(300) for topic, _ in telegrams.take(0)]
    assert heard.count("plant/utilities/boiler-1") < 20
    assert heard.count("plant/utilities/chiller-1") == 60
    assert telegrams.gateway()["loss"] > 60
    assert telegrams.gateway()["worst"] == "utilities/boiler-1"
    world.mend()
    for _ in range(600):
        list(telegrams.take(0))
    assert telegrams.gateway()["worst"] == "none"


def test_severity_and_onset_set_how_bad_and_how_soon() -> None:
    world = world_after(60.0)
    fault = world.faults.inject("bearing_wear", "", 0.5, 100.0)
    world.run(50.0)
    assert world.process.product_pump.motor.fault_bearing == pytest.approx(0.25, abs=0.01)
    world.run(100.0)
    assert world.process.product_pump.motor.fault_bearing == 0.5
    half = world.payload("process/product-pump")["motor"]["vibration"]
    world.faults.inject("bearing_wear", "", 1.0, 0.0)
    world.run(2.0)
    assert world.payload("process/product-pump")["motor"]["vibration"] > half + 2.0
    assert fault.truth(world.elapsed_s)["target"] == "process/product-pump"
    assert len(world.faults.standing) == 1, "the same place has one fault of a kind"
    assert world.mend("bearing_wear") == 1
    assert world.process.product_pump.motor.fault_bearing == 0.0
    assert world.mend() == 0


def test_a_mended_plant_is_quiet_again() -> None:
    world = world_after(60.0)
    for kind in ("cavitation", "worn_belt", "jam", "sensor_spikes", "leak"):
        world.faults.inject(kind, "", 0.9, 0.0)
    world.run(60.0)
    assert world.mend() == 5
    world.run(600.0)
    watch = AlarmWatch(world, 1.0)
    watch.run(120.0)
    assert watch.alarms() == {}
    assert world.payload("line/labeller")["state"] == "RUNNING"


@pytest.mark.parametrize(
    ("kind", "target", "severity", "onset_s", "reason"),
    [
        ("gremlins", "", 0.5, 0.0, "unknown fault gremlins; known: bearing_wear"),
        ("leak", "nowhere", 0.5, 0.0, "no device nowhere"),
        ("leak", "line/filler", 0.5, 0.0, "line/filler cannot have this fault"),
        ("worn_belt", "process/water-tank", 0.5, 0.0, "cannot have this fault"),
        ("jam", "process/water-tank", 0.5, 0.0, "cannot have this fault"),
        ("dirty_condenser", "palletising/robot", 0.5, 0.0, "cannot have this fault"),
        ("sensor_drift", "line/filler", 0.5, 0.0, "expected TWIN:SIGNAL"),
        ("sensor_drift", "line/filler:order", 0.5, 0.0, "has no signal order"),
        ("leak", "", 0.0, 0.0, "severity must be above 0"),
        ("leak", "", 1.5, 0.0, "at most 1"),
        ("leak", "", float("nan"), 0.0, "severity must be"),
        ("leak", "", 0.5, -1.0, "onset 0 to 86400"),
    ],
)
def test_what_cannot_be_is_refused(kind: str, target: str, severity: float, onset_s: float, reason: str) -> None:
    world = world_after(1.0)
    with pytest.raises(Refused, match=reason):
        world.faults.inject(kind, target, severity, onset_s)
    assert not world.faults.standing


def test_the_places_that_are_told_are_those_that_are_taken() -> None:
    world = world_after(1.0)
    told = json.loads(Telegrams(world, 0.1).places())["places"]
    places = {kind: twins.split() for kind, twins in (part.split(": ") for part in told.split("; "))}
    assert list(places) == list(KINDS)
    assert places["battery_wear"] == [f"logistics/agv-{n}" for n in range(1, 5)]
    for kind in (k for k in KINDS if not k.startswith("sensor_")):
        for twin in world.units:
            try:
                world.faults.inject(kind, twin, 0.5, 0.0)
            except Refused:
                assert twin not in places[kind], kind
            else:
                assert twin in places[kind], kind


def test_a_jam_is_reset_after_it_is_gone() -> None:
    world = world_after(20.0)
    world.faults.inject("jam", "", 1.0, 0.0)
    world.run(1.0)
    with pytest.raises(Refused, match="still there"):
        world.command("line/labeller", "reset", {})
    with pytest.raises(Refused, match="reset the fault first"):
        world.command("line/labeller", "start", {})
    world.mend()
    world.run(10.0)
    assert world.payload("line/labeller")["state"] == "RUNNING"


def test_truth_is_told_once_then_as_it_changes_and_all_of_it_now_and_then() -> None:
    world = world_after(5.0)
    telegrams = Telegrams(world, 0.1)

    def told(ticks: int) -> list[tuple[str, str]]:
        return [truth for _ in range(ticks) for _ in [list(telegrams.take(0))] for truth in telegrams.truths()]

    assert len(told(1)) == len(KINDS)
    assert told(50) == []
    world.faults.inject("leak", "", 0.4, 0.0)
    world.run(1.0)
    ((topic, text),) = told(1)
    assert topic == "sim/truth/leak"
    assert json.loads(text)["level"] == 0.4
    assert json.loads(text)["faults"][0]["target"] == "process/blend-tank"
    assert len(told(60)) == len(KINDS)
    assert "leak at process/blend-tank" in telegrams.simulation()["faults"]


def test_the_story_begins_soon_and_tells_every_fault() -> None:
    told = story(Random(1))
    first = [next(told) for _ in range(len(STORY))]
    assert first[0][0] == FIRST_FAULT_S
    assert [fault for _, fault in first] == list(STORY)
    assert {next(told)[1] for _ in range(len(STORY))} == set(STORY)
    world = world_after(0.0)
    world.tell_story()
    world.run(FIRST_FAULT_S + 2.0)
    assert world.payload("line/labeller")["state"] == "FAULT"
    world.run(40.0)
    assert world.payload("line/labeller")["state"] in {"RUNNING", "STARTING"}
