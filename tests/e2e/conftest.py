"""A real Chromium, a real broker and a real server for the tests in this folder."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from doubles.mosquitto import Mosquitto
from doubles.server import ServerProcess
from plantverse.errors import PlantverseError

FLAGS = ["--no-sandbox", "--use-gl=angle", "--use-angle=swiftshader", "--enable-unsafe-swiftshader"]
"""A container has neither a user namespace nor a graphics card."""
PATIENCE_MS = 60_000
"""A busy machine with two cores needs many seconds for what takes one here and there."""
expect.set_options(timeout=PATIENCE_MS)
MakeServer = Callable[..., ServerProcess]


def _binary() -> str:
    for name in ("chromium", "chromium-browser", "google-chrome"):
        if found := shutil.which(name):
            return found
    raise FileNotFoundError("chromium is not installed; `make test-deps` installs it")


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """Return a running browser."""
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=_binary(), args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def page(chromium: Browser) -> Iterator[Page]:
    """Return a page whose errors fail the test."""
    yield from _page(chromium)


@pytest.fixture
def page_without_webgl(chromium: Browser) -> Iterator[Page]:
    """Return such a page of a browser that has no WebGL at all."""
    flags = ["--no-sandbox", "--disable-gpu", "--disable-3d-apis"]
    browser = chromium.browser_type.launch(executable_path=_binary(), args=flags)
    yield from _page(browser)
    browser.close()


def _page(browser: Browser) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": 1600, "height": 900})
    context.set_default_timeout(PATIENCE_MS)
    opened = context.new_page()
    errors: list[str] = []
    opened.on("pageerror", lambda error: errors.append(str(error)))
    yield opened
    context.close()
    if errors:
        raise PlantverseError(f"the page raised {errors}")


@pytest.fixture
def mosquitto(tmp_path: Path) -> Iterator[Mosquitto]:
    """Return a running broker."""
    broker = Mosquitto(
        tmp_path / "mosquitto", config="max_inflight_messages 0\nmax_queued_messages 1000000", persistence=True
    ).start()
    yield broker
    broker.kill()


@pytest.fixture
def make_server(tmp_path: Path) -> Iterator[MakeServer]:
    """Return a factory of servers with the arguments of `ServerProcess`, folder excepted."""
    made: list[ServerProcess] = []

    def make(plant: Path, mqtt: str, *arguments: str) -> ServerProcess:
        folder = tmp_path / f"server-{len(made)}"
        folder.mkdir()
        server = ServerProcess(folder, plant, mqtt, *arguments)
        made.append(server)
        return server

    yield make
    for server in made:
        server.kill()
