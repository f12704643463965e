"""A fault that is injected in the browser: seen in motion, value and alarm, and handled as an operator would."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page

from doubles.mosquitto import Mosquitto
from doubles.server import ServerProcess
from plantverse.sim.bottling.publisher import BottlingPublisher

PLANT = Path(__file__).parents[2] / "examples" / "bottling" / "plant.toml"
STATE = "window.plantverse.read('line/labeller:state')?.value"
FAULT = 4
TURN = "JSON.stringify(window.plantverse.probe('line/labeller'))"


@pytest.fixture
def devices(mosquitto: Mosquitto) -> Iterator[BottlingPublisher]:
    made = BottlingPublisher(mosquitto.url, rate_hz=10, faults=False)
    made.start()
    yield made
    made.stop()


def until(page: Page, expression: str, what: str, limit_s: float = 90.0) -> None:
    deadline = time.monotonic() + limit_s
    while not page.evaluate(f"Boolean({expression})"):
        if time.monotonic() > deadline:
            raise AssertionError(f"waited in vain for {what}; on the page: {page.inner_text('body')[:3000]}")
        page.wait_for_timeout(50)


def turns(page: Page) -> bool:
    """Whether the labeller's carousel is drawn elsewhere than a moment ago."""
    before = page.evaluate(TURN)
    deadline = time.monotonic() + 3.0
    while time.monotonic() < deadline:
        page.wait_for_timeout(100)
        if page.evaluate(TURN) != before:
            return True
    return False


@pytest.mark.timeout(300)  # a dozen waits for a plant, each short, on a machine that draws without a graphics card
def test_a_fault_is_injected_seen_acknowledged_shelved_found_in_the_journal_and_mended(
    page: Page, mosquitto: Mosquitto, make_server: Callable[..., ServerProcess], devices: BottlingPublisher
) -> None:
    server = make_server(PLANT, mosquitto.url, "--allow-write").start()
    page.goto(f"{server.url}/?quality=low")
    until(page, "window.plantverse?.connection.phase === 'live' && window.plantverse.sceneReady", "the page")
    until(page, f"{STATE} === 1", "the running labeller")
    assert turns(page)

    page.get_by_role("button", name="Simulation", exact=True).click()
    panel = page.get_by_role("region", name="Simulation")
    panel.get_by_label("Fault", exact=True).select_option("jam")
    until(page, "document.querySelector('#break-place').options.length > 5", "the machines that can jam")
    panel.get_by_label("Machine", exact=True).select_option(label="Labeller")
    panel.get_by_label("Severity").fill("1")
    panel.get_by_role("button", name="Break it").click()

    until(page, f"{STATE} === {FAULT}", "the value")
    until(page, "window.plantverse.read('line/labeller:speed').value === 0", "the standstill")
    until(page, "window.plantverse.worstOf('line/labeller').alarm?.message === 'Machine has a fault'", "the alarm")
    deadline = time.monotonic() + 60
    while turns(page):
        assert time.monotonic() < deadline, "the carousel still turns"

    until(page, "document.querySelector('.simulation').innerText.includes('One fault stands')", "the count")
    assert "Jam at" not in panel.get_by_role("region", name="What is broken").inner_text().split("Mend everything")[0]
    panel.get_by_role("button", name="Reveal").click()
    assert "Jam at Labeller" in " ".join(panel.get_by_role("list").first.inner_text().split())

    row = page.locator(".alarm-row[role=row]", has_text="Labeller").filter(has_text="Machine has a fault")
    row.get_by_role("button", name="Acknowledge").click()
    page.get_by_label("Comment").fill("fitter is on the way")
    page.get_by_role("dialog").get_by_role("button", name="Acknowledge").click()
    until(page, "document.querySelectorAll('.alarm-row.is-acknowledged').length === 1", "the acknowledgement")
    row.get_by_role("button", name="Shelve").click()
    page.get_by_role("dialog").get_by_role("button", name="Shelve").click()
    page.get_by_role("button", name="Shelved").click()
    until(page, "document.querySelector('.alarm-row[role=row]')?.innerText.includes('Machine has a fault')", "shelved")
    page.get_by_role("button", name="Journal").click()
    until(page, "/acknowledged.* by .*fitter is on the way/.test(document.body.innerText)", "the journal")
    until(page, "/shelved.* by /.test(document.querySelector('.dock').innerText)", "the shelving in the journal")

    panel.get_by_role("button", name="Mend", exact=True).click()
    until(page, f"{STATE} === 1", "the labeller to run again")
    until(page, "document.querySelector('.simulation').innerText.includes('Nothing is broken')", "the empty list")
    panel.get_by_role("button", name="Clean, then change").click()
    until(page, "/emptying/i.test(document.querySelector('.simulation-facts').innerText)", "the change of product")
    panel.get_by_role("button", name="20×").click()
    until(page, "window.plantverse.read('sim/simulation:factor').value === 20", "faster time")
    panel.get_by_role("button", name="Surprise me").click()
    until(page, "document.querySelector('.simulation').innerText.includes('One fault stands')", "a hidden fault")
    assert " begins at " not in panel.inner_text()
    page.keyboard.press("Escape")
    assert panel.count() == 0
    page.keyboard.press("Control+k")
    page.keyboard.type("simulation break")
    page.keyboard.press("Enter")
    until(page, "document.querySelector('.simulation')", "the panel by the palette")
