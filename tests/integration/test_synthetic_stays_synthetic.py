"""Somebody tries to write synthetic data into real history, in every way a running server has, and fails."""

import csv
import urllib.request
from collections.abc import Callable
from pathlib import Path

import paho.mqtt.client as paho
import pytest
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

import plantverse
from doubles.mosquitto import Mosquitto
from doubles.server import ServerProcess
from plantverse.cli.export import export_csv, export_parquet
from plantverse.errors import Conflict, PlantverseError
from plantverse.platform.audit import newest

pytestmark = pytest.mark.broker

MakeServer = Callable[..., ServerProcess]
PLANT = """\
[plant]
name = "ghosts"
types = ["types.py"]

[[twin]]
id = "hall/p1"
type = "Pump"
topic = "plant/p1"
position = [1.0, 0.0, 1.0]

[[map]]
topic = "{a}/{b}/{n}"
twin = "found/{n}"
type = "Pump"
"""
TYPES = """\
from plantverse import Limits, Telemetry, Twin


class Pump(Twin):
    flow = Telemetry(unit="m3/h", limits=Limits(h=80))
"""
GHOST_TOPIC = "plantverse/synthetic/ghost/hall/p1"


class Sender:
    """A client that publishes and waits until the broker has it."""

    def __init__(self, broker: Mosquitto) -> None:
        self._client = paho.Client(CallbackAPIVersion.VERSION2, protocol=paho.MQTTv5)
        self._client.connect("127.0.0.1", broker.port)
        self._client.loop_start()

    def __call__(self, topic: str, payload: str, *, mark: str = "") -> None:
        properties = Properties(PacketTypes.PUBLISH)
        if mark:
            properties.UserProperty = [("origin", "test"), ("synthetic", mark)]
        self._client.publish(topic, payload, qos=1, properties=properties).wait_for_publish(30)

    def close(self) -> None:
        self._client.disconnect()
        self._client.loop_stop()


@pytest.fixture
def server(mosquitto: Mosquitto, make_server: MakeServer, tmp_path: Path) -> ServerProcess:
    (tmp_path / "types.py").write_text(TYPES)
    (tmp_path / "plant.toml").write_text(PLANT)
    return make_server(tmp_path / "plant.toml", mosquitto.url).start()


def test_synthetic_data_does_not_get_into_real_history(
    server: ServerProcess, mosquitto: Mosquitto, tmp_path: Path
) -> None:
    send = Sender(mosquitto)
    with plantverse.connect(server.url) as plant:
        made = plant.add_ghost("hall/p1", "pumps", version="3", condition={"fault": "leak", "severity": 0.5}, seed=7)
        assert made["twin"]["id"] == "hall/p1.ghost"
        assert made["twin"]["synthetic"] == {
            "generator": "pumps", "version": "3", "condition": {"fault": "leak", "severity": 0.5}, "seed": 7,
        }  # fmt: skip
        send("plant/p1", '{"flow": 1}')
        send(GHOST_TOPIC, '{"flow": 95, "synthetic": "pumps 3"}')
        # The attempts: marked in the payload, beside it, below a pattern, and a topic made to look like a signal.
        send("plant/p1", '{"flow": 901, "synthetic": "pumps 3"}')
        send("plant/p1", '{"flow": 902, "ts": 1764115200, "synthetic": true}')
        send("plant/p1", '{"flow": 903}', mark="pumps 3")
        send("plant/p1/flow", "904", mark="1")
        send("plantverse/synthetic/p1", '{"flow": 905}')
        send("some/where/p5", '{"flow": 906, "synthetic": "pumps 3"}')
        send("some/where/p6", '{"flow": 3}')
        server.wait_for(lambda: "hall/p1.ghost:flow:h" in {a["alarm"] for a in plant.alarms()}, "the ghost's alarm")
        server.wait_for(lambda: getattr(plant.latest().get("found/p6:flow"), "value", None) == 3.0, "a pattern's twin")
        server.wait_for(lambda: plant.health()["ingest"]["rejected"].get("synthetic", 0) >= 4, "the refusals")
        latest = plant.latest()
        assert {s: r.value for s, r in latest.items()} == {
            "hall/p1:flow": 1.0, "hall/p1.ghost:flow": 95.0, "found/p6:flow": 3.0,
        }  # fmt: skip
        assert [s for s, r in latest.items() if r.synthetic] == ["hall/p1.ghost:flow"]
        letters = [letter for letter in plant.dead_letters() if letter["cause"] == "synthetic"]
        assert {letter["topic"] for letter in letters} == {"plant/p1", "plant/p1/flow"}
        server.wait_for(lambda: len(plant.history("hall/p1.ghost:flow")) == 1, "the ghost's history")
        assert plant.history("hall/p1.ghost:flow").synthetic
        assert plant.history("hall/p1:flow").value.tolist() == [1.0]
        assert not plant.history("hall/p1:flow").synthetic
        assert plant.as_of("now", "hall/p1.ghost").readings["hall/p1.ghost:flow"].synthetic
        (alarm,) = plant.alarms()
        assert (alarm["alarm"], alarm["synthetic"]) == ("hall/p1.ghost:flow:h", True)
        change = next(iter(plant.watch("hall/p1.ghost")))
        assert change.synthetic
        # The mapping, too, makes no real twin of it.
        bound, answer = server.post("/mapping/bind", {"topic": "plantverse/synthetic/p1", "twin": "hall/p8"})
        assert bound == 200
        assert answer["twin"]["synthetic"]["generator"] == "unknown"
        assert 'synthetic = {generator = "unknown"}' in (tmp_path / "plant.toml").read_text()
        with pytest.raises(Conflict):
            plant.add_ghost("hall/p1.ghost", "again")
        rows = tmp_path / "out.csv"
        export_csv(plant, "*", "-1h", "now", rows)
        told = {row["signal"]: row["synthetic"] for row in csv.DictReader(rows.read_text().splitlines())}
        assert told["hall/p1.ghost:flow"] == "true"
        assert told["hall/p1:flow"] == "false"
        export_parquet(plant, "hall/p1*", "-1h", "now", tmp_path / "out.parquet")
        plant.acknowledge("hall/p1.ghost:flow:h")
        plant.remove_ghost("hall/p1")
        with pytest.raises(PlantverseError):
            plant.history("hall/p1.ghost:flow")
    send.close()
    records = newest(server.folder / "state" / "audit.jsonl", 100)
    acts = {(r["action"], r["target"]): r["detail"].get("synthetic") for r in records}
    assert acts["alarm.acknowledge", "hall/p1.ghost:flow:h"] is True
    assert ("ghost.add", "hall/p1") in acts
    with urllib.request.urlopen(f"{server.url}/metrics", timeout=30) as answer:
        page = answer.read().decode()
    assert 'cause="synthetic"' in page
    import duckdb

    with duckdb.connect() as base:
        found = base.execute(
            "SELECT DISTINCT signal, synthetic FROM read_parquet(?) ORDER BY 1", [str(tmp_path / "out.parquet")]
        ).fetchall()
    assert found == [("hall/p1.ghost:flow", True), ("hall/p1:flow", False)]
