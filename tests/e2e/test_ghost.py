"""A ghost beside its machine in a real browser: it diverges, and nowhere is it shown as real."""

import json
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event, Thread

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion
from playwright.sync_api import Page

from doubles.ghost_model import save_pump_generator
from doubles.mosquitto import Mosquitto
from doubles.server import ServerProcess

PLANT = """\
[plant]
name = "ghosts"
types = ["types.py"]

[[twin]]
id = "hall/p1"
name = "Pump one"
type = "Pump"
topic = "plant/p1"
position = [0.0, 0.0, 0.0]
"""
TYPES = """\
from plantverse import Geometry, Limits, Telemetry, Twin


class Pump(Twin):
    flow = Telemetry(unit="m3/h", range=(0, 100), limits=Limits(l=35), max_age_s=30.0)
    running = Telemetry(bool)
    geometry = Geometry(size=(1, 1, 1))
"""


def until(page: Page, expression: str, what: str, limit_s: float = 60.0) -> None:
    """Poll, because the page's policy forbids it to evaluate texts by itself."""
    deadline = time.monotonic() + limit_s
    while not page.evaluate(f"Boolean({expression})"):
        if time.monotonic() > deadline:
            raise AssertionError(f"waited in vain for {what}; on the page: {page.inner_text('body')[:3000]}")
        page.wait_for_timeout(50)


@contextmanager
def measuring(broker: Mosquitto) -> Iterator[None]:
    """The real pump gives 50 m3/h."""
    stop = Event()
    client = paho.Client(CallbackAPIVersion.VERSION2)
    client.connect("127.0.0.1", broker.port)
    client.loop_start()

    def run() -> None:
        while not stop.wait(0.2):
            client.publish("plant/p1", json.dumps({"flow": 50.0, "running": True}), qos=1)

    thread = Thread(target=run)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()
        client.disconnect()
        client.loop_stop()


@contextmanager
def haunting(server: ServerProcess, broker: Mosquitto, models: Path) -> Iterator[None]:
    """A leak is streamed into the ghost of the pump, by the command that people use."""
    command = [sys.executable, "-m", "plantverse", "ai", "generate", "ghost", "hall/p1", "--model", "pumps"]
    command += ["--fault", "leak", "--onset", "-5", "--models", str(models), "--mqtt", broker.url, "--url", server.url]
    with subprocess.Popen(command) as stream:
        try:
            yield
        finally:
            stream.kill()


def test_a_ghost_diverges_from_its_twin_and_is_never_shown_as_real(
    page: Page, mosquitto: Mosquitto, make_server: Callable[..., ServerProcess], tmp_path: Path
) -> None:
    (tmp_path / "types.py").write_text(TYPES)
    (tmp_path / "plant.toml").write_text(PLANT)
    save_pump_generator(tmp_path / "models", "hall/p1")
    server = make_server(tmp_path / "plant.toml", mosquitto.url).start()
    page.set_viewport_size({"width": 1440, "height": 900})
    with measuring(mosquitto), haunting(server, mosquitto, tmp_path / "models"):
        page.goto(server.url)
        until(page, "window.plantverse?.connection.phase === 'live' && window.plantverse.sceneReady", "the page")
        until(page, "window.plantverse.read('hall/p1.ghost:flow')?.value < 35", "the leak of the ghost")
        until(page, "window.plantverse.read('hall/p1:flow')?.value === 50", "the real value")
        rows = page.locator(".tree .tree-twin")
        marks = {row.locator(".tree-name").inner_text(): row.locator(".chip-synthetic").count() for row in rows.all()}
        assert marks == {"Pump one": 0, "Pump one (ghost)": 1}

        # The details of the ghost say what it is and how far it is from the machine.
        page.evaluate("window.plantverse.select('hall/p1.ghost')")
        details = page.get_by_role("complementary", name="Details")
        details.get_by_role("note").get_by_text("no plant has measured this").wait_for()
        assert "pumps@" in details.get_by_role("note").inner_text()
        assert details.locator(".inspector-head .chip-synthetic").inner_text() == "synthetic"
        row = details.locator(".ghosts tr.is-apart")
        row.wait_for()
        until(
            page, "Number(document.querySelector('.ghosts tr.is-apart')?.cells[1].textContent) === 50", "the real value"
        )
        difference = re.match(r"[−-](\d+)", row.locator("td").nth(2).inner_text())
        assert difference is not None
        assert 15 < int(difference[1]) < 45
        until(
            page,
            "[...document.querySelectorAll('.plant3d-label')].some((l) => l.style.display !== 'none' && "
            "l.dataset.flags?.includes('synthetic') && l.textContent.startsWith('synthetic'))",
            "the label in the picture",
        )
        assert page.evaluate("window.plantverse.probe('hall/p1.ghost').ghost") > 0.4
        assert page.evaluate("window.plantverse.probe('hall/p1').ghost") == 0

        # One key puts both lines into one chart.
        page.keyboard.press("d")
        entries = page.get_by_role("list", name="Signals in the chart").get_by_role("listitem")
        entries.nth(1).wait_for()
        assert [entry.locator(".chip-synthetic").count() for entry in entries.all()] == [0, 1]
        assert entries.nth(0).locator(".trends-name").get_attribute("title") == "hall/p1:flow"

        # Its alarm stands in the list, says so, and is none of the plant's.
        page.get_by_role("tab", name="Alarms").click()
        alarm = page.locator(".alarm-row:not(.list-head)").first
        alarm.wait_for()
        assert alarm.locator(".chip-synthetic").count() == 1
        assert page.evaluate("window.plantverse.store.alarms.counts().active") == 0

        # The machine itself bears no mark, and knows its ghost.
        page.evaluate("window.plantverse.select('hall/p1')")
        details.get_by_role("button", name="go to the ghost").wait_for()
        assert details.locator(".inspector-head .chip-synthetic").count() == 0
        page.keyboard.press("m")
        until(page, "window.plantverse.selected === 'hall/p1'", "the plan")
    assert server.get("/events?kind=alarm")["events"][0]["body"]["synthetic"] is True
