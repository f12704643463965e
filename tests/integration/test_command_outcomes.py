"""Commands and wishes with a real device and a real broker: each has an outcome, whatever happens to the server."""

import getpass
import json
import queue
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import paho.mqtt.client as paho
import pytest
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.properties import Properties

from doubles.mosquitto import Mosquitto
from doubles.server import ServerProcess
from plantverse.platform.audit import newest, verify
from plantverse.twins.commands import CUT_OFF

PLANT = """\
[plant]
name = "outcomes"
types = ["types.py"]

[[twin]]
id = "hall/p1"
type = "Pump"
topic = "plant/p1"
"""
TYPES = """\
from plantverse import Command, Parameter, Property, Telemetry, Twin


class Pump(Twin):
    flow = Telemetry(max_age_s=3600)
    mode = Property(choices=("auto", "hand"), writable=True)
    move = Command(parameters={"to": Parameter(range=(0, 100))}, timeout_s=600)
"""
MakeServer = Callable[..., ServerProcess]


class Device:
    """A pump that lives and remembers what it was told: (topic, payload, retained, expiry in s)."""

    def __init__(self, broker: Mosquitto) -> None:
        self.heard: queue.Queue[tuple[str, dict[str, Any], bool, int | None]] = queue.Queue()
        self.client = paho.Client(CallbackAPIVersion.VERSION2, protocol=paho.MQTTv5)
        self.client.on_message = self._hear
        self.client.connect("127.0.0.1", broker.port)
        self.client.loop_start()
        self.client.subscribe([("plant/p1/cmd/move", 1), ("plant/p1/desired", 1)])

    def send(self, topic: str, **members: object) -> None:
        self.client.publish(topic, json.dumps(members), qos=1).wait_for_publish(30)

    def told(self) -> tuple[str, dict[str, Any], bool, int | None]:
        return self.heard.get(timeout=60)

    def close(self) -> None:
        self.client.disconnect()
        self.client.loop_stop()

    def _hear(self, _: paho.Client, __: object, message: paho.MQTTMessage) -> None:
        properties = message.properties
        expiry = getattr(properties, "MessageExpiryInterval", None) if isinstance(properties, Properties) else None
        self.heard.put((message.topic, json.loads(message.payload), message.retain, expiry))


@pytest.fixture
def plant(tmp_path: Path) -> Path:
    (tmp_path / "types.py").write_text(TYPES)
    path = tmp_path / "plant.toml"
    path.write_text(PLANT)
    return path


@pytest.fixture
def device(mosquitto: Mosquitto) -> Iterator[Device]:
    made = Device(mosquitto)
    yield made
    made.close()


def live(server: ServerProcess, device: Device) -> None:
    device.send("plant/p1", flow=1.5, mode="hand")
    server.wait_for(lambda: server.value("hall/p1:flow") == 1.5, "the device's sample")


def move(server: ServerProcess, to: float = 40) -> dict[str, Any]:
    status, answer = server.post("/commands", {"twin": "hall/p1", "command": "move", "args": {"to": to}, "reason": "t"})
    assert status == 202, answer
    return answer


def audited(server: ServerProcess) -> list[tuple[str, str]]:
    path = server.folder / "state" / "audit.jsonl"
    assert verify(path).holds
    return [(r["action"], r["detail"].get("request", "")) for r in newest(path, 100) if "." in r["action"]]


def test_a_device_carries_out_a_command_and_says_so(
    mosquitto: Mosquitto, make_server: MakeServer, plant: Path, device: Device
) -> None:
    server = make_server(plant, mosquitto.url, "--allow-write").start()
    live(server, device)
    request = move(server)["request"]
    topic, payload, retained, expiry_s = device.told()
    assert (topic, payload["id"], payload["args"], retained) == ("plant/p1/cmd/move", request, {"to": 40.0}, False)
    assert expiry_s is not None
    assert 500 < expiry_s <= 600
    device.send("plant/p1/cmd/answer", id=request, status="succeeded", message="done", result={"at": 40})
    found: dict[str, Any] = {}

    def over() -> bool:
        found.update(server.get(f"/commands/{request}"))
        return found["status"] != "pending"

    server.wait_for(over, "the outcome")
    assert (found["status"], found["message"], found["result"]) == ("succeeded", "done", {"at": 40})
    assert found["user"] == getpass.getuser()
    server.wait_for(lambda: len(audited(server)) == 2, "the audit record")
    assert audited(server) == [("command.asked", request), ("command.succeeded", request)]


def test_a_wish_stands_until_the_device_reports_it(
    mosquitto: Mosquitto, make_server: MakeServer, plant: Path, device: Device
) -> None:
    server = make_server(plant, mosquitto.url, "--allow-write").start()
    live(server, device)
    status, answer = server.post("/desired", {"twin": "hall/p1", "patch": {"mode": "auto"}})
    assert (status, answer["status"]) == (202, "pending")
    assert device.told()[:3] == ("plant/p1/desired", {"mode": "auto"}, False)
    document = server.get("/twins/hall/p1")["document"]
    assert (document["reported"], document["desired"]) == ({"mode": "hand"}, {"mode": "auto"})
    device.send("plant/p1", flow=1.5, mode="auto")
    server.wait_for(lambda: "desired" not in server.get("/twins/hall/p1")["document"], "the end of the wish")
    assert server.get(f"/desired/{answer['request']}")["status"] == "succeeded"


def test_a_foreign_broker_hears_nothing_and_the_command_is_refused(
    mosquitto: Mosquitto, make_server: MakeServer, plant: Path, device: Device
) -> None:
    server = make_server(plant, mosquitto.url).start()
    live(server, device)
    answer = move(server)
    assert answer["status"] == "refused"
    assert "allow" in answer["message"]
    assert "plant/p1/cmd" not in "".join(line for line in mosquitto.log().splitlines() if "PUBLISH from" in line)


@pytest.mark.parametrize("way", ["stop", "kill"])
def test_a_server_that_goes_leaves_no_request_without_an_outcome(
    mosquitto: Mosquitto, make_server: MakeServer, plant: Path, device: Device, way: str
) -> None:
    server = make_server(plant, mosquitto.url, "--allow-write").start()
    live(server, device)
    request = move(server)["request"]
    wish = server.post("/desired", {"twin": "hall/p1", "patch": {"mode": "auto"}})[1]["request"]
    server.wait_for(lambda: len(server.get("/events?kind=command")["events"]) == 1, "the command in history")
    getattr(server, way)()
    server.start()
    assert audited(server)[:2] == [("command.asked", request), ("desired.asked", wish)]
    assert sorted(audited(server)[2:]) == [("command.failed", request), ("desired.failed", wish)]
    assert "desired" not in server.get("/twins/hall/p1")["document"]

    def told() -> list[tuple[str, str]]:
        bodies = [e["body"] for e in server.get("/events?kind=command")["events"]]
        return sorted((b["status"], b["message"]) for b in bodies if b["request"] == request)

    server.wait_for(lambda: told() == [("failed", CUT_OFF), ("pending", "")], "both events in history")
    device.send("plant/p1/cmd/answer", id=request, status="succeeded")
    live(server, device)
    server.stop()
    server.start()
    assert len(audited(server)) == 4
