"""The plant through a headset, which is emulated: nobody wears one where tests run."""

import json
import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import paho.mqtt.client as paho
import pytest
from playwright.sync_api import Page, expect

from doubles.headset import Headset, install
from doubles.mosquitto import Mosquitto
from doubles.mqtt_device import repeating
from doubles.server import ServerProcess
from doubles.viewer_page import until

TYPES = '''\
from plantverse import Command, Geometry, Limits, Parameter, Telemetry, Twin


class Mixer(Twin):
    """A mixer."""

    flow = Telemetry(unit="m3/h", range=(0, 100), limits=Limits(h=80), max_age_s=60.0)
    power = Telemetry(unit="kW", max_age_s=60.0)
    set_speed = Command(parameters={"speed": Parameter(unit="rpm", range=(0, 3000))}, timeout_s=20, confirm=True)

    geometry = Geometry(size=(1, 1.5, 1))
'''
PLANT = """\
[plant]
name = "headset"
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

[[twin]]
id = "hall/m3"
name = "Mixer without power"
type = "Mixer"
topic = "plant/m3"
position = [8.0, 0.0, 0.0]
"""


@pytest.fixture
def plant(tmp_path: Path) -> Path:
    folder = tmp_path / "plant"
    folder.mkdir()
    (folder / "types.py").write_text(TYPES)
    path = folder / "plant.toml"
    path.write_text(PLANT)
    return path


class Devices:
    """Both mixers: what they send, and the commands that they were told."""

    def __init__(self) -> None:
        self.values = {"flow": 95.0, "power": 7.0}
        self.commands: list[dict[str, Any]] = []

    def said(self) -> dict[str, dict[str, float]]:
        return {"plant/m1": self.values, "plant/m2": self.values}

    def answer(self, client: paho.Client, _: object, message: paho.MQTTMessage) -> None:
        told = json.loads(message.payload)
        self.commands.append(told)
        answer = {"id": told["id"], "status": "succeeded", "message": "as you wish"}
        client.publish(message.topic.replace("set_speed", "answer"), json.dumps(answer), qos=1)


@pytest.fixture
def devices(mosquitto: Mosquitto) -> Iterator[Devices]:
    made = Devices()
    with repeating(mosquitto, made.said) as client:
        client.on_message = made.answer
        client.subscribe("plant/+/cmd/set_speed", qos=1)
        yield made


@contextmanager
def wearing(page: Page, server: ServerProcess) -> Iterator[Headset]:
    install(page.context)
    # Two eyes of this size are enough to look at, and quick to draw without a graphics card.
    page.set_viewport_size({"width": 640, "height": 400})
    page.goto(f"{server.url}?quality=low")
    headset = Headset(page)
    headset.until("connection.phase === 'live' && window.plantverse.sceneReady", "the page")
    yield headset


@pytest.mark.timeout(400)  # two eyes, drawn frame by frame without a graphics card
def test_in_vr_one_moves_sees_values_acknowledges_and_commands_and_taking_it_off_sends_nothing(
    page: Page,
    mosquitto: Mosquitto,
    make_server: Callable[..., ServerProcess],
    plant: Path,
    devices: Devices,
) -> None:
    server = make_server(plant, mosquitto.url, "--allow-write").start()
    with wearing(page, server) as headset:
        headset.until("read('hall/m1:flow')?.value === 95", "the values")
        headset.enter("VR")
        assert headset.read("headset.handsShown") == ["controller left", "controller right"]

        # Turn once per push, however long it is held; then jump, but not into the air.
        yaw = headset.read("headset.yawDeg")
        headset.stick(1, 0)
        headset.frames(6)
        headset.stick(0, 0)
        assert headset.read("headset.yawDeg") == pytest.approx(yaw - 30, abs=0.1)
        headset.stick(-1, 0)
        headset.stick(0, 0)
        assert headset.read("headset.yawDeg") == pytest.approx(yaw, abs=0.1)
        before = headset.read("headset.head")
        headset.along((0.6, 0.8, 0.0))
        headset.stick(0, -1)
        assert not headset.read("headset.landing")
        headset.stick(0, 0)
        assert headset.read("headset.head") == before
        headset.along((0.9, -0.25, 0.3))
        headset.trigger(down=True)
        headset.until("headset.landing", "a place to stand")
        headset.trigger(down=False)
        after = headset.read("headset.head")
        assert math.hypot(after[0] - before[0], after[2] - before[2]) > 1.0
        assert after[1] == pytest.approx(before[1])

        # Point at a machine: its values, as they change.
        headset.click("button open")
        assert not headset.read("headset.open")
        headset.click("twin hall/m1")
        headset.until("selected === 'hall/m1' && window.plantverse.headset.open", "the machine on the panel")
        headset.says("95.00 m³/h")
        devices.values["power"] = 9.25
        headset.says("9.25 kW")

        # Acknowledge, with a comment.
        alarm = headset.read("store.alarms.sorted()[0].id")
        headset.click("button tab:alarms")
        headset.click(f"button ack:{alarm}")
        headset.until("headset.asking === 'acknowledge'", "the question")
        headset.click("button comment:at:1")
        headset.aim("button hold")
        headset.trigger(down=True)
        headset.until("headset.asking === null", "the end of the hold")
        headset.trigger(down=False)
        headset.until(f"store.alarms.all.get('{alarm}').state === 'acknowledged'", "the acknowledgement")
        assert headset.read(f"store.alarms.all.get('{alarm}').comment") == "Seen"

        # Command: not before its argument is set, and once only.
        headset.click("button tab:machine")
        headset.click("button command:set_speed")
        headset.says("Speed is not set.")
        headset.click("button step:speed:1")
        headset.says("1500 rpm")
        headset.click("button step:speed:10")
        headset.says("2000 rpm")
        headset.aim("button hold")
        headset.trigger(down=True)
        headset.until("headset.asking === null", "the end of the hold")
        headset.says("confirmed, as you wish")
        headset.trigger(down=False)
        assert [command["args"] for command in devices.commands] == [{"speed": 2000}]

        # Taken off in the middle of it, the trigger still down.
        headset.click("button command:set_speed")
        headset.click("button step:speed:1")
        headset.aim("button hold")
        headset.press_and_take_off()
        page.wait_for_timeout(2000)
        headset.visibility("visible")
        headset.says("Cancelled: the headset was taken off.")
        headset.frames(30)
        assert headset.read("headset.asking") is None
        headset.trigger(down=False)

        # A device that is silent takes none, for the same reason as on the desktop.
        page.evaluate("window.plantverse.select('hall/m3')")
        headset.says("All values are old")
        headset.click("button command:set_speed")
        headset.says("The device has never sent a value.")
        assert headset.read("headset.asking") is None
        assert len(devices.commands) == 1

        # Hands instead of controllers; others see them.
        headset.use_hands()
        headset.until("headset.handsShown.join() === 'hand left,hand right'", "the hands")
        headset.click("button open")
        headset.click("twin hall/m2")
        headset.until("selected === 'hall/m2'", "the machine that was pinched at")
        other = page.context.new_page()
        other.goto(f"{server.url}?quality=low")
        seen = "window.plantverse?.store.people[0]?.presence"
        until(other, f"{seen}?.left && {seen}?.right", "the hands as others see them")
        assert other.evaluate(f"{seen}.position[1]") == pytest.approx(1.6, abs=0.2)
        other.close()

        headset.leave()
        page.evaluate("window.plantverse.select('hall/m1')")
        headset.until("probe('hall/m1').onScreen", "the machine on the screen")
        # On a screen this narrow the details of a machine cover the buttons.
        page.evaluate("window.plantverse.select(null)")
        headset.enter("VR")
        page.evaluate("window.plantverse.select('hall/m1')")
        headset.click("button command:set_speed")
        headset.until("headset.asking !== null", "the question")
        headset.leave()
        expect(page.get_by_text("not sent: the headset view ended first")).to_be_visible()
        assert len(devices.commands) == 1


@pytest.mark.timeout(400)  # two eyes, drawn frame by frame without a graphics card
def test_in_ar_the_plant_stands_on_a_table_and_follows_the_hands(
    page: Page,
    mosquitto: Mosquitto,
    make_server: Callable[..., ServerProcess],
    plant: Path,
    devices: Devices,
) -> None:
    server = make_server(plant, mosquitto.url).start()
    assert devices.commands == []
    with wearing(page, server) as headset:
        headset.enter("AR")
        scale = headset.read("headset.scale")
        assert 0.02 < scale < 0.5
        headset.place("right", 0.2, 1.3, -0.1)
        headset.click("twin hall/m1")
        headset.until("selected === 'hall/m1'", "the machine")

        for side, x in (("left", -0.2), ("right", 0.2)):
            headset.place(side, x, 1.1, -0.4)
            headset.squeeze(down=True, side=side)
        headset.place("left", -0.4, 1.1, -0.4)
        headset.place("right", 0.4, 1.1, -0.4)
        assert headset.read("headset.scale") == pytest.approx(2 * scale, rel=0.06), (
            "grips are not quite where rays begin"
        )
        for side in ("left", "right"):
            headset.squeeze(down=False, side=side)

        before = headset.read("headset.where('twin hall/m1')")
        headset.squeeze(down=True, side="right")
        headset.place("right", 0.5, 1.3, -0.4)
        after = headset.read("headset.where('twin hall/m1')")
        assert [b - a for a, b in zip(before, after, strict=True)] == pytest.approx([0.1, 0.2, 0.0], abs=1e-3)
        headset.squeeze(down=False, side="right")

        headset.click("button tab:view")
        headset.click("button size:life")
        headset.until("headset.scale === 1", "life size")
        assert headset.read("headset.where('at 0,0,0')")[1] == pytest.approx(0.0, abs=1e-3)
        headset.click("button size:table")
        headset.until("headset.scale < 0.9", "the table")
        headset.leave()


def test_without_a_headset_the_buttons_say_why(
    page: Page, mosquitto: Mosquitto, make_server: Callable[..., ServerProcess], plant: Path
) -> None:
    server = make_server(plant, mosquitto.url).start()
    page.goto(f"{server.url}?quality=low")
    button = page.get_by_role("button", name="Enter VR")
    button.click()
    page.get_by_text("No headset was found.").wait_for()
    page.get_by_role("button", name="Open it in a headset").click()
    page.get_by_text("This server is for this machine only.").wait_for()
    button.click()
    button.click()
    page.get_by_text("No headset was found.").wait_for(state="detached")
