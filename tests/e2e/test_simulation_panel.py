"""A fault that is injected in the browser: seen in motion, value and alarm, and handled as an operator would."""

import re
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from doubles.mosquitto import Mosquitto
from doubles.server import ServerProcess
from doubles.viewer_page import open_viewer, until
from plantverse.sim.bottling.faults import Fault
from plantverse.sim.bottling.publisher import BottlingPublisher
from plantverse.sim.bottling.showing import SHOWS, WITHIN_S

PLANT = Path(__file__).parents[2] / "examples" / "bottling" / "plant.toml"
STATE = "window.plantverse.read('line/labeller:state')?.value"
FAULT = 4
WAIT_MS = 90_000
TURN = "JSON.stringify(window.plantverse.probe('line/labeller'))"


@pytest.fixture
def devices(mosquitto: Mosquitto) -> Iterator[BottlingPublisher]:
    made = BottlingPublisher(mosquitto.url, rate_hz=10, faults=False)
    made.start()
    yield made
    made.stop()


def turns(page: Page) -> bool:
    """Whether the labeller's carousel is drawn elsewhere than a moment ago."""
    before = page.evaluate(TURN)
    deadline = time.monotonic() + 3.0
    while time.monotonic() < deadline:
        page.wait_for_timeout(100)
        if page.evaluate(TURN) != before:
            return True
    return False


def opened(page: Page, server: ServerProcess) -> Locator:
    """Open the viewer on the running line and return the panel of the simulation."""
    open_viewer(page, server, "/?quality=low")
    until(page, f"{STATE} === 1", "the running labeller")
    page.get_by_role("button", name="Simulation", exact=True).click()
    return page.get_by_role("region", name="Simulation")


def seconds_to_alarm(server: ServerProcess, fault: Fault) -> float:
    """Return the simulated seconds from the beginning of a fault to the first alarm of its machine."""
    alarm_s: list[float] = []

    def told() -> bool:
        clock = server.get("/history/series?signal=sim/simulation:elapsed")
        said = [(at_us, hours * 3600.0) for at_us, hours in zip(clock["observed_us"], clock["value"], strict=True)]
        began_us = max((at_us for at_us, elapsed_s in said if elapsed_s <= fault.began_s), default=0.0)
        events = server.get(f"/events?kind=alarm&twin={fault.target}")["events"]
        raised = [e["at_us"] for e in events if e["body"]["action"] == "raised" and e["at_us"] >= began_us]
        alarm_s[:] = [elapsed_s for at_us, elapsed_s in said if raised and at_us >= min(raised)]
        return bool(alarm_s)

    server.wait_for(told, "what the simulation says of its time after the alarm")
    return min(alarm_s) - fault.began_s


@pytest.mark.timeout(300)  # a dozen waits for a plant, each short, on a machine that draws without a graphics card
def test_a_fault_is_injected_seen_acknowledged_shelved_found_in_the_journal_and_mended(
    page: Page, mosquitto: Mosquitto, make_server: Callable[..., ServerProcess], devices: BottlingPublisher
) -> None:
    panel = opened(page, make_server(PLANT, mosquitto.url, "--allow-write").start())
    assert turns(page)

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

    expect(panel).to_contain_text("One fault stands", timeout=WAIT_MS)
    faults = panel.locator(".simulation-faults")
    expect(faults).to_have_count(0)
    panel.get_by_role("button", name="Reveal").click()
    expect(faults).to_contain_text("Jam at Labeller")

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
    expect(panel).to_contain_text("Nothing is broken", timeout=WAIT_MS)
    panel.get_by_role("button", name="Clean, then change").click()
    expect(panel.locator(".simulation-facts")).to_contain_text("emptying", ignore_case=True, timeout=WAIT_MS)
    until(page, "window.plantverse.store.document('sim/simulation').reported.shows === ''", "the end of production")
    panel.get_by_role("button", name="Surprise me").click()
    expect(panel.get_by_text("Nothing that breaks now would show within a minute")).to_be_visible()
    expect(panel).to_contain_text("Nothing is broken")
    panel.get_by_role("button", name="20×").click()
    until(page, "window.plantverse.read('sim/simulation:factor').value === 20", "faster time")
    page.keyboard.press("Escape")
    expect(panel).to_have_count(0)
    page.keyboard.press("Control+k")
    page.keyboard.type("simulation break")
    page.keyboard.press("Enter")
    expect(panel).to_be_visible()


@pytest.mark.timeout(300)  # two faults one after the other, each of which takes its time to show
def test_a_stranger_finds_what_broke_somewhere_by_its_first_alarm_within_a_minute(
    page: Page, mosquitto: Mosquitto, make_server: Callable[..., ServerProcess], devices: BottlingPublisher
) -> None:
    server = make_server(PLANT, mosquitto.url, "--allow-write").start()
    panel = opened(page, server)
    rows = page.get_by_role("grid", name="Alarms").locator(".alarm-row")
    expect(rows).to_have_count(0)
    for draws, by_keyboard in (("0, 0, 0", True), ("0.999, 0.999, 0.6", False)):
        # The draw decides what breaks; who plays does not know it.
        page.evaluate(f"() => {{ const draws = [{draws}]; Math.random = () => draws.shift() ?? 0.5; }}")
        panel.get_by_role("button", name="Surprise me").click()
        expect(panel).to_contain_text("One fault stands", timeout=WAIT_MS)
        expect(panel).not_to_contain_text(" begins at ")

        expect(rows.first).to_be_visible(timeout=WAIT_MS)
        if by_keyboard:
            page.get_by_role("grid", name="Alarms").press("Home")
            page.keyboard.press("Enter")
        else:
            rows.first.click()
        until(page, "window.plantverse.selected", "the machine of the first alarm")
        found = page.evaluate("window.plantverse.selected")

        (fault,) = devices.world.faults.standing.values()
        assert found == fault.target
        assert fault.place in SHOWS[fault.kind]
        assert seconds_to_alarm(server, fault) <= WITHIN_S
        panel.get_by_role("button", name="Reveal").click()
        machine = panel.locator(".simulation-faults .link").inner_text()
        expect(page.get_by_role("complementary", name="Details")).to_contain_text(machine)

        panel.get_by_role("button", name="Mend everything").click()
        page.evaluate("window.plantverse.select(null)")
        page.get_by_role("tab", name="Alarms").click()
        expect(page.locator(".alarm-row.is-returned")).not_to_have_count(0, timeout=WAIT_MS)
        expect(page.locator(".alarm-row.is-unacknowledged")).to_have_count(0, timeout=WAIT_MS)
        page.get_by_role("button", name=re.compile("Acknowledge .* shown")).click()
        page.get_by_role("dialog").get_by_role("button", name="Acknowledge").click()
        expect(rows).to_have_count(0, timeout=WAIT_MS)
