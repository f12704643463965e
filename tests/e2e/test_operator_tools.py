"""An operator's tools in a real browser: trends, the command palette."""

import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from doubles.mosquitto import Mosquitto
from doubles.mqtt_device import repeating
from doubles.server import ServerProcess
from doubles.viewer_page import choose, exported, open_viewer, resting, until

TYPES = '''\
from plantverse import Command, Geometry, Limits, Parameter, Telemetry, Twin


class Mixer(Twin):
    """A mixer."""

    flow = Telemetry(unit="m3/h", range=(0, 100), limits=Limits(h=80), max_age_s=30.0)
    power = Telemetry(unit="kW", limits=Limits(hh=50))
    set_speed = Command(parameters={"speed": Parameter(unit="rpm", range=(0, 3000))})

    geometry = Geometry(size=(1, 1, 1))
'''
PLANT = """\
[plant]
name = "tools"
types = ["types.py"]

[[twin]]
id = "hall/m1"
name = "First mixer"
type = "Mixer"
topic = "plant/m1"
position = [0.0, 0.0, 0.0]

[[twin]]
id = "hall/m2"
name = "Second mixer"
type = "Mixer"
topic = "plant/m2"
position = [4.0, 0.0, 0.0]
"""
MARKER = "document.querySelector('.plant3d-person')?.style"


@pytest.fixture
def mixers(tmp_path: Path) -> Path:
    folder = tmp_path / "plant"
    folder.mkdir()
    (folder / "types.py").write_text(TYPES)
    path = folder / "plant.toml"
    path.write_text(PLANT)
    return path


def sending(broker: Mosquitto, **values: float) -> AbstractContextManager[object]:
    """Both mixers send these values."""
    return repeating(broker, {"plant/m1": values, "plant/m2": values})


def test_signals_of_two_machines_stand_in_one_chart_and_leave_as_csv(
    page: Page, mosquitto: Mosquitto, make_server: Callable[..., ServerProcess], mixers: Path, tmp_path: Path
) -> None:
    server = make_server(mixers, mosquitto.url).start()
    with sending(mosquitto, flow=12.5, power=7):
        open_viewer(page, server)
        until(page, "window.plantverse.read('hall/m2:power')?.value === 7", "the values")
        for twin, row in (("hall/m1", 0), ("hall/m2", 1)):
            choose(page, twin)
            page.locator(".inspector .signal-head").nth(row).click()
            page.get_by_role("button", name="Add to trends").click()
        shown = page.get_by_role("list", name="Signals in the chart")
        expect(shown.get_by_role("listitem")).to_have_count(2)
        head, *rows = exported(
            page, tmp_path / "trends.csv", lambda lines: all(any(row[n] for row in lines[1:]) for n in (1, 2))
        )
    assert head == ["time", "hall/m1:flow", "hall/m2:power"]
    assert {row[1] for row in rows} <= {"12.5", ""}
    assert {row[2] for row in rows} <= {"7", ""}
    page.reload()
    until(page, "document.querySelector('#tab-trends .tab-count')?.textContent === '2'", "the remembered signals")


def test_the_palette_finds_and_opens_by_keyboard_alone(
    page: Page, mosquitto: Mosquitto, make_server: Callable[..., ServerProcess], mixers: Path
) -> None:
    server = make_server(mixers, mosquitto.url, "--allow-write").start()
    with sending(mosquitto, flow=12.5, power=7):
        open_viewer(page, server)
        page.keyboard.press("Control+k")
        page.keyboard.type("second mixer")
        page.keyboard.press("Enter")
        until(page, "window.plantverse.selected === 'hall/m2'", "the chosen twin")
        page.keyboard.press("Control+k")
        page.keyboard.type("power hall/m1")
        page.keyboard.press("Enter")
        until(page, "window.plantverse.selected === 'hall/m1'", "the twin of the signal")
        until(page, "document.querySelector('.signal.is-open')?.textContent.includes('Power')", "the open signal")
        page.keyboard.press("Control+k")
        page.keyboard.type("set speed second")
        page.keyboard.press("Enter")
        until(page, "document.activeElement?.id === 'arg-set_speed-speed'", "the first field of the command")
        page.keyboard.press("Control+k")
        page.keyboard.press("Escape")
        until(page, "!document.querySelector('dialog[open]')", "the closed palette")


def test_a_burst_shows_its_first_alarm_and_an_acknowledgement_with_a_comment_is_in_the_journal(
    page: Page, mosquitto: Mosquitto, make_server: Callable[..., ServerProcess], mixers: Path
) -> None:
    server = make_server(mixers, mosquitto.url).start()
    with sending(mosquitto, flow=95, power=60):
        open_viewer(page, server)
        until(page, "document.querySelectorAll('.alarm-row[role=row]').length === 4", "four alarms")
        until(page, "document.querySelectorAll('.alarm-row .chip').length === 1", "one that came first")
        page.get_by_role("button", name="Acknowledge 4 shown").click()
        page.get_by_label("Comment").fill("pressure test")
        page.get_by_role("dialog").get_by_role("button", name="Acknowledge").click()
        until(page, "document.querySelectorAll('.alarm-row.is-acknowledged').length === 4", "the acknowledgements")
        page.get_by_role("button", name="Journal").click()
        until(page, "/acknowledged.* by .*pressure test/.test(document.body.innerText)", "the journal")
        until(page, "document.querySelector('.flood')?.textContent.startsWith('4 raised')", "the flood figures")


def test_two_people_see_and_follow_each_other(
    page: Page, mosquitto: Mosquitto, make_server: Callable[..., ServerProcess], mixers: Path
) -> None:
    server = make_server(mixers, mosquitto.url).start()
    open_viewer(page, server)
    other = page.context.new_page()
    open_viewer(other, server)
    until(page, "document.querySelectorAll('.people .chip-button').length === 1", "the other person")
    expect(page.locator(".plant3d-person")).to_have_count(1)
    other.locator("canvas").first.press("+")
    until(page, f"{MARKER}.display === '' && {MARKER}.transform !== ''", "the marker of who stands closer")
    page.locator(".people .chip-button").click()
    other.evaluate("window.plantverse.select('hall/m2')")
    until(page, "document.querySelector('.people .chip-button').title.includes('Second mixer')", "what the other sees")
    other.close()
    until(page, "document.querySelectorAll('.people .chip-button, .plant3d-person').length === 0", "the empty list")


def test_a_replay_shows_past_values_marked_as_not_live_and_escape_returns(
    page: Page, mosquitto: Mosquitto, make_server: Callable[..., ServerProcess], mixers: Path
) -> None:
    server = make_server(mixers, mosquitto.url, "--allow-write").start()
    with sending(mosquitto, flow=12.5, power=7):
        open_viewer(page, server)
        until(page, "window.plantverse.read('hall/m1:power')?.value === 7", "the first values")
        page.wait_for_timeout(3000)
    first = time.time()
    with sending(mosquitto, flow=30, power=20):
        choose(page, "hall/m1")
        until(page, "window.plantverse.read('hall/m1:power').value === 20", "the next values")
        page.get_by_role("button", name="Replay").click()
        bar = page.get_by_role("region", name="Replay")
        moment = page.evaluate(
            "s => { const d = new Date(s * 1000 - new Date().getTimezoneOffset() * 60000);"
            " return d.toISOString().slice(0, 19); }",
            first,
        )
        bar.get_by_label("Moment shown").fill(moment)
        until(page, "window.plantverse.read('hall/m1:power').value === 7", "the past values")
        expect(bar).to_contain_text("Not live")
        until(
            page, "document.querySelector('.inspector .signals').innerText.includes('12.5')", "the past on the screen"
        )
        expect(page.get_by_role("button", name="Set speed")).to_be_disabled()
        bar.get_by_role("button", name="Play").click()
        bar.get_by_label("Speed").select_option("10")
        until(page, "window.plantverse.read('hall/m1:power').value === 20", "the replay to come to the next values")
        page.keyboard.press("Escape")
        until(page, "!document.querySelector('.is-replay, .banner-replay')", "the live picture")
        until(page, "!document.querySelector('.command-head button').disabled", "commands")


def test_an_engineer_moves_turns_and_renames_a_twin_in_the_plant_file(
    page: Page, mosquitto: Mosquitto, make_server: Callable[..., ServerProcess], mixers: Path
) -> None:
    server = make_server(mixers, mosquitto.url).start()
    open_viewer(page, server)
    before = page.evaluate("window.plantverse.probe('hall/m1').position[0]")
    choose(page, "hall/m1")
    page.get_by_role("button", name="Edit", exact=True).click()
    canvas = page.locator(".scene canvas").first
    for key in ("ArrowRight", "q", "q", "ArrowRight"):
        canvas.press(key)
    bar = page.get_by_role("region", name="Edit places")
    bar.get_by_role("button", name="Undo").click()
    bar.get_by_role("button", name="Save").click()
    until(page, "document.querySelector('.banner-edit').innerText.includes('0 not saved')", "the answer")
    bar.get_by_role("button", name="Done").click()
    until(page, "window.plantverse.store.twins.get('hall/m1').yaw_deg === 30", "the saved place")
    assert page.evaluate("window.plantverse.store.twins.get('hall/m1').position") == [before + 0.5, 0, 0]
    assert "position = [0.5, 0.0, 0.0]" in mixers.read_text()

    page.get_by_role("button", name="Edit", exact=True).click()
    spot = resting(page, "hall/m2")
    box = canvas.bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + spot["x"], box["y"] + spot["y"])
    page.mouse.down()
    page.mouse.move(box["x"] + spot["x"] + 60, box["y"] + spot["y"] + 20, steps=4)
    page.mouse.up()
    until(page, "document.querySelector('.banner-edit').innerText.includes('1 not saved')", "the drag")
    assert page.evaluate("window.plantverse.selected") == "hall/m2"
    assert page.evaluate("window.plantverse.probe('hall/m2').position[0]") > spot["position"][0]
    bar.get_by_role("button", name="Discard").click()
    assert page.evaluate("window.plantverse.probe('hall/m2').position") == spot["position"]

    page.get_by_role("button", name="Change the id…").click()
    page.get_by_label("New id").fill("hall/blender")
    page.get_by_role("button", name="Rename").click()
    until(page, "window.plantverse.selected === 'hall/blender'", "the twin under its new id")
    assert 'id = "hall/blender"' in mixers.read_text()


def test_the_picture_is_saved_as_a_file(
    page: Page, mosquitto: Mosquitto, make_server: Callable[..., ServerProcess], mixers: Path, tmp_path: Path
) -> None:
    server = make_server(mixers, mosquitto.url).start()
    open_viewer(page, server)
    with page.expect_download() as download:
        page.get_by_role("button", name="Save the picture as a file").click()
    path = tmp_path / "plant.png"
    download.value.save_as(path)
    picture = path.read_bytes()
    assert picture.startswith(b"\x89PNG")
    assert len(picture) > 20_000, "an empty canvas packs into a few kilobytes"


def test_on_a_phone_everything_is_within_the_screen_and_large_enough_for_a_finger(
    page: Page, mosquitto: Mosquitto, make_server: Callable[..., ServerProcess], mixers: Path
) -> None:
    server = make_server(mixers, mosquitto.url).start()
    page.set_viewport_size({"width": 390, "height": 844})
    open_viewer(page, server)
    for press in ("Show tree", "Show details", "Replay"):
        page.get_by_role("button", name=press).click()
        wrong = page.evaluate(
            "[...document.querySelectorAll('button, input:not([type=range]), select')]"
            ".map(element => [element.ariaLabel || element.textContent, element.getBoundingClientRect()])"
            ".filter(([, box]) => box.width > 0 && (Math.min(box.width, box.height) < 40 || box.right > 390))"
            ".map(([name]) => name)"
        )
        assert wrong == [], f"after {press}"
    assert page.evaluate("document.documentElement.scrollWidth") == 390
