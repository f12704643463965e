"""Traffic over a real broker: published, captured as it arrived, replayed with its payloads and its mark."""

import json
import threading
from pathlib import Path

import paho.mqtt.client as paho
import pytest
from paho.mqtt.enums import CallbackAPIVersion
from typer.testing import CliRunner

from doubles.mosquitto import Mosquitto, free_port
from plantverse.cli import app
from plantverse.errors import BrokerUnavailable, RequestInvalid
from plantverse.ingest.mqtt.options import SessionOptions
from plantverse.sim.traffic import Replay, Traffic, make_traffic, read_traffic
from plantverse.sim.traffic.capture import capture
from plantverse.sim.traffic.publish import publish

pytestmark = pytest.mark.broker


def options(broker: Mosquitto) -> SessionOptions:
    return SessionOptions.from_url(broker.url, client_id="traffic-test")


def captured(broker: Mosquitto, count: int, topic: str, *, payloads: bool) -> tuple[threading.Thread, list[Traffic]]:
    """Start to capture, and return once the broker has the subscription."""
    taken: list[Traffic] = []

    def take() -> None:
        taken.append(capture(options(broker), [topic], 60.0, payloads=payloads, most=count))

    seen = broker.log().count("Sending SUBACK")
    thread = threading.Thread(target=take)
    thread.start()
    broker.wait_for_log("Sending SUBACK", count=seen + 1)
    return thread, taken


def test_what_is_published_is_captured_and_replayed(mosquitto: Mosquitto, tmp_path: Path) -> None:
    made = make_traffic("periodic", seconds=4, seed=1, given={"rate_per_s": 200, "topic_count": 5}, prefix="hall")
    thread, taken = captured(mosquitto, len(made), "hall/#", payloads=True)
    sent = publish(options(mosquitto), made, factor=4.0)
    thread.join(60)
    (log,) = taken
    assert sent.messages == len(log) == len(made)
    assert sent.size == int(log.size.sum())
    assert sorted(log.topics) == sorted(made.topics)
    assert log.payloads is not None
    assert {json.loads(p)["synthetic"] for p in log.payloads} == {made.origin}
    # A captured payload goes out as it came; its mark stands beside it.
    heard: list[tuple[bytes, list[tuple[str, str]]]] = []
    client = paho.Client(CallbackAPIVersion.VERSION2, client_id="listener", protocol=paho.MQTTv5)
    client.on_message = lambda _c, _d, m: heard.append((m.payload, m.properties.UserProperty))
    ready, all_heard = threading.Event(), threading.Event()
    client.on_subscribe = lambda *_: ready.set()
    client.on_connect = lambda c, *_: c.subscribe("again/#")
    client.connect("127.0.0.1", mosquitto.port)
    client.loop_start()
    try:
        assert ready.wait(30)
        again = Replay(log=log, factor=10.0).play(None, "again")
        assert publish(options(mosquitto), again).messages == len(log)
        for _ in range(300):
            if len(heard) == len(log) or all_heard.wait(0.1):
                break
    finally:
        client.disconnect()
        client.loop_stop()
    assert [payload for payload, _ in heard] == list(log.payloads)
    assert all(marks[0][0] == "synthetic" for _, marks in heard)


def test_the_commands_generate_publish_and_capture(mosquitto: Mosquitto, tmp_path: Path) -> None:
    file, copy = tmp_path / "made.csv", tmp_path / "copy.jsonl"
    runner = CliRunner()
    made = runner.invoke(
        app, ["sim", "traffic", "generate", "mmpp", "--seconds", "2", "--set", "rate_per_s=300", "-o", str(file)]
    )
    assert made.exit_code == 0, made.output
    count = len(read_traffic(file))
    thread, taken = captured(mosquitto, count, "plantverse/synthetic/#", payloads=False)
    told = runner.invoke(app, ["sim", "traffic", "publish", str(file), "--factor", "4", "--mqtt", mosquitto.url])
    thread.join(60)
    assert told.exit_code == 0, told.output
    assert told.output.startswith(f"{count} messages")
    assert len(taken[0]) == count
    assert taken[0].payloads is None
    quiet = runner.invoke(
        app, ["sim", "traffic", "capture", "--seconds", "0.2", "--mqtt", mosquitto.url, "-o", str(copy)]
    )
    assert isinstance(quiet.exception, RequestInvalid)
    assert not copy.exists()
    described = runner.invoke(app, ["sim", "traffic", "describe", str(file)])
    assert "dispersion over 0.1 s" in described.output
    assert runner.invoke(app, ["sim", "traffic", "list"]).output.count("rate_per_s") == 4


def test_no_broker_is_said(tmp_path: Path) -> None:
    nobody = SessionOptions.from_url(f"mqtt://127.0.0.1:{free_port()}", client_id="traffic-test")
    with pytest.raises(BrokerUnavailable):
        publish(nobody, make_traffic("poisson", seconds=1))
    with pytest.raises(BrokerUnavailable):
        capture(nobody, ["#"], 1.0)
