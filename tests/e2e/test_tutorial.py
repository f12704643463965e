"""Walks through `docs/tutorial/your-own-plant.md` as it is written: its files, its commands, its clicks.

With PLANTVERSE_PICTURES=docs/images the pictures of the page are taken anew on the way.
"""

import os
import re
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from doubles.mosquitto import Mosquitto
from doubles.mqtt_device import connected
from doubles.server import ServerProcess
from doubles.viewer_page import choose, until

ROOT = Path(__file__).parents[2]
TUTORIAL = ROOT / "docs" / "tutorial" / "your-own-plant.md"
PICTURES = os.environ.get("PLANTVERSE_PICTURES", "")
STEP = re.compile(r"<!-- (\w+)(?:: (.*?))? -->.*?```\w+\n(.*?)```", re.DOTALL)
SELECTED = "window.plantverse?.selected"


@dataclass(frozen=True)
class Step:
    """What a marked block is for: `file` (write it), `run` and `mistake` (same output), `like` (same form)."""

    kind: str
    what: str
    text: str


def steps() -> list[Step]:
    return [Step(*found) for found in STEP.findall(TUTORIAL.read_text(encoding="utf-8"))]


def commands(step: Step) -> tuple[list[str], str]:
    """Return the arguments after `plantverse`, and what should come."""
    line, _, output = step.text.partition("\n")
    words = re.findall(r"'[^']*'|\S+", line.removeprefix("$ plantverse "))
    return [word.strip("'") for word in words], output


class Reader:
    """Somebody who does what the page says in a folder of their own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.url = ""

    def write(self, step: Step) -> None:
        (self.folder / step.what).write_text(step.text, encoding="utf-8")

    def run(self, *arguments: str) -> str:
        done = subprocess.run(
            [sys.executable, "-m", "plantverse", *arguments],
            cwd=self.folder, env=os.environ | {"PLANTVERSE_URL": self.url}, capture_output=True, text=True, check=False,
        )  # fmt: skip
        return done.stdout + done.stderr


def picture(page: Page, name: str) -> None:
    if PICTURES:
        page.wait_for_timeout(2_000)
        page.screenshot(path=str(Path(PICTURES) / f"{name}.png"))


@pytest.fixture
def page(chromium: Browser) -> Page:
    return chromium.new_page(viewport={"width": 1280, "height": 720})


def opened(page: Page, server: ServerProcess, twin: str) -> None:
    page.goto(server.url)
    until(page, "window.plantverse?.sceneReady && window.plantverse.store.twins.size > 0", "the picture")
    choose(page, twin)


def ordered(page: Page, speed: str) -> None:
    """Click as step 3 says."""
    page.get_by_role("button", name="Set speed…").click()
    page.get_by_label(re.compile("speed", re.IGNORECASE)).last.fill(speed)
    page.get_by_role("button", name=re.compile("^(Send|Set speed)$")).last.click()
    until(page, f"Math.abs(window.plantverse.read('hall/pump-1:speed')?.value - {speed}) < 1", "the new speed")


def test_the_tutorial_holds_step_by_step(
    page: Page, mosquitto: Mosquitto, make_server: Callable[..., ServerProcess], tmp_path: Path
) -> None:
    reader = Reader(tmp_path)
    plan = steps()
    kinds = [step.kind for step in plan]
    assert kinds == ["file", "run", "file", "like", "mistake", "file", "file", "run", "like"]
    pumps, check, device, get, mistake, pumps_again, plant, explain, query = plan

    reader.write(pumps)
    arguments, expected = commands(check)
    assert reader.run(*arguments) == expected
    reader.write(device)
    first = make_server(tmp_path / "pumps.py", mosquitto.url, "--allow-write").start()
    reader.url = first.url
    running = subprocess.Popen([sys.executable, str(tmp_path / "device.py"), str(mosquitto.port)])
    try:
        opened(page, first, "hall/pump-1")
        until(page, "window.plantverse.read('hall/pump-1:flow')?.value > 0", "the first values")
        picture(page, "tutorial-pump")
        alike(reader, get)

        ordered(page, "2900")
        until(page, "window.plantverse.worstOf('hall/pump-1').alarm", "the alarm")
        picture(page, "tutorial-alarm")
        page.get_by_role("button", name="Acknowledge", exact=True).first.click()
        page.get_by_role("dialog").get_by_role("button", name="Acknowledge").click()
        until(page, "[...window.plantverse.store.alarms.all.values()][0]?.state === 'acknowledged'", "the word of it")
        ordered(page, "1200")
        until(page, "window.plantverse.store.alarms.all.size === 0", "the end of the alarm")

        file, before, after = re.split(": | -> ", mistake.what)
        text = (tmp_path / file).read_text(encoding="utf-8")
        (tmp_path / file).write_text(text.replace(f'"{before}"', f'"{after}"', 1), encoding="utf-8")
        arguments, expected = commands(mistake)
        assert reader.run(*arguments) == expected
        first.wait_for(lambda: "m3/hh" in first.log_path.read_text(), "the server's word about the mistake")
        assert first.value("hall/pump-1:speed") == 1200

        first.stop()
        reader.write(pumps_again)
        reader.write(plant)
        second = make_server(tmp_path / "plant.toml", mosquitto.url, "--allow-write").start()
        reader.url = second.url
        arguments, expected = commands(explain)
        assert reader.run(*arguments) == expected
        with connected(mosquitto) as client:
            client.publish("shelly/p2", arguments[-1], qos=1).wait_for_publish(30)
        opened(page, second, "hall/pump-2")
        until(page, "Math.round(window.plantverse.read('hall/pump-2:temperature')?.value) === 60", "the second pump")
        until(page, "window.plantverse.read('hall/pump-1:per_shift')?.value === 48 * 8", "what the server works out")
        picture(page, "tutorial-plant")
        alike(reader, query)
        assert "samples written to pumps.parquet" in reader.run(
            "data", "export", "type:Pump", "--start", "-1h", "--out", "pumps.parquet"
        )
    finally:
        running.kill()
        running.wait()


def alike(reader: Reader, step: Step) -> None:
    """The same command gives the same columns, and the same first column unless that is time."""
    arguments, expected = commands(step)
    shown = [line.split("\t") for line in reader.run(*arguments).splitlines()]
    wanted = [re.split(r"\s{2,}", line.strip()) for line in expected.splitlines()]
    assert shown[0] == wanted[0]
    assert len(shown) > 1
    if shown[0][0] != "time":
        assert [line[0] for line in shown] == [line[0] for line in wanted]
