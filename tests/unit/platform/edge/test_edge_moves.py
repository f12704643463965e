"""When a group that runs well enough moves all the same. No I/O, no waiting."""

import pytest

from doubles.edge_desk import EdgeBench, running
from plantverse.platform.edge import messages as m
from plantverse.platform.edge.placement import STAY_S
from plantverse.platform.edge.scheduler import DECIDE_S


@pytest.mark.parametrize(("age_s", "moved"), [(1.0, True), (0.1, False)])
def test_a_group_beyond_its_age_budget_need_not_rest(age_s: float, moved: bool) -> None:
    bench = EdgeBench()
    one = bench.node("one")
    running(bench, one)
    two = bench.node("two")
    for _ in range(round((STAY_S - 1.5) / 0.1)):
        bench.clock.advance(0.1)
        one.rows("line", bench.sample(1.0, stamp_s=-age_s))
        one.beat(rtt_s=0.4)
        two.beat()
        bench.desk.tick()
    assert ("line" in {r.group for r in one.of(m.Revoke)}) is moved  # type: ignore[attr-defined]


def test_groups_move_one_after_the_other_for_the_sake_of_latency() -> None:
    bench = EdgeBench()
    one = bench.node("one")
    running(bench, one)
    two = bench.node("two")
    bench.pass_time(STAY_S + DECIDE_S, beating=[one, two])
    moved: list[int] = []
    for _ in range(60):
        bench.clock.advance(0.1)
        one.beat(rtt_s=0.4)
        two.beat()
        bench.desk.tick()
        moved.append(len(one.of(m.Revoke)))
    assert 1 in moved, "the first has to show what it does before the second follows"
    assert moved[-1] == 2
