"""The server's desk: who gets what, what counts, and what happens when nodes misbehave. No I/O, no waiting."""

import zlib

import numpy as np
import pytest

from doubles.edge_desk import EdgeBench, running
from plantverse.errors import Conflict, NotFound, ProtocolViolation, RequestInvalid
from plantverse.platform.edge import messages as m
from plantverse.platform.edge.handover import OVERLAP_S, START_LIMIT_S, STOP_LIMIT_S
from plantverse.platform.edge.leases import SERVER, TTL_S
from plantverse.platform.edge.placement import STAY_S
from plantverse.platform.edge.scheduler import DECIDE_S
from plantverse.platform.edge.twin import twin_of
from plantverse.twins.samples import Flag, SampleBatch
from plantverse.twins.specs import SignalSpec, TwinSpec, TwinType


def test_without_a_node_nothing_happens() -> None:
    bench = EdgeBench()
    bench.served(1.0)
    bench.pass_time(60)
    assert not bench.desk.active
    assert bench.desk.handover.lives == {}
    assert bench.changes() == []
    assert bench.broker.split_topics == frozenset()


def test_the_server_writes_what_stands_for_a_node_so_that_none_of_it_lacks_a_source() -> None:
    bench = EdgeBench()
    bench.node("one")
    twin = twin_of(bench.desk.nodes["one"])
    assert twin.bound() == {signal.path for signal in twin.signals()}


def test_a_node_is_given_groups_and_speaks_for_them_once_the_stream_was_cut() -> None:
    bench = EdgeBench()
    node = bench.node("one")
    bench.pass_time(0.1)
    assert set(node.held) == {"line", "tank"}
    assert {t.id for t in node.held["line"].twins} == {"line/a", "line/b"}
    node.ready("line")
    assert bench.broker.split_topics == frozenset(), "until the cut the server reads on by itself"
    bench.broker.finish_cuts()
    assert bench.broker.split_topics == {"t/line/a", "t/line/b"}
    assert bench.kept == ("line",)
    assert bench.core.state.get("line/a")["runs_on"]["node"] == "one"
    node.rows("line", bench.sample(5.0))
    assert bench.values() == [5.0]
    assert [a.numbers for a in node.of(m.Ack)] == [[node.numbers]]  # type: ignore[attr-defined]


def test_what_the_server_took_until_the_cut_is_not_taken_again() -> None:
    bench = EdgeBench()
    node = bench.node("one")
    bench.pass_time(0.1)
    both = [bench.sample(v, stamp_s=v / 1e3) for v in (2.0, 3.0)]
    bench.served(1.0)  # before the node subscribed
    node.ready("line")
    node.rows("line", both[0])  # the node is quicker
    assert bench.values() == [1.0], "its batch waits for the cut"
    for rows in both:
        bench._pass(SampleBatch.of(rows.slot, rows.value, rows.observed_ns, rows.received_ns))
    bench.broker.finish_cuts()
    bench.pass_time(0.1, beating=[node])
    node.rows("line", both[1])
    node.rows("line", bench.sample(4.0))
    assert bench.values() == [1.0, 2.0, 3.0, 4.0]
    assert node.node.counts.repeated == 2
    assert len(node.of(m.Ack)) == 3, "what was taken twice is confirmed as well"


def test_a_node_that_dies_right_after_its_first_cut_leaves_no_copies() -> None:
    bench = EdgeBench()
    node = bench.node("one")
    bench.pass_time(0.1)
    both = bench.sample(2.0)
    bench.served(1.0)
    bench._pass(SampleBatch.of(both.slot, both.value, both.observed_ns, both.received_ns))
    node.ready("line")
    bench.broker.finish_cuts()
    bench.pass_time(TTL_S + 0.2)
    bench.broker.finish_opening()
    again = SampleBatch.of(
        [*both.slot, *bench.sample(3.0).slot], [2.0, 3.0], [both.observed_ns[0], bench.clock.time_ns()]
    )
    assert bench.desk.sieve(again).value.tolist() == [3.0], "what the broker kept for the node comes to the server"
    bench.pass_time(OVERLAP_S)
    assert bench.desk.sieve(again).value.tolist() == [2.0, 3.0]


def test_a_dead_nodes_groups_go_to_another_one_after_its_lease_and_its_batches_no_longer_count() -> None:
    bench = EdgeBench()
    one = bench.node("one")
    running(bench, one)
    two = bench.node("two")
    bench.pass_time(TTL_S - 0.3, beating=[two])
    assert bench.places() == {"line": "one", "tank": "one"}
    bench.pass_time(0.5, beating=[two])
    assert bench.places() == {"line": "two", "tank": "two"}
    assert one.closed
    assert ("one", "lost") in bench.shown
    late = bench.sample(66.0)
    one.rows("line", late)
    two.ready("line")
    two.rows("line", late, token=one.held["line"].token)
    assert bench.values() == []
    assert two.node.counts.stale == 1
    assert [r.reason for r in two.of(m.Refuse)] == ["stale_token"]  # type: ignore[attr-defined]
    assert two.held["line"].token > one.held["line"].token
    (gap,) = [g for g in bench.changes("gap") if g["group"] == "line" and g["from"] == "one"]
    assert (gap["to"], gap["qos"]) == ("two", 1)
    assert 0 < float(str(gap["seconds"])) <= 2.0


def test_a_node_that_is_alive_stops_before_the_next_one_starts() -> None:
    bench = EdgeBench()
    one, two = bench.node("one"), bench.node("two")
    running(bench, one, two)
    bench.desk.scheduler.pin("line", "one")
    bench.desk.scheduler.pin("tank", "two")
    bench.pass_time(0.3, beating=[one, two])
    holder, other = (one, two) if "line" in one.held else (two, one)
    bench.desk.scheduler.pin("line", other.name)
    bench.pass_time(0.2, beating=[one, two])
    assert "line" in {r.group for r in holder.of(m.Revoke)}  # type: ignore[attr-defined]
    assert bench.places()["line"] == holder.name
    holder.rows("line", bench.sample(1.0))
    assert bench.values() == [1.0], "until it has given back, it speaks"
    old = holder.held["line"].token
    holder.give_back("line")
    bench.pass_time(0.2, beating=[one, two])
    assert bench.places()["line"] == other.name
    holder.rows("line", bench.sample(2.0), token=old)
    assert bench.values() == [1.0]


def test_when_all_nodes_are_gone_the_server_opens_the_sessions_itself() -> None:
    bench = EdgeBench()
    node = bench.node("one")
    running(bench, node)
    bench.pass_time(TTL_S + 0.2)
    assert bench.places() == {"line": SERVER, "tank": SERVER}
    assert set(bench.broker.opening) == {"line", "tank"}
    assert bench.broker.split_topics == {"t/line/a", "t/line/b", "t/tank/c"}, "the main session leaves them alone"
    bench.broker.finish_opening()
    assert bench.core.state.get("tank/c")["runs_on"]["node"] == SERVER
    again = bench.node("one", "2")
    bench.pass_time(STAY_S + DECIDE_S + 0.3, beating=[again])
    assert bench.broker.open_groups == set(), "closed here before it goes to the node"
    assert set(again.held) == {"line", "tank"}


def test_with_qos_0_the_server_reads_at_once_and_the_gap_is_recorded() -> None:
    bench = EdgeBench(qos=0)
    node = bench.node("one")
    running(bench, node)
    node.rows("line", bench.sample(1.0))
    assert bench.kept == ()
    bench.pass_time(TTL_S + 0.2)
    assert bench.broker.split_topics == frozenset()
    assert bench.broker.opening == {}
    assert bench.places() == {"line": SERVER, "tank": SERVER}
    (gap,) = [g for g in bench.changes("gap") if g["group"] == "line"]
    assert (gap["from"], gap["to"], gap["qos"]) == ("one", SERVER, 0)
    assert 1.0 < float(str(gap["seconds"])) <= 2.0


def test_after_a_restart_groups_with_sessions_wait_for_nodes_and_then_go_to_the_server() -> None:
    bench = EdgeBench(kept=("line",), epoch=2)
    assert bench.desk.active
    assert bench.broker.split_topics == {"t/line/a", "t/line/b"}
    bench.pass_time(1.0)
    assert bench.places() == {}
    bench.pass_time(1.5)
    assert bench.places() == {"line": SERVER, "tank": SERVER}
    assert set(bench.broker.opening) == {"line"}
    lease = bench.desk.lease("line")
    assert lease is not None
    assert lease.token >> 32 == 2, "older tokens stay old over restarts"


def test_a_frozen_node_that_returns_is_refused_and_sent_away() -> None:
    bench = EdgeBench()
    node = bench.node("one")
    running(bench, node)
    bench.pass_time(60)
    node.rows("line", bench.sample(9.0))
    assert bench.values() == []
    node.beat()
    assert bench.places()["line"] == SERVER


def test_a_name_is_one_nodes_while_it_lives() -> None:
    bench = EdgeBench()
    first = bench.node("one", "a")
    with pytest.raises(Conflict, match="taken"):
        bench.node("one", "b")
    running(bench, first)
    again = bench.node("one", "a")
    assert first.closed
    bench.pass_time(0.2, beating=[again])
    assert set(again.held) == {"line", "tank"}, "it came back with nothing in its hands and is given them anew"
    bench.pass_time(TTL_S + 0.1)
    bench.node("one", "b")


@pytest.mark.parametrize("name", ["", "a/b", ".", "..", "ä", "x" * 65, "edge one", "../server"])
def test_a_name_that_is_no_segment_is_refused(name: str) -> None:
    with pytest.raises(RequestInvalid, match="name"):
        EdgeBench().node(name)


def test_nobody_is_called_server() -> None:
    with pytest.raises(Conflict, match="taken"):
        EdgeBench().node(SERVER)


def test_a_hello_in_another_language_is_refused() -> None:
    bench = EdgeBench()
    with pytest.raises(RequestInvalid, match="versions"):
        bench.desk.join(m.Hello(versions=("v9",), name="x", boot="1"), bench, user="t")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\xc1",
        b"C",
        b"Cnothing packed",
        b"C" + zlib.compress(bytes(33 << 20)),
        b"\x81\xa4type\xa3odd",
        b"\x42",
        b"\x91" * 5_000,
        b"\x00" * (1 << 21),
    ],
)
def test_garbage_ends_the_connection(data: bytes) -> None:
    bench = EdgeBench()
    node = bench.node("one")
    with pytest.raises(ProtocolViolation):
        node.say(data)


def test_facts_count_only_for_twins_of_the_group_and_properties_that_they_declare() -> None:
    bench = EdgeBench()
    node = bench.node("one")
    running(bench, node)
    token = node.held["line"].token
    node.say(m.Facts(group="line", token=token, reported={"tank/c": {"mode": "x"}, "line/a": {"mode": "x"}}))
    node.say(m.Facts(group="line", token=token - 1, reported={"line/a": {"mode": "x"}}))
    node.say(
        m.Facts(group="line", token=token, events=[("alarm", "line/a", 1e300, {}), ("command", "line/a", 0.0, {})])
    )
    assert "reported" not in bench.core.state.get("tank/c")
    assert "reported" not in bench.core.state.get("line/a")
    events, _, _ = bench.core.events.read(0, 1000)
    assert {e.kind for e in events} == {"edge"}
    assert node.node.counts.foreign == 1
    assert node.node.counts.stale == 1


def test_a_node_with_a_clock_of_last_year_sends_right_times() -> None:
    bench = EdgeBench()
    node = bench.node("one")
    for _ in range(3):
        node.beat(ahead_s=-365 * 86_400.0)
    running(bench, node)
    sent = bench.sample(1.0)
    sent.received_ns -= 365 * 86_400 * 10**9
    sent.flags[:] = Flag.NONE
    sent.stamp_ns[:] = 0
    node.rows("line", sent)
    now = bench.clock.time_ns()
    assert abs(int(bench.committed[-1].observed_ns[0]) - now) < 10**7
    assert node.node.counts.skewed == 0


def test_a_node_that_does_not_start_is_not_asked_again_for_a_while() -> None:
    bench = EdgeBench()
    one, two = bench.node("one"), bench.node("two")
    bench.pass_time(0.1)
    lazy, other = (one, two) if "line" in one.held else (two, one)
    bench.pass_time(START_LIMIT_S + 0.5, beating=[one, two])
    assert "line" in {r.group for r in lazy.of(m.Revoke)}  # type: ignore[attr-defined]
    lazy.give_back("line")
    assert bench.broker.forgetting, "what the broker kept for a start that failed, the server has read itself"
    bench.pass_time(0.5, beating=[one, two])
    assert "line" not in bench.places(), "nobody can have the session while the broker forgets it"
    for _, done in bench.broker.forgetting:
        done()
    bench.pass_time(0.5, beating=[one, two])
    assert bench.places()["line"] == other.name


def test_a_node_that_does_not_give_back_is_sent_away() -> None:
    bench = EdgeBench()
    node = bench.node("one")
    running(bench, node)
    bench.desk.scheduler.pin("line", SERVER)
    bench.pass_time(STOP_LIMIT_S + 0.5, beating=[node])
    assert node.closed
    assert [b.code for b in node.of(m.Bye)] == ["sent_away"]  # type: ignore[attr-defined]


def test_a_drained_node_gives_everything_back_and_gets_nothing() -> None:
    bench = EdgeBench()
    one = bench.node("one")
    running(bench, one)
    bench.desk.drain("one", on=True)
    bench.pass_time(0.2, beating=[one])
    assert {r.group for r in one.of(m.Revoke)} == {"line", "tank"}  # type: ignore[attr-defined]
    for group in list(one.held):
        one.give_back(group)
    bench.pass_time(0.2, beating=[one])
    assert set(bench.places().values()) == {SERVER}
    with pytest.raises(Conflict, match="drained"):
        bench.desk.scheduler.pin("line", "one")
    bench.broker.finish_opening()
    bench.desk.drain("one", on=False)
    bench.pass_time(STAY_S + DECIDE_S + 0.3, beating=[one])
    assert set(bench.places().values()) == {"one"}


def test_a_server_that_stood_still_blames_nobody() -> None:
    bench = EdgeBench()
    node = bench.node("one")
    running(bench, node)
    bench.clock.advance(30.0)
    bench.desk.tick()
    assert set(bench.places().values()) == {"one"}
    bench.pass_time(TTL_S + 0.2)
    assert set(bench.places().values()) == {SERVER}


def test_what_people_ask_for_must_exist() -> None:
    bench = EdgeBench()
    node = bench.node("one")
    running(bench, node)
    with pytest.raises(NotFound, match="no group"):
        bench.desk.scheduler.pin("nowhere", "one")
    with pytest.raises(NotFound, match="no node"):
        bench.desk.scheduler.pin("line", "two")
    with pytest.raises(NotFound, match="no node"):
        bench.desk.drain("two", on=True)
    with pytest.raises(Conflict, match="--faults"):
        bench.desk.fault("one", m.Fault(kind="kill"))
    brave = bench.node("brave", faults=True)
    bench.desk.fault("brave", m.Fault(kind="squeeze", delay_ms=5.0))
    assert [f.delay_ms for f in brave.of(m.Fault)] == [5.0]  # type: ignore[attr-defined]


def test_a_changed_plant_reaches_the_holder_under_the_same_token() -> None:
    bench = EdgeBench()
    node = bench.node("one")
    running(bench, node)
    before = node.held["line"].token
    more = TwinType(
        name="Machine", signals=(*bench.core.registry.get("line/a").spec.type.signals, SignalSpec(path="z"))
    )
    bench.core.registry.replace(TwinSpec(id="line/a", type=more, topic="t/line/a"))
    bench.core.telemetry.ensure()
    bench.desk.rebuild()
    assert node.held["line"].token == before
    (twin,) = [t for t in node.held["line"].twins if t.id == "line/a"]
    slot = twin.slots["z"]
    node.rows("line", SampleBatch.of([slot], [7.0], bench.clock.time_ns()))
    assert bench.committed[-1].slot.tolist() == [slot]


def test_rows_of_another_group_are_foreign() -> None:
    bench = EdgeBench()
    node = bench.node("one")
    running(bench, node)
    node.rows("line", bench.sample(1.0, twin="tank/c"))
    node.rows("line", SampleBatch.of(np.array([10_000]), [1.0], bench.clock.time_ns()))
    assert bench.values("tank/c") == []
    assert node.node.counts.foreign == 2
