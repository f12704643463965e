"""A ghost beside its machine in a real browser: it diverges, and nowhere is it shown as real."""

import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Page, expect

from doubles.ghost_model import save_pump_generator
from doubles.mosquitto import Mosquitto
from doubles.mqtt_device import repeating
from doubles.server import ServerProcess
from doubles.viewer_page import choose, open_viewer, until

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
MEASURED = {"flow": 50.0, "running": True}


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
    with repeating(mosquitto, {"plant/p1": MEASURED}), haunting(server, mosquitto, tmp_path / "models"):
        open_viewer(page, server)
        until(page, "window.plantverse.read('hall/p1.ghost:flow')?.value < 35", "the leak of the ghost")
        until(page, "window.plantverse.read('hall/p1:flow')?.value === 50", "the real value")
        rows = page.locator(".tree .tree-twin")
        expect(rows.locator(".tree-name")).to_have_text(["Pump one", "Pump one (ghost)"])
        expect(rows.nth(0).locator(".chip-synthetic")).to_have_count(0)
        expect(rows.nth(1).locator(".chip-synthetic")).to_have_count(1)

        # The details of the ghost say what it is and how far it is from the machine.
        choose(page, "hall/p1.ghost")
        details = page.get_by_role("complementary", name="Details")
        details.get_by_role("note").get_by_text("no plant has measured this").wait_for()
        expect(details.get_by_role("note")).to_contain_text("pumps@")
        expect(details.locator(".inspector-head .chip-synthetic")).to_have_text("synthetic")
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
        until(page, "window.plantverse.probe('hall/p1.ghost').ghost > 0.4", "the ghost that is seen through")
        assert page.evaluate("window.plantverse.probe('hall/p1').ghost") == 0

        # One key puts both lines into one chart.
        page.keyboard.press("d")
        entries = page.get_by_role("list", name="Signals in the chart").get_by_role("listitem")
        expect(entries).to_have_count(2)
        expect(entries.nth(0).locator(".chip-synthetic")).to_have_count(0)
        expect(entries.nth(1).locator(".chip-synthetic")).to_have_count(1)
        expect(entries.nth(0).locator(".trends-name")).to_have_attribute("title", "hall/p1:flow")

        # Its alarm stands in the list, says so, and is none of the plant's.
        page.get_by_role("tab", name="Alarms").click()
        alarm = page.locator(".alarm-row:not(.list-head)").first
        expect(alarm.locator(".chip-synthetic")).to_have_count(1)
        assert page.evaluate("window.plantverse.store.alarms.counts().active") == 0

        # The machine itself bears no mark, and knows its ghost.
        choose(page, "hall/p1")
        details.get_by_role("button", name="go to the ghost").wait_for()
        expect(details.locator(".inspector-head .chip-synthetic")).to_have_count(0)
        page.keyboard.press("m")
        until(page, "window.plantverse.selected === 'hall/p1'", "the plan")
    assert server.get("/events?kind=alarm")["events"][0]["body"]["synthetic"] is True
