"""What moves in the bottling plant: the robot stays within its joints, vehicles never meet."""

from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from plantverse.sim.bottling.agv import AgvState
from plantverse.sim.bottling.line import LineState
from plantverse.sim.bottling.robot import LIMITS, Robot, gripper, reach, smooth
from plantverse.sim.bottling.routes import GATES, NODES, RING, path
from plantverse.sim.bottling.traffic import Traffic


@given(st.floats(0.9, 1.85), st.floats(0.3, 1.4), st.floats(-180, 180))
@settings(max_examples=100)
def test_inverse_kinematics_lead_back(radius: float, height: float, base: float) -> None:
    joints = reach(base, radius, height)
    assert gripper(joints) == pytest.approx((radius, height))
    # The gripper points down.
    assert joints[1] + joints[2] + joints[4] == pytest.approx(-90.0)


def test_what_is_out_of_reach_is_said() -> None:
    with pytest.raises(ValueError, match="out of reach"):
        reach(0.0, 4.0, 1.0)


def test_the_robot_stacks_within_its_joints_and_speed() -> None:
    robot = Robot(Random(1))
    taken = 0.0
    for _ in range(6000):
        taken += robot.step(0.1, 500.0, 22.0)
        assert all(low <= angle <= high for angle, (low, high) in zip(robot.joints, LIMITS, strict=True))
        assert max(abs(speed) for speed in robot.speeds) < 90.0
        if not robot.pallet_there:
            robot.pallet_there, robot.pallet_picks = True, 0
    assert robot.state is LineState.RUNNING
    assert taken == robot.placed + robot.gripped
    assert 6.0 < robot.last_cycle_s < 14.4, "faster than the line, slower than a machine that shakes itself to bits"


def test_the_robot_waits_for_bottles_and_for_a_pallet() -> None:
    robot = Robot(Random(1))
    for _ in range(100):
        assert robot.step(0.1, 40.0, 22.0) == 0.0
    assert robot.state is LineState.STARVED
    robot.pallet_there = False
    robot.step(0.1, 400.0, 22.0)
    assert robot.state is LineState.BLOCKED
    assert [smooth(x) for x in (0.0, 0.5, 1.0)] == [0.0, 0.5, 1.0]


def test_routes_follow_the_ring_one_way() -> None:
    for start in NODES:
        for goal in NODES:
            way = path(start, goal)
            assert (way[-1] if way else start) == goal
            for here, there in zip([start, *way], way, strict=False):
                on_ring = here in RING and RING[(RING.index(here) + 1) % len(RING)] == there
                assert on_ring or GATES.get(here) == there or GATES.get(there) == here


def _apart(traffic: Traffic) -> float:
    vehicles = list(traffic.vehicles.values())
    return min(((a.x - b.x) ** 2 + (a.z - b.z) ** 2) ** 0.5 for i, a in enumerate(vehicles) for b in vehicles[:i])


def test_vehicles_do_their_orders_apart_from_each_other_and_stay_charged() -> None:
    traffic = Traffic(Random(3))
    arrived: list[str] = []
    for second in range(5400):
        if second % 90 == 0:
            traffic.order(("full", "empty", "supplies")[second // 90 % 3])
        for _ in range(5):
            arrived += traffic.step(0.2, 22.0)
        assert _apart(traffic) > 1.5, second
    assert len(arrived) >= 57
    assert {"took", "brought", "supplied"} == set(arrived)
    assert not traffic.waiting
    for vehicle in traffic.vehicles.values():
        assert vehicle.jobs_done >= 10, "work is shared"
        assert vehicle.soc > 40.0


def test_a_vehicle_that_stands_in_the_way_is_waited_for() -> None:
    traffic = Traffic(Random(3))
    traffic.order("empty")
    traffic.order("supplies")
    for _ in range(80):
        traffic.step(0.5, 22.0)
    first = next(v for v in traffic.vehicles.values() if v.at in RING)
    first.wanted = False
    seen = set()
    for i in range(1200):
        if i % 60 == 0 and len(traffic.waiting) < 3:
            traffic.order("full")
        traffic.step(0.5, 22.0)
        seen |= {v.state for v in traffic.vehicles.values()}
        assert _apart(traffic) > 1.5
    assert {AgvState.STOPPED, AgvState.WAITING} <= seen
    first.wanted = True
    for _ in range(2400):
        traffic.step(0.5, 22.0)
    assert not traffic.waiting
    assert first.jobs_done >= 1
