"""A whole server with its history in InfluxDB, whose database goes away while the plant goes on."""

from collections.abc import Callable, Iterator
from pathlib import Path

import paho.mqtt.client as paho
import pytest
from paho.mqtt.enums import CallbackAPIVersion

from doubles.databases import InfluxDb
from doubles.mosquitto import Mosquitto
from doubles.server import ServerProcess

pytestmark = pytest.mark.database

PLANT = """\
[plant]
name = "spine"

[[twin]]
id = "hall/p1"
topic = "plant/p1"
[twin.signals]
flow = { unit = "m3/h", range = [0.0, 1e9] }
"""


@pytest.fixture
def database(tmp_path: Path) -> Iterator[InfluxDb]:
    made = InfluxDb(tmp_path / "influx").start()
    made.query("CREATE DATABASE plantverse")
    yield made
    made.kill()


def test_an_outage_of_the_database_costs_nothing(
    tmp_path: Path, mosquitto: Mosquitto, database: InfluxDb, make_server: Callable[..., ServerProcess]
) -> None:
    plant = tmp_path / "plant.toml"
    plant.write_text(PLANT)
    (tmp_path / "plantverse.toml").write_text(
        f'[history]\nstore = "influx"\n\n[influx]\nurl = "{database.url}"\ntimeout_s = 2.0\n'
    )
    server = make_server(plant, mosquitto.url).start()
    device = paho.Client(CallbackAPIVersion.VERSION2)
    device.connect("127.0.0.1", mosquitto.port)
    device.loop_start()

    def send(first: int, last: int) -> None:
        for number in range(first, last):
            device.publish("plant/p1/flow", str(number), qos=1)
        server.wait_for(lambda: server.value("hall/p1:flow") == last - 1, f"value {last - 1}")

    def stored() -> list[float]:
        return server.get("/history/series?signal=hall/p1:flow&limit=10000")["value"]

    send(0, 200)
    server.wait_for(lambda: len(stored()) == 200, "200 rows")
    assert server.health()["history"]["state"] == "ok"
    database.kill()
    send(200, 400)
    server.wait_for(lambda: server.health()["history"]["state"] == "spooling", "the spool")
    assert "wait on disk for InfluxDB" in server.health()["history"]["message"]
    # The spool has acknowledged them, so the broker sends none of them again to the next process.
    server.wait_for(lambda: server.health()["history"]["pending_rows"] == 0, "the acknowledgement")
    server.kill()
    server.start()
    send(400, 600)
    database.start()
    server.wait_for(lambda: server.health()["history"]["state"] == "ok", "an empty spool")
    server.wait_for(lambda: len(stored()) >= 600, "600 rows")
    assert stored() == list(range(600))
    device.loop_stop()
    device.disconnect()
