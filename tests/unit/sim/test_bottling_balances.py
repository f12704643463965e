"""Nothing comes from nowhere: water, heat, air, bottles and pallets of the bottling plant add up."""

import math
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from plantverse.sim.bottling import physics
from plantverse.sim.bottling.energy import BOILER_M3, LOOP_M3, RECEIVER_M3, Boiler, Chiller, Compressor
from plantverse.sim.bottling.parts import Motor
from plantverse.sim.bottling.process import Tank
from plantverse.sim.bottling.pumps import Exchanger, Heater
from plantverse.sim.bottling.world import BottlingWorld

START = 1_764_064_800.0
FLOWS = st.floats(0.05, 40.0)


@given(st.floats(1, 6), st.floats(0.001, 0.1), st.floats(0.3, 1.1), st.floats(-1, 3), st.floats(0.001, 5))
@settings(max_examples=100)
def test_a_duty_point_lies_on_both_curves(h0: float, c: float, n: float, static: float, r: float) -> None:
    flow = physics.duty_flow(h0, c, n, static, r)
    if h0 * n * n <= static:
        assert flow == 0.0
    else:
        assert physics.pump_pressure(h0, c, n, flow) == pytest.approx(max(0.0, static + r * flow * flow), abs=1e-9)


def test_constants_of_nature() -> None:
    assert physics.steam_temperature(0.0) == pytest.approx(100.0, abs=0.3)
    assert physics.steam_temperature(6.0) == pytest.approx(165.0, abs=0.5)
    assert physics.vapour_pressure_bar(20.0) == pytest.approx(0.0234, abs=0.0002)
    assert physics.npsh_available_m(0.0, 20.0) == pytest.approx(10.1, abs=0.05)
    # 1 m3/s of air to 7 bar(g) takes about 286 kW adiabatically.
    assert physics.compression_kw(3600.0, 7.0, 1.0) == pytest.approx(286.0, rel=0.02)
    assert 0.06 < physics.stack_loss(180.0, 20.0, 3.5) < 0.085
    assert physics.valve_kv(10.0, 1.0) == 10.0
    assert physics.valve_kv(10.0, 0.5) == pytest.approx(10.0 / math.sqrt(50.0))
    assert math.isinf(physics.resistance(physics.valve_kv(10.0, 0.0)))


@given(FLOWS, FLOWS, st.floats(20, 90), st.floats(0, 20), st.floats(0.5, 40))
@settings(max_examples=100)
def test_an_exchanger_gives_what_it_takes_and_never_crosses(
    hot: float, cold: float, hot_c: float, cold_c: float, ua: float
) -> None:
    made = Exchanger(Random(1), ua)
    made.step(hot_c, hot, cold_c, cold)
    lost = hot * (made.hot[0] - made.hot[1])
    assert cold * (made.cold[1] - made.cold[0]) == pytest.approx(lost, abs=1e-9)
    assert cold_c - 1e-9 <= made.hot[1] <= hot_c
    assert cold_c <= made.cold[1] <= hot_c + 1e-9


def test_a_tank_keeps_mass_and_heat() -> None:
    tank = Tank(Random(1), 5.0, 3.0, 2.0, "water", temperature=10.0, loss_kw_k=0.0)
    heat = tank.volume * tank.temperature
    for _ in range(36_000):
        before = tank.temperature
        tank.step(0.1, 3.0, 40.0, 1.5)
        heat += (3.0 * 40.0 - 1.5 * before) * 0.1 / 3600.0
    assert tank.volume == pytest.approx(2.0 + 1.5)
    assert tank.volume * tank.temperature == pytest.approx(heat, rel=1e-3)


def test_a_heater_heats_with_what_it_says() -> None:
    heater = Heater(Random(1), 12.0)
    for _ in range(3000):
        heater.step(0.1, 60.0, 6.0, 165.0, 84.0)
    assert heater.outlet == pytest.approx(84.0, abs=0.5)
    assert heater.heat == pytest.approx(6.0 * physics.WATER_KWH_PER_M3_K * (heater.outlet - 60.0))


def test_stores_of_energy_hold_what_flows_in_and_out() -> None:
    rng = Random(1)
    compressor, chiller, boiler = Compressor(rng, Motor(2950.0, 62.0, rng)), Chiller(rng), Boiler(rng)
    air, cold, steam = compressor.pressure, chiller.supply, boiler.pressure
    for i in range(7200):
        compressor.step(0.5, 300.0, 22.0)
        air += (compressor.delivery - 300.0) * 0.5 / 3600.0 * physics.ATMOSPHERE_BAR / RECEIVER_M3
        load = 30.0 + 20.0 * (i % 1000 > 500)
        gains = load + 0.25 * (22.0 - chiller.supply)
        chiller.step(0.5, 18.0, load, 20.0)
        cold += (gains - chiller.cooling) * 0.5 / 3600.0 / (physics.WATER_KWH_PER_M3_K * LOOP_M3)
        boiler.step(0.5, load, 0.0, 22.0)
        steam += (
            0.16
            * (320.0 * boiler.firing * boiler.efficiency - load - 3.0)
            * 0.5
            / 3600.0
            / (BOILER_M3 * physics.WATER_KWH_PER_M3_K)
        )
    assert compressor.pressure == pytest.approx(air, abs=1e-6)
    assert 6.3 < compressor.pressure < 7.6
    assert chiller.supply == pytest.approx(cold, abs=1e-6)
    assert chiller.supply == pytest.approx(chiller.setpoint, abs=1.0)
    assert boiler.pressure == pytest.approx(steam, abs=1e-6)
    assert boiler.pressure == pytest.approx(6.0, abs=0.4)


def test_product_and_bottles_of_a_plant_add_up_over_changes_cleaning_and_faults() -> None:
    world = BottlingWorld(start_s=START, step_s=0.5, order_s=900.0)
    process, line = world.process, world.line
    inside = line.inside
    world.run(600.0)
    world.faults.inject("leak", "process/blend-tank", 0.7, 10.0)
    world.faults.inject("jam", "line/packer", 1.0, 0.0)
    world.run(200.0)
    world.mend()
    world.run(2400.0)
    for tank in (process.raw, process.syrup, process.blend, process.product, process.cip):
        assert tank.volume - tank.start == pytest.approx(tank.entered - tank.left - tank.leaked, abs=1e-9)
        assert tank.volume > 0
    assert process.blend.leaked > 0.05
    assert process.blend.entered == pytest.approx(process.raw.left + process.syrup.left)
    assert process.product.entered == pytest.approx(process.blend.left)
    assert process.product.left == pytest.approx(world.drawn_m3)
    assert process.cip.entered == pytest.approx(process.cip.left)
    # The filler's draw follows its bottles by one step.
    assert world.drawn_m3 == pytest.approx(line.filler.taken * 0.5e-3, abs=0.01)

    rejected = sum(machine.rejected for machine in line.machines.values())
    robot = line.robot
    assert inside + line.delivered == pytest.approx(line.inside + rejected + robot.placed + robot.gripped)
    assert robot.placed == robot.picks * 48
    assert robot.picks == robot.pallets * 20 + robot.pallet_picks % 20
    assert robot.pallets >= 5
    assert line.place.waiting + world.traffic.shipped + world.traffic.full - 24 <= robot.pallets
