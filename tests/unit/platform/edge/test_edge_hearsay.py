"""A node that lies: what it says besides rows is believed only as far as it can be, and ends nothing for others."""

import json
import math
from typing import Any

import pytest

from doubles.edge_desk import EdgeBench, FakeNode
from plantverse.errors import ProtocolViolation
from plantverse.platform.edge import messages as m
from plantverse.platform.edge.hearsay import AHEAD_US, LATE_US, LONGEST_US, MOST_EVENTS, Hearsay
from plantverse.twins.specs import DetectorSpec, PropertySpec, SignalSpec, TwinSpec, TwinType

ID = "line/a:anomaly"
NOW_US = 1.7e15
KNOWN = {"line/a:x", "line/a:n"}


def hearsay(offset_us: float = 0.0) -> Hearsay:
    return Hearsay(KNOWN.__contains__, offset_ns=round(offset_us * 1e3), now_ns=round(NOW_US * 1e3))


def share(value: float, signal: str = "line/a:x") -> m.Share:
    return m.Share(signal=signal, share=value)


@pytest.mark.parametrize("since_us", [math.nan, math.inf, -math.inf, 1e300, -1e300, -1.0, 0.0, NOW_US + 2 * AHEAD_US])
def test_a_beginning_that_cannot_be_is_now(since_us: float) -> None:
    heard = hearsay()
    assert heard.standing(m.Detecting(state="watching", since_us=since_us, shares=[share(0.5)]))["since_us"] == NOW_US
    body = heard.anomaly(m.Anomaly(action="began", peak=2.0, since_us=since_us))
    assert body is not None
    assert body["since_us"] == NOW_US
    assert heard.odd == 2


@pytest.mark.parametrize(
    ("said_us", "meant_us"),
    [(NOW_US - 5e6, NOW_US - 5e6), (NOW_US - LONGEST_US + 1e6, NOW_US - LONGEST_US + 1e6), (NOW_US + 5e5, NOW_US)],
)
def test_a_beginning_that_can_be_is_taken_by_the_servers_clock(said_us: float, meant_us: float) -> None:
    heard = hearsay(offset_us=3e6)
    said = m.Detecting(state="watching", since_us=said_us - 3e6, shares=[share(0.5)])
    assert (heard.standing(said)["since_us"], heard.odd) == (meant_us, 0)


def test_while_nothing_is_to_blame_nothing_has_begun() -> None:
    heard = hearsay(offset_us=3e6)
    assert (heard.standing(m.Detecting(state="watching"))["since_us"], heard.odd) == (0.0, 0)


@pytest.mark.parametrize("at_us", [math.nan, math.inf, -math.inf, 1e300, -5.0, NOW_US + 1e9, NOW_US - LATE_US - 1e6])
def test_an_event_is_never_of_the_future_nor_of_long_ago(at_us: float) -> None:
    heard = hearsay()
    assert (heard.at_ns(at_us), heard.odd) == (round(NOW_US * 1e3), 1)


@pytest.mark.parametrize("peak", [math.nan, math.inf, -math.inf, -0.5])
def test_an_anomaly_without_a_score_is_none(peak: float) -> None:
    heard = hearsay()
    assert heard.anomaly(m.Anomaly(action="began", peak=peak, since_us=NOW_US)) is None
    assert heard.odd == 1


@pytest.mark.parametrize(
    "bad",
    [
        share(math.nan),
        share(math.inf),
        share(-math.inf),
        share(-0.1),
        share(1.5),
        share(0.4, "tank/c:x"),
        share(0.4, "line/a:y"),
        share(0.4, "line/a"),
        share(0.4, ""),
        share(0.4, "line/a:x"),
    ],
)
def test_a_share_that_cannot_be_or_of_a_signal_that_is_not_its_own_is_left_out(bad: m.Share) -> None:
    heard = hearsay()
    good = [share(0.5), share(0.25, "line/a:n")]
    wanted = [{"signal": "line/a:x", "share": 0.5}, {"signal": "line/a:n", "share": 0.25}]
    said = m.Detecting(state="watching", since_us=NOW_US, shares=[*good, bad], first=[*good, bad])
    assert heard.standing(said) == {
        "state": "watching", "message": "", "hint": "", "since_us": NOW_US, "shares": wanted, "first": wanted,
    }  # fmt: skip
    assert heard.odd == 2


@pytest.mark.parametrize(
    "body",
    [
        {"signal": "tank/c:n", "from": 1, "to": 0},
        {"signal": "line/a:n", "from": math.nan, "to": 0},
        {"signal": "line/a:n", "from": 1, "to": -math.inf},
        {"signal": "line/a:n", "from": True, "to": 0},
        {"signal": "line/a:n", "from": "9", "to": 0},
        {"signal": "line/a:n", "from": [], "to": 0},
        {"signal": ["line/a:n"], "from": 9, "to": 0},
        {"signal": "line/a:n", "from": 9},
        {},
    ],
)
def test_a_counter_that_began_again_is_a_signal_and_two_numbers(body: dict[str, Any]) -> None:
    heard = hearsay()
    assert (heard.counter_reset(body), heard.odd) == (None, 1)
    told = {"signal": "line/a:n", "from": 9, "to": 0.5, "more": "x" * 9}
    assert heard.counter_reset(told) == {"signal": "line/a:n", "from": 9, "to": 0.5}


@pytest.mark.parametrize("value", [math.nan, math.inf, None, [], {"deep": {}}, b"x", "x" * 16_385])
def test_a_property_is_a_text_a_truth_value_or_a_number(value: Any) -> None:
    heard = hearsay()
    said = {"mode": "auto", "level": 3, "on": True, "serial": value, "stranger": 1}
    assert heard.reported(said, ["mode", "level", "on", "serial"]) == {"mode": "auto", "level": 3, "on": True}
    assert heard.odd == 2


@pytest.fixture
def bench(tmp_path) -> EdgeBench:
    made = EdgeBench()
    kind = TwinType(
        name="Own",
        signals=(SignalSpec(path="x"), SignalSpec(path="n", kind="int")),
        properties=(PropertySpec(path="mode"),),
    )
    made.core.registry.replace(TwinSpec(id="line/a", type=kind, topic="t/line/a"))
    made.desk.rebuild()
    files = tmp_path / "model.json", tmp_path / "arrays.npz"
    for path in files:
        path.write_bytes(b"x")
    made.detection.found = [(DetectorSpec(twin="line/a", model="line", version=1, hash="ab" * 32), files)]
    return made


def watching(bench: EdgeBench) -> FakeNode:
    """Return a node that runs the detector of `line`."""
    node = bench.node("edge-1")
    bench.pass_time(0.1, beating=[node])
    for group in node.held:
        node.ready(group, detects={ID: ""} if group == "line" else {})
    bench.broker.finish_cuts()
    bench.pass_time(0.2, beating=[node])
    return node


def test_whatever_a_node_says_in_one_message_documents_and_events_stay_readable(bench: EdgeBench) -> None:
    node = watching(bench)
    now_us = bench.clock.time_ns() / 1e3
    nan = math.nan
    lies = [share(nan), share(0.5, "tank/c:x"), share(0.5)]
    anomaly = m.Anomaly(action="began", peak=2.0, since_us=nan, blamed=lies)
    node.say(
        m.Facts(
            group="line",
            token=node.held["line"].token,
            reported={"line/a": {"mode": nan, "stranger": 1}, "tank/c": {"mode": "on"}, "nowhere": {}},
            events=[("counter_reset", "line/a", nan, {"signal": "line/a:n", "from": 9, "to": k}) for k in range(70)]
            + [("counter_reset", "line/a", nan, {"signal": "tank/c:n", "from": 9, "to": 1})]
            + [("alarm", "line/a", now_us, {"signal": "line/a:n", "from": 9, "to": 1})],
            detectors={ID: m.Detecting(state="watching", since_us=math.inf, shares=lies, first=lies)},
            anomalies=[(ID, nan, anomaly)] * 70 + [(ID, nan, m.Anomaly(action="ended", peak=nan, since_us=nan))],
        )
    )
    ((_, _, heard),) = bench.detection.heard
    assert heard["shares"] == heard["first"] == [{"signal": "line/a:x", "share": 0.5}]
    events, _, _ = bench.core.events.read(0, 1_000)
    told = {kind: [e for e in events if e.kind == kind] for kind in ("anomaly", "counter_reset", "alarm")}
    assert {kind: len(found) for kind, found in told.items()} == {
        "anomaly": MOST_EVENTS - 1,
        "counter_reset": MOST_EVENTS - 2,
        "alarm": 0,
    }
    assert {e.at_ns for e in told["anomaly"] + told["counter_reset"]} == {bench.clock.time_ns()}
    assert bench.core.state.get("line/a").get("reported", {}) == {}
    json.dumps([heard, *(e.body for e in events)], allow_nan=False)
    assert node.node.counts.foreign == 2
    assert node.node.counts.implausible > 2 * MOST_EVENTS
    assert not node.closed


def test_an_honest_message_is_taken_as_it_is(bench: EdgeBench) -> None:
    node = watching(bench)
    now_us = bench.clock.time_ns() / 1e3
    node.say(
        m.Facts(
            group="line",
            token=node.held["line"].token,
            reported={"line/a": {"mode": "auto"}},
            events=[("counter_reset", "line/a", now_us, {"signal": "line/a:n", "from": 9.0, "to": 1.0})],
            anomalies=[(ID, now_us, m.Anomaly(action="ended", peak=3.5, since_us=now_us - 60e6, blamed=[share(0.5)]))],
        )
    )
    assert node.node.counts.implausible == 0
    assert bench.core.state.get("line/a")["reported"] == {"mode": "auto"}
    events, _, _ = bench.core.events.read(0, 1_000)
    assert [e.body.get("peak", e.body.get("from")) for e in events if e.kind in {"anomaly", "counter_reset"}] == [
        9,
        3.5,
    ]


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf, 1e300])
@pytest.mark.parametrize("name", ["time_us", "rtt_us", "way_us", "load", "lag_us"])
def test_a_heart_beat_with_a_number_that_cannot_be_ends_the_connection(name: str, value: float) -> None:
    bench = EdgeBench()
    node = bench.node("edge-1")
    with pytest.raises(ProtocolViolation, match="number that cannot be"):
        node.say(m.Beat(**{"number": 9, "time_us": bench.clock.time_ns() / 1e3, name: value}))  # type: ignore[arg-type]
    assert abs(node.node.offset_ns) < 1_000_000_000
    assert math.isfinite(node.node.place.load)
