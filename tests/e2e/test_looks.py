"""How the plant is shown: the plan without WebGL, looks, x-ray, section, ages, kept views, kiosk, keys, and axe."""

import getpass
import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import paho.mqtt.client as paho
import pytest
from playwright.sync_api import Page, expect

from doubles.mosquitto import Mosquitto
from doubles.mqtt_device import repeating
from doubles.server import ServerProcess
from doubles.viewer_page import LIVE, apart, choose, open_viewer, probe, resting, steady, until, until_picture

STILL = """document.getAnimations().every(
  one => one.playState !== 'running' || one.effect.getComputedTiming().endTime === Infinity
)"""
"""Nothing fades or slides; a mark that blinks goes on."""
AXE = Path(__file__).resolve().parents[2] / "viewer" / "node_modules" / "axe-core" / "axe.min.js"
TYPES = '''\
from plantverse import Color, Command, Geometry, Limits, Move, Parameter, Property, Relation, Telemetry, Twin


class Mixer(Twin):
    """A mixer."""

    flow = Telemetry(unit="m3/h", range=(0, 100), limits=Limits(h=80), max_age_s=30.0)
    flow_setpoint = Telemetry(unit="m3/h", range=(0, 100))
    mode = Property(str)
    feeds = Relation("Mixer")
    set_flow = Command(parameters={"flow": Parameter(unit="m3/h", range=(0, 100))}, timeout_s=5.0)

    geometry = Geometry(size=(2, 2, 2), color="#c03030")


class Agv(Twin):
    """A vehicle."""

    x = Telemetry(unit="m")

    geometry = Geometry(size=(1.6, 1, 0.9))
    visuals = (Move("x", axis="x"),)
'''
PLANT = """\
[plant]
name = "looks"
types = ["types.py"]

[[twin]]
id = "hall/m1"
name = "First mixer"
type = "Mixer"
topic = "plant/m1"
area = "hall"
position = [0.0, 0.0, 0.0]
relations = { feeds = ["hall/m2"] }

[[twin]]
id = "hall/m2"
name = "Second mixer"
type = "Mixer"
topic = "plant/m2"
area = "hall"
position = [8.0, 0.0, 0.0]

[[twin]]
id = "yard/agv"
name = "Vehicle"
type = "Agv"
topic = "plant/agv"
area = "yard"
position = [0.0, 0.0, 6.0]
"""
MakeServer = Callable[..., ServerProcess]


class Hall:
    """The devices of the hall: what they send, and their answer to a command."""

    def __init__(self) -> None:
        self.values: dict[str, dict[str, object]] = {
            "m1": {"flow": 20.0, "flow_setpoint": 25.0, "mode": "automatic"},
            "m2": {"flow": 30.0, "flow_setpoint": 30.0, "mode": "manual"},
            "agv": {"x": 0.0},
        }

    def said(self) -> dict[str, dict[str, object]]:
        return {f"plant/{name}": values for name, values in list(self.values.items())}

    def answer(self, client: paho.Client, _: object, message: paho.MQTTMessage) -> None:
        asked = json.loads(message.payload)
        self.values["m1"]["flow_setpoint"] = asked["args"]["flow"]
        client.publish("plant/m1/cmd/answer", json.dumps({"id": asked["id"], "status": "succeeded"}), qos=1)


@pytest.fixture
def plant(tmp_path: Path) -> Path:
    folder = tmp_path / "plant"
    folder.mkdir()
    (folder / "types.py").write_text(TYPES)
    path = folder / "plant.toml"
    path.write_text(PLANT)
    return path


@pytest.fixture
def hall(mosquitto: Mosquitto) -> Iterator[Hall]:
    made = Hall()
    with repeating(mosquitto, made.said) as client:
        client.on_message = made.answer
        client.subscribe("plant/m1/cmd/set_flow", qos=1)
        yield made


def test_without_webgl_the_plan_shows_the_same_plant_and_the_keyboard_goes_through_it(
    page_without_webgl: Page, mosquitto: Mosquitto, make_server: MakeServer, plant: Path, hall: Hall
) -> None:
    page = page_without_webgl
    server = make_server(plant, mosquitto.url).start()
    open_viewer(page, server)
    canvas = page.get_by_role("application")
    expect(canvas).to_have_attribute("aria-label", re.compile("Plan of the plant"))
    expect(page.locator(".scene-note")).to_contain_text("no WebGL 2")
    until(page, "window.plantverse.probe('hall/m1')?.stale === false", "live values")
    assert probe(page, "hall/m1")["alarm"] is None
    hall.values["m2"]["flow"] = 90.0
    hall.values["agv"]["x"] = 3.0
    until(page, "window.plantverse.probe('hall/m2').alarm === 'medium'", "the alarm")
    until(page, "Math.abs(window.plantverse.probe('yard/agv').position[0] - 3) < 0.01", "the drive")

    spot = probe(page, "hall/m1")
    canvas.click(position={"x": spot["x"], "y": spot["y"]})
    until(page, "window.plantverse.selected === 'hall/m1'", "the machine under the pointer")
    canvas.press("ArrowRight")
    until(page, "window.plantverse.selected === 'hall/m2'", "the machine beside it")
    expect(page.locator(".flat [aria-live]")).to_contain_text("Medium alarm")
    canvas.press("PageDown")
    canvas.press("PageDown")
    until(page, "window.plantverse.probe('hall/m2').planLevel === 'machine'", "the level of a machine")
    canvas.press("Home")
    until(page, "window.plantverse.probe('hall/m1').onScreen && window.plantverse.probe('yard/agv').onScreen", "all")

    # In Operate nothing is coloured but what is abnormal.
    hall.values["m2"]["flow"] = 30.0
    until(page, "document.querySelector('.alarm-row.is-returned')", "the end of the alarm")
    page.keyboard.press("Escape")
    calm = steady(page, canvas)["colour"]
    page.keyboard.press("o")
    until(page, "document.querySelector('.flat')", "the plan")
    until_picture(page, canvas, lambda found: found["colour"] > calm + 0.3, "the colours of Present")
    with page.expect_download() as download:
        page.get_by_role("button", name="Save", exact=True).click()
    assert download.value.path().read_bytes().startswith(b"\x89PNG")
    page.get_by_role("button", name="Try 3D again").click()
    until(page, "document.querySelector('.scene-note')?.textContent.includes('no WebGL 2')", "the plan once more")


def test_a_lost_context_gives_way_to_the_plan_and_what_is_laid_over_the_plant_changes_the_picture(
    page: Page, mosquitto: Mosquitto, make_server: MakeServer, plant: Path, hall: Hall
) -> None:
    server = make_server(plant, mosquitto.url).start()
    page.emulate_media(reduced_motion="reduce")
    open_viewer(page, server)
    canvas = page.locator(".plant3d canvas")
    until(page, "window.plantverse.probe('hall/m2')?.stale === false", "live values")
    present = steady(page, canvas)["colour"]
    page.keyboard.press("o")
    until_picture(page, canvas, lambda found: found["colour"] < present - 0.5, "Operate to take the colours away")

    choose(page, "hall/m1")
    page.keyboard.press("x")
    until(page, "window.plantverse.probe('hall/m2').ghost === 1", "the x-ray")
    assert probe(page, "hall/m1")["ghost"] == 0
    page.keyboard.press("x")
    until(page, "window.plantverse.probe('hall/m2').ghost === 0", "the end of the x-ray")

    del hall.values["m2"]
    page.keyboard.press("g")
    until(page, "window.plantverse.probe('hall/m2').heat > window.plantverse.probe('hall/m1').heat + 0.2", "ages")
    expect(page.get_by_role("figure", name="Colours by age")).to_contain_text("1 min")
    page.keyboard.press("g")
    until(page, "window.plantverse.probe('hall/m1').heat === -1", "the end of the ages")

    page.keyboard.press("Escape")
    spot = resting(page, "hall/m2")
    whole = steady(page, canvas, spot["x"], spot["y"])["at"]
    page.keyboard.press("c")
    until(page, "document.querySelector('.section-handle')", "the section")
    place = (spot["x"], spot["y"])
    until_picture(page, canvas, lambda found: apart(whole, found["at"]) > 30, "the mixer to be cut off", *place)
    for _ in range(60):
        page.keyboard.press("]")
    until_picture(page, canvas, lambda found: apart(whole, found["at"]) < 30, "it behind the moved section", *place)
    page.get_by_role("button", name="End", exact=True).click()

    page.keyboard.press("b")
    before = resting(page, "hall/m2")
    for _ in range(3):
        canvas.press("+")
    until(page, f"Math.abs(window.plantverse.probe('hall/m2').x - {before['x']}) > 20", "another view")
    page.keyboard.press("1")
    until(page, f"Math.abs(window.plantverse.probe('hall/m2').x - {before['x']}) < 2", "the kept view")

    page.evaluate(
        "document.querySelector('.plant3d canvas').getContext('webgl2')"
        ".getExtension('WEBGL_lose_context').loseContext()"
    )
    until(page, "document.querySelector('.flat canvas') && window.plantverse.probe('hall/m1')?.scale > 0", "the plan")
    page.get_by_role("button", name="Try 3D again").click()
    until(page, "document.querySelector('.plant3d canvas') && !document.querySelector('.scene-note')", "3D again")

    page.reload()
    until(page, f"{LIVE} && window.plantverse.sceneReady", "the page again")
    page.keyboard.press("v")
    menu = page.get_by_role("dialog", name="View")
    expect(menu.get_by_role("button", name="Operate")).to_have_attribute("aria-pressed", "true")
    with page.expect_download() as download:
        menu.get_by_role("button", name="Export").click()
    kept = json.loads(download.value.path().read_text())
    assert [view["name"] for view in kept["views"]] == ["View 1"]
    menu.get_by_role("button", name="Forget View 1").click()
    menu.get_by_label("File of views").set_input_files(download.value.path())
    until(page, "document.querySelector('.bookmark')", "the imported view")


def test_by_keyboard_alone_from_an_alarm_to_its_cause_a_command_and_the_moment_in_replay(
    page: Page, mosquitto: Mosquitto, make_server: MakeServer, plant: Path, hall: Hall
) -> None:
    server = make_server(plant, mosquitto.url, "--allow-write").start()
    open_viewer(page, server)
    until(page, "window.plantverse.read('hall/m1:flow')?.value === 20", "the values")
    hall.values["m1"]["flow"] = 95.0
    until(page, "document.querySelectorAll('.alarm-row[role=row]').length === 1", "the alarm")
    page.wait_for_timeout(1500)
    during = page.evaluate("Date.now()")

    page.keyboard.press("Shift+F6")
    page.keyboard.press("Tab")
    for _ in range(12):
        if page.evaluate("document.activeElement.ariaLabel === 'Alarms'"):
            break
        shown = page.evaluate(
            "[getComputedStyle(document.activeElement).outlineStyle, document.activeElement.outerHTML]"
        )
        assert shown[0] != "none", f"the focus is not seen on {shown[1][:200]}"
        page.keyboard.press("Tab")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    until(page, "window.plantverse.selected === 'hall/m1'", "the machine")
    until(page, "window.plantverse.probe('hall/m2').ghost === 1", "the x-ray")
    expect(page.locator(".trends")).to_contain_text("Ten minutes around: Flow above 80 m³/h")
    until(page, "document.querySelector('.trends-legend li')?.textContent.includes('95')", "the signal")

    face = page.get_by_role("region", name="Faceplate")
    expect(face).to_contain_text("Auto")
    expect(face).to_contain_text("Set-point")
    page.keyboard.press("Control+k")
    page.keyboard.type("set flow first")
    page.keyboard.press("Enter")
    until(page, "document.activeElement?.id === 'arg-set_flow-flow'", "the field")
    page.keyboard.type("40")
    page.keyboard.press("Enter")
    until(page, "/Confirmed/.test(document.querySelector('.given')?.textContent)", "the outcome")
    expect(face).to_contain_text(f"by {getpass.getuser()}")
    until(page, "/Set-point\\s*40/.test(document.querySelector('.faceplate').innerText)", "the new set-point")

    page.locator(".signal-head").first.focus()
    page.keyboard.press("t")
    until(page, "document.querySelector('#tab-trends .tab-count')?.textContent === '1'", "the trend")
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Keys")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog", name="Keys")).to_be_hidden()
    assert page.evaluate("window.plantverse.selected") == "hall/m1", "Escape closes the sheet and nothing else"

    hall.values["m1"]["flow"] = 20.0
    until(page, "window.plantverse.store.alarms.all.get('hall/m1:flow:h')?.state === 'returned'", "the end")
    page.get_by_role("button", name="Replay").click()
    page.get_by_label("Moment shown").fill(
        page.evaluate("ms => new Date(ms - new Date().getTimezoneOffset() * 60000).toISOString().slice(0, 19)", during)
    )
    until(page, "window.plantverse.store.alarms.all.get('hall/m1:flow:h')?.state === 'unacknowledged'", "the past")
    until(page, "window.plantverse.read('hall/m1:flow').value === 95", "the past value")
    page.keyboard.press("l")
    until(page, "window.plantverse.store.alarms.all.get('hall/m1:flow:h')?.state === 'returned'", "the present")


def test_a_screen_on_the_wall_goes_round_shows_a_new_alarm_and_outlives_the_server(
    page: Page, mosquitto: Mosquitto, make_server: MakeServer, plant: Path, hall: Hall
) -> None:
    server = make_server(plant, mosquitto.url, "--allow-write").start()
    open_viewer(page, server, "?kiosk=3&view=flat")
    expect(page.locator(".tree, .dock, .inspector, .topbar .button, .flat-bar").filter(visible=True)).to_have_count(0)
    scale = probe(page, "hall/m1")["scale"]
    until(page, f"Math.abs(window.plantverse.probe('hall/m1').scale / {scale} - 1) > 0.1", "the first area")
    hall.values["m2"]["flow"] = 95.0
    until(page, "window.plantverse.selected === 'hall/m2'", "the alarm")
    hall.values["m2"]["flow"] = 30.0
    until(page, "window.plantverse.store.alarms.all.get('hall/m2:flow:h')?.state === 'returned'", "the end")
    page.evaluate(
        "fetch('/api/v1/alarms/acknowledge', {method: 'POST', headers: {'content-type': 'application/json'},"
        " body: JSON.stringify({alarm: 'hall/m2:flow:h', comment: ''})}).then(answer => answer.status)"
    )
    until(page, "window.plantverse.selected === null", "the whole plant")
    server.kill()
    until(page, "document.querySelector('.kpi-beat.is-silent')", "the heart that stands still")
    server.start()
    until(page, f"{LIVE} && document.querySelector('.kpi-beat:not(.is-silent)')", "the heart that beats again")
    until(page, "window.plantverse.probe('hall/m1')?.stale === false", "the values")
    page.keyboard.press("Escape")
    expect(page.get_by_role("button", name="View")).to_be_visible()


def test_axe_finds_no_serious_violation(
    page: Page, mosquitto: Mosquitto, make_server: MakeServer, plant: Path, hall: Hall
) -> None:
    server = make_server(plant, mosquitto.url, "--allow-write").start()
    hall.values["m2"]["flow"] = 95.0
    open_viewer(page, server, "?theme=dark")
    until(page, "document.querySelectorAll('.alarm-row[role=row]').length === 1", "the alarm")
    page.evaluate(AXE.read_text())

    def check(where: str) -> None:
        until(page, STILL, "the last movement")
        found = page.evaluate("axe.run(document, {resultTypes: ['violations']})")
        serious = [
            (rule["id"], [node["html"][:160] for node in rule["nodes"][:3]], rule["nodes"][0]["any"][:1])
            for rule in found["violations"]
            if rule["impact"] in {"serious", "critical"}
        ]
        assert serious == [], where

    check("at the start")
    choose(page, "hall/m2")
    page.locator(".signal-head").first.click()
    check("a machine")
    page.get_by_role("tab", name="Trends").click()
    page.keyboard.press("m")
    until(page, "document.querySelector('.flat canvas')", "the plan")
    check("the plan and the trends")
    page.keyboard.press("v")
    page.get_by_role("dialog", name="View").get_by_role("button", name="Light").click()
    check("the view menu, light")
    page.keyboard.press("Escape")
    check("light")
    page.get_by_role("tab", name="Alarms").click()
    page.keyboard.press("g")
    check("ages, light")
    page.keyboard.press("?")
    check("the keys")
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Replay").click()
    check("replay")
    page.keyboard.press("l")
    page.set_viewport_size({"width": 390, "height": 844})
    check("on a phone")
