"""Meshes and drawings of a plant, prepared by a real process beside the server."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import trimesh

from doubles.plant_state import PlantState
from plantverse._clock import ManualClock
from plantverse.platform.geometry import PATIENCE_NS, GeometryShelf
from plantverse.platform.plant_host import PlantHost
from plantverse.platform.surroundings import surroundings
from plantverse.twins.interop.plant_toml import read_plant
from plantverse.twins.sync.structure import twin_info

TYPES = """\
from plantverse import Geometry, Telemetry, Turn, Twin


class Arm(Twin):
    angle = Telemetry(unit="deg")
    geometry = Geometry(mesh="arm.glb", size=(1, 2, 1))
    visuals = (Turn("angle", joint="Elbow"),)
"""
PLANT = """\
[plant]
name = "p"
types = ["types.py"]

[plant.hall]
mesh = "hall.glb"
bind = { "Arm_*" = "arms/{1}" }

[plant.floor]
image = "plan.png"
metres_per_pixel = 0.5

[[twin]]
id = "arms/a"
type = "Arm"
topic = "a"

[[twin]]
id = "arms/b"
type = "Arm"
topic = "b"
geometry = { mesh = "broken.stl" }
"""
# One grey pixel.
PIXEL = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000010000000108000000003a7e9b55"
    "0000000a49444154789c63680000008200815706f0e90000000049454e44ae426082"
)


def until(ready: Callable[[], bool]) -> None:
    """Wait for the process beside us."""
    deadline = time.monotonic() + 60
    while not ready():
        assert time.monotonic() < deadline, "the meshes never became ready"
        time.sleep(0.05)


def glb(file: Path, *nodes: str) -> None:
    scene = trimesh.Scene()
    for i, name in enumerate(nodes):
        part = trimesh.creation.box((1, 1, 1)).apply_translation((2 * i, 0.5, 0))
        scene.add_geometry(part, node_name=name, geom_name=name)
    file.write_bytes(scene.export(file_type="glb"))


class Plant:
    def __init__(self, folder: Path) -> None:
        self.state = PlantState()
        self.shelf = GeometryShelf(folder / "state" / "geometry", self.state.clock)
        self.host = PlantHost(
            registry=self.state.registry,
            telemetry=self.state.telemetry,
            state=self.state.state,
            events=self.state.events,
            clock=self.state.clock,
            path=folder / "plant.toml",
            shelf=self.shelf,
        )
        self.host.load(read_plant(folder))

    def geometry(self, twin: str) -> tuple[str, str]:
        self.host.reload_if_changed()
        info = twin_info(self.state.registry.get(twin), {}, self.shelf.offer)
        return info.geometry.mesh, info.geometry.problem

    def scene(self) -> dict[str, object]:
        self.host.reload_if_changed()
        return surroundings(self.host.plant.spec, self.shelf, ["arms/a", "arms/b"])

    def said(self) -> list[str]:
        return [str(e.body.get("message", e.body.get("change"))) for e in self.state.events.read(0, 1_000)[0]]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "types.py").write_text(TYPES)
    (tmp_path / "plant.toml").write_text(PLANT)
    glb(tmp_path / "arm.glb", "Base", "Elbow")
    glb(tmp_path / "hall.glb", "Wall", "Arm_a", "Arm_c")
    (tmp_path / "plan.png").write_bytes(PIXEL)
    (tmp_path / "broken.stl").write_bytes(b"not a mesh at all")
    return tmp_path


@pytest.fixture
def plant(folder: Path) -> Iterator[Plant]:
    made = Plant(folder)
    yield made
    made.shelf.close()


def test_files_become_ready_are_renewed_when_they_change_and_say_what_is_wrong(plant: Plant, folder: Path) -> None:
    assert plant.geometry("arms/a") == ("", "")
    before = plant.state.registry.structure_revision
    until(lambda: plant.geometry("arms/a")[0] != "")
    url, problem = plant.geometry("arms/a")
    assert problem == ""
    assert plant.state.registry.structure_revision > before
    served = plant.shelf.path(url.rsplit("/", 1)[1])
    assert served is not None
    assert served.read_bytes() == (folder / "arm.glb").read_bytes()
    assert plant.shelf.path("../state.json") is None

    mesh, problem = plant.geometry("arms/b")
    assert mesh == ""
    assert problem == "broken.stl: expected at least one triangle, got none"
    assert any(text.startswith("broken.stl: expected") for text in plant.said())
    assert "scene" in plant.said()

    scene = plant.scene()
    assert scene["hall"]["nodes"] == {"Arm_a": "arms/a"}  # type: ignore[index]
    assert (scene["floor"]["width"], scene["floor"]["depth"]) == (0.5, 0.5)  # type: ignore[index]
    assert scene["problems"] == ["hall hall.glb: node Arm_c: no twin arms/c (did you mean arms/b?)"]

    glb(folder / "arm.glb", "Base", "Knee")
    until(lambda: "Elbow" in plant.geometry("arms/a")[1])
    again, problem = plant.geometry("arms/a")
    assert again != url
    assert problem.startswith("arm.glb has no node Elbow; it has ")


def test_another_hall_in_the_file_is_told(plant: Plant, folder: Path) -> None:
    until(lambda: plant.scene()["hall"] is not None)
    told = plant.said().count("scene")
    (folder / "plant.toml").write_text(PLANT.replace("metres_per_pixel = 0.5", "metres_per_pixel = 0.25"))
    until(lambda: bool(plant.scene()) and plant.said().count("scene") > told)
    assert plant.scene()["floor"]["width"] == 0.25  # type: ignore[index]


def test_what_takes_too_long_is_given_up(folder: Path) -> None:
    clock = ManualClock()
    shelf = GeometryShelf(folder / "state", clock)
    shelf.want(folder, ["arm.glb"])
    assert shelf.tick() == set()
    clock.advance(PATIENCE_NS / 1e9)
    assert shelf.tick() == {"arm.glb"}
    assert shelf.offer("arm.glb").problem == "arm.glb: it takes too long to read"
    shelf.close()
