"""Users' files on their way to the browser: what is taken, what is refused and why, and that it is done once."""

import json
import struct
import zlib
from pathlib import Path

import pytest
import trimesh

from plantverse.errors import PlantInvalid
from plantverse.viewer.glb import glb_head, node_names
from plantverse.viewer.images import MOST_PIXELS, image_size
from plantverse.viewer.meshes import MeshLimits
from plantverse.viewer.prepare import Prepared, main, prepare


def glb(head: dict[str, object], *, version: int = 2, cut: int = 0) -> bytes:
    text = json.dumps({"asset": {"version": "2.0"}, **head}).encode()
    text += b" " * (-len(text) % 4)
    whole = b"glTF" + struct.pack("<II", version, 20 + len(text)) + struct.pack("<I", len(text)) + b"JSON" + text
    return whole[: len(whole) - cut]


def robot(file: Path, *, subdivisions: int = 1) -> Path:
    """Write an arm on a base as nodes with names."""
    scene = trimesh.Scene()
    scene.add_geometry(trimesh.creation.box((1, 1, 1)), node_name="Base", geom_name="base")
    ball = trimesh.creation.icosphere(subdivisions=subdivisions, radius=0.4)
    scene.add_geometry(ball, node_name="Arm", geom_name="arm", parent_node_name="Base")
    scene.apply_translation((0, 0.5, 0))
    file.write_bytes(scene.export(file_type="glb"))
    return file


def png(width: int, height: int) -> bytes:
    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    rows = b"".join(b"\0" + b"\x80" * width for _ in range(height))
    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


def jpeg(width: int, height: int) -> bytes:
    app = b"\xff\xe0" + struct.pack(">H", 16) + b"JFIF\0" + bytes(9)
    frame = b"\xff\xc2" + struct.pack(">HBHHB", 11, 8, height, width, 1) + bytes(3)
    return b"\xff\xd8" + app + frame + b"\xff\xd9"


def test_a_light_glb_stays_as_it_is_and_tells_its_nodes(tmp_path: Path) -> None:
    file = robot(tmp_path / "robot.glb")
    made = prepare(file, tmp_path / "made")
    assert (tmp_path / "made" / made.file).read_bytes() == file.read_bytes()
    assert {"Base", "Arm"} <= set(made.nodes)
    assert made.problem == ""


def test_a_heavy_one_is_simplified_keeps_its_nodes_and_says_so(tmp_path: Path) -> None:
    file = robot(tmp_path / "robot.glb", subdivisions=4)
    made = prepare(file, tmp_path / "made", MeshLimits(triangles=500))
    assert (tmp_path / "made" / made.file).stat().st_size < file.stat().st_size / 3
    assert {"Base", "Arm"} <= set(made.nodes)
    assert made.problem == "simplified from 5132 triangles to 500"


@pytest.mark.parametrize("kind", ["stl", "obj"])
def test_other_kinds_become_glb(tmp_path: Path, kind: str) -> None:
    file = tmp_path / f"ball.{kind}"
    trimesh.creation.icosphere(subdivisions=1).apply_translation((0, 1, 0)).export(file)
    made = prepare(file, tmp_path / "made")
    assert made.file.endswith(".glb")
    glb_head((tmp_path / "made" / made.file).read_bytes())


def test_the_same_bytes_are_worked_on_once_and_other_bytes_get_another_name(tmp_path: Path) -> None:
    file = robot(tmp_path / "robot.glb")
    first = prepare(file, tmp_path / "made")
    note = tmp_path / "made" / f"{Path(first.file).stem}.json"
    note.write_text(note.read_text().replace('"problem": ""', '"problem": "from the note"'))
    assert prepare(file, tmp_path / "made").problem == "from the note"
    robot(file, subdivisions=2)
    assert prepare(file, tmp_path / "made").file != first.file


@pytest.mark.parametrize(
    ("name", "content", "wanted"),
    [
        ("a.glb", b"", "expected a readable GLB, got it does not begin with glTF"),
        ("a.glb", b"<html>not found</html>", "it does not begin with glTF"),
        ("a.glb", glb({}, version=1), "it is glTF 1, not 2"),
        ("a.glb", glb({"nodes": []}, cut=4), "it breaks off after"),
        ("a.glb", glb({"nodes": []}), "expected at least one triangle, got none"),
        ("a.glb", glb({"buffers": [{"uri": "../../secret.bin", "byteLength": 4}]}), "it wants ../../secret.bin"),
        ("a.glb", glb({"extensionsRequired": ["KHR_draco_mesh_compression"]}), "expected no Draco compression"),
        ("a.stl", b"solid nothing\nendsolid\n", "got"),
        ("a.obj", b"v nan 0 0\nv 1 0 0\nv 0 1 0\nf 1 2 3\n", "expected corners at finite places, got NaN or infinity"),
        ("a.png", b"<svg xmlns='http://www.w3.org/2000/svg'/>", "expected a PNG or JPEG, got <svg xml"),
        ("a.png", png(4, 4)[:20], "expected a whole image, got it breaks off"),
        ("a.jpg", jpeg(10, 20)[:24], "expected a whole image, got it breaks off"),
        ("a.png", png(MOST_PIXELS + 1, 1), f"expected 1 to {MOST_PIXELS} pixels along a side, got 8193 x 1"),
    ],
)
def test_what_cannot_be_shown_says_why_without_the_servers_path(
    tmp_path: Path, name: str, content: bytes, wanted: str
) -> None:
    (tmp_path / name).write_bytes(content)
    made = prepare(tmp_path / name, tmp_path / "made")
    assert made.file == ""
    assert wanted in made.problem
    assert str(tmp_path) not in made.problem


def test_a_file_that_is_too_large_is_not_opened(tmp_path: Path) -> None:
    file = robot(tmp_path / "robot.glb")
    made = prepare(file, tmp_path / "made", MeshLimits(size=100))
    assert (made.file, made.problem) == ("", "expected at most 0 MiB, got 0.0 MiB")


def test_meshopt_is_left_to_the_browser_and_says_so(tmp_path: Path) -> None:
    content = glb({"extensionsRequired": ["EXT_meshopt_compression"], "nodes": [{"name": "Arm"}]})
    (tmp_path / "a.glb").write_bytes(content)
    made = prepare(tmp_path / "a.glb", tmp_path / "made")
    assert (tmp_path / "made" / made.file).read_bytes() == content
    assert (made.nodes, made.problem) == (("Arm",), "shown unchecked: it is compressed")


def test_sizes_of_images_are_read_from_their_heads(tmp_path: Path) -> None:
    assert image_size(png(7, 5), Path("a.png")) == (7, 5)
    assert image_size(jpeg(640, 480), Path("a.jpg")) == (640, 480)
    (tmp_path / "plan.jpeg").write_bytes(jpeg(640, 480))
    made = prepare(tmp_path / "plan.jpeg", tmp_path / "made")
    assert (made.size, made.file[-4:]) == ((640, 480), ".jpg")
    with pytest.raises(PlantInvalid):
        image_size(b"\xff\xd8\xff\xd9", Path("a.jpg"))


def test_node_names_are_given_once_and_only_real_ones() -> None:
    head = {"nodes": [{"name": "A"}, {}, {"name": ""}, {"name": 3}, "x", {"name": "A"}, {"name": "B"}]}
    assert node_names(head) == ("A", "B")
    assert node_names({"nodes": "none"}) == ()


def test_the_process_writes_a_line_for_each_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = robot(tmp_path / "robot.glb")
    assert main([str(tmp_path / "made"), str(file), str(tmp_path / "gone.stl")]) == 0
    good, bad = (Prepared.read(line) for line in capsys.readouterr().out.splitlines())
    assert (tmp_path / "made" / good.file).is_file()
    assert bad == Prepared(problem="expected a readable file, got No such file or directory")
