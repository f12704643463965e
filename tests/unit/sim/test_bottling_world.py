"""The bottling plant as a whole: repeatable, complete, understood by ingestion, quiet in normal running."""

import json
from itertools import pairwise
from typing import Any

import numpy as np
import pytest

from doubles.plant_alarms import TWINS, AlarmWatch, flat
from plantverse._clock import ManualClock
from plantverse.ingest.engine import IngestEngine
from plantverse.ingest.session import MessageBatch
from plantverse.sim.bottling.faults import KINDS
from plantverse.sim.bottling.parts import Refused
from plantverse.sim.bottling.plant import GATEWAY_ID, SIM_ID, STATUS_TOPIC, plant
from plantverse.sim.bottling.schedule import PRODUCTS, Phase, Schedule, shift
from plantverse.sim.bottling.telegrams import Telegrams
from plantverse.sim.bottling.world import BottlingWorld
from plantverse.twins.documents import StatePlane
from plantverse.twins.events import EventLog
from plantverse.twins.registry import Registry
from plantverse.twins.revision import Revision

START = 1_764_064_800.0


def world_after(seconds: float, **options: Any) -> BottlingWorld:
    world = BottlingWorld(start_s=START, **options)
    world.run(seconds)
    return world


def everything(world: BottlingWorld) -> str:
    return json.dumps({twin_id: world.payload(twin_id) for twin_id in world.units})


def test_it_is_as_large_as_promised_and_every_device_is_a_twin() -> None:
    spec = plant.spec()
    assert len(spec.twins) >= 40
    assert sum(len(list(t.signals())) for t in spec.twins) >= 400
    assert world_after(0.0).units.keys() | {GATEWAY_ID, SIM_ID} == {t.id for t in spec.twins}


def test_equal_seeds_give_equal_plants_and_others_differ() -> None:
    def lived(seed: int) -> str:
        world = world_after(0.0, seed=seed)
        world.tell_story()
        world.run(60.0)
        world.faults.inject("sensor_spikes", "process/syrup-tank:level", 1.0, 0.0)
        world.run(60.0)
        return everything(world)

    assert lived(3) == lived(3)
    assert lived(3) != lived(4)


def test_every_message_is_accepted_and_every_measured_signal_gets_its_value() -> None:
    world = world_after(60.0)
    telegrams = Telegrams(world, 0.1)
    messages: dict[str, str] = {STATUS_TOPIC: "online"}
    for _ in range(10):
        messages |= dict(telegrams.take(round(START * 1000)))
        messages |= dict(telegrams.truths())
    revision, clock = Revision(), ManualClock(start_ns=round(START * 1e9))
    registry, seen = Registry(revision), set[str]()
    for twin in plant.spec().twins:
        registry.add(twin)
    engine = IngestEngine(
        registry,
        state=StatePlane(revision),
        events=EventLog(revision),
        clock=clock,
        on_presence=lambda twin, *, online, now_ns: seen.add(twin) if online else None,
    )
    engine.compile()
    engine.feed(
        MessageBatch(
            topics=[topic.encode() for topic in messages],
            payloads=[text.encode() for text in messages.values()],
            packets=[0] * len(messages),
            flags=[0] * len(messages),
            received_ns=round(START * 1e9),
            generation=1,
        )
    )
    received, accepted, rejected = engine.counts()
    assert (received, accepted, {c: n for c, n in rejected.items() if n}) == (len(messages), len(messages), {})
    rows = engine.drain()
    assert rows is not None
    good = {registry.names[s]: v for s, v, q in zip(rows.slot, rows.value, rows.quality, strict=True) if q == 0}
    assert good.keys() == {f"{t.id}:{s.path}" for t in TWINS.values() for s in t.signals() if not s.derived}
    assert good["line/filler:state"] == 1.0
    assert seen == TWINS.keys()


def test_no_alarm_stands_in_hours_of_production_changes_and_cleaning() -> None:
    world = BottlingWorld(start_s=START, step_s=0.5, order_s=1500.0)
    watch = AlarmWatch(world, 2.0)
    watch.run(3.0 * 3600.0)
    assert watch.alarms() == {}
    states = {int(s) for s in watch.columns["line/filler"]["state"]}
    assert {1, 5, 6, 7} <= states, "it ran, started, was cleaned and changed over"
    assert world.line.filler.produced > 25_000
    for twin_id, columns in watch.columns.items():
        for signal in TWINS[twin_id].signals():
            if signal.range is not None and not signal.derived:
                low, high = min(columns[signal.path]), max(columns[signal.path])
                assert signal.range[0] <= low <= high <= signal.range[1], (twin_id, signal.path, low, high)


def test_formulas_give_plausible_values() -> None:
    watch = AlarmWatch(world_after(300.0), 1.0)
    watch.run(60.0)

    def mean(name: str) -> float:
        twin_id, _, path = name.partition(":")
        return float(np.mean(watch.of(twin_id)[path]))

    assert 25 < mean("process/product-pump:efficiency") < 70
    assert 3 < mean("utilities/chiller-1:cop") < 12
    assert 0 <= mean("line/conveyor-2:slip") < 2
    assert mean("line/filler:quality_rate") > 99
    assert 3 < mean("hall/climate-1:dew_point") < 18


def test_every_declared_command_is_known_to_its_device() -> None:
    world = world_after(1.0)
    for twin_id in world.units:
        for command in TWINS[twin_id].type.commands:
            args = {p.name: 50 for p in command.parameters}
            assert world.command(twin_id, command.name, args), (twin_id, command.name)
    for twin_id, name, args, reason in [
        ("process/water-pump", "set_speed", {"speed": 7000}, "speed must be a number from 0 to 3000"),
        ("process/water-valve", "set_position", {}, "position must be a number from 0 to 100"),
        ("process/water-tank", "start", {}, "unknown command start"),
        ("nowhere", "start", {}, "no device nowhere"),
    ]:
        with pytest.raises(Refused, match=reason):
            world.command(twin_id, name, args)


def test_commands_and_desired_properties_act() -> None:
    world = world_after(30.0)
    world.command("line/filler", "stop", {})
    world.command("process/product-valve", "set_position", {"position": 30})
    world.run(180.0)
    assert world.payload("line/filler")["state"] == "STOPPED"
    assert world.payload("line/rinser")["speed"] == 0
    assert world.payload("line/packer")["state"] == "STARVED"
    assert world.payload("process/product-valve")["position"] == pytest.approx(30, abs=1)
    world.command("line/filler", "start", {})
    world.command("line/filler", "set_speed", {"speed": 6000})
    world.run(60.0)
    assert world.payload("line/filler")["speed"] == pytest.approx(6000, abs=10)
    world.desire("utilities/chiller-1", {"setpoint": 8.0})
    world.run(1200.0)
    assert world.payload("utilities/chiller-1")["setpoint"] == 8.0
    assert world.payload("utilities/chiller-1")["supply"] > 6.5


def test_the_plan_goes_through_all_products_without_a_gap() -> None:
    schedule = Schedule(600.0)
    seen = [schedule.now(float(s)) for s in range(0, 8000, 5)]
    assert {n.product for n in seen} == set(PRODUCTS)
    assert {n.phase for n in seen} == set(Phase)
    for before, after in pairwise(seen):
        if before.phase is after.phase:
            assert after.left_s == pytest.approx(before.left_s - 5.0)
        elif before.phase is Phase.PRODUCTION:
            assert after.phase is Phase.EMPTYING
        if before.order != after.order:
            assert after.product == before.following
    assert [shift(h)[0] for h in (0.0, 5.9, 6.0, 14.0, 21.9, 22.0)] == [
        "night", "night", "early", "late", "late", "night",
    ]  # fmt: skip


def test_an_order_that_is_ended_early_empties_cleans_and_hands_over_to_the_next_product() -> None:
    schedule = Schedule(600.0)
    assert schedule.now(100.0).left_s == 500.0
    schedule.change(100.0, cleaning=True)
    seen = [schedule.now(100.0 + s) for s in range(0, 1500, 10)]
    first, following = PRODUCTS[0], PRODUCTS[1]
    assert [n.phase for n in seen if n.product == first] == (
        [Phase.EMPTYING] * 6 + [Phase.CLEANING] * 72 + [Phase.START_UP] * 6
    )
    assert seen[84].product == following
    assert seen[84].left_s == pytest.approx(600.0)
    again = Schedule(600.0)
    with pytest.raises(Refused, match=r"changes its product already \(emptying\)"):
        again.change(620.0, cleaning=False)


def test_the_line_cleans_when_told_to() -> None:
    world = world_after(120.0, step_s=0.5)
    world.change_product(cleaning=True)
    world.run(120.0)
    assert world.plan.phase is Phase.CLEANING
    assert world.payload("line/filler")["state"] == "CLEANING"
    assert world.payload("process/cip-valve")["flow"] > 1.0


def test_the_day_warms_and_cools_the_hall_and_the_night_shift_is_slower() -> None:
    world = world_after(0.0, step_s=0.5)
    outdoor = []
    for _ in range(8):
        world.run(900.0)
        outdoor.append(world.weather.temperature)
    assert max(outdoor) - min(outdoor) > 0.5
    assert 18.0 < world.air[0].temperature < 34.0
    night = BottlingWorld(start_s=START - START % 86_400.0 + 82_800.0)
    assert night.line.filler.setpoint == 10_500.0


def test_flat_names_members_by_their_path() -> None:
    assert flat({"a": 1, "motor": {"speed": 2}}) == {"a": 1, "motor.speed": 2}
    assert flat(world_after(1.0).payload("line/filler")).keys() >= {"motor.speed", "state"}
    assert set(KINDS) == {s.path.partition(".")[2] for s in TWINS[SIM_ID].signals() if s.path.startswith("severity.")}
