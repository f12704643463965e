"""A bearing wears: the motor of the pump glows, and the sensor is named, before any fixed limit is reached."""

import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page

from doubles.bottling_rows import PATHS, PUMP, normal_runs
from doubles.mosquitto import Mosquitto
from doubles.server import ServerProcess
from plantverse.ai.detectors import fit, save_detector
from plantverse.ai.models import ModelRegistry
from plantverse.sim.bottling.publisher import BottlingPublisher
from plantverse.sim.demo_files import write_demo_plant

ANOMALY = f"{PUMP}:anomaly.score:h"
VIBRATION = f"{PUMP}:motor.vibration"


@pytest.fixture
def devices(mosquitto: Mosquitto) -> Iterator[BottlingPublisher]:
    made = BottlingPublisher(mosquitto.url, rate_hz=2.0, faults=False)
    made.start()
    yield made
    made.stop()


def until(page: Page, condition: Callable[[], Any], what: str, limit_s: float = 90.0) -> None:
    deadline = time.monotonic() + limit_s
    while not condition():
        if time.monotonic() > deadline:
            raise AssertionError(f"waited in vain for {what}; on the page: {page.inner_text('body')[:3000]}")
        page.wait_for_timeout(100)


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
    page.goto(f"{server.url}/?quality=low")
    until(page, lambda: page.evaluate("Boolean(window.plantverse?.sceneReady)"), "the scene")

    page.evaluate(f"window.plantverse.select('{PUMP}')")
    section = page.get_by_role("region", name="Anomalies")
    section.get_by_role("button", name="Bind a model").click()
    section.get_by_role("button", name="Bind", exact=True).click()
    until(page, lambda: "Nothing unusual: its 9 signals" in section.inner_text(), "a watching detector")
    assert glow(page) == []

    fault(mosquitto, severity=0.35)
    until(page, lambda: glow(page), "the glow")
    first = glow(page)[0]
    assert (first["part"], first["signal"]) == ("motor", VIBRATION)
    assert set(alarms(server)) == {ANOMALY}, "no fixed limit has spoken yet"
    until(page, lambda: "Unlike normal operation" in section.inner_text(), "the reason in words")
    row = section.locator(".shares li").first
    assert row.get_attribute("data-signal") == VIBRATION
    assert "mm/s" in row.inner_text()
    section.get_by_role("button", name="Add to trends").click()
    trends = page.get_by_role("tabpanel") if page.get_by_role("tabpanel").count() else page.locator("body")
    until(page, lambda: "Anomaly score" in trends.inner_text(), "the score in the trends")

    status, _ = server.post("/alarms/shelve", {"alarm": ANOMALY, "duration_s": 3600, "comment": "known"})
    assert status == 200
    until(page, lambda: not glow(page), "a shelved alarm to stop glowing")
    server.post("/alarms/unshelve", {"alarm": ANOMALY})
    until(page, lambda: glow(page), "the glow again")

    fault(mosquitto, severity=0.9)
    until(page, lambda: f"{VIBRATION}:h" in alarms(server), "the fixed limit, later")

    section.get_by_role("button", name="Unbind").click()
    section.get_by_role("button", name="Really unbind").click()
    until(page, lambda: not glow(page) and section.locator(".detector").count() == 0, "an end of it all")
