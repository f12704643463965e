"""The picture of a plant, with a server that answers from a table; pythreejs is the real one."""

import builtins
from typing import Any

import httpx
import pytest

from plantverse import notebook
from plantverse._clock import ManualClock
from plantverse.client import Client, connect
from plantverse.errors import ConfigInvalid, NotFound, RequestInvalid
from plantverse.notebook.looks import OLD

ME = {"user": "vera", "role": "viewer", "local": True, "loopback": True}
PUMP = {
    "id": "hall/pump-1", "type": "Pump", "yaw_deg": 90.0, "position": [1.0, 0.0, 2.0],
    "signals": [
        {"slot": 0, "path": "flow", "kind": "float", "unit": "m3/h", "max_age_s": 10.0, "codes": {}},
        {"slot": 1, "path": "mode", "kind": "enum", "codes": {"1": "<auto>"}},
        {"slot": 2, "path": "pressure", "kind": "float", "bound": False},
    ],
    "geometry": {"shape": "cylinder", "size": [1.0, 2.0, 1.0], "color": "#102030"},
    "visuals": [{"kind": "color", "slot": 0, "stops": [[0.0, "#000000"], [10.0, "#ffffff"]]}],
}  # fmt: skip
TANK = {"id": "hall/tank-1", "type": "Tank", "geometry": {"shape": "mesh", "mesh": "/api/v1/meshes/t.glb"}}


def reading(path: str, value: float, quality: str = "good", age_s: float = 1.0, **more: Any) -> dict[str, Any]:
    return {
        "signal": f"hall/pump-1:{path}", "value": value, "unit": "", "observed_us": 1e15, "age_s": age_s,
        "quality": quality, **more,
    }  # fmt: skip


class Plant:
    """A server that knows twins and values."""

    def __init__(self) -> None:
        self.twins: list[dict[str, Any]] = [PUMP, TANK]
        self.values = [reading("flow", 10.0, unit="m3/h")]

    def __call__(self, request: httpx.Request) -> httpx.Response:
        path = request.url.path.removeprefix("/api/v1")
        return httpx.Response(
            200, json={"/me": ME, "/twins": {"twins": self.twins}, "/signals": {"signals": self.values}}[path]
        )


@pytest.fixture
def plant() -> Plant:
    return Plant()


@pytest.fixture
def client(plant: Plant):
    with connect("http://127.0.0.1:1", transport=httpx.MockTransport(plant)) as client:
        yield client


def test_update_recolours_what_changed(client: Client, plant: Plant) -> None:
    with notebook.show(client, live=False) as view:
        assert view.color("hall/pump-1") == "#ffffff"
        assert not view.live
        plant.values = [reading("flow", 0.0)]
        assert view.update() == 1
        assert view.color("hall/pump-1") == "#000000"
        assert view.update() == 0
        plant.values = [reading("flow", 0.0, "uncertain: stale")]
        view.update()
        assert view.color("hall/pump-1") == OLD


def test_a_plant_that_falls_silent_becomes_grey(client: Client, plant: Plant) -> None:
    clock = ManualClock()
    with notebook.PlantView(client, "*", clock=clock) as view:
        assert view.color("hall/pump-1") == "#ffffff"
        plant.values = []
        clock.advance(9.5)
        assert view.update() == 1
        assert view.color("hall/pump-1") == OLD


def test_machines_stand_where_they_are_placed_in_their_size(client: Client) -> None:
    with notebook.show(client, live=False) as view:
        mesh = view._scene.meshes["hall/pump-1"]
        assert type(mesh.geometry).__name__ == "CylinderBufferGeometry"
        assert (list(mesh.position), list(mesh.scale)) == ([1.0, 1.0, 2.0], [1.0, 2.0, 1.0])
        assert list(mesh.quaternion) == pytest.approx([0, 0.5**0.5, 0, 0.5**0.5])
        assert type(view._scene.meshes["hall/tank-1"].geometry).__name__ == "BoxBufferGeometry"


def test_a_click_lists_the_values_of_the_machine_without_trusting_its_words(client: Client, plant: Plant) -> None:
    plant.values = [reading("flow", 3.14159, unit="m3/h"), reading("mode", 1, "uncertain: stale", label="<auto>")]
    with notebook.show(client, live=False) as view:
        assert "Click a machine" in view._list.value
        view._scene._picked(view._scene.meshes["hall/pump-1"], view.select)
        text = view._list.value
        assert view.selected == "hall/pump-1"
        assert "3.1416 m3/h" in text
        assert "uncertain: stale" in text
        assert "&lt;auto&gt;" in text
        assert "<td>pressure&emsp;</td><td>-&emsp;</td><td>not bound&emsp;</td>" in text
        assert "<auto>" not in text
        view._scene._picked(None, view.select)
        assert view.selected == "hall/pump-1"


def test_jupyter_is_given_the_widget(client: Client) -> None:
    with notebook.show(client, live=False) as view:
        shown = view._repr_mimebundle_()
        bundle = shown[0] if isinstance(shown, tuple) else shown
        assert bundle["application/vnd.jupyter.widget-view+json"]["model_id"] == view.widget.model_id


def test_what_cannot_be_shown_is_said(client: Client, plant: Plant) -> None:
    with pytest.raises(RequestInvalid, match="max_hz"):
        notebook.show(client, max_hz=0)
    with notebook.show(client, live=False) as view, pytest.raises(NotFound):
        view.select("hall/pump-9")
    plant.twins = []
    with pytest.raises(NotFound, match="type:Press names no twin"):
        notebook.show(client, "type:Press", live=False)
    plant.twins = [{"id": f"t{i}", "type": "T"} for i in range(1001)]
    with pytest.raises(RequestInvalid, match="at most 1000 twins, got 1001"):
        notebook.show(client, live=False)


def test_without_the_extra_its_name_is_said(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    real = builtins.__import__

    def importing(name: str, *rest: Any) -> Any:
        if name == "pythreejs":
            raise ImportError("No module named 'pythreejs'")
        return real(name, *rest)

    monkeypatch.setattr(builtins, "__import__", importing)
    with pytest.raises(ConfigInvalid, match=r"plantverse\[notebook\]"):
        notebook.show(client)


def test_importing_the_room_loads_no_widgets() -> None:
    import subprocess
    import sys

    code = "import plantverse.notebook, sys; print({'pythreejs', 'ipywidgets', 'IPython'} & set(sys.modules))"
    found = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout
    assert found.strip() == "set()"
