"""The demo's devices at a real broker: they publish, answer and take desired properties; their will speaks for them."""

import json
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import paho.mqtt.client as paho
import pytest
from paho.mqtt.enums import CallbackAPIVersion

from doubles.mosquitto import Mosquitto
from plantverse.errors import ConfigInvalid
from plantverse.sim.publisher import DemoPublisher, main
from plantverse.sim.small_plant import plant

pytestmark = pytest.mark.broker
_DEADLINE_S = 30.0


class Listener:
    """Everything that was published, by topic."""

    def __init__(self, port: int) -> None:
        self._lock = threading.Lock()
        self._heard: dict[str, list[bytes]] = {}
        self._subscribed = threading.Event()
        self.client = paho.Client(CallbackAPIVersion.VERSION2)
        self.client.on_connect = lambda client, *_: client.subscribe("plant/#", 1)
        self.client.on_subscribe = lambda *_: self._subscribed.set()
        self.client.on_message = self._take
        self.client.connect("127.0.0.1", port)
        self.client.loop_start()
        assert self._subscribed.wait(_DEADLINE_S)

    def _take(self, _client: object, _data: object, message: paho.MQTTMessage) -> None:
        with self._lock:
            self._heard.setdefault(message.topic, []).append(bytes(message.payload))

    def heard(self, topic: str) -> list[bytes]:
        with self._lock:
            return list(self._heard.get(topic, ()))

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

    def answer(self, topic: str, told: dict[str, Any] | bytes, twin_id: str) -> dict[str, Any]:
        before = len(self.heard(f"plant/{twin_id}/cmd/answer"))
        self.client.publish(topic, told if isinstance(told, bytes) else json.dumps(told), qos=1)
        answers = self.until(lambda: self.heard(f"plant/{twin_id}/cmd/answer")[before:])
        found: dict[str, Any] = json.loads(answers[0])
        return found


@pytest.fixture
def listener(mosquitto: Mosquitto) -> Iterator[Listener]:
    made = Listener(mosquitto.port)
    yield made
    made.client.disconnect()
    made.client.loop_stop()


def test_devices_publish_answer_and_take_what_is_desired(mosquitto: Mosquitto, listener: Listener) -> None:
    devices = DemoPublisher(mosquitto.url, rate_hz=20, faults=False)
    devices.start()
    try:
        topics = {t.topic for t in plant.spec().twins}
        listener.until(lambda: topics <= listener.topics())
        listener.until(lambda: listener.heard("plant/status") == [b"online"])
        filler = json.loads(listener.until(lambda: listener.heard("plant/line/filler"))[-1])
        assert filler["state"] == "RUNNING"
        assert abs(filler["ts"] / 1000 - time.time()) < 60

        topic = "plant/process/pump-1/cmd/set_speed"
        told = {"id": "a1", "args": {"speed": 700}}
        assert listener.answer(topic, told, "process/pump-1") == {
            "id": "a1",
            "status": "succeeded",
            "message": "speed set to 700 rpm",
        }
        told = {"id": "a2", "args": {"speed": 9000}}
        assert listener.answer(topic, told, "process/pump-1")["status"] == "refused"
        assert listener.answer(topic, {"id": "a3", "expires_us": 1}, "process/pump-1")["status"] == "expired"
        assert listener.answer(topic, b"\xff{", "process/pump-1")["status"] == "refused"
        assert listener.answer("plant/no/such/cmd/start", {"id": "a4"}, "no/such")["message"] == "no device no/such"

        listener.client.publish("plant/utilities/chiller-1/desired", '{"setpoint": 99}', qos=1)
        listener.client.publish("plant/utilities/chiller-1/desired", '{"setpoint": 8}', qos=1)
        listener.until(lambda: json.loads(listener.heard("plant/utilities/chiller-1")[-1])["setpoint"] == 8)
    finally:
        devices.stop()
    listener.until(lambda: listener.heard("plant/status")[-1] == b"offline")


def test_devices_that_came_before_their_broker_publish_once_it_is_there(
    make_mosquitto: Callable[..., Mosquitto],
) -> None:
    broker = make_mosquitto()
    devices = DemoPublisher(broker.url, rate_hz=10)
    devices.start()
    try:
        broker.start()
        heard = Listener(broker.port)
        heard.until(lambda: heard.heard("plant/line/filler"))
        heard.client.disconnect()
        heard.client.loop_stop()
    finally:
        devices.stop()


def test_the_will_speaks_for_devices_that_die(mosquitto: Mosquitto, listener: Listener) -> None:
    command = [sys.executable, "-m", "plantverse.sim.publisher", "--mqtt", mosquitto.url]
    with subprocess.Popen(command, stderr=subprocess.DEVNULL) as process:
        try:
            listener.until(lambda: listener.heard("plant/status") == [b"online"])
            listener.until(lambda: listener.heard("plant/line/filler"))
        finally:
            process.kill()
    listener.until(lambda: listener.heard("plant/status")[-1] == b"offline")


def test_the_command_ends_after_its_seconds_and_the_load_dial_adds_points(
    mosquitto: Mosquitto, listener: Listener
) -> None:
    assert main(["--mqtt", mosquitto.url, "--seconds", "2", "--load", "500", "--no-faults"]) == 0
    listener.until(lambda: listener.heard("plant/load/p199"))
    assert json.loads(listener.heard("plant/load/p000")[0]).keys() == {"ts", "value"}
    listener.until(lambda: listener.heard("plant/status")[-1:] == [b"offline"])


def test_load_alone_beside_running_devices(mosquitto: Mosquitto, listener: Listener) -> None:
    devices = DemoPublisher(mosquitto.url, rate_hz=10, faults=False)
    devices.start()
    try:
        listener.until(lambda: listener.heard("plant/line/filler"))
        assert main(["--mqtt", mosquitto.url, "--seconds", "1", "--load", "500", "--only-load"]) == 0
        listener.until(lambda: listener.heard("plant/load/p010"))
        listener.until(lambda: listener.heard("plant/status") == [b"online"])
    finally:
        devices.stop()


@pytest.mark.parametrize("arguments", [["--only-load"], ["--mqtt", "http://x"], ["--rate", "0"]])
def test_wrong_arguments_end_with_what_is_wrong(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main(arguments)
    assert caught.value.code == 2
    assert "error:" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("url", "rate", "message"),
    [
        ("http://x", 5.0, "is not understood"),
        ("mqtt://127.0.0.1", 0.0, "demo rate: expected 0.2 to 100 Hz, got 0.0"),
    ],
)
def test_a_wrong_address_or_rate_is_named(url: str, rate: float, message: str) -> None:
    with pytest.raises(ConfigInvalid, match=message):
        DemoPublisher(url, rate_hz=rate)
