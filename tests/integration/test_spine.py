"""The whole way with a real broker and a real history: nothing acknowledged is lost, nothing is there twice."""

import json
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import paho.mqtt.client as paho
import pytest
from paho.mqtt.enums import CallbackAPIVersion
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from doubles.mosquitto import Mosquitto
from doubles.server import ServerProcess
from plantverse.platform.history.duckdb_store import DuckDbStore
from plantverse.twins.sync.frames import is_frame
from plantverse.twins.sync.messages import PROTOCOL, Hello, Subscribe, decode_server, encode

PLANT = """\
[plant]
name = "spine"

[[twin]]
id = "hall/p1"
topic = "plant/p1"
availability = "plant/p1/status"
[twin.signals]
flow = { unit = "m3/h", range = [0.0, 1e9], limits = { h = 80.0 }, max_age_s = 600.0 }
count = { kind = "int" }

[[map]]
topic = "meters/{name}"
twin = "meters/{name}"
"""
MakeServer = Callable[..., ServerProcess]


@pytest.fixture
def plant(tmp_path: Path) -> Path:
    path = tmp_path / "plant.toml"
    path.write_text(PLANT)
    return path


class Device:
    """A publisher that waits for the broker's word."""

    def __init__(self, broker: Mosquitto) -> None:
        self.client = paho.Client(CallbackAPIVersion.VERSION2)
        self.client.max_inflight_messages_set(1_000)
        self.client.max_queued_messages_set(0)
        self.client.connect("127.0.0.1", broker.port)
        self.client.loop_start()

    def send(self, topic: str, payload: object, *, retain: bool = False) -> None:
        text = payload if isinstance(payload, str) else json.dumps(payload)
        self.client.publish(topic, text, qos=1, retain=retain).wait_for_publish(30)

    def close(self) -> None:
        self.client.disconnect()
        self.client.loop_stop()


@pytest.fixture
def device(mosquitto: Mosquitto) -> Any:
    made = Device(mosquitto)
    yield made
    made.close()


def until_value(server: ServerProcess, signal: str, value: object) -> None:
    server.wait_for(lambda: server.value(signal) == value, f"{signal} = {value}")


def stored(server: ServerProcess, signal: str) -> list[float]:
    """Return all values of a signal from the history of a stopped server."""
    store = DuckDbStore(server.folder / "state" / "history")
    try:
        return store.series(signal, 0, 1 << 62).value.tolist()
    finally:
        store.close()


def test_a_sample_goes_to_value_history_and_hops(
    mosquitto: Mosquitto, make_server: MakeServer, plant: Path, device: Device
) -> None:
    server = make_server(plant, mosquitto.url).start()
    stamp = time.time()
    device.send("plant/p1", {"ts": stamp, "flow": 12.5, "count": 3})
    until_value(server, "hall/p1:flow", 12.5)
    reading = server.get("/twins/hall/p1")["values"]["flow"]
    assert reading["unit"] == "m3/h"
    assert abs(reading["observed_us"] - stamp * 1e6) < 1
    assert reading["quality"] == "good"
    hops = server.get("/hops?signal=hall/p1:flow")
    assert hops["stamped"]
    assert hops["observed_us"] < hops["received_us"] <= hops["committed_us"]
    series: dict[str, Any] = {}

    def in_history() -> bool:
        series.update(server.get("/history/series?signal=hall/p1:flow"))
        return series["value"] == [12.5]

    server.wait_for(in_history, "the sample in history")
    assert abs(series["observed_us"][0] - stamp * 1e6) < 1
    buckets = server.get("/history/buckets?signal=hall/p1:flow&width=1h&start=-2h")
    assert (buckets["count"], buckets["mean"]) == ([1], [12.5])
    as_of = server.get("/history/as-of?selector=hall/p1:flow&at=now")
    assert [s["value"] for s in as_of["signals"]] == [12.5]


def test_bad_input_is_counted_shown_and_harms_nothing(
    mosquitto: Mosquitto, make_server: MakeServer, plant: Path, device: Device
) -> None:
    server = make_server(plant, mosquitto.url).start()
    bad = ["{", "[" * 10_000, '{"flow": "many"}', '{"flow": NaN}', "\x00\x01", "9" * 5_000, '{"other": 1}', ""]
    for payload in bad:
        device.send("plant/p1", payload)
    device.send("nobody/reads/this", "1")
    device.send("plant/p1", {"flow": 7.0})
    until_value(server, "hall/p1:flow", 7.0)
    account = server.health()["ingest"]
    assert account["received"] == account["accepted"] + sum(account["rejected"].values()) == len(bad) + 2
    assert account["accepted"] == 1
    letters = server.get("/dead-letters")["dead_letters"]
    assert letters
    assert all(letter["topic"] == "plant/p1" and letter["cause"] and letter["reason"] for letter in letters)


def test_an_unknown_topic_is_bound_into_the_plant_file_and_lives(
    mosquitto: Mosquitto, make_server: MakeServer, plant: Path, device: Device
) -> None:
    server = make_server(plant, mosquitto.url).start()
    device.send("shop/oven 7", {"temp": 181.5})
    server.wait_for(lambda: len(server.get("/topics")["topics"]) == 1, "the topic")
    status, answer = server.post("/mapping/bind", {"topic": "shop/oven 7", "twin": "shop/oven"})
    assert status == 200, answer
    device.send("shop/oven 7", {"temp": 182.0})
    until_value(server, "shop/oven:temp", 182.0)
    assert 'topic = "shop/oven 7"' in plant.read_text()
    assert server.get("/topics")["topics"] == []


def test_a_pattern_makes_a_twin_of_its_first_message(
    mosquitto: Mosquitto, make_server: MakeServer, plant: Path, device: Device
) -> None:
    plant.write_text(PLANT.replace('twin = "meters/{name}"', 'twin = "meters/{name}"\ntype = "Meter"'))
    text = plant.read_text().replace('name = "spine"', 'name = "spine"\ntypes = ["types.py"]')
    plant.write_text(text)
    plant.with_name("types.py").write_text(
        "from plantverse import Telemetry, Twin\n\n\nclass Meter(Twin):\n    energy = Telemetry(unit='kWh')\n"
    )
    server = make_server(plant, mosquitto.url).start()
    device.send("meters/m7", {"energy": 5.0})
    server.wait_for(lambda: "meters/m7" in [t["id"] for t in server.get("/twins")["twins"]], "the twin")
    until_value(server, "meters/m7:energy", 5.0)


def test_a_last_will_makes_the_signals_uncertain_at_once(
    mosquitto: Mosquitto, make_server: MakeServer, plant: Path, device: Device
) -> None:
    server = make_server(plant, mosquitto.url).start()
    device.send("plant/p1", {"flow": 7.0})
    until_value(server, "hall/p1:flow", 7.0)
    device.send("plant/p1/status", "offline", retain=True)
    server.wait_for(
        lambda: server.get("/twins/hall/p1")["values"]["flow"]["quality"] == "uncertain: disconnected", "the quality"
    )
    assert server.get("/twins/hall/p1")["document"]["connectivity"]["online"] is False
    status, answer = server.post("/commands", {"twin": "hall/p1", "command": "none"})
    assert (status, answer["code"]) == (404, "not_found")


def test_the_broker_may_be_absent_at_the_start_and_go_and_come(
    mosquitto: Mosquitto, make_server: MakeServer, plant: Path
) -> None:
    mosquitto.stop()
    server = make_server(plant, mosquitto.url).start(until="")
    server.wait_for(lambda: server.health()["broker"]["state"] in {"waiting", "connecting"}, "a server that waits")
    assert server.health()["status"] == "degraded"
    for value in (1.0, 2.0):
        mosquitto.start()
        server.wait_for(lambda: server.health()["broker"]["state"] == "connected", "the broker")
        device = Device(mosquitto)
        device.send("plant/p1", {"flow": value})
        until_value(server, "hall/p1:flow", value)
        device.close()
        mosquitto.stop()
        server.wait_for(lambda: server.health()["broker"]["state"] != "connected", "a server that knows")


def test_the_last_state_comes_back_uncertain_and_with_its_age(
    mosquitto: Mosquitto, make_server: MakeServer, plant: Path, device: Device
) -> None:
    server = make_server(plant, mosquitto.url).start()
    stamp = time.time()
    device.send("plant/p1", {"ts": stamp, "flow": 42.0})
    until_value(server, "hall/p1:flow", 42.0)
    server.stop()
    server.start()
    reading = server.get("/twins/hall/p1")["values"]["flow"]
    assert reading["value"] == 42.0
    assert reading["quality"] == "uncertain: restored"
    assert abs(reading["observed_us"] - stamp * 1e6) < 1


def test_twenty_kills_lose_nothing_acknowledged_and_store_nothing_twice(
    make_mosquitto: Callable[..., Mosquitto], make_server: MakeServer, plant: Path
) -> None:
    broker = make_mosquitto(config="max_inflight_messages 0\nmax_queued_messages 1000000", persistence=True).start()
    server = make_server(plant, broker.url).start()
    device = Device(broker)
    sent, began = 0, time.time()
    for _ in range(20):
        infos = []
        for _ in range(500):
            sent += 1
            payload = json.dumps({"ts": round(began + sent / 1e3, 6), "flow": sent})
            infos.append(device.client.publish("plant/p1", payload, qos=1))
        infos[250].wait_for_publish(60)
        server.kill()
        for info in infos:
            info.wait_for_publish(60)
        server.start()
    device.send("plant/p1/status", "online")
    server.wait_for(
        lambda: server.value("hall/p1:flow") == sent and server.health()["history"]["pending_rows"] == 0,
        "everything after the last start",
        limit_s=120,
    )
    server.stop()
    device.close()
    values = stored(server, "hall/p1:flow")
    missing = set(range(1, sent + 1)) - {int(v) for v in values}
    assert not missing, f"{len(missing)} of {sent} acknowledged samples are missing, such as {sorted(missing)[:5]}"
    assert len(values) == sent, f"{len(values) - sent} samples are there twice"


def raw(server: ServerProcess) -> Any:
    return connect(f"ws://127.0.0.1:{server.port}/api/v1/sync", compression=None, proxy=None, max_size=None)


def test_viewers_that_misbehave_harm_nobody(
    mosquitto: Mosquitto, make_server: MakeServer, plant: Path, device: Device
) -> None:
    server = make_server(plant, mosquitto.url).start()
    hello, everything = encode(Hello(versions=[PROTOCOL])), encode(Subscribe(id=1, selector="*"))
    with raw(server) as good, raw(server) as silent, raw(server) as cut:
        for viewer in (good, silent):
            viewer.send(hello)
            viewer.send(everything)
        with raw(server) as garbage:
            garbage.send(b"\xc1garbage")
            assert decode_server(garbage.recv(20)).code == "message_invalid"
        with raw(server) as text:
            text.send("hello?")
            assert decode_server(text.recv(20)).code == "message_invalid"
        with raw(server) as large:
            assert ended_by(large, b"\x00" * 100_000_000)
        cut.socket.shutdown(socket.SHUT_RDWR)
        for value in range(50):
            device.send("plant/p1", {"flow": float(value)})
        until_value(server, "hall/p1:flow", 49.0)
        while not is_frame(good.recv(20)):
            pass
        assert server.health()["status"] == "ok"


def ended_by(viewer: Any, message: bytes) -> bool:
    """Return whether the server ends the session for a message, while it is sent or after."""
    try:
        viewer.send(message)
        while True:
            viewer.recv(20)
    except ConnectionClosed:
        return True
    except TimeoutError:
        return False


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda text: text.replace("m3/h", "bananas"), "bananas"),
        (lambda text: text + '\n[[twin]]\nid = "hall/p1"\ntopic = "x"\n', "hall/p1"),
        (lambda text: text.replace("[[map]]", "[[map]"), "TOML"),
        (lambda text: text.replace("limits", "limmits"), "limmits"),
    ],
)
def test_a_wrong_plant_file_is_refused_with_its_place(
    plant: Path, tmp_path: Path, change: Callable[[str], str], said: str
) -> None:
    plant.write_text(change(PLANT))
    done = run_cli(plant, tmp_path)
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert "plant.toml" in done.stderr
    assert said in done.stderr


def test_a_port_in_use_is_named_with_what_to_do(plant: Path, tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        done = run_cli(plant, tmp_path, "--port", str(port))
    assert done.returncode == 1
    assert f"port {port}" in done.stderr
    assert "--port" in done.stderr


def test_a_second_server_on_one_state_folder_is_refused(
    mosquitto: Mosquitto, make_server: MakeServer, plant: Path
) -> None:
    server = make_server(plant, mosquitto.url).start()
    command = [sys.executable, "-m", "plantverse", "run", str(plant), "--no-browser", "--port", "0"]
    command += ["--mqtt", mosquitto.url, "--data", str(server.folder / "state")]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert server.health()["status"] == "ok"


def run_cli(plant: Path, folder: Path, *arguments: str) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-m", "plantverse", "run", str(plant), "--no-browser", "--data", str(folder / "state")]
    return subprocess.run(
        [*command, *(arguments or ("--port", "0"))], capture_output=True, text=True, timeout=60, check=False
    )
