"""What a link carries is learned while work piles up, and what is offered counts rather than what got through."""

import math

import pytest

from plantverse.offload.registry import make_policy
from plantverse.offload.work import Tier
from plantverse.platform.edge.carrying import LATE_S, Carrying, Line
from plantverse.platform.edge.messages import GroupCount
from plantverse.platform.edge.offered import Offered
from plantverse.platform.edge.placement import Place, Placement


def looks(carrying: Carrying, rate: float, lag_s: float, *, seconds: float, since_s: float = 0.0, had: int = 0) -> int:
    """Look twice a second; returns what was delivered in the end."""
    for step in range(1, round(2 * seconds) + 1):
        had += round(rate / 2)
        carrying.note(since_s + step / 2, delivered=had, lag_s=lag_s)
    return had


def test_a_link_that_is_not_full_has_no_limit() -> None:
    carrying = Carrying()
    looks(carrying, 5_000.0, 0.0, seconds=20.0)
    assert carrying.rows_s == math.inf
    assert not carrying.late


def test_while_work_piles_up_what_comes_is_what_it_carries() -> None:
    carrying = Carrying()
    looks(carrying, 400.0, 2.0, seconds=5.0)
    assert carrying.late
    assert carrying.rows_s == pytest.approx(400.0, rel=0.02)


def test_a_stall_of_a_moment_is_none() -> None:
    carrying = Carrying()
    had = looks(carrying, 400.0, 0.0, seconds=5.0)
    carrying.note(5.5, delivered=had, lag_s=LATE_S + 1.0)
    carrying.note(6.0, delivered=had + 400, lag_s=0.0)
    assert carrying.rows_s == math.inf


def test_a_link_that_got_better_is_found_again() -> None:
    carrying = Carrying()
    had = looks(carrying, 400.0, 2.0, seconds=5.0)
    slowly = looks(carrying, 300.0, 0.0, seconds=60.0, since_s=5.0, had=had)
    assert 400.0 < carrying.rows_s < 800.0
    looks(carrying, 3_000.0, 0.0, seconds=5.0, since_s=65.0, had=slowly)
    assert carrying.rows_s >= 2_900.0, "what it delivers it carries"


def test_what_the_server_holds_up_is_not_the_links_fault() -> None:
    carrying = Carrying()
    had = looks(carrying, 400.0, 2.0, seconds=0.5)
    for step in range(10):
        carrying.overlook()
        carrying.note(1.0 + step, delivered=had, lag_s=5.0)
    assert carrying.rows_s == math.inf


def test_the_servers_line_shows_a_queue_in_its_round_trip() -> None:
    line = Line()
    for second in range(10):
        assert line.note(float(second), delivered=200 * second, rtt_s=0.04) == (math.inf, False)
    for second in range(10, 15):
        carries, late = line.note(float(second), delivered=2_000 + 300 * (second - 10), rtt_s=2.0)
    assert late
    assert carries == pytest.approx(300.0, rel=0.05)


def counted(group: str, rows: int, waiting: int = 0, token: int = 1) -> GroupCount:
    return GroupCount(group=group, token=token, received=0, accepted=0, rows=rows, waiting=waiting)


def test_what_waits_in_a_node_is_offered_too() -> None:
    offered = Offered()
    assert offered.of("line") is None
    for step in range(20):
        # Of 100 rows a second ten get through.
        offered.note(step / 2, [counted("line", 5 * step, 45 * step)])
    assert offered.of("line") == pytest.approx(100.0, rel=0.02)


def test_what_the_broker_had_kept_is_no_rate() -> None:
    offered = Offered()
    for step in range(20):
        rows = 0 if step == 0 else 5_000 + 10 * step
        offered.note(step / 2, [counted("line", rows)])
    assert offered.of("line") == pytest.approx(20.0, rel=0.02)


def test_a_group_that_is_gone_or_new_is_not_known() -> None:
    offered = Offered()
    for step in range(20):
        offered.note(step / 2, [counted("line", 50 * step)])
    offered.note(10.0, [counted("line", 3, token=2)])
    assert offered.of("line") is None
    offered.note(10.5, [])
    assert offered.of("line") is None


def test_groups_part_where_one_link_does_not_carry_all() -> None:
    """Eight groups of 100 rows/s, two links that carry 500 each: they settle within what both carry."""
    placement = Placement(make_policy("jsec"), fallback="server")
    held = dict.fromkeys((f"hall-{n}" for n in range(8)), "edge-1")
    moves = 0
    for second in range(60):
        for group in held:
            rates = {name: 100.0 * list(held.values()).count(name) for name in ("edge-1", "edge-2")}
            places = [
                Place(name=n, tier=Tier.EDGE, speed=1e5, rtt_s=rtt_s, late=rates[n] > 500.0, carries=500.0)
                for n, rtt_s in (("edge-1", 0.03), ("edge-2", 0.04))
            ]
            places.append(Place(name="server", tier=Tier.CLOUD, speed=1e5, rtt_s=0.04, penalty_s=0.05))
            found = placement.decide(
                group, rate=100.0, here=held[group], places=places, rates=rates, now_s=float(second)
            )
            moves += found.place != held[group]
            held[group] = found.place
    counts = {name: list(held.values()).count(name) for name in ("edge-1", "edge-2")}
    assert sum(counts.values()) == 8, "none on the server"
    assert max(counts.values()) <= 5
    assert moves <= 6, "they do not swing"
