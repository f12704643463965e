"""The viewer in a browser, as tests talk to it."""

import base64
import csv
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from playwright.sync_api import Locator, Page

from doubles.server import ServerProcess

LIVE = "window.plantverse?.connection.phase === 'live'"
_PIXELS = """
async ([text, x, y]) => {
  const bytes = Uint8Array.from(atob(text), letter => letter.charCodeAt(0));
  const bitmap = await createImageBitmap(new Blob([bytes], {type: 'image/png'}));
  const context = new OffscreenCanvas(bitmap.width, bitmap.height).getContext('2d');
  context.drawImage(bitmap, 0, 0);
  const {data} = context.getImageData(0, 0, bitmap.width, bitmap.height);
  let colour = 0;
  for (let i = 0; i < data.length; i += 4)
    colour += Math.max(data[i], data[i + 1], data[i + 2]) - Math.min(data[i], data[i + 1], data[i + 2]);
  const at = 4 * (Math.round(y) * bitmap.width + Math.round(x));
  return {colour: colour / (data.length / 4), at: [...data.slice(at, at + 3)]};
}
"""


def until(page: Page, expression: str, what: str, limit_s: float = 90.0) -> None:
    """Poll, because the page's policy forbids it to evaluate texts by itself.

    Raises:
        AssertionError: It did not become true; the text says what was missing and what stood on the page.
    """
    deadline = time.monotonic() + limit_s
    while not page.evaluate(f"Boolean({expression})"):
        if time.monotonic() > deadline:
            raise AssertionError(f"waited in vain for {what}; on the page: {page.inner_text('body')[:3000]}")
        page.wait_for_timeout(50)


def open_viewer(page: Page, server: ServerProcess, query: str = "") -> None:
    """Open the page and wait until it is live and shows the plant."""
    page.goto(f"{server.url}{query}")
    until(page, f"{LIVE} && window.plantverse.sceneReady", "the page")


def choose(page: Page, twin: str) -> None:
    """Choose a twin and wait until its details stand on the page, those of the one before gone."""
    page.evaluate(f"window.plantverse.select('{twin}')")
    until(page, f"document.querySelector('.inspector-head')?.dataset.twin === '{twin}'", f"the details of {twin}")


def probe(page: Page, twin: str) -> dict[str, Any]:
    """Return what the picture says of a twin."""
    found: dict[str, Any] = page.evaluate(f"window.plantverse.probe('{twin}')")
    return found


def resting(page: Page, twin: str) -> dict[str, Any]:
    """Return what the picture says of a twin once the camera has come to rest.

    Raises:
        AssertionError: It went on moving.
    """
    last = probe(page, twin)
    for _ in range(100):
        page.wait_for_timeout(300)
        found = probe(page, twin)
        if abs(found["x"] - last["x"]) + abs(found["y"] - last["y"]) < 0.5:
            return found
        last = found
    raise AssertionError(f"the camera never came to rest, {twin} is at {last}")


def exported(page: Page, file: Path, ready: Callable[[list[list[str]]], bool]) -> list[list[str]]:
    """Export the trends into a file, again and again until its lines are as they should be, and return them.

    Raises:
        AssertionError: They did not become so; the text has the last ones.
    """
    deadline = time.monotonic() + 60.0
    while True:
        with page.expect_download() as download:
            page.get_by_role("button", name="Export CSV").click()
        download.value.save_as(file)
        with file.open(newline="") as text:
            lines = list(csv.reader(text))
        if ready(lines):
            return lines
        assert time.monotonic() < deadline, lines
        page.wait_for_timeout(300)


def pixels(page: Page, picture: Locator, x: float = 0, y: float = 0) -> dict[str, Any]:
    """Return `colour`, the mean spread of red, green and blue (0 is grey), and `at`, the pixel at (x, y)."""
    text = base64.b64encode(picture.screenshot()).decode()
    found: dict[str, Any] = page.evaluate(_PIXELS, [text, x, y])
    return found


def steady(page: Page, picture: Locator, x: float = 0, y: float = 0) -> dict[str, Any]:
    """Return the pixels once two pictures, a while apart, are alike.

    Raises:
        AssertionError: The picture went on changing.
    """
    last = pixels(page, picture, x, y)
    for _ in range(40):
        page.wait_for_timeout(400)
        found = pixels(page, picture, x, y)
        if abs(found["colour"] - last["colour"]) < 0.05 and apart(found["at"], last["at"]) < 6:
            return found
        last = found
    raise AssertionError(f"the picture never came to rest, last {last}")


def until_picture(
    page: Page, picture: Locator, ready: Callable[[dict[str, Any]], bool], what: str, x: float = 0, y: float = 0
) -> None:
    """Poll the pixels.

    Raises:
        AssertionError: The picture did not become so; the text says what was missing.
    """
    deadline = time.monotonic() + 60.0
    while not ready(found := pixels(page, picture, x, y)):
        if time.monotonic() > deadline:
            raise AssertionError(f"waited in vain for {what}; the picture has {found}")
        page.wait_for_timeout(100)


def apart(one: Sequence[int], other: Sequence[int]) -> int:
    """Return by how much two pixels differ, 0 to 765."""
    return sum(abs(a - b) for a, b in zip(one, other, strict=True))
