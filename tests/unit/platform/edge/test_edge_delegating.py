"""Detectors are left to the node that has their group, which may send their outputs and say how they stand; no more."""

from pathlib import Path
from typing import Any

import msgspec
import pytest

from doubles.edge_desk import EdgeBench, FakeNode, running
from plantverse.errors import ProtocolViolation
from plantverse.platform.edge import messages as m
from plantverse.platform.edge.delegating import MOST_MODEL_BYTES
from plantverse.twins.samples import SampleBatch
from plantverse.twins.specs import DetectorSpec

HASH = "ab" * 32
ID = "line/a:anomaly"


@pytest.fixture
def bench(tmp_path: Path) -> EdgeBench:
    made = EdgeBench()
    declare(made, tmp_path)
    return made


def declare(bench: EdgeBench, folder: Path, *, size: int = 10, digest: str = HASH) -> None:
    files = folder / "model.json", folder / "arrays.npz"
    for path in files:
        path.write_bytes(b"x" * size)
    spec = DetectorSpec(twin="line/a", model="line", version=3, hash=digest)
    bench.detection.found = [(spec, files)]
    # The second signal of the other twin stands in for the outputs, which its group may not send otherwise.
    bench.detection.slots = {ID: (bench.core.registry.get("tank/c").slots["n"],)}


def placed(bench: EdgeBench, *nodes: FakeNode, **detects: str) -> FakeNode:
    """Let the nodes take their groups; returns the one that has `line`."""
    bench.pass_time(0.1, beating=nodes)
    for node in nodes:
        for group in node.held:
            node.ready(group, detects={ID: detects.get("why", "")} if group == "line" else {})
    bench.broker.finish_cuts()
    bench.pass_time(0.2, beating=nodes)
    return next(node for node in nodes if "line" in node.held)


def score(bench: EdgeBench) -> SampleBatch:
    return SampleBatch.of(bench.detection.slots[ID], [0.5], bench.clock.time_ns())


def facts(node: FakeNode, **members: Any) -> m.Facts:
    return m.Facts(group="line", token=node.held["line"].token, **members)


def test_the_model_comes_before_the_group_and_only_once(bench: EdgeBench) -> None:
    node = placed(bench, bench.node("edge-1"))
    assert [type(message).__name__ for message in node.got if not isinstance(message, m.BeatAnswer)][:3] == [
        "Welcome",
        "Model",
        "Assign",
    ]
    (model,) = node.of(m.Model)
    assert (model.name, model.version, model.hash, model.facts) == ("line", 3, HASH, b"x" * 10)  # type: ignore[union-attr]
    assert [spec.id for spec in node.held["line"].detectors] == [ID]
    assert node.held["tank"].detectors == []
    assert bench.detection.places == {ID: "edge-1"}
    bench.desk.rebuild()
    bench.pass_time(2.0, beating=[node])
    assert len(node.of(m.Model)) == 1


def test_a_node_that_keeps_the_model_is_not_sent_it(bench: EdgeBench) -> None:
    node = placed(bench, bench.node("edge-1", models=(HASH,)))
    assert node.of(m.Model) == []
    assert bench.detection.places == {ID: "edge-1"}


def test_outputs_are_taken_from_the_node_that_runs_the_detector_alone(bench: EdgeBench) -> None:
    node = placed(bench, bench.node("edge-1"))
    node.rows("line", score(bench))
    assert node.node.counts.foreign == 0
    assert bench.committed[-1].value.tolist() == [0.5]
    node.rows("tank", score(bench))
    assert node.node.counts.foreign == 0, "the slot is the tank's own here"
    bench.detection.slots = {ID: (bench.core.registry.get("line/b").slots["x"],)}
    node.rows("tank", score(bench))
    assert node.node.counts.foreign == 1


def test_one_that_cannot_run_it_says_why_and_the_server_goes_on(bench: EdgeBench) -> None:
    node = placed(bench, bench.node("edge-1"), why="no room")
    assert bench.detection.places == {}
    node.rows("line", score(bench))
    assert node.node.counts.foreign == 1
    node.say(facts(node, detectors={ID: m.Detecting(state="watching")}))
    assert bench.detection.heard == []


def test_what_a_node_says_of_its_detectors_is_heard_by_the_servers_clock(bench: EdgeBench) -> None:
    node = bench.node("edge-1")
    for _ in range(9):
        node.beat(ahead_s=-0.5, rtt_s=0.0)
    placed(bench, node)
    since_us = bench.clock.time_ns() / 1e3 - 1e6
    said = m.Detecting(state="watching", since_us=since_us, shares=[m.Share(signal="line/a:x", share=0.9)])
    stranger = "tank/c:anomaly"
    anomaly = m.Anomaly(action="began", peak=2.0, since_us=since_us, blamed=[m.Share(signal="line/a:x", share=0.9)])
    node.say(
        facts(
            node,
            detectors={ID: said, stranger: said},
            anomalies=[(ID, bench.clock.time_ns() / 1e3, anomaly), (stranger, 0.0, anomaly)],
        )
    )
    ((detector, place, heard),) = bench.detection.heard
    assert (detector, place, heard["state"]) == (ID, "edge-1", "watching")
    assert heard["since_us"] == since_us + 0.5e6
    assert heard["shares"] == [{"signal": "line/a:x", "share": 0.9}]
    assert node.node.counts.foreign == 2
    events, _, _ = bench.core.events.read(0, 1_000)
    (event,) = [event for event in events if event.kind == "anomaly"]
    assert (event.twin, event.body["model"], event.body["runs_on"]) == ("line/a", "line", "edge-1")
    assert event.at_ns <= bench.clock.time_ns(), "never in the future"


def test_a_detector_that_fails_there_is_taken_up_again(bench: EdgeBench) -> None:
    node = placed(bench, bench.node("edge-1"))
    node.say(facts(node, detectors={ID: m.Detecting(state="failing", message="it crashed")}))
    bench.pass_time(0.1, beating=[node])
    assert bench.detection.places == {}
    assert bench.desk.handover.lives["line"].detects == {ID: "it crashed"}
    bench.pass_time(5.0, beating=[node])
    assert len(node.of(m.Assign)) == 2, "not tried again and again on the same node"


def test_a_dead_node_leaves_its_detectors_to_the_server(bench: EdgeBench) -> None:
    placed(bench, bench.node("edge-1"))
    bench.pass_time(3.0)
    assert bench.detection.places == {}


def test_another_model_is_assigned_anew(bench: EdgeBench, tmp_path: Path) -> None:
    node = placed(bench, bench.node("edge-1"))
    declare(bench, tmp_path, digest="cd" * 32)
    bench.pass_time(1.2, beating=[node])
    assert [model.hash for model in node.of(m.Model)] == [HASH, "cd" * 32]  # type: ignore[union-attr]
    assert node.held["line"].detectors[0].hash == "cd" * 32
    assert bench.detection.places == {}, "until the node says that it runs the new one"
    node.ready("line", detects={ID: ""})
    bench.pass_time(0.1, beating=[node])
    assert bench.detection.places == {ID: "edge-1"}


def test_a_node_whose_clock_is_wrong_gets_none_until_it_is_right(bench: EdgeBench) -> None:
    node = bench.node("edge-1")
    for _ in range(9):
        node.beat(ahead_s=3600.0)
    running(bench, node)
    assert node.held["line"].detectors == []
    for _ in range(9):
        node.beat()
    bench.pass_time(1.2, beating=[node])
    assert [spec.id for spec in node.held["line"].detectors] == [ID]


def test_a_large_model_stays_on_the_server(bench: EdgeBench, tmp_path: Path) -> None:
    declare(bench, tmp_path, size=MOST_MODEL_BYTES)
    node = bench.node("edge-1")
    running(bench, node)
    assert node.held["line"].detectors == []


def test_a_model_that_vanishes_is_not_sent(bench: EdgeBench, tmp_path: Path) -> None:
    (tmp_path / "arrays.npz").unlink()
    node = bench.node("edge-1")
    running(bench, node)
    assert node.held["line"].detectors == []


@pytest.mark.parametrize(
    "said",
    [
        {"state": "x" * (m.MOST_TEXT + 1)},
        {"state": "watching", "shares": [{"signal": "a", "share": 1.0}] * (m.MOST_SHARES + 1)},
        {"state": "watching", "since_us": "now"},
    ],
)
def test_what_is_too_long_or_no_number_ends_the_connection(said: dict[str, Any]) -> None:
    raw = msgspec.msgpack.encode({"type": "facts", "group": "line", "token": 1, "detectors": {ID: said}})
    with pytest.raises(ProtocolViolation):
        m.decode_node(raw)
