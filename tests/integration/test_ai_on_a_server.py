"""A detector beside a real server on a real broker: its score is telemetry, its alarm one of the server's."""

import json
import subprocess
import sys
from pathlib import Path

from doubles.mosquitto import Mosquitto
from doubles.pump_device import SIGNALS, Device, normal_rows
from doubles.server import ServerProcess
from plantverse.ai.detectors import fit, save_detector
from plantverse.ai.models import ModelRegistry

PLANT = """
from plantverse import Limits, Plant, Telemetry, Twin

class Pump(Twin):
    flow = Telemetry(unit="m3/h")
    speed = Telemetry(unit="{rpm}")

class Anomaly(Twin):
    score = Telemetry(limits=Limits(h=1))

plant = Plant("demo")
plant.add(Pump("hall/pump-1", topic="plant/pump-1"))
plant.add(Anomaly("hall/pump-1/anomaly", topic="plant/anomaly"))
"""


def test_a_broken_relation_becomes_an_alarm_of_the_server(mosquitto: Mosquitto, pump: Device, tmp_path: Path) -> None:
    extra = {"every_s": 0.2, "hold_s": 30.0}
    ModelRegistry(tmp_path / "models").save("pump", save_detector(fit("mewma", [normal_rows()], SIGNALS), extra))
    (tmp_path / "plant.py").write_text(PLANT)
    server = ServerProcess(tmp_path / "server", tmp_path / "plant.py", mosquitto.url)
    server.folder.mkdir()
    server.start()
    arguments = ["--models", str(tmp_path / "models"), "--url", server.url, "--every-row", "--json"]
    arguments += ["--publish", mosquitto.url, "--topic", "plant/anomaly"]
    with (tmp_path / "rows.jsonl").open("w") as out:
        watching = subprocess.Popen([sys.executable, "-m", "plantverse", "ai", "watch", "pump", *arguments], stdout=out)
    try:

        def score() -> float:
            (found,) = server.get("/signals?selector=hall/pump-1/anomaly:score")["signals"]
            return float(found["value"] if found["value"] is not None else "nan")

        server.wait_for(lambda: score() < 1, "a normal score")
        assert server.get("/alarms")["alarms"] == []
        pump.values = {"flow": 6.0, "speed": 1000.0}
        server.wait_for(lambda: bool(server.get("/alarms")["alarms"]), "the alarm")
        (alarm,) = server.get("/alarms")["alarms"]
        assert alarm["alarm"] == "hall/pump-1/anomaly:score:h"
        pump.values = {"flow": 10.0, "speed": 1000.0}
        server.wait_for(lambda: score() < 1, "normal operation again")
    finally:
        watching.terminate()
        watching.wait(60)
        server.stop()
    told = [json.loads(line) for line in (tmp_path / "rows.jsonl").read_text().splitlines() if line.endswith("}")]
    alarms = [line for line in told if line["alarm"]]
    assert set(alarms[0]["blamed"]) <= set(SIGNALS)
    assert next(iter(alarms[0]["blamed"])) == "hall/pump-1:flow"
    assert all(line["score"] is None or line["score"] > 0 or not line["alarm"] for line in told)
