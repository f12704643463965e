"""What goes wrong around an operator, in a real browser: time on the way, a twin that goes, a flood of alarms."""

import itertools
import json
import re
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

from playwright.sync_api import Page, expect

from doubles.mosquitto import Mosquitto
from doubles.mqtt_device import connected, repeating
from doubles.server import ServerProcess
from doubles.viewer_page import choose, open_viewer, until

TYPES = '''\
from plantverse import Geometry, Limits, Telemetry, Twin


class Pump(Twin):
    """A pump."""

    flow = Telemetry(unit="m3/h", limits=Limits(h=80), max_age_s=30.0)
    power = Telemetry(unit="kW", limits=Limits(h=80))
    pressure = Telemetry(unit="bar", limits=Limits(hh=80))
    vibration = Telemetry(unit="mm/s", limits=Limits(hh=80))

    geometry = Geometry(size=(1, 1, 1))
'''
SIGNALS = ("flow", "power", "pressure", "vibration")
MANY = 1250
UNITS_MS = {"ms": 1.0, "s": 1000.0, "min": 60_000.0}


def plant(folder: Path, count: int) -> Path:
    """Write a plant of so many pumps, in rows of 25, and return its file."""
    folder.mkdir(exist_ok=True)
    (folder / "types.py").write_text(TYPES)
    tables = ['[plant]\nname = "edges"\ntypes = ["types.py"]\n']
    for i in range(count):
        tables.append(
            f'[[twin]]\nid = "hall/p{i}"\nname = "Pump {i}"\ntype = "Pump"\ntopic = "plant/p{i}"\n'
            f"position = [{i % 25 * 3.0}, {i // 25 * 3.0}, 0.0]\n"
        )
    path = folder / "plant.toml"
    path.write_text("\n".join(tables))
    return path


def sending(broker: Mosquitto) -> AbstractContextManager[object]:
    """Two pumps say how often they have spoken."""
    count = itertools.count(1)

    def said() -> dict[str, dict[str, object]]:
        values: dict[str, object] = {"flow": min(next(count) / 100, 79), "power": 7}
        return {"plant/p0": values, "plant/p1": values}

    return repeating(broker, said)


def milliseconds(text: str) -> tuple[float, float]:
    """Return (duration, half of its last digit) of a text such as `+0.8 ms`, `12 ms` or `1.4 s`."""
    found = re.match(r"([+-]?)(\d+)(\.\d+)? (ms|s|min)\b", text)
    assert found, f"no duration: {text!r}"
    sign, whole, part, unit = found.groups()
    value = float(f"{whole}{part or ''}") * UNITS_MS[unit] * (-1 if sign == "-" else 1)
    # `12 s` and `4 min` are rounded down.
    slack = 0.5 if unit == "ms" or part else 1.0
    return value, slack * (0.1 if part else 1.0) * UNITS_MS[unit]


def test_the_hops_of_a_value_add_up_to_its_age_on_the_screen(
    page: Page, mosquitto: Mosquitto, make_server: Callable[..., ServerProcess], tmp_path: Path
) -> None:
    server = make_server(plant(tmp_path / "plant", 2), mosquitto.url).start()
    with sending(mosquitto):
        open_viewer(page, server)
        until(page, "window.plantverse.read('hall/p0:power')?.value === 7", "the values")
        choose(page, "hall/p0")
        age = page.locator(".inspector .signal .age").first
        assert milliseconds(age.inner_text())[0] < 30_000
        age.click()
        until(page, "document.querySelector('.hop-table, .hops .note-warn')", "the way of the sample")
        rows = page.locator(".hop-table tr").all()
        texts = {cells[0]: cells[1] for row in rows if len(cells := row.locator("td").all_inner_texts()) == 2}
    steps = [
        "Received by the server",
        "Checked and stored in the twin",
        "Put into a frame",
        "Arrived in this browser",
        "On the screen",
    ]
    assert list(texts) == ["Observed at the device", *steps, "Age on the screen"]
    parsed = [milliseconds(texts[step]) for step in steps]
    total, slack = milliseconds(texts["Age on the screen"])
    assert total > 0
    assert abs(sum(ms for ms, _ in parsed) - total) <= slack + sum(own for _, own in parsed), texts
    assert "topic plant/p0" in page.locator(".hops").inner_text()


def test_a_twin_that_leaves_the_plant_file_leaves_every_window_in_order(
    page: Page, mosquitto: Mosquitto, make_server: Callable[..., ServerProcess], tmp_path: Path
) -> None:
    server = make_server(plant(tmp_path / "plant", 2), mosquitto.url).start()
    with sending(mosquitto):
        open_viewer(page, server)
        until(page, "window.plantverse.read('hall/p1:power')?.value === 7", "the values")
        choose(page, "hall/p1")
        page.locator(".inspector .signal-head").first.click()
        page.get_by_role("button", name="Add to trends").click()
        entry = page.get_by_role("list", name="Signals in the chart").get_by_role("listitem")
        expect(entry).to_contain_text("Pump 1")
        with page.expect_popup() as opened:
            page.get_by_role("button", name="Open the details in a window of their own").click()
        details = opened.value
        errors: list[str] = []
        details.on("pageerror", lambda error: errors.append(str(error)))
        until(details, "document.querySelector('.inspector h2')?.textContent === 'Pump 1'", "the twin in its window")

        plant(tmp_path / "plant", 1)
        until(page, "!window.plantverse.store.twins.has('hall/p1')", "the twin to go")
        assert page.evaluate("window.plantverse.selected") is None
        for window in (page, details):
            until(
                window,
                "document.querySelector('.inspector')?.innerText.startsWith('Choose a twin')",
                "what to do without the twin",
            )
        until(page, "document.querySelector('.trends-entry')?.innerText.includes('unknown now')", "the orphan")

        page.evaluate("window.plantverse.select('hall/p0')")
        before = page.evaluate("window.plantverse.read('hall/p0:flow').value")
        until(page, f"window.plantverse.read('hall/p0:flow').value > {before}", "news of the other twin")
        for window in (page, details):
            until(window, "document.querySelector('.inspector h2')?.textContent === 'Pump 0'", "the other twin")
            shown = window.locator(".inspector .signal .value").first.inner_text()
            until(
                window,
                f"document.querySelector('.inspector .signal .value').innerText !== {json.dumps(shown)}",
                "a value that moves on",
            )
            assert window.evaluate("window.plantverse.connection.phase") == "live"


def test_five_thousand_alarms_at_once_are_counted_listed_and_leave_the_page_usable(
    page: Page, mosquitto: Mosquitto, make_server: Callable[..., ServerProcess], tmp_path: Path
) -> None:
    server = make_server(plant(tmp_path / "plant", MANY), mosquitto.url).start()
    total = MANY * len(SIGNALS)
    open_viewer(page, server)
    with connected(mosquitto) as client:

        def send(value: float) -> None:
            body = json.dumps({"ts": time.time(), **dict.fromkeys(SIGNALS, value)})
            for message in [client.publish(f"plant/p{i}", body, qos=1) for i in range(MANY)]:
                message.wait_for_publish(30)

        send(95)
        expect(page.locator("#tab-alarms .tab-count")).to_have_text(f"{total:,}")
        expect(page.get_by_role("button", name=f"Acknowledge {total:,} shown")).to_be_visible()
        alarms = page.get_by_role("grid", name="Alarms")
        rows = alarms.locator(".alarm-row")
        assert 0 < rows.count() < 60
        alarms.evaluate("list => list.scrollTo(0, list.scrollHeight)")
        expect(rows.last).to_have_attribute("aria-rowindex", str(total))
        assert 0 < rows.count() < 60
        last = rows.last
        last.click()
        until(page, "window.plantverse.selected !== null", "the twin of the last alarm")
        assert page.evaluate("window.plantverse.store.twins.get(window.plantverse.selected).name") in last.inner_text()
        expect(page.locator(".inspector .twin-alarm")).to_have_count(len(SIGNALS))

        page.get_by_role("button", name="Journal").click()
        flood = page.locator(".flood")
        events = page.get_by_role("grid", name="Events")
        expect(flood).to_have_text(f"{total:,} raised in 10 min: unacceptable. Most in any 10 min of 24 h: {total:,}")
        expect(events).to_have_attribute("aria-rowcount", str(total))
        expect(page.get_by_text(re.compile("^Newest "))).to_have_count(0)
        # They go and come again: three waves of events are more than the page keeps.
        send(5)
        send(95)
        again = f"{2 * total:,}"
        expect(flood).to_have_text(
            f"{again} raised in 10 min: unacceptable. Most in any 10 min of 24 h: {again}", timeout=60_000
        )
        expect(page.get_by_text(f"Newest 10,000 of {3 * total:,} in 24 h")).to_be_visible()
        expect(events).to_have_attribute("aria-rowcount", "10000")
