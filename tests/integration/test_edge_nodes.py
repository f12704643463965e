"""Real nodes, a real broker, a real history: each message is there once, whoever dies."""

import time
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

from doubles.counting_device import CountingDevice, check_each_once, until_arrived
from doubles.edge_process import NodeProcess
from doubles.mosquitto import Mosquitto
from doubles.server import ServerProcess
from plantverse._clock import SystemClock
from plantverse.client.rest import Address, Rest
from plantverse.errors import NotAllowed
from plantverse.platform.edge import messages as m
from plantverse.platform.edge.columns import encode_batch, group_check
from plantverse.platform.history.duckdb_store import DuckDbStore
from plantverse.platform.users import Role, UsersFile
from plantverse.twins.samples import SampleBatch

TWINS = ("line/a", "line/b", "tank/c")
PLANT = """\
[plant]
name = "edges"
""" + "".join(
    f"""
[[twin]]
id = "{twin}"
topic = "plant/{twin}"
availability = "plant/status"
[twin.signals]
count = {{ kind = "int", max_age_s = 600.0 }}
"""
    for twin in TWINS
)
MakeServer = Callable[..., ServerProcess]
MakeNode = Callable[..., NodeProcess]


@pytest.fixture
def plant(tmp_path: Path) -> Path:
    path = tmp_path / "plant.toml"
    path.write_text(PLANT)
    return path


def counting(broker: Mosquitto, *, qos: int = 1) -> CountingDevice:
    return CountingDevice(broker, TWINS, every_s=0.005, qos=qos)


def places(server: ServerProcess) -> dict[str, str]:
    return {g["name"]: g["place"] for g in server.get("/edge")["groups"] if g["phase"] == "running"}


def until_running(server: ServerProcess, *allowed: str) -> None:
    server.wait_for(
        lambda: (p := places(server)).keys() == {"line", "tank"} and set(p.values()) <= set(allowed), "place"
    )


def edge_events(server: ServerProcess, change: str) -> list[dict[str, Any]]:
    found = server.get("/events?kind=edge&start=-1h&limit=10000")["events"]
    return [event["body"] for event in found if event["body"]["change"] == change]


def _drain(socket: ClientConnection) -> None:
    while True:
        socket.recv(timeout=60)


def test_nothing_is_lost_or_twice_when_a_node_is_killed_and_when_all_are_gone(
    mosquitto: Mosquitto, make_server: MakeServer, make_node: MakeNode, plant: Path
) -> None:
    server = make_server(plant, mosquitto.url).start()
    with counting(mosquitto) as device:
        server.wait_for(
            lambda: server.value("line/a:count") not in {None, 0}, "the first numbers, by the server itself"
        )
        assert server.get("/edge")["active"] is False
        first = make_node("one", server, "--faults")
        until_running(server, "one")
        second = make_node("two", server)
        server.wait_for(lambda: second.state().get("phase") == "up", "the second node")
        status, answer = server.post("/edge/groups/tank/move", {"place": "two"})
        assert status == 200, answer
        server.wait_for(lambda: places(server) == {"line": "one", "tank": "two"}, "the move")
        assert server.get("/twins/tank/c")["document"]["runs_on"]["node"] == "two"
        page = urllib.request.urlopen(f"{server.url}/metrics", timeout=30).read().decode()
        assert 'plantverse_edge_nodes{phase="up"} 2.0' in page
        assert float(page.partition('plantverse_edge_rows_total{node="one"} ')[2].partition("\n")[0]) > 0
        assert server.get("/edge")["twins"] == {"line/a": "one", "line/b": "one", "tank/c": "two"}
        first.kill()
        until_running(server, "two")
        assert first.state()["phase"] == "lost"
        server.wait_for(lambda: server.value("edge/one:state") == 0, "the state of its twin")
        server.wait_for(
            lambda: [a["alarm"] for a in server.get("/alarms")["alarms"]] == ["edge/one:lost"], "the alarm of the node"
        )
        second.kill()
        until_running(server, "server")
        third = make_node("one", server)
        until_running(server, "one")
    count = device.sent
    until_arrived(server, TWINS, count)
    state = third.state()
    assert state["counts"]["rows"] > 0
    assert {k: state["counts"][k] for k in ("foreign", "skewed", "out_of_range", "not_a_number")} == {
        "foreign": 0, "skewed": 0, "out_of_range": 0, "not_a_number": 0,
    }  # fmt: skip
    gaps = edge_events(server, "gap")
    assert {(gap["group"], gap["from"], gap["to"]) for gap in gaps} >= {
        ("line", "one", "two"),
        ("line", "two", "server"),
    }
    assert third.stop() == 0
    server.wait_for(lambda: third.state()["phase"] == "left", "the goodbye")
    check_each_once(server, TWINS, count)


def test_a_frozen_node_is_fenced_and_a_restarted_server_goes_on_where_it_was(
    mosquitto: Mosquitto, make_server: MakeServer, make_node: MakeNode, plant: Path
) -> None:
    server = make_server(plant, mosquitto.url).start()
    with counting(mosquitto) as device:
        one = make_node("one", server)
        until_running(server, "one")
        one.freeze()
        until_running(server, "server")
        one.thaw()
        until_running(server, "one")
        server.kill()
        server.start()
        until_running(server, "one")
        assert server.get("/edge")["groups"][0]["token"] >> 32 > 1
    count = device.sent
    until_arrived(server, TWINS, count)
    one.kill()
    check_each_once(server, TWINS, count)


def test_with_qos_0_a_death_costs_two_seconds_at_most_and_is_recorded(
    mosquitto: Mosquitto, make_server: MakeServer, make_node: MakeNode, plant: Path
) -> None:
    plant.with_name("plantverse.toml").write_text("[mqtt]\nqos = 0\n")
    server = make_server(plant, mosquitto.url).start()
    with counting(mosquitto, qos=0) as device:
        node = make_node("one", server)
        until_running(server, "one")
        server.wait_for(lambda: node.state()["counts"]["rows"] > 0, "rows by the node")
        node.kill()
        until_running(server, "server")
        server.wait_for(lambda: any(g["from"] == "one" for g in edge_events(server, "gap")), "the record of the gap")
        gaps = {g["group"]: g for g in edge_events(server, "gap") if g["from"] == "one" and g["to"] == "server"}
        assert gaps.keys() == {"line", "tank"}
        assert all(g["qos"] == 0 and g["end_us"] - g["start_us"] > 0 for g in gaps.values())
    count = device.sent
    until_arrived(server, TWINS, count)
    server.stop()
    store = DuckDbStore(server.folder / "state" / "history")
    try:
        series = store.series("line/a:count", 0, 1 << 62)
    finally:
        store.close()
    numbers = [int(v) for v in series.value.tolist()]
    assert numbers == sorted(set(numbers)), "none twice, and in order"
    missing = set(range(count)) - set(numbers)
    at_us = dict(zip(numbers, (series.observed_ns / 1e3).tolist(), strict=True))
    before, after = (at_us[n] for n in (min(missing) - 1, max(missing) + 1))
    gap = gaps["line"]
    assert missing == set(range(min(missing), max(missing) + 1)), "one hole"
    assert before <= gap["end_us"]
    assert after >= gap["start_us"], "the hole is where the record says"


def test_links_are_squeezed_nodes_are_told_apart_by_token_and_garbage_gets_nowhere(
    mosquitto: Mosquitto, make_server: MakeServer, make_node: MakeNode, plant: Path, tmp_path: Path
) -> None:
    server = make_server(plant, mosquitto.url)
    users = UsersFile(server.folder / "state" / "users.json", SystemClock())
    node_token, viewer = users.create("nodes", Role.NODE), users.create("vera", Role.VIEWER)
    admin = users.create("ada", Role.ADMIN)
    server.start()
    assert make_node("none", server).wait() == 1
    assert make_node("viewer", server, token=viewer).wait() == 1
    assert "needs a token of role node" in (tmp_path / "viewer.log").read_text()
    rest = Rest(Address(server.url), admin)
    as_node, as_viewer = Rest(Address(server.url), node_token), Rest(Address(server.url), viewer)
    with pytest.raises(NotAllowed, match="edge node"):
        as_node.get("/twins")
    make_node("one", server, "--faults", token=node_token)

    def state() -> dict[str, Any]:
        return next((n for n in rest.get("/edge")["nodes"] if n["name"] == "one"), {})

    server.wait_for(lambda: state().get("phase") == "up", "the node")
    rest.post("/edge/nodes/one/fault", {"kind": "squeeze", "delay_ms": 120.0, "seconds": 600.0})
    server.wait_for(lambda: state()["fault"] == "120 ms" and state()["rtt_ms"] > 200, "the round trip")
    server.wait_for(
        lambda: {g["place"] for g in rest.get("/edge")["groups"]} == {"server"}, "that nothing is left on a poor link"
    )
    with pytest.raises(NotAllowed, match="needs operator"):
        as_viewer.post("/edge/nodes/one/fault", {"kind": "kill"})
    url = Address(server.url).edge
    hello = m.Hello(versions=(m.PROTOCOL,), name="liar", boot="1", token=node_token)
    for data in (b"\xff" * 100, m.encode(m.Goodbye()), b"B" + bytes(40)):
        with connect(url) as socket:
            socket.send(data)
            assert isinstance(m.decode_server(socket.recv(timeout=30)), m.Bye)  # type: ignore[arg-type]
    with connect(url) as socket:
        socket.send(m.encode(hello))
        assert isinstance(m.decode_server(socket.recv(timeout=30)), m.Welcome)  # type: ignore[arg-type]
        rows = SampleBatch.of([0], [1e9], time.time_ns())
        socket.send(
            encode_batch(rows, slots=rows.slot.astype("u4"), number=1, token=1 << 33, group=group_check("line"))
        )
        answers = [m.decode_server(socket.recv(timeout=30))]  # type: ignore[arg-type]
        assert any(isinstance(answer, m.Refuse) for answer in answers), answers
        users.revoke("nodes")
        with pytest.raises(ConnectionClosed):
            _drain(socket)
    for client in (rest, as_node, as_viewer):
        client.close()
