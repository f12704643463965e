"""`plantverse plant meshes` as somebody types it."""

import json
from pathlib import Path
from typing import Any

import pytest
import trimesh
from typer.testing import CliRunner

from plantverse.cli import app
from plantverse.errors import PlantInvalid

PLANT = """
from plantverse import Geometry, Plant, Telemetry, Twin

class Pump(Twin):
    flow = Telemetry(unit="m3/h")
    geometry = Geometry(shape="mesh", mesh="pump.stl")

class Tank(Twin):
    level = Telemetry(unit="m")
    geometry = Geometry(shape="mesh", mesh="{tank}")

plant = Plant("demo")
plant.add(Pump("p1", topic="p1"))
plant.add(Tank("t1", topic="t1"))
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    trimesh.creation.box((1, 1, 1), transform=trimesh.transformations.translation_matrix([0, 0.5, 0])).export(
        tmp_path / "pump.stl"
    )
    return tmp_path


def run(*arguments: str) -> Any:
    result = CliRunner().invoke(app, ["plant", "meshes", *arguments])
    if isinstance(result.exception, Exception):
        result.exception.add_note(result.output)
        raise result.exception
    return result.stdout


def test_each_mesh_of_a_plant_is_told(folder: Path) -> None:
    (folder / "plant.py").write_text(PLANT.replace("{tank}", "pump.stl"))
    lines = run().splitlines()
    assert lines[1].split("\t") == [str(folder / "pump.stl"), "Pump, Tank", "12", "36", "0.00", "1 x 1 x 1", "none"]


def test_one_that_cannot_be_read_is_told_beside_the_others_and_ends_in_failure(folder: Path) -> None:
    (folder / "plant.py").write_text(PLANT.replace("{tank}", "tank.glb"))
    (folder / "tank.glb").write_bytes(b"nonsense")
    with pytest.raises(PlantInvalid, match=r"tank\.glb: expected a readable GLB") as caught:
        run("--json")
    pump, tank = json.loads("\n".join(caught.value.__notes__))
    assert (pump["triangles"], pump["problems"]) == (12, [])
    assert tank["problems"][0].startswith("cannot be read: expected a readable GLB")


def test_one_file_is_written_lighter(folder: Path) -> None:
    trimesh.creation.icosphere(subdivisions=3).export(folder / "ball.obj")
    line = run("ball.obj", "--out", "light", "--triangles", "300").splitlines()[1].split("\t")
    assert line[2] == "1280"
    assert "more than 300" in line[6]
    assert run(line[-1]).splitlines()[1].split("\t")[2] != "12"
    assert int(run(line[-1]).splitlines()[1].split("\t")[2]) <= 300


def test_nothing_to_look_at(folder: Path) -> None:
    with pytest.raises(PlantInvalid, match=r"expected plant\.toml, plant\.py or a mesh"):
        run()


def command(*arguments: str) -> str:
    result = CliRunner().invoke(app, ["plant", *arguments])
    assert result.exit_code == 0, result.output
    return result.output


def test_meshes_of_single_twins_and_the_hall_are_among_them(folder: Path) -> None:
    (folder / "plant.toml").write_text(
        '[plant.hall]\nmesh = "pump.stl"\n[[twin]]\nid = "p9"\ntopic = "p9"\ngeometry = { mesh = "pump.stl" }\n'
    )
    (row,) = json.loads(run("plant.toml", "--json"))
    assert row["types"] == "hall, p9"


def test_export_writes_the_plant_and_says_what_it_could_not_draw(folder: Path) -> None:
    (folder / "plant.py").write_text(PLANT.replace("{tank}", "gone.glb"))
    output = command("export-glb", "-o", "out.glb")
    assert "warning: t1: " in output
    assert "out.glb: 2 twins" in output
    scene = trimesh.load_scene(folder / "out.glb")
    assert {"p1", "t1", "t1/stainless"} <= set(scene.graph.nodes)


def test_check_warns_of_a_mesh_that_is_not_there(folder: Path) -> None:
    (folder / "plant.py").write_text(PLANT.replace("{tank}", "gone.glb"))
    output = command("check")
    assert "gone.glb is no file" in output
    assert "pump.stl is no file" not in output
