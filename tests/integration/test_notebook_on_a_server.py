"""Pictures and charts in a notebook against a real server on a real broker, and the example notebook."""

import ast
import json
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import paho.mqtt.client as paho
import pytest
from paho.mqtt.enums import CallbackAPIVersion

import plantverse
from doubles.mosquitto import Mosquitto
from doubles.server import ServerProcess
from plantverse import notebook
from plantverse.errors import NotFound, RequestInvalid, SelectorInvalid
from plantverse.notebook.following import Following
from plantverse.notebook.looks import OLD

PLANT = """
from plantverse import Color, Geometry, Plant, Telemetry, Twin

class Pump(Twin):
    flow = Telemetry(unit="m3/h", max_age_s=3600)
    speed = Telemetry(unit="1/min")
    geometry = Geometry(shape="cylinder", size=(1, 2, 1))
    visuals = [Color("flow", stops=[(0, "#000000"), (10, "#ffffff")])]

plant = Plant("demo")
plant.add(Pump("hall/pump-1", topic="plant/pump-1"))
plant.add(Pump("hall/pump-2", topic="plant/pump-2"))
"""
P1, P2 = "hall/pump-1", "hall/pump-2"
DEADLINE_S = 30.0


def wait_for(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + DEADLINE_S
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


class Running:
    """A server with two pumps, and who sends their flow."""

    def __init__(self, server: ServerProcess, device: paho.Client) -> None:
        self.server, self._device = server, device

    def send(self, twin: str, flow: float) -> None:
        """Return when the server has it."""
        topic = "plant/" + twin.rpartition("/")[2]
        self._device.publish(topic, json.dumps({"flow": flow, "speed": flow * 100}), qos=1).wait_for_publish(30)
        self.server.wait_for(lambda: self.server.value(f"{twin}:flow") == flow, f"{twin} = {flow}")


@pytest.fixture
def running(mosquitto: Mosquitto, make_server: Callable[..., ServerProcess], tmp_path: Path) -> Iterator[Running]:
    (tmp_path / "plant.py").write_text(PLANT)
    server = make_server(tmp_path / "plant.py", mosquitto.url).start()
    device = paho.Client(CallbackAPIVersion.VERSION2)
    device.connect("127.0.0.1", mosquitto.port)
    device.loop_start()
    running = Running(server, device)
    running.send(P1, 0.0)
    yield running
    device.disconnect()
    device.loop_stop()


def threads() -> set[str]:
    return {thread.name for thread in threading.enumerate()}


def test_a_picture_follows_the_plant_until_it_is_stopped(running: Running) -> None:
    with notebook.show(running.server.url, "type:Pump", max_hz=20) as view:
        assert view.live
        assert (view.color(P1), view.color(P2)) == ("#000000", OLD)
        running.send(P1, 10.0)
        running.send(P2, 5.0)
        wait_for(lambda: (view.color(P1), view.color(P2)) == ("#ffffff", "#808080"))
        view.stop()
        assert not view.live
        assert "plantverse-notebook" not in threads()
        running.send(P1, 0.0)
        assert view.color(P1) == "#ffffff", "stopped"
        assert view.update() == 1
        assert view.color(P1) == "#000000"
        view.follow(max_hz=20)
        running.send(P1, 10.0)
        wait_for(lambda: view.color(P1) == "#ffffff")
    assert "plantverse-notebook" not in threads()
    assert view.error is None


def test_a_picture_goes_on_after_the_server_was_killed(running: Running) -> None:
    with notebook.show(running.server.url, P1, max_hz=20) as view:
        running.send(P1, 5.0)
        wait_for(lambda: view.color(P1) == "#808080")
        running.server.kill()
        running.server.start()
        running.send(P1, 10.0)
        wait_for(lambda: view.color(P1) == "#ffffff")


def test_what_ends_following_is_told(running: Running) -> None:
    errors: list[Exception] = []
    with plantverse.connect(running.server.url) as plant:
        following = Following(plant, "type:", max_hz=20, take=list, ended=errors.append)
        following.start()
        wait_for(lambda: not following.running)
        following.stop()
    (error,) = errors
    assert isinstance(error, SelectorInvalid)


def test_a_chart_shows_what_is_stored(running: Running) -> None:
    running.send(P1, 7.0)
    with plantverse.connect(running.server.url) as plant:
        running.server.wait_for(lambda: len(plant.history(f"{P1}:flow")) == 2, "two stored samples")
        chart = notebook.chart(plant, [f"{P1}:flow", f"{P1}:speed"], start="-1m")
        assert chart._repr_svg_() == chart.svg
        assert chart.svg.count("<polyline") == 2
        assert "no values" not in chart.svg
        assert "no values" in notebook.chart(plant, f"{P2}:flow").svg
        with pytest.raises(NotFound, match="pump-9"):
            notebook.chart(plant, "hall/pump-9:flow")
        with pytest.raises(RequestInvalid, match="1 to 8 signals"):
            notebook.chart(plant, [])
        with pytest.raises(RequestInvalid, match="before the end"):
            notebook.chart(plant, f"{P1}:flow", start="now", end="-1m")


def test_the_example_notebook_runs(running: Running, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PLANTVERSE_URL", running.server.url)
    for flow in (1.0, 2.0, 3.0):
        running.send(P1, flow)
    running.server.wait_for(lambda: running.server.get(f"/history/series?signal={P1}:flow")["value"] != [], "a sample")
    book = json.loads((root / "examples" / "notebook.ipynb").read_text())
    assert (book["nbformat"], [c["outputs"] for c in book["cells"] if c["cell_type"] == "code"]) == (4, [[]] * 6)
    names: dict[str, Any] = {}
    shown = [run("".join(c["source"]), names) for c in book["cells"] if c["cell_type"] == "code"]
    assert shown[0] == 2
    assert isinstance(shown[1], notebook.PlantView)
    assert shown[2] == [f"{P1}:flow", f"{P1}:speed"]
    assert shown[3][1][-1] == 3.0
    assert isinstance(shown[4], notebook.Chart)
    assert "plantverse-notebook" not in threads()


def run(cell: str, names: dict[str, Any]) -> Any:
    """Run a cell as Jupyter does and return the value of its last line, if that is one."""
    tree = ast.parse(cell)
    last = tree.body.pop() if isinstance(tree.body[-1], ast.Expr) else None
    exec(compile(tree, "cell", "exec"), names)
    return None if last is None else eval(compile(ast.Expression(last.value), "cell", "eval"), names)
