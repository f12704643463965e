"""The bottling plant at a real broker: messages, commands, faults by topic and by command line, its last will."""

import json
import re
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import paho.mqtt.client as paho
import pytest
from paho.mqtt.enums import CallbackAPIVersion
from typer.testing import CliRunner

from doubles.mosquitto import Mosquitto
from plantverse.cli import app
from plantverse.errors import BrokerUnavailable, ConfigInvalid, Conflict, NotFound, RequestInvalid
from plantverse.sim.bottling.faults import KINDS
from plantverse.sim.bottling.plant import GATEWAY_ID, SIM_ID, plant
from plantverse.sim.bottling.publisher import BottlingPublisher
from plantverse.sim.bottling.telegrams import SCALARS

pytestmark = pytest.mark.broker
_DEADLINE_S = 40.0


class Ear:
    """Everything that was published, by topic."""

    def __init__(self, port: int) -> None:
        self._lock = threading.Lock()
        self._heard: dict[str, list[bytes]] = {}
        self._ready = threading.Event()
        self.client = paho.Client(CallbackAPIVersion.VERSION2)
        self.client.on_connect = lambda client, *_: client.subscribe([("plant/#", 1), ("sim/#", 1)])
        self.client.on_subscribe = lambda *_: self._ready.set()
        self.client.on_message = self._take
        self.client.connect("127.0.0.1", port)
        self.client.loop_start()
        assert self._ready.wait(_DEADLINE_S)

    def _take(self, _client: object, _data: object, message: paho.MQTTMessage) -> None:
        with self._lock:
            self._heard.setdefault(message.topic, []).append(bytes(message.payload))

    def heard(self, topic: str) -> list[bytes]:
        with self._lock:
            return list(self._heard.get(topic, ()))

    def last(self, topic: str) -> Any:
        return json.loads(self.until(lambda: self.heard(topic))[-1])

    def topics(self) -> set[str]:
        with self._lock:
            return set(self._heard)

    def until(self, wanted: Callable[[], Any]) -> Any:
        end = time.monotonic() + _DEADLINE_S
        while time.monotonic() < end:
            if found := wanted():
                return found
            time.sleep(0.02)
        raise AssertionError(f"not heard within {_DEADLINE_S:g} s; topics: {sorted(self.topics())}")

    def ask(self, topic: str, told: dict[str, Any] | bytes, answers: str) -> dict[str, Any]:
        before = len(self.heard(answers))
        self.client.publish(topic, told if isinstance(told, bytes) else json.dumps(told), qos=1)
        found: dict[str, Any] = json.loads(self.until(lambda: self.heard(answers)[before:])[0])
        return found


@pytest.fixture
def ear(mosquitto: Mosquitto) -> Iterator[Ear]:
    made = Ear(mosquitto.port)
    yield made
    made.client.disconnect()
    made.client.loop_stop()


@pytest.fixture
def devices(mosquitto: Mosquitto, ear: Ear) -> Iterator[BottlingPublisher]:
    made = BottlingPublisher(mosquitto.url, rate_hz=20, faults=False)
    made.start()
    # It subscribes before it says so.
    ear.until(lambda: ear.heard("plant/status"))
    yield made
    made.stop()


def sim(*arguments: str) -> str:
    result = CliRunner().invoke(app, ["sim", *arguments])
    if isinstance(result.exception, Exception):
        raise result.exception
    assert result.exit_code == 0, result.output
    return result.output


def test_all_devices_publish_answer_and_take_what_is_desired(ear: Ear, devices: BottlingPublisher) -> None:
    topics = {t.topic for t in plant.spec().twins if t.id not in SCALARS}
    ear.until(lambda: topics <= ear.topics())
    ear.until(lambda: ear.heard("plant/hall/climate-1/temperature"))
    assert 10 < float(ear.heard("plant/hall/climate-1/temperature")[-1]) < 40
    assert ear.heard("plant/status") == [b"online"]
    filler = ear.last("plant/line/filler")
    assert filler["state"] == "RUNNING"
    assert abs(filler["ts"] / 1000 - time.time()) < 60
    answers = "plant/process/water-pump/cmd/answer"
    told = {"id": "a1", "args": {"speed": 2000}}
    assert ear.ask("plant/process/water-pump/cmd/set_speed", told, answers) == {
        "id": "a1", "status": "succeeded", "message": "speed set to 2000 rpm",
    }  # fmt: skip
    told = {"id": "a2", "args": {"speed": 9000}}
    assert ear.ask("plant/process/water-pump/cmd/set_speed", told, answers)["status"] == "refused"
    told = {"id": "a3", "expires_us": 1}
    assert ear.ask("plant/process/water-pump/cmd/stop", told, answers)["status"] == "expired"
    assert ear.ask("plant/process/water-pump/cmd/stop", b"\xff{", answers)["status"] == "refused"
    ear.client.publish("plant/utilities/chiller-1/desired", '{"setpoint": 99}', qos=1)
    ear.client.publish("plant/utilities/chiller-1/desired", '{"setpoint": 8}', qos=1)
    ear.until(lambda: ear.last("plant/utilities/chiller-1")["setpoint"] == 8)


def test_the_control_topic_injects_and_clears_and_truth_is_retained(
    mosquitto: Mosquitto, ear: Ear, devices: BottlingPublisher
) -> None:
    args = {"kind": "worn_belt", "target": "line/conveyor-2", "severity": 0.7, "onset": 0.5}
    answer = ear.ask("sim/control/inject", {"id": "b1", "args": args}, "sim/control/answer")
    assert answer == {"id": "b1", "status": "succeeded", "message": "worn_belt begins at line/conveyor-2"}
    ear.until(lambda: ear.last("sim/truth/worn_belt")["level"] == 0.7)
    ear.until(lambda: ear.last("plant/line/conveyor-2")["belt_speed"] < 0.45)
    ear.until(lambda: ear.last(f"plant/{SIM_ID}")["faults"] == "worn_belt at line/conveyor-2")
    late = Ear(mosquitto.port)
    ear.until(lambda: len(ear.topics() & {f"sim/truth/{kind}" for kind in KINDS}) == len(KINDS))
    assert late.last("sim/truth/worn_belt")["faults"][0]["severity"] == 0.7
    late.client.disconnect()
    late.client.loop_stop()
    refused = ear.ask("sim/control/inject", {"args": {"kind": "gremlins"}}, "sim/control/answer")
    assert (refused["status"], "unknown fault" in refused["message"]) == ("refused", True)
    assert ear.ask("sim/control/dance", {}, "sim/control/answer")["status"] == "refused"
    cleared = ear.ask("sim/control/clear", {"args": {"kind": "worn_belt"}}, "sim/control/answer")
    assert cleared["message"] == "1 faults cleared"
    ear.until(lambda: ear.last("sim/truth/worn_belt") == {"level": 0.0, "faults": []})


def test_the_command_line_injects_lists_and_clears(mosquitto: Mosquitto, devices: BottlingPublisher) -> None:
    place = ("--mqtt", mosquitto.url)
    text = sim("fault", "sensor_drift", "process/product-tank:temperature", "--severity", "0.6", *place)
    assert text == "sensor_drift begins at process/product-tank:temperature\n"
    listed = {line.split("\t")[0]: line.split("\t")[3] for line in sim("ls", *place).splitlines()}
    assert listed["sensor_drift"] == "process/product-tank:temperature 0.6 of 0.6"
    assert listed["leak"] == "-"
    with pytest.raises(Conflict, match="no device nowhere"):
        sim("fault", "leak", "nowhere", *place)
    with pytest.raises(RequestInvalid, match="a fault, or --clear"):
        sim("fault", *place)
    assert sim("fault", "--clear", *place) == "1 faults cleared\n"


def test_time_can_go_faster(ear: Ear, devices: BottlingPublisher) -> None:
    told = {"id": "c1", "args": {"factor": 20}}
    assert ear.ask("sim/control/set_factor", told, "sim/control/answer")["status"] == "succeeded"
    before = ear.last(f"plant/{SIM_ID}")["elapsed"]
    ear.until(lambda: ear.last(f"plant/{SIM_ID}")["elapsed"] > before + 60 / 3600)
    assert ear.last(f"plant/{SIM_ID}")["factor"] == 20


def test_the_product_is_changed_once_on_demand(ear: Ear, devices: BottlingPublisher) -> None:
    ear.until(lambda: "worn_belt: line/conveyor-1" in ear.last("sim/places")["places"])
    assert "bearing_wear: process/water-pump" in ear.last("sim/places")["shows"]
    told = {"id": "p1", "args": {"cleaning": True}}
    answer = ear.ask("sim/control/change_product", told, "sim/control/answer")
    assert answer["message"] == "Lemonade 0.5 l ends, Cherry 0.5 l follows"
    ear.until(lambda: ear.last(f"plant/{SIM_ID}")["phase"] == "EMPTYING")
    ear.until(lambda: ear.last("sim/places")["shows"] == "")
    again = ear.ask("sim/control/change_product", {"id": "p2"}, "sim/control/answer")
    assert again == {"id": "p2", "status": "refused", "message": "the line changes its product already (emptying)"}
    assert re.fullmatch(r"20\d\d-\d\d-\d\d \d\d:\d\d", ear.last(f"plant/{SIM_ID}")["clock"])


def test_a_silent_device_is_missed_at_the_gateway(ear: Ear, devices: BottlingPublisher) -> None:
    args = {"kind": "network_dropout", "target": "utilities/boiler-1", "severity": 1.0}
    ear.ask("sim/control/inject", {"args": args}, "sim/control/answer")
    ear.until(lambda: ear.last(f"plant/{GATEWAY_ID}")["loss"] > 60)
    assert ear.last(f"plant/{GATEWAY_ID}")["worst"] == "utilities/boiler-1"


def test_the_command_runs_for_its_seconds_and_says_goodbye(mosquitto: Mosquitto, ear: Ear) -> None:
    sim("run", "--mqtt", mosquitto.url, "--seconds", "2", "--no-faults", "--rate", "5")
    ear.until(lambda: ear.heard("plant/status") and ear.heard("plant/status")[-1] == b"offline")
    assert ear.heard("plant/line/filler")
    ear.until(lambda: ear.heard("sim/truth/leak") and ear.heard("sim/truth/leak")[-1] == b"")


def test_the_will_speaks_for_devices_that_die(mosquitto: Mosquitto, ear: Ear) -> None:
    command = [sys.executable, "-m", "plantverse", "sim", "run", "--mqtt", mosquitto.url]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        try:
            ear.until(lambda: ear.heard("plant/line/filler"))
        finally:
            process.kill()
    ear.until(lambda: ear.heard("plant/status")[-1] == b"offline")


def test_without_broker_or_simulation_it_is_said(mosquitto: Mosquitto, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("plantverse.cli.sim_control._PATIENCE_S", 0.2)
    with pytest.raises(NotFound, match="no simulation at"):
        sim("ls", "--mqtt", mosquitto.url)
    mosquitto.kill()
    with pytest.raises(BrokerUnavailable, match="no broker at"):
        sim("ls", "--mqtt", mosquitto.url)


@pytest.mark.parametrize(
    ("url", "options", "message"),
    [
        ("http://x", {}, "is not understood"),
        ("mqtt://127.0.0.1", {"rate_hz": 50.0}, "simulation rate: expected 1 to 20, got 50.0"),
        ("mqtt://127.0.0.1", {"factor": 1000.0}, "simulation factor: expected 0.1 to 100, got 1000.0"),
    ],
)
def test_a_wrong_address_rate_or_factor_is_named(url: str, options: dict[str, float], message: str) -> None:
    with pytest.raises(ConfigInvalid, match=message):
        BottlingPublisher(url, **options)  # type: ignore[arg-type]


def test_the_load_dial_adds_points_beside_running_devices(
    mosquitto: Mosquitto, ear: Ear, devices: BottlingPublisher
) -> None:
    assert int(sim("load", "2000", "--mqtt", mosquitto.url, "--seconds", "2").split()[-2]) > 0
    ear.until(lambda: ear.heard("plant/load/p199"))
    assert json.loads(ear.heard("plant/load/p000")[0]).keys() == {"ts", "value"}
    assert devices.published > 0
    assert ear.heard("plant/status") == [b"online"]


def test_devices_that_came_before_their_broker_publish_once_it_is_there(
    make_mosquitto: Callable[..., Mosquitto],
) -> None:
    broker = make_mosquitto()
    devices = BottlingPublisher(broker.url)
    devices.start()
    try:
        broker.start()
        heard = Ear(broker.port)
        heard.until(lambda: heard.heard("plant/line/filler"))
        heard.client.disconnect()
        heard.client.loop_stop()
    finally:
        devices.stop()
