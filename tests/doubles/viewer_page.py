"""The viewer in a browser, as tests talk to it."""

import base64
import time
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


def until(page: Page, expression: str, what: str, limit_s: float = 60.0) -> None:
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


def probe(page: Page, twin: str) -> dict[str, Any]:
    """Return what the picture says of a twin."""
    found: dict[str, Any] = page.evaluate(f"window.plantverse.probe('{twin}')")
    return found


def pixels(page: Page, picture: Locator, x: float = 0, y: float = 0) -> dict[str, Any]:
    """Return `colour`, the mean spread of red, green and blue (0 is grey), and `at`, the pixel at (x, y)."""
    text = base64.b64encode(picture.screenshot()).decode()
    found: dict[str, Any] = page.evaluate(_PIXELS, [text, x, y])
    return found
