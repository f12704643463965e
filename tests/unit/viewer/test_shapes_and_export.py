"""Machines as geometry in Python, and the plant as one GLB."""

import io
import runpy
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import trimesh

from plantverse.errors import PlantInvalid
from plantverse.twins.interop.plant_toml import read_plant
from plantverse.twins.look_specs import Geometry
from plantverse.twins.specs import PlantSpec, TwinSpec, TwinType
from plantverse.viewer.export import plant_glb
from plantverse.viewer.glb import glb_head
from plantverse.viewer.shapes import ARCHETYPES, build_shape, size_of

ROOT = Path(__file__).parents[3]


def scene_of(content: bytes) -> trimesh.Scene:
    return trimesh.load_scene(io.BytesIO(content), file_type="glb", process=False)


def plant(*twins: TwinSpec) -> PlantSpec:
    return PlantSpec(name="p", twins=twins)


def pump(twin_id: str, **looks: object) -> TwinSpec:
    return TwinSpec(id=twin_id, type=TwinType(name="Pump"), geometry=Geometry(**looks))  # type: ignore[arg-type]


def test_the_golden_file_is_what_the_shapes_are() -> None:
    golden = runpy.run_path(str(ROOT / "tools" / "shapes_golden.py"))
    assert golden["FILE"].read_text() == golden["golden"](), "make generate"


@pytest.mark.parametrize("archetype", ARCHETYPES)
@pytest.mark.parametrize("detail", ["near", "far"])
def test_normals_are_unit_vectors_that_point_where_the_triangles_do(archetype: str, detail: str) -> None:
    shape = build_shape(archetype, size_of(archetype, (1.0, 1.0, 1.0)))
    for parts in (shape.body, *(joint.parts for joint in shape.joints)):
        for solid, _ in parts.build(detail):  # type: ignore[arg-type]
            assert np.isfinite(solid.points).all()
            assert np.allclose(np.linalg.norm(solid.normals, axis=1), 1.0)
            a, b, c = (solid.points[solid.faces[:, i]] for i in range(3))
            across = np.cross(b - a, c - a)
            real = np.linalg.norm(across, axis=1) > 1e-12
            towards = (across * solid.normals[solid.faces].mean(axis=1)).sum(axis=1)
            assert (towards[real] > 0).all()


def test_far_costs_less_than_half() -> None:
    def triangles(detail: str) -> int:
        shapes = [build_shape(name, size_of(name, (1.0, 1.0, 1.0))) for name in ARCHETYPES]
        parts = [p for s in shapes for p in (s.body, *(j.parts for j in s.joints))]
        return sum(len(solid.faces) for p in parts for solid, _ in p.build(detail))  # type: ignore[arg-type]

    assert triangles("far") < 0.4 * triangles("near")


def test_twins_are_nodes_with_their_ids_and_share_meshes_by_kind_size_and_colour() -> None:
    content, problems = plant_glb(plant(pump("a/p1"), pump("a/p2"), pump("a/p3", color="#ff0000")), Path())
    assert problems == []
    head = glb_head(content)
    names = {node.get("name") for node in head["nodes"]}
    assert {"a/p1", "a/p2", "a/p3", "a/p1/shaft"} <= names
    painted = [mesh for mesh in head["meshes"] if "painted steel" in mesh["name"]]
    assert len(painted) == 2
    red = next(m for m in head["materials"] if m["pbrMetallicRoughness"]["baseColorFactor"][:3] == [1, 0, 0])
    assert red["name"] == "painted steel"
    # glTF's colours are linear: the grey of unpainted steel, #8d99a8, is darker there.
    grey = next(m for m in head["materials"] if m["name"] == "painted steel" and m is not red)
    assert grey["pbrMetallicRoughness"]["baseColorFactor"] == pytest.approx([0.266, 0.319, 0.392, 1], abs=0.003)
    assert {m["name"] for m in head["materials"]} >= {"stainless", "galvanised", "safety yellow"}


def test_unplaced_twins_do_not_stand_in_each_other() -> None:
    scene = scene_of(plant_glb(plant(*(pump(f"p{i}") for i in range(4))), Path())[0])
    at = sorted(float(scene.graph[f"p{i}"][0][0, 3]) for i in range(4))
    assert all(b - a > 1.8 for a, b in pairwise(at))


def test_own_meshes_and_the_hall_come_along_and_a_bound_node_is_the_twin(tmp_path: Path) -> None:
    (tmp_path / "types.py").write_text("from plantverse import Twin\n\n\nclass Pump(Twin):\n    '''A pump.'''\n")
    arm = trimesh.Scene()
    arm.add_geometry(trimesh.creation.box((1, 1, 1)), node_name="Elbow", geom_name="e")
    arm.export(tmp_path / "arm.glb")
    hall = trimesh.Scene()
    hall.add_geometry(trimesh.creation.box((9, 3, 1)), node_name="Wall", geom_name="w")
    hall.add_geometry(trimesh.creation.box((2, 1, 1)), node_name="Pump_1", geom_name="p")
    hall.export(tmp_path / "hall.glb")
    (tmp_path / "bad.stl").write_bytes(b"x")
    twins = "".join(
        f'[[twin]]\nid = "{name}"\ntype = "Pump"\ntopic = "{name}"\nposition = [{x}, 0, 0]\n{more}\n'
        for name, x, more in (
            ("pumps/1", 0, ""),
            ("own", 5, 'geometry = { mesh = "arm.glb" }'),
            ("bad", 9, 'geometry = { mesh = "bad.stl" }'),
        )
    )
    head = (
        '[plant]\ntypes = ["types.py"]\n[plant.hall]\nmesh = "hall.glb"\nscale = 2\nbind = { "Pump_*" = "pumps/{1}" }\n'
    )
    (tmp_path / "plant.toml").write_text(head + twins)
    content, problems = plant_glb(read_plant(tmp_path).spec, tmp_path)
    scene = scene_of(content)
    assert len(problems) == 1
    assert problems[0].startswith("bad: ")
    assert {"pumps/1", "own/Elbow", "bad/shaft", "hall/Wall"} <= set(scene.graph.nodes)
    assert "pumps/1/shaft" not in scene.graph.nodes
    assert np.allclose(scene.graph["own/Elbow"][0][:3, 3], (5, 0, 0))
    assert np.isclose(scene.bounds[1][0] - scene.bounds[0][0], 18.9, atol=1.5)


def test_an_empty_plant_is_refused() -> None:
    with pytest.raises(PlantInvalid, match="at least one twin or a hall"):
        plant_glb(plant(), Path())
