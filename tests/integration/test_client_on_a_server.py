"""`plantverse.connect` and the command line against a real server on a real broker."""

import csv
import json
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import paho.mqtt.client as paho
import pytest
from paho.mqtt.enums import CallbackAPIVersion
from typer.testing import CliRunner

import plantverse
from doubles.mosquitto import Mosquitto
from doubles.server import ServerProcess
from plantverse.cli import app
from plantverse.client import Change
from plantverse.errors import NotFound, SelectorInvalid

PLANT = """
from plantverse import Limits, Plant, Telemetry, Twin

class Pump(Twin):
    flow = Telemetry(unit="m3/h", limits=Limits(h=100))

plant = Plant("demo")
plant.add(Pump("hall/pump-1", topic="plant/pump-1"))
plant.add(Pump("hall/pump-2", topic="plant/pump-2"))
"""
FLOW = "hall/pump-1:flow"
Publish = Callable[..., None]


@pytest.fixture
def publish(mosquitto: Mosquitto) -> Iterator[Publish]:
    """Send a flow of pump 1 and return when the broker has it."""
    client = paho.Client(CallbackAPIVersion.VERSION2)
    client.connect("127.0.0.1", mosquitto.port)
    client.loop_start()

    def send(flow: float, topic: str = "plant/pump-1") -> None:
        client.publish(topic, json.dumps({"flow": flow}), qos=1).wait_for_publish(30)

    yield send
    client.disconnect()
    client.loop_stop()


@pytest.fixture
def plant_server(mosquitto: Mosquitto, tmp_path: Path) -> Iterator[ServerProcess]:
    """A running server with two pumps."""
    (tmp_path / "plant.py").write_text(PLANT)
    server = ServerProcess(tmp_path / "server", tmp_path / "plant.py", mosquitto.url)
    server.folder.mkdir()
    server.start()
    yield server
    server.stop()


def wait_for(server: ServerProcess, flow: float) -> None:
    server.wait_for(lambda: server.value(FLOW) == flow, f"{FLOW} = {flow}")


def until(changes: Iterator[Change], value: float, signal: str = FLOW) -> Change:
    """Return the first change of a signal to a value; the test's own timeout ends a wait in vain."""
    return next(change for change in changes if change.signal == signal and change.value == value)


def test_latest_history_buckets_and_as_of(plant_server: ServerProcess, publish: Publish) -> None:
    for flow in (1.0, 2.0, 3.0):
        publish(flow)
    wait_for(plant_server, 3.0)
    with plantverse.connect(plant_server.url) as plant:
        assert plant.role == "admin"
        assert [t["id"] for t in plant.twins("type:Pump")] == ["hall/pump-1", "hall/pump-2"]
        reading = plant.latest(FLOW)[FLOW]
        assert (reading.value, reading.unit, reading.good) == (3.0, "m3/h", True)
        assert reading.age_s is not None
        plant_server.wait_for(lambda: len(plant.history(FLOW)) == 3, "three stored samples")
        series = plant.history(FLOW)
        assert series.value.tolist() == [1.0, 2.0, 3.0]
        assert (series.time[1:] >= series.time[:-1]).all()
        buckets = plant.buckets(FLOW, "-1h", width="1h")
        assert (buckets.minimum.min(), buckets.maximum.max(), buckets.count.sum()) == (1.0, 3.0, 3)
        assert plant.as_of("now", FLOW).readings[FLOW].value == 3.0
        with pytest.raises(NotFound, match="pump-9"):
            plant.history("hall/pump-9:flow")


def test_watch_goes_on_over_a_killed_server(plant_server: ServerProcess, publish: Publish) -> None:
    with plantverse.connect(plant_server.url) as plant:
        changes = plant.watch("area:* or type:Pump")
        publish(10.0)
        first = until(changes, 10.0)
        assert (first.unit, first.good) == ("m3/h", True)
        assert first.age_s is not None
        plant_server.kill()
        restart = threading.Thread(target=plant_server.start)
        restart.start()
        publish(11.0)
        until(changes, 11.0)
        restart.join()


async def test_watch_async_sees_only_what_it_selected(plant_server: ServerProcess, publish: Publish) -> None:
    with plantverse.connect(plant_server.url) as plant:
        publish(20.0)
        publish(21.0, "plant/pump-2")
        seen = set()
        async for change in plant.watch_async("hall/pump-2:flow"):
            seen.add(change.signal)
            if change.value == 21.0:
                break
        assert seen == {"hall/pump-2:flow"}


def test_every_sample_in_batch_mode(plant_server: ServerProcess, publish: Publish) -> None:
    with plantverse.connect(plant_server.url) as plant:
        changes = plant.watch(FLOW, mode="batch")
        listening = threading.Event()

        def knock() -> None:
            while not listening.wait(0.05):
                publish(0.5)

        knocking = threading.Thread(target=knock)
        knocking.start()
        until(changes, 0.5)
        listening.set()
        knocking.join()
        for flow in range(1, 30):
            publish(float(flow))
        later = (change.value for change in changes if change.value != 0.5)
        assert [next(later) for _ in range(29)] == [float(flow) for flow in range(1, 30)]


def test_a_wrong_selector_is_an_error(plant_server: ServerProcess) -> None:
    with plantverse.connect(plant_server.url) as plant:
        with pytest.raises(SelectorInvalid):
            plant.latest("type:(")
        with pytest.raises(SelectorInvalid):
            next(plant.watch("type:("))


def test_an_alarm_is_acknowledged(plant_server: ServerProcess, publish: Publish) -> None:
    publish(150.0)
    with plantverse.connect(plant_server.url) as plant:
        plant_server.wait_for(lambda: len(plant.alarms("unacknowledged")) == 1, "an alarm")
        (alarm,) = plant.alarms()
        assert alarm["alarm"] == "hall/pump-1:flow:h"
        plant.acknowledge(alarm["alarm"], "seen")
        plant_server.wait_for(lambda: plant.alarms()[0]["state"] == "acknowledged", "the acknowledgement")
        plant_server.wait_for(
            lambda: any(e["body"].get("action") == "acknowledged" for e in plant.events(kind="alarm")), "its event"
        )


def test_the_command_line_reads_the_server(
    plant_server: ServerProcess, publish: Publish, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PLANTVERSE_URL", plant_server.url)
    publish(5.0)
    wait_for(plant_server, 5.0)
    plant_server.wait_for(lambda: len(plant_server.get(f"/history/series?signal={FLOW}")["value"]) == 1, "history")

    def run(*arguments: str) -> str:
        result = CliRunner().invoke(app, list(arguments))
        assert result.exit_code == 0, result.output
        return result.stdout

    assert "hall/pump-1\tPump" in run("plant", "ls", "hall/pump-1")
    assert run("plant", "get", FLOW).splitlines()[1].startswith(f"{FLOW}\t5\tm³/h")
    assert "5" in run("plant", "explain", "plant/pump-1", '{"flow": 5}')
    assert json.loads(run("watch", FLOW, "--count", "1", "--json"))["value"] == 5.0
    assert "\t5\tm3/h\tgood" in run("data", "query", FLOW)
    run("data", "export", "type:Pump", "--out", str(tmp_path / "out.csv"))
    assert [row["value"] for row in csv.DictReader((tmp_path / "out.csv").read_text().splitlines())] == ["5.0"]
    assert "records hold" in run("audit", "verify", "--data", str(plant_server.folder / "state"))
