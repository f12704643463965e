"""The main job in a real browser: MQTT in, values, colours and poses on the page, through cuts and restarts."""

import getpass
import json
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import paho.mqtt.client as paho
import pytest
from playwright.sync_api import Page, expect

from doubles.mosquitto import Mosquitto
from doubles.mqtt_device import connected, publish, repeating
from doubles.server import ServerProcess
from doubles.viewer_page import choose, open_viewer, until
from plantverse.platform.audit import newest, verify

TYPES = '''\
from plantverse import Color, Command, Geometry, Limits, Move, Parameter, Spin, Telemetry, Turn, Twin


class Pump(Twin):
    """A pump."""

    flow = Telemetry(unit="m3/h", range=(0, 100), limits=Limits(h=80), max_age_s=3.0)
    speed = Telemetry(unit="rpm")
    angle = Telemetry(unit="deg")
    lift = Telemetry(unit="m")
    set_speed = Command(parameters={"speed": Parameter(unit="rpm", range=(0, 3000))}, timeout_s=5.0)

    geometry = Geometry(size=(1, 1, 1))
    visuals = (
        Color("flow", stops=((0.0, "#0000ff"), (50.0, "#00ff00"), (100.0, "#ff0000"))),
        Turn("angle"),
        Move("lift"),
    )
'''
PLANT = """\
[plant]
name = "e2e"
types = ["types.py"]

[[twin]]
id = "hall/p1"
type = "Pump"
topic = "plant/p1"
position = [0.0, 0.0, 0.0]
"""

HALF_BOUND = """
[[twin]]
id = "hall/p2"
type = "Pump"
position = [4.0, 0.0, 0.0]
bind = { flow = "plant/p2" }
"""


@pytest.fixture
def plant(tmp_path: Path) -> Path:
    folder = tmp_path / "plant"
    folder.mkdir()
    (folder / "types.py").write_text(TYPES)
    path = folder / "plant.toml"
    path.write_text(PLANT)
    return path


def test_a_message_changes_a_value_a_colour_and_a_pose(
    page: Page, mosquitto: Mosquitto, make_server: Callable[..., ServerProcess], plant: Path
) -> None:
    plant.write_text(PLANT + HALF_BOUND)
    server = make_server(plant, mosquitto.url).start()
    with connected(mosquitto) as client:
        publish(client, "plant/p1", flow=0, speed=0, angle=0, lift=0)
        publish(client, "plant/p2", value=7)
        open_viewer(page, server)
        until(page, "window.plantverse.read('hall/p1:flow')?.value === 0", "the first value")
        until(page, "window.plantverse.probe('hall/p1')?.color === '#0000ff'", "the first colour")
        publish(client, "plant/p1", flow=50, angle=90, lift=1.5)
        until(page, "window.plantverse.read('hall/p1:flow').value === 50", "the new value")
        until(page, "window.plantverse.probe('hall/p1').color === '#00ff00'", "the new colour")
        until(page, "window.plantverse.probe('hall/p1').angles.some(a => Math.abs(a - 90) < 0.5)", "the turn")
        until(page, "window.plantverse.probe('hall/p1').shift.some(s => Math.abs(s - 1.5) < 0.01)", "the move")
        choose(page, "hall/p2")
        signals = page.get_by_role("region", name="Signals").get_by_role("listitem")
        expect(signals.filter(has_text="not bound")).to_have_count(3, timeout=30_000)
        publish(client, "plant/p2", value=8)
        until(page, "window.plantverse.read('hall/p2:flow')?.value === 8", "the value of the other pump")
        assert page.evaluate("window.plantverse.worstOf('hall/p2').quality") == 0, "what nothing feeds is not bad"


def test_an_unknown_topic_appears_and_one_click_binds_it(
    page: Page, mosquitto: Mosquitto, make_server: Callable[..., ServerProcess], plant: Path
) -> None:
    server = make_server(plant, mosquitto.url).start()
    open_viewer(page, server)
    with connected(mosquitto) as client:
        publish(client, "shop/oven-7", temperature=181.5)
        until(page, "window.plantverse.store.twins.get('shop/oven-7')?.discovered === true", "the box", limit_s=30)
        until(page, "window.plantverse.probe('shop/oven-7')?.visible === true", "the box in the scene")
        page.evaluate("window.plantverse.select('shop/oven-7')")
        page.get_by_role("complementary", name="Details").get_by_role("button", name="Bind").click()
        until(page, "window.plantverse.store.twins.get('shop/oven-7')?.discovered !== true", "the twin")
        assert 'id = "shop/oven-7"' in plant.read_text()
        publish(client, "shop/oven-7", temperature=182.25)
        until(page, "window.plantverse.read('shop/oven-7:temperature')?.value === 182.25", "the value of the new twin")


def test_the_plant_greys_without_a_broker_and_comes_back_without_a_reload(
    page: Page, mosquitto: Mosquitto, make_server: Callable[..., ServerProcess], plant: Path
) -> None:
    server = make_server(plant, mosquitto.url).start()
    values = {"speed": 0.0, "angle": 0.0, "lift": 0.0}
    with repeating(mosquitto, {"plant/p1": {"flow": 10.0, **values}}):
        open_viewer(page, server)
        until(page, "window.plantverse.read('hall/p1:flow')?.value === 10", "the value")
        until(page, "window.plantverse.probe('hall/p1').stale === false", "the living twin")
    page.evaluate("window.stayed = true")
    mosquitto.stop()
    until(page, "window.plantverse.probe('hall/p1').stale === true", "the grey twin")
    age = "Date.now() * 1000 - window.plantverse.read('hall/p1:flow').observedUs"
    first = page.evaluate(age)
    until(page, f"{age} > {first} + 1e6", "the growing age")
    mosquitto.start()
    server.wait_for(lambda: server.health()["broker"]["state"] == "connected", "the broker again")
    with repeating(mosquitto, {"plant/p1": {"flow": 20.0, **values}}):
        until(page, "window.plantverse.read('hall/p1:flow').value === 20", "the value after the cut")
        until(page, "window.plantverse.probe('hall/p1').stale === false", "the colour after the cut")
    assert page.evaluate("window.stayed")


def test_a_killed_server_comes_back_and_the_page_resumes(
    page: Page, mosquitto: Mosquitto, make_server: Callable[..., ServerProcess], plant: Path
) -> None:
    server = make_server(plant, mosquitto.url).start()
    with connected(mosquitto) as client:
        publish(client, "plant/p1", flow=10)
        open_viewer(page, server)
        until(page, "window.plantverse.read('hall/p1:flow')?.value === 10", "the value")
        page.evaluate("window.stayed = true")
        server.kill()
        until(page, "window.plantverse.connection.phase !== 'live'", "the page that knows")
        publish(client, "plant/p1", flow=33)
        server.start()
        until(page, "window.plantverse.connection.phase === 'live'", "the connection")
        until(page, "window.plantverse.read('hall/p1:flow')?.value === 33", "what came meanwhile")
    assert page.evaluate("window.stayed")


def test_a_command_is_answered_and_its_author_is_in_the_audit_log(
    page: Page, mosquitto: Mosquitto, make_server: Callable[..., ServerProcess], plant: Path
) -> None:
    server = make_server(plant, mosquitto.url, "--allow-write").start()
    with connected(mosquitto) as client:

        def answer(client: paho.Client, _: object, message: paho.MQTTMessage) -> None:
            asked = json.loads(message.payload)
            client.publish("plant/p1/cmd/answer", json.dumps({"id": asked["id"], "status": "succeeded"}), qos=1)

        client.on_message = answer
        client.subscribe("plant/p1/cmd/set_speed", qos=1)
        with repeating(mosquitto, {"plant/p1": {"flow": 10.0}}):
            open_viewer(page, server)
            until(page, "window.plantverse.read('hall/p1:flow')?.value === 10", "the value")
            choose(page, "hall/p1")
            commands = page.get_by_role("region", name="Commands")
            commands.get_by_role("button", name="set speed").click()
            commands.get_by_label("speed").first.fill("1200")
            commands.get_by_label("Reason").fill("ramp-up")
            commands.locator("button[type=submit]").click()
            expect(page.locator(".given")).to_contain_text(f"Confirmed Set speed, by {getpass.getuser()}")
            # The event and the reply are of one request, so it is told once.
            expect(page.locator(".outcome")).to_have_count(0)
    log = server.folder / "state" / "audit.jsonl"
    assert verify(log).holds
    told = {r["action"]: r for r in newest(log, 20) if r["target"] == "hall/p1:set_speed"}
    assert set(told) == {"command.asked", "command.succeeded"}
    assert told["command.asked"]["user"] == getpass.getuser()
    assert told["command.asked"]["detail"]["reason"] == "ramp-up"


@pytest.mark.parametrize("rate", [500, 5_000, 40_000])
def test_ages_stay_honest_under_load(
    page: Page, mosquitto: Mosquitto, make_server: Callable[..., ServerProcess], plant: Path, rate: int
) -> None:
    """No value on the page is younger than what was published, whatever the rate."""
    root = Path(__file__).resolve().parents[2]
    names = "\n".join(
        f'[[twin]]\nid = "load/m{n}"\n[twin.signals.value]\n[twin.bind.value]\ntopic = "bench/{n}"\nkey = "value"\n'
        for n in range(100)
    )
    plant.write_text(PLANT + names)
    server = make_server(plant, mosquitto.url).start()
    open_viewer(page, server)
    command = [sys.executable, "-m", "benchmarks.blast", "--port", str(mosquitto.port), "--rate", str(rate)]
    command += ["--seconds", "3", "--signals", "100", "--qos", "1"]
    with subprocess.Popen(command, cwd=root, stdout=subprocess.PIPE) as blast:
        until(page, "window.plantverse.read('load/m0:value')?.value > 0", "the load")
        out, _ = blast.communicate(timeout=120)
    ended_us = time.time() * 1e6
    published = json.loads(out)["published"]
    server.wait_for(lambda: server.health()["ingest"]["received"] >= published, "all of the load")
    account = server.health()["ingest"]
    assert account["received"] == account["accepted"] + sum(account["rejected"].values())
    observed = page.evaluate(
        "Array.from({length: 100}, (_, n) => window.plantverse.read(`load/m${n}:value`).observedUs)"
    )
    assert all(0 < at <= ended_us for at in observed)
    newest_us = {n: server.get(f"/hops?signal=load/m{n}:value")["observed_us"] for n in (0, 50, 99)}
    for number, at in newest_us.items():
        read = f"window.plantverse.read('load/m{number}:value').observedUs"
        until(page, f"Math.abs({read} - {at}) < 1", "the newest value on the page")
