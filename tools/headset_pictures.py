# ruff: noqa: INP001, a script and no package
"""Takes the pictures of a headset for the docs anew: the running demo through the WebXR emulator of the tests, one eye.

PYTHONPATH=tests python tools/headset_pictures.py docs/images

Needs the checkout installed with its `dev` extra, the viewer's packages (`npm ci` in `viewer`), and Chromium.
"""

import shutil
import sys
import tempfile
from pathlib import Path

from pictures import FLAGS, demo, until
from playwright.sync_api import Browser, Page, sync_playwright

from doubles.headset import Headset, install

SIZE = {"width": 1280, "height": 720}
MACHINE = "line/filler"
ONE_EYE = "window.device.stereoEnabled = false"
BOWED = "window.device.position.set(0.12, 1.45, -0.5); window.device.quaternion.set(-0.33, 0, 0, 0.944)"
# The emulator lays the picture over the page; what the cameras of a headset would see is a plain room.
ROOM = "#app { visibility: hidden } body { background: linear-gradient(#9aa0a3 55%, #6b5a49 55%) }"


def worn(browser: Browser, url: str) -> tuple[Page, Headset]:
    """Return a page with a headset, the plant shown."""
    context = browser.new_context(viewport=SIZE)
    install(context)
    context.add_init_script(ONE_EYE)
    context.set_default_timeout(120_000)
    page = context.new_page()
    page.goto(url)
    until(lambda: page.evaluate("Boolean(window.plantverse?.sceneReady)"), "the picture")
    page.wait_for_timeout(5_000)
    return page, Headset(page)


def before_a_machine(page: Page, headset: Headset) -> None:
    """Stand before the machine, its panel open, its trend a minute long, and point at it."""
    headset.enter("VR")
    page.evaluate(f"window.plantverse.select('{MACHINE}')")
    headset.says("bottle/h")
    headset.click("button go")
    headset.place("left", -0.3, 1.0, -0.2)
    page.wait_for_timeout(60_000)
    headset.aim(f"twin {MACHINE}")


def around_a_table(page: Page, headset: Headset) -> None:
    """Bow over the model, the panel put away, and point at the machine."""
    headset.enter("AR")
    page.add_style_tag(content=ROOM)
    page.evaluate(f"window.plantverse.select('{MACHINE}')")
    page.evaluate(BOWED)
    headset.click("button open")
    headset.click("button open")
    headset.click("button open")
    headset.place("left", -0.5, 0.9, 0.2)
    headset.place("right", 0.3, 1.15, -0.65)
    headset.aim(f"twin {MACHINE}")


def main() -> None:
    """Take both into the folder that the command line names."""
    folder = Path(sys.argv[1]).absolute()
    binary = shutil.which("chromium") or shutil.which("google-chrome") or sys.exit("Chromium is not installed")
    with tempfile.TemporaryDirectory() as scratch, demo(Path(scratch)) as url, sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=binary, args=FLAGS)
        for name, stage in (("headset-vr", before_a_machine), ("headset-ar", around_a_table)):
            page, headset = worn(browser, url)
            stage(page, headset)
            page.wait_for_timeout(1_000)
            page.screenshot(path=folder / f"{name}.png")
            page.context.close()
        browser.close()


if __name__ == "__main__":
    main()
