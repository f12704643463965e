"""A detector runs on the edge node that decodes its signals, and on the server when that dies."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from doubles.edge_process import NodeProcess
from doubles.mosquitto import Mosquitto
from doubles.pump_device import HEALTHY, STRANGE, Device, detector, save_model
from doubles.server import ServerProcess

PLANT = """\
[plant]
name = "edge-detectors"

[[twin]]
id = "hall/pump-1"
topic = "plant/pump-1"
[twin.signals]
flow = { unit = "m3/h" }
speed = { unit = "rpm" }

[[detector]]
twin = "hall/pump-1"
model = "pump"
on_delay_s = 0
off_delay_s = 0
"""


@pytest.fixture
def server(mosquitto: Mosquitto, tmp_path: Path) -> Iterator[ServerProcess]:
    (tmp_path / "plant.toml").write_text(PLANT)
    made = ServerProcess(tmp_path, tmp_path / "plant.toml", mosquitto.url)
    save_model(made)
    yield made.start()
    made.stop()


def group(server: ServerProcess) -> dict[str, Any]:
    """Return the group of the pump, {} while no node was ever there."""
    return next(iter(server.get("/edge")["groups"]), {})


def score(server: ServerProcess) -> dict[str, Any]:
    found: dict[str, Any] = server.get("/twins/hall/pump-1")["values"].get("anomaly.score", {})
    return found


def fresh(server: ServerProcess, than: float) -> bool:
    """Whether a score of a later moment has come."""
    found = score(server)
    return found.get("value") is not None and found["observed_us"] > than


def test_a_detector_follows_its_group_to_a_node_and_back(
    server: ServerProcess, pump: Device, make_node: Callable[..., NodeProcess]
) -> None:
    server.wait_for(lambda: score(server).get("value") is not None, "a score by the server")
    assert detector(server)["runs_on"] == ""
    node = make_node("edge-1", server)
    server.wait_for(lambda: detector(server)["runs_on"] == "edge-1", "the detector on the node")
    assert group(server)["detects"] == {"hall/pump-1:anomaly": ""}
    server.wait_for(lambda: detector(server)["state"] == "watching", "the node's word on it")
    asked, before = detector(server)["asked"], score(server)["observed_us"]
    server.wait_for(lambda: fresh(server, before + 1e6), "scores by the node")
    assert score(server)["value"] < 1
    assert detector(server)["asked"] == asked, "the server judges nothing meanwhile"

    pump.values = STRANGE
    server.wait_for(lambda: bool(server.get("/alarms")["alarms"]), "the alarm")
    shown = server.get("/twins/hall/pump-1")["document"]["detectors"]["anomaly"]
    server.wait_for(lambda: bool(detector(server)["shares"]), "the blame")
    assert detector(server)["shares"][0]["signal"] == "hall/pump-1:flow"
    assert shown["runs_on"] == "edge-1"
    events = lambda: server.get("/events?kind=anomaly&start=-1h")["events"]  # noqa: E731
    server.wait_for(lambda: [e["body"]["runs_on"] for e in events()] == ["edge-1"], "the event")
    pump.values = HEALTHY
    server.wait_for(lambda: [e["body"]["action"] for e in events()] == ["began", "ended"], "its end")

    node.kill()
    server.wait_for(lambda: detector(server)["runs_on"] == "", "the detector on the server again")
    before = score(server)["observed_us"]
    server.wait_for(lambda: fresh(server, before), "a score by the server again")
    assert detector(server)["asked"] > asked


def test_a_node_without_room_for_the_model_leaves_it_to_the_server(
    server: ServerProcess, pump: Device, make_node: Callable[..., NodeProcess]
) -> None:
    make_node("edge-1", server, "--memory-mb", "0")
    server.wait_for(lambda: group(server).get("detects"), "the node's answer")
    assert group(server)["detects"] == {"hall/pump-1:anomaly": "this node runs no detectors"}
    server.wait_for(lambda: score(server).get("value") is not None, "a score by the server")
    assert detector(server)["runs_on"] == ""
