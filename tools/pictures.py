# ruff: noqa: INP001, a script and no package
"""Takes the pictures of the viewer for the docs anew, from the running demo with a worn bearing in it.

python tools/pictures.py docs/images

Needs the checkout installed with its `dev` extra, and Chromium.
"""

import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page, sync_playwright

FLAGS = ["--no-sandbox", "--use-gl=angle", "--use-angle=swiftshader", "--enable-unsafe-swiftshader"]
DESK, PHONE, WALL = (1440, 900), (390, 844), (2560, 1440)
WORN = "process/product-pump"
LIMIT_S = 300.0


@contextmanager
def demo(folder: Path) -> Iterator[str]:
    """Run the demo plant and return its URL."""
    ports = [_free_port(), _free_port()]
    command = [sys.executable, "-m", "plantverse", "run", "--demo", "--no-browser", "--data", str(folder / "state")]
    command += ["--port", str(ports[0]), "--mqtt-port", str(ports[1])]
    with subprocess.Popen(command, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as server:  # noqa: S603
        url = f"http://127.0.0.1:{ports[0]}"
        try:
            until(lambda: bool(ask(url, "/twins/sim/simulation")), "the demo")
            yield url
        finally:
            server.terminate()


def ask(url: str, path: str, body: object = None) -> dict[str, Any]:
    """Return the answer of a REST call, {} while there is none."""
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(f"{url}/api/v1{path}", data, {"Content-Type": "application/json"})  # noqa: S310
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310
            found: dict[str, Any] = json.load(answer)
            return found
    except OSError:
        return {}


def until(condition: Any, what: str) -> None:
    """Wait for something."""
    deadline = time.monotonic() + LIMIT_S
    while not condition():
        if time.monotonic() > deadline:
            sys.exit(f"waited in vain for {what}")
        time.sleep(0.5)


def opened(browser: Browser, url: str, size: tuple[int, int], query: str = "") -> Page:
    """Return a page that shows the plant with values."""
    page = browser.new_context(viewport={"width": size[0], "height": size[1]}).new_page()
    page.goto(f"{url}/{query}")
    until(lambda: page.evaluate("Boolean(window.plantverse?.sceneReady)"), "the picture")
    page.wait_for_timeout(6_000)
    return page


def taken(page: Page, folder: Path, name: str) -> None:
    """Save what the page shows; the largest as JPEG."""
    page.wait_for_timeout(2_500)
    large = page.viewport_size is not None and page.viewport_size["width"] > DESK[0]
    path = folder / f"{name}.{'jpg' if large else 'png'}"
    if large:
        page.screenshot(path=path, type="jpeg", quality=85)
    else:
        page.screenshot(path=path)
    page.context.close()


def pictures(browser: Browser, url: str, folder: Path) -> None:
    """Take all of them, the quiet plant first."""
    for look in ("operate", "present"):
        for theme in ("dark", "light"):
            taken(opened(browser, url, DESK, f"?look={look}&theme={theme}"), folder, f"viewer-{look}-{theme}")
    taken(opened(browser, url, WALL, "?look=present"), folder, "viewer-wall-2560")
    order = {"kind": "bearing_wear", "target": WORN, "severity": 1.0, "onset": 5}
    ask(url, "/commands", {"twin": "sim/simulation", "command": "inject", "args": order, "reason": "pictures"})
    worn = f"plantverse.store.worstOf('{WORN}').alarm"
    page = opened(browser, url, DESK)
    until(lambda: page.evaluate(f"Boolean({worn})"), "the alarm of the worn bearing")
    page.locator(".dock .row").filter(has_text="vibration").first.click()
    page.locator(".dock [role=grid]").focus()
    page.keyboard.press("Enter")
    page.wait_for_timeout(5_000)
    taken(page, folder, "viewer-alarm-to-cause")
    taken(opened(browser, url, DESK, "?view=flat"), folder, "viewer-plan")
    taken(opened(browser, url, PHONE), folder, "viewer-phone")
    taken(opened(browser, url, PHONE, "?theme=light"), folder, "viewer-phone-light")
    page = opened(browser, url, DESK)
    page.keyboard.press("g")
    taken(page, folder, "viewer-ages")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def main() -> None:
    """Take the pictures into the folder that the command line names."""
    folder = Path(sys.argv[1]).absolute()
    binary = shutil.which("chromium") or shutil.which("google-chrome") or sys.exit("Chromium is not installed")
    os.environ.setdefault("PYTHONWARNINGS", "ignore")
    with tempfile.TemporaryDirectory() as scratch, demo(Path(scratch)) as url, sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=binary, args=FLAGS)
        time.sleep(10.0)
        pictures(browser, url, folder)
        browser.close()


if __name__ == "__main__":
    main()
