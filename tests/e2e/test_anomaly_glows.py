"""A bearing wears: the motor of the pump glows, and the sensor is named, before any fixed limit is reached."""

import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from doubles.bottling_rows import PATHS, PUMP, normal_runs
from doubles.mosquitto import Mosquitto
from doubles.server import ServerProcess
from doubles.viewer_page import choose, open_viewer, until
from plantverse.ai.detectors import fit, save_detector
from plantverse.ai.models import ModelRegistry
from plantverse.sim.bottling.publisher import BottlingPublisher
from plantverse.sim.demo_files import write_demo_plant

ANOMALY = f"{PUMP}:anomaly.score:h"
VIBRATION = f"{PUMP}:motor.vibration"
GLOW = f"window.plantverse.probe('{PUMP}').glow?.length"


@pytest.fixture
def devices(mosquitto: Mosquitto) -> Iterator[BottlingPublisher]:
    made = BottlingPublisher(mosquitto.url, rate_hz=2.0, faults=False)
    made.start()
    yield made
    made.stop()


def glow(page: Page) -> list[dict[str, Any]]:
    found = page.evaluate(f"window.plantverse.probe('{PUMP}')?.glow ?? []")
    assert isinstance(found, list)
    return found


def alarms(server: ServerProcess) -> dict[str, str]:
    return {a["alarm"]: a["state"] for a in server.get("/alarms")["alarms"] if a["twin"] == PUMP}


def fault(mosquitto: Mosquitto, severity: float) -> None:
    arguments = ["bearing_wear", PUMP, "--severity", str(severity), "--onset", "5", "--mqtt", mosquitto.url]
    subprocess.run([sys.executable, "-m", "plantverse", "sim", "fault", *arguments], check=True, capture_output=True)


def test_a_worn_bearing_glows_before_the_fixed_limit_trips(
    page: Page,
    mosquitto: Mosquitto,
    devices: BottlingPublisher,
    make_server: Callable[..., ServerProcess],
    tmp_path: Path,
) -> None:
    server = make_server(write_demo_plant(tmp_path / "demo"), mosquitto.url)
    detector = fit("mewma", normal_runs(), [f"{PUMP}:{path}" for path in PATHS], rate=0.001)
    ModelRegistry(server.folder / "state" / "models").save(
        "product-pump", save_detector(detector, {"every_s": 1.0, "hold_s": 10.0})
    )
    server.start()
    open_viewer(page, server, "/?quality=low")

    choose(page, PUMP)
    section = page.get_by_role("region", name="Anomalies")
    section.get_by_role("button", name="Bind a model").click()
    section.get_by_role("button", name="Bind", exact=True).click()
    expect(section).to_contain_text("Nothing unusual: its 9 signals")
    assert glow(page) == []

    fault(mosquitto, severity=0.35)
    until(page, GLOW, "the glow")
    first = glow(page)[0]
    assert (first["part"], first["signal"]) == ("motor", VIBRATION)
    assert set(alarms(server)) == {ANOMALY}, "no fixed limit has spoken yet"
    expect(section).to_contain_text("Unlike normal operation")
    row = section.locator(".shares li").first
    expect(row).to_have_attribute("data-signal", VIBRATION)
    expect(row).to_contain_text("mm/s")
    section.get_by_role("button", name="Add to trends").click()
    expect(page.get_by_role("list", name="Signals in the chart")).to_contain_text("Anomaly score")

    status, _ = server.post("/alarms/shelve", {"alarm": ANOMALY, "duration_s": 3600, "comment": "known"})
    assert status == 200
    until(page, f"!{GLOW}", "a shelved alarm to stop glowing")
    server.post("/alarms/unshelve", {"alarm": ANOMALY})
    until(page, GLOW, "the glow again")

    fault(mosquitto, severity=0.9)
    server.wait_for(lambda: f"{VIBRATION}:h" in alarms(server), "the fixed limit, later")

    section.get_by_role("button", name="Unbind").click()
    section.get_by_role("button", name="Really unbind").click()
    until(page, f"!{GLOW}", "the end of the glow")
    expect(section.locator(".detector")).to_have_count(0)
