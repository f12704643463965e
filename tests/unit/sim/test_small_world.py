"""The small plant hangs together: flow, bottles and power agree, faults come and go, commands act, seeds repeat."""

import math
from typing import Any

import pytest

from plantverse.sim.machines import Refused
from plantverse.sim.small_plant import plant
from plantverse.sim.small_world import FAULTS, SmallWorld

START = 1_764_064_800.0


def _run(world: SmallWorld, seconds: float, *, start: float = START, step: float = 0.1) -> dict[str, dict[str, Any]]:
    for tick in range(1, round(seconds / step) + 1):
        world.step(start + tick * step)
    return world.payloads()


def _flat(payload: dict[str, Any], prefix: str = "") -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for key, value in payload.items():
        flat |= _flat(value, f"{prefix}{key}.") if isinstance(value, dict) else {prefix + key: value}
    return flat


def test_every_measured_signal_and_property_of_the_plant_is_published_and_nothing_else() -> None:
    payloads = _run(SmallWorld(start_s=START), 1.0)
    twins = {t.id: t for t in plant.spec().twins}
    assert payloads.keys() == twins.keys()
    for twin_id, payload in payloads.items():
        kind = twins[twin_id].type
        declared = {s.path for s in kind.signals if not s.derived} | {p.path for p in kind.properties}
        assert _flat(payload).keys() == declared, twin_id


def test_values_lie_in_their_ranges_for_an_hour_with_faults() -> None:
    world = SmallWorld(start_s=START)
    ranges = {
        (t.id, s.path): s.range
        for t in plant.spec().twins
        for s in t.signals()
        if s.range is not None and not s.derived
    }
    for minute in range(60):
        payloads = _run(world, 60.0, start=START + 60.0 * minute, step=0.5)
        for (twin_id, path), (low, high) in ranges.items():
            value = _flat(payloads[twin_id])[path]
            assert math.isfinite(value)
            assert low <= value <= high, (twin_id, path, value)


def test_equal_seeds_give_equal_worlds() -> None:
    one, other = SmallWorld(start_s=START, seed=3), SmallWorld(start_s=START, seed=3)
    assert _run(one, 120.0) == _run(other, 120.0)
    assert one.payloads() != _run(SmallWorld(start_s=START, seed=4), 120.0)


def test_bottles_are_neither_made_nor_lost_between_the_machines() -> None:
    world = SmallWorld(start_s=START, faults=False)
    _run(world, 300.0)
    assert world.filler.produced > 900
    assert world.filler.produced - world.labeller.produced == pytest.approx(world.belt_1.bottles - 200, abs=1e-6)
    assert world.labeller.produced - world.palletiser.produced == pytest.approx(world.belt_2.bottles - 200, abs=1e-6)


def test_the_meter_counts_the_power_of_all() -> None:
    world = SmallWorld(start_s=START, faults=False)
    _run(world, 60.0)
    before = world.meter.energy
    _run(world, 60.0, start=START + 60.0)
    assert 60.0 / 3600.0 * 70.0 < world.meter.energy - before < 60.0 / 3600.0 * 160.0


def test_a_stopped_labeller_blocks_the_filler_and_starves_the_palletiser() -> None:
    world = SmallWorld(start_s=START, faults=False)
    _run(world, 30.0)
    world.command("line/labeller", "stop", {})
    payloads = _run(world, 240.0, start=START + 30.0)
    assert payloads["line/labeller"]["state"] == "STOPPED"
    assert payloads["line/filler"]["state"] == "BLOCKED"
    assert payloads["line/palletiser"]["state"] == "STARVED"
    world.command("line/labeller", "start", {})
    payloads = _run(world, 60.0, start=START + 270.0)
    assert {payloads[f"line/{m}"]["state"] for m in ("filler", "labeller", "palletiser")} == {"RUNNING"}


@pytest.mark.parametrize(
    ("fault", "twin_id", "path", "limit"),
    [
        ("pump_hot", "process/pump-1", "motor.temperature", 85.0),
        ("inlet_stuck", "process/tank-1", "level", 85.0),
        ("air_leak", "utilities/compressor-1", "pressure", 5.8),
    ],
)
def test_a_fault_crosses_its_limit_and_goes(fault: str, twin_id: str, path: str, limit: float) -> None:
    world = SmallWorld(start_s=START, faults=False)
    _run(world, 60.0)
    high = fault != "air_leak"
    assert (_flat(world.payloads()[twin_id])[path] < limit) == high
    world.begin(fault, START + 60.0)
    _run(world, FAULTS[fault] - 1.0, start=START + 60.0)
    assert (_flat(world.payloads()[twin_id])[path] > limit) == high
    _run(world, 600.0, start=START + 59.0 + FAULTS[fault])
    assert (_flat(world.payloads()[twin_id])[path] < limit) == high


def test_every_fault_happens_by_itself() -> None:
    world = SmallWorld(start_s=START)
    seen: set[str] = set()
    for second in range(1, 1500):
        world.step(START + second)
        payloads = world.payloads()
        seen |= {"pump_hot"} if payloads["process/pump-1"]["motor"]["vibration"] > 4.5 else set()
        seen |= {"inlet_stuck"} if payloads["process/tank-1"]["level"] > 78 else set()
        seen |= {"labeller_jam"} if payloads["line/labeller"]["state"] == "FAULT" else set()
        seen |= {"air_leak"} if payloads["utilities/compressor-1"]["pressure"] < 6.0 else set()
    assert seen == FAULTS.keys()


def test_commands_act_and_are_refused_with_a_reason() -> None:
    world = SmallWorld(start_s=START, faults=False)
    assert world.command("process/pump-1", "set_speed", {"speed": 700}) == "speed set to 700 rpm"
    payload = _run(world, 20.0)["process/pump-1"]
    assert payload["mode"] == "manual"
    assert payload["motor"]["speed"] == pytest.approx(700, abs=15)
    for twin_id, name, args, reason in [
        ("process/pump-1", "set_speed", {"speed": 7000}, "speed must be a number from 0 to 3000"),
        ("process/pump-1", "set_speed", {}, "speed must be a number from 0 to 3000"),
        ("process/pump-1", "set_speed", {"speed": True}, "speed must be a number from 0 to 3000"),
        ("process/pump-1", "fly", {}, "unknown command fly"),
        ("hall/climate-1", "start", {}, "unknown command start"),
        ("nowhere", "start", {}, "no device nowhere"),
    ]:
        with pytest.raises(Refused, match=reason):
            world.command(twin_id, name, args)


def test_every_declared_command_is_known_to_its_device() -> None:
    world = SmallWorld(start_s=START, faults=False)
    for twin in plant.spec().twins:
        for command in twin.type.commands:
            args = {p.name: 1000 for p in command.parameters}
            assert world.command(twin.id, command.name, args)


def test_a_jam_needs_a_reset_before_the_start() -> None:
    world = SmallWorld(start_s=START, faults=False)
    world.begin("labeller_jam", START)
    with pytest.raises(Refused, match="reset the fault first"):
        world.command("line/labeller", "start", {})
    world.command("line/labeller", "reset", {})
    assert _run(world, 5.0)["line/labeller"]["state"] == "RUNNING"


def test_desired_properties_show_once_they_are_taken() -> None:
    world = SmallWorld(start_s=START, faults=False)
    world.desire("utilities/chiller-1", {"setpoint": 8.0})
    payload = _run(world, 120.0)["utilities/chiller-1"]
    assert payload["setpoint"] == 8.0
    assert payload["supply"] == pytest.approx(8.0, abs=0.6)
    with pytest.raises(Refused, match="setpoint must be a number from 3 to 12"):
        world.desire("utilities/chiller-1", {"setpoint": 40})
    world.desire("line/filler", {"speed_setpoint": 6000})
    assert _run(world, 30.0, start=START + 120.0)["line/filler"]["speed"] == pytest.approx(6000, abs=10)


def test_a_pause_or_a_clock_set_back_does_not_run_the_plant_through_it() -> None:
    world = SmallWorld(start_s=START, faults=False)
    _run(world, 10.0)
    made = world.filler.produced
    world.step(START + 86_400.0)
    assert world.filler.produced - made < 3.0
    world.step(START)
    assert world.filler.produced - made < 3.0
