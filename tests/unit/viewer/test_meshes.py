"""Meshes that users bring: good ones, and all the ways in which one is bad."""

import json
import struct
from pathlib import Path

import numpy as np
import pytest
import trimesh

from plantverse.errors import ConfigInvalid, PlantInvalid
from plantverse.viewer import meshes
from plantverse.viewer.meshes import MeshLimits, cached_glb, drawn_triangles, inspect_mesh, read_mesh, simplified


def ball(file: Path, *, radius: float = 0.5, lift: float = 0.5) -> Path:
    mesh = trimesh.creation.icosphere(subdivisions=3, radius=radius)
    mesh.apply_translation([0, lift, 0])
    mesh.export(file)
    return file


@pytest.mark.parametrize("kind", ["glb", "stl", "obj"])
def test_a_ball_in_each_format(tmp_path, kind):
    report = inspect_mesh(ball(tmp_path / f"ball.{kind}"))
    assert report.triangles == 1280
    assert report.extent == pytest.approx((1.0, 1.0, 1.0), rel=0.02)
    assert (report.size, report.problems) == ((tmp_path / f"ball.{kind}").stat().st_size, ())


@pytest.mark.parametrize(
    ("name", "content", "what"),
    [
        ("a.fbx", b"x", r"expected a file \.glb, \.stl or \.obj, got '\.fbx'"),
        ("a.glb", b"nonsense", "expected a readable GLB"),
        ("a.glb", b"", "expected a readable GLB"),
        ("a.glb", b"glTF" + struct.pack("<II", 2, 4_000_000_000) + b"\xff" * 40, "expected a readable GLB"),
        ("a.stl", b"", "expected at least one triangle, got 'none'"),
        ("a.stl", b"\0" * 80 + b"\xff\xff\xff\x7f" + b"\0" * 50, "expected a readable STL"),
        ("a.obj", b"nonsense", "expected at least one triangle, got 'none'"),
        ("a.obj", b"v 0 0 0\nv 1 0 0\n", "expected at least one triangle, got 'none'"),
        ("a.obj", b"v 0 0 0\nf 1 2 9\n", "expected a readable OBJ"),
    ],
)
def test_bad_files_are_named_with_what_is_wrong(tmp_path, name, content, what):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(PlantInvalid, match=what) as caught:
        inspect_mesh(tmp_path / name)
    assert str(tmp_path / name) in str(caught.value)


def test_a_missing_file_is_said(tmp_path):
    with pytest.raises(PlantInvalid, match="No such file"):
        read_mesh(tmp_path / "a.glb")


def test_corners_that_are_no_numbers(tmp_path):
    head = b"\0" * 80 + struct.pack("<I", 2)
    corners = [0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1, 0]
    facets = struct.pack("<12fH", *corners, 0) + struct.pack("<12fH", *corners[:-1], float("inf"), 0)
    (tmp_path / "a.stl").write_bytes(head + facets)
    with pytest.raises(PlantInvalid, match="corners at finite places"):
        read_mesh(tmp_path / "a.stl")


def test_a_huge_file_is_not_opened(tmp_path):
    file = ball(tmp_path / "ball.stl")
    with pytest.raises(PlantInvalid, match="expected at most 1000 bytes, got 64084"):
        read_mesh(file, MeshLimits(size=1000))
    with pytest.raises(PlantInvalid, match="expected at most 100 vertices, got 3840"):
        read_mesh(file, MeshLimits(vertices=100))


def test_a_compressed_glb_is_refused_by_the_name_of_its_compression(tmp_path):
    head = json.dumps({"asset": {"version": "2.0"}, "extensionsRequired": ["KHR_draco_mesh_compression"]}).encode()
    body = struct.pack("<II", len(head), 0x4E4F534A) + head
    (tmp_path / "a.glb").write_bytes(b"glTF" + struct.pack("<II", 2, 12 + len(body)) + body)
    with pytest.raises(PlantInvalid, match="expected an uncompressed GLB, got 'KHR_draco_mesh_compression'"):
        inspect_mesh(tmp_path / "a.glb")


def test_what_looks_wrong_is_said(tmp_path):
    (millimetres,) = inspect_mesh(ball(tmp_path / "mm.stl", radius=500, lift=500)).problems
    assert "drawn in millimetres" in millimetres
    (tiny,) = inspect_mesh(ball(tmp_path / "km.stl", radius=0.001, lift=0.001)).problems
    assert "another unit" in tiny
    (below,) = inspect_mesh(ball(tmp_path / "low.stl", lift=0)).problems
    assert "0.5 m below its origin" in below
    away = trimesh.load(ball(tmp_path / "away.stl"))
    away.apply_translation([40, 0, 0])
    away.export(tmp_path / "away.stl")
    assert "39.5 m beside its origin" in inspect_mesh(tmp_path / "away.stl").problems[0]
    obj = ball(tmp_path / "a.obj")
    obj.write_text("mtllib a.mtl\n" + obj.read_text())
    assert "one colour" in inspect_mesh(obj).problems[0]
    (heavy,) = inspect_mesh(ball(tmp_path / "heavy.stl"), MeshLimits(triangles=1000)).problems
    assert heavy.startswith("1280 triangles, more than 1000")


def test_parts_count_as_often_as_they_are_drawn_and_keep_their_colour_when_simplified():
    part = trimesh.creation.icosphere(subdivisions=3, face_colors=[200, 30, 30, 255])
    scene = trimesh.Scene()
    scene.add_geometry(part, geom_name="ball")
    scene.graph.update(frame_to="again", geometry="ball", matrix=trimesh.transformations.translation_matrix([5, 0, 0]))
    assert drawn_triangles(scene) == 2560
    light = simplified(scene, 600)
    assert 300 < drawn_triangles(light) <= 600
    assert drawn_triangles(scene) == 2560, "the scene given stays as it is"
    assert light.bounds == pytest.approx(scene.bounds, abs=0.2)
    assert light.geometry["ball"].visual.main_color.tolist() == [200, 30, 30, 255]
    assert simplified(scene, 2560) is scene


def test_colours_of_faces_reach_the_glb(tmp_path):
    box = trimesh.creation.box()
    box.visual.face_colors = np.repeat([[255, 0, 0, 255], [0, 0, 255, 255]], 6, axis=0)
    (again,) = trimesh.load_scene(
        trimesh.util.wrap_as_stream(meshes.export_glb(trimesh.Scene(box))), file_type="glb"
    ).geometry.values()
    assert {tuple(c) for c in again.visual.vertex_colors.tolist()} == {(255, 0, 0, 255), (0, 0, 255, 255)}


def test_the_cache_names_a_glb_by_what_it_is_made_from(tmp_path):
    file, folder = ball(tmp_path / "ball.stl"), tmp_path / "cache" / "meshes"
    made = cached_glb(file, folder, MeshLimits(triangles=500))
    assert made.parent == folder
    assert 250 < inspect_mesh(made).triangles <= 500
    written = made.stat().st_mtime_ns
    copy = tmp_path / "copy.stl"
    copy.write_bytes(file.read_bytes())
    assert cached_glb(copy, folder, MeshLimits(triangles=500)) == made
    assert made.stat().st_mtime_ns == written
    others = {cached_glb(file, folder), cached_glb(ball(tmp_path / "large.stl", radius=1), folder), made}
    assert set(folder.iterdir()) == others
    assert len(others) == 3


def test_without_the_extra_its_name_is_said(tmp_path, monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(ConfigInvalid, match=r"plantverse\[meshes\]"):
        read_mesh(ball(tmp_path / "ball.stl"))
