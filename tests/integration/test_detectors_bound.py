"""Detectors bound to twins of a real server: hot, in a worker of its own, a state for everything that goes wrong."""

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from doubles.mosquitto import Mosquitto
from doubles.pump_device import HEALTHY, STRANGE, Device, detector, save_model
from doubles.server import ServerProcess

PLANT = """\
[plant]
name = "demo"

[[twin]]
id = "hall/pump-1"
topic = "plant/pump-1"
[twin.signals]
flow = { unit = "m3/h" }
speed = { unit = "rpm" }

[[twin]]
id = "hall/pump-2"
topic = "plant/pump-2"
[twin.signals]
flow = { unit = "m3/h" }
"""


@pytest.fixture
def server(mosquitto: Mosquitto, tmp_path: Path) -> Iterator[ServerProcess]:
    (tmp_path / "plant.toml").write_text(PLANT)
    made = ServerProcess(tmp_path, tmp_path / "plant.toml", mosquitto.url).start()
    yield made
    made.stop()


def state(server: ServerProcess) -> tuple[str, str]:
    found = detector(server)
    return found["state"], found["message"]


def score(server: ServerProcess) -> float:
    found = server.get("/signals?selector=hall/pump-1:anomaly.score")["signals"]
    return float(found[0]["value"]) if found and found[0]["value"] is not None else float("nan")


def workers(server: ServerProcess) -> list[int]:
    """Processes below the server that run models."""
    assert server._process is not None
    listed = subprocess.run(
        ["ps", "--ppid", str(server._process.pid), "-o", "pid=,args="], capture_output=True, text=True, check=False
    ).stdout
    return [int(line.split()[0]) for line in listed.splitlines() if "plantverse.ai.worker" in line]


def cli(server: ServerProcess, *arguments: str) -> str:
    command = [sys.executable, "-m", "plantverse", "ai", *arguments, "--url", server.url]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def test_a_bound_detector_scores_alarms_blames_and_goes(server: ServerProcess, pump: Device, tmp_path: Path) -> None:
    assert workers(server) == [], "no detector, no worker"
    status, body = server.post("/detectors/bind", {"twin": "hall/pump-1", "model": "pump"})
    assert (status, body["code"]) == (404, "not_found")
    digest = save_model(server)
    told = cli(server, "bind", "hall/pump-1", "pump", "--on-delay", "0", "--off-delay", "0")
    assert "hall/pump-1:anomaly watches 2 signals" in told
    assert "[[detector]]" in (tmp_path / "plant.toml").read_text()
    server.wait_for(lambda: score(server) < 1, "a normal score")
    found = detector(server)
    assert (found["state"], found["hash"], found["version"]) == ("watching", digest, 1)
    assert server.get("/alarms")["alarms"] == []

    pump.values = STRANGE
    server.wait_for(lambda: bool(server.get("/alarms")["alarms"]), "the alarm")
    (alarm,) = server.get("/alarms")["alarms"]
    assert (alarm["alarm"], alarm["twin"]) == ("hall/pump-1:anomaly.score:h", "hall/pump-1")
    twin = server.get("/twins/hall/pump-1")
    shown = twin["document"]["detectors"]["anomaly"]
    assert shown["beyond"] is True
    assert shown["shares"][0]["signal"] == "hall/pump-1:flow"
    assert twin["values"]["anomaly.blamed"]["label"] == "hall/pump-1:flow"
    status, _ = server.post("/alarms/shelve", {"alarm": alarm["alarm"], "duration_s": 60})
    assert status == 200, "it lives like any other alarm"

    pump.values = HEALTHY
    server.wait_for(lambda: score(server) < 1, "normal operation again")
    server.wait_for(lambda: len(server.get("/events?kind=anomaly&start=-1h")["events"]) == 2, "both events")
    began, ended = server.get("/events?kind=anomaly&start=-1h")["events"]
    assert (began["body"]["action"], ended["body"]["action"]) == ("began", "ended")
    assert began["body"]["blamed"][0]["signal"] == "hall/pump-1:flow"
    series = server.get("/history/series?signal=hall/pump-1:anomaly.score&start=-1h")
    assert max(series["value"]) > 1 > min(series["value"]), "it is stored like any other signal"

    assert json.loads(cli(server, "bound", "--json"))[0]["detector"] == "hall/pump-1:anomaly"
    cli(server, "unbind", "hall/pump-1")
    assert server.get("/detectors")["detectors"] == []
    assert "detectors" not in server.get("/twins/hall/pump-1")["document"]
    assert "anomaly.score" not in server.get("/twins/hall/pump-1")["values"]
    server.wait_for(lambda: workers(server) == [], "the end of the worker")


def test_what_goes_wrong_has_a_state_and_leaves_ingestion_alone(
    server: ServerProcess, pump: Device, tmp_path: Path
) -> None:
    save_model(server)
    cli(server, "bind", "hall/pump-1", "pump")
    server.wait_for(lambda: score(server) < 1, "a normal score")
    (worker,) = workers(server)

    os.kill(worker, signal.SIGKILL)
    server.wait_for(lambda: workers(server) not in ([], [worker]), "another worker")
    before = detector(server)["judged"]
    server.wait_for(lambda: detector(server)["judged"] > before, "rows of the new worker")
    assert server.get("/detectors")["worker"]["crashes"] == 1

    (hung,) = workers(server)
    os.kill(hung, signal.SIGSTOP)
    server.wait_for(lambda: server.get("/detectors")["worker"]["hangs"] == 1, "the hung worker is seen")
    server.wait_for(lambda: workers(server) not in ([], [hung]), "a third worker")
    server.wait_for(lambda: detector(server)["state"] == "watching", "watching again")

    model = tmp_path / "state" / "models" / "pump" / "1" / "model.json"
    whole = model.read_text()
    model.write_text(whole.replace('"mean"', '"mien"').replace('"rate"', '"rote"'))
    server.wait_for(lambda: state(server)[0] == "invalid", "the tampered model is refused")
    assert "changed since it was saved" in state(server)[1]
    model.write_text(whole.replace('"version": 1', '"version": 99'))
    server.wait_for(lambda: "format version 99" in state(server)[1], "a model of another version is refused")
    shutil.rmtree(model.parent.parent)
    server.wait_for(lambda: state(server)[0] == "no_model", "the deleted model is missed")
    assert server.get("/twins/hall/pump-1")["document"]["detectors"]["anomaly"]["state"] == "no_model"
    save_model(server)
    server.wait_for(lambda: state(server)[0] == "watching", "a new model is taken up without a restart")

    plant = tmp_path / "plant.toml"
    text = plant.read_text()
    first, second = text.index("[[twin]]"), text.index("[[twin]]", text.index("[[twin]]") + 1)
    plant.write_text(text[:first] + text[second:])
    server.wait_for(lambda: state(server)[0] == "no_twin", "the vanished twin is missed")
    plant.write_text(text)
    server.wait_for(lambda: state(server)[0] == "watching", "the twin is back")
    moved = text.replace('id = "hall/pump-1"', 'id = "hall/pump-9"')
    plant.write_text(moved.replace('twin = "hall/pump-1"', 'twin = "hall/pump-2"'))
    server.wait_for(lambda: state(server)[0] == "no_signals", "its signals are gone")

    log = server.log_path.read_text()
    assert "detector hall/pump-1:anomaly is invalid" in log
    assert "detector hall/pump-1:anomaly is no_model" in log
    health = server.health()
    assert set(health["ingest"]["rejected"]) <= {"unmapped"}, "but for the time without the twin"
    assert health["status"] == "ok"
