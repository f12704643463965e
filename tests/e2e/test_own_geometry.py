"""A user's own mesh, hall and floor plan in a real browser: loaded, moved by rules, picked, changed while it runs."""

import base64
import struct
import time
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import trimesh
from playwright.sync_api import Page, expect

from doubles.mosquitto import Mosquitto
from doubles.mqtt_device import connected, publish
from doubles.server import ServerProcess
from doubles.viewer_page import resting

TYPES = """\
from plantverse import Geometry, Telemetry, Turn, Twin


class Arm(Twin):
    angle = Telemetry(unit="deg", max_age_s=60.0)
    geometry = Geometry(mesh="arm.glb")
    visuals = (Turn("angle", axis="z", joint="Elbow"),)


class Pump(Twin):
    flow = Telemetry(unit="m3/h", max_age_s=60.0)
"""
FLOOR = '[plant.floor]\nimage = "plan.png"\nmetres_per_pixel = 0.5\noffset = [2, 6]\n'
PLANT = f"""\
[plant]
name = "own"
types = ["types.py"]

[plant.hall]
mesh = "hall.glb"
position = [0, 0, -6]
bind = {{ "Pump_*" = "pumps/{{1}}" }}

{FLOOR}
[[twin]]
id = "arms/a"
name = "Arm"
type = "Arm"
topic = "plant/a"
position = [0, 0, 0]

[[twin]]
id = "arms/bad"
name = "Bad arm"
type = "Arm"
topic = "plant/bad"
position = [6, 0, 0]
geometry = {{ mesh = "bad.glb", size = [1, 1.5, 1] }}

[[twin]]
id = "pumps/p1"
name = "Hall pump"
type = "Pump"
topic = "plant/p1"
"""
COUNT = """async (url) => {
  const bitmap = await createImageBitmap(await (await fetch(url)).blob());
  const context = new OffscreenCanvas(160, 100).getContext("2d");
  context.drawImage(bitmap, 0, 0, 160, 100);
  const { data } = context.getImageData(0, 0, 160, 100);
  let found = 0;
  for (let i = 0; i < data.length; i += 4) if (data[i] > 150 && data[i + 2] > 150 && data[i + 1] < 90) found++;
  return found;
}"""
MAGENTA = (255, 0, 255)


def png(colour: tuple[int, int, int], side: int) -> bytes:
    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    rows = (b"\0" + bytes(colour) * side) * side
    header = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


def glb(file: Path, **nodes: tuple[tuple[float, float, float], tuple[float, float, float]]) -> None:
    """Write boxes of a size at a place, one named node each."""
    scene = trimesh.Scene()
    for name, (size, at) in nodes.items():
        move = trimesh.transformations.translation_matrix(at)
        scene.add_geometry(trimesh.creation.box(size), node_name=name, geom_name=f"{name}-box", transform=move)
    file.write_bytes(scene.export(file_type="glb"))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "plant"
    folder.mkdir()
    (folder / "types.py").write_text(TYPES)
    (folder / "plant.toml").write_text(PLANT)
    (folder / "plan.png").write_bytes(png(MAGENTA, 16))
    (folder / "bad.glb").write_bytes(b"glTF and then nothing")
    glb(folder / "arm.glb", Base=((1, 1, 1), (0, 0.5, 0)), Elbow=((0.2, 2, 0.2), (0, 2, 0)))
    glb(folder / "hall.glb", Wall=((12, 3, 0.2), (0, 1.5, -2)), Pump_p1=((2, 1, 1), (3, 0.5, 0)))
    return folder


def until(page: Page, what: str, ready: Callable[[Any], bool]) -> Any:
    """Return what an expression is once it is as it should be."""
    deadline = time.monotonic() + 90
    while True:
        found = page.evaluate(what)
        if ready(found):
            return found
        assert time.monotonic() < deadline, f"{what} stayed {found}"
        page.wait_for_timeout(100)


def magenta(page: Page) -> int:
    """Return how many pixels of the picture are of the plan's colour."""
    shot = base64.b64encode(page.locator(".plant3d canvas").screenshot()).decode()
    return int(page.evaluate(COUNT, f"data:image/png;base64,{shot}"))


def test_a_users_mesh_hall_and_floor_plan(
    folder: Path, mosquitto: Mosquitto, make_server: Callable[..., ServerProcess], page: Page
) -> None:
    server = make_server(folder / "plant.toml", mosquitto.url).start()
    page.goto(f"{server.url}?quality=low")

    # The mesh, moved at its joint by a rule.
    probe = "window.plantverse?.probe('{}')"
    arm = until(page, probe.format("arms/a"), lambda p: p and p["pictured"])
    assert [round(length, 3) for length in arm["size"]] == [1, 3, 1]
    with connected(mosquitto) as client:
        publish(client, "plant/a", angle=40.0)
        publish(client, "plant/p1", flow=2.0)
    until(page, probe.format("arms/a"), lambda p: abs(p["angles"][0] - 40) < 0.5)

    # One that cannot be read: the viewer's own shape, and why.
    bad = page.evaluate(probe.format("arms/bad"))
    assert not bad["pictured"]
    page.evaluate("window.plantverse.select('arms/bad')")
    note = page.locator(".inspector [role=note]")
    expect(note).to_contain_text("bad.glb: expected a readable GLB, got ")

    # A node of the hall is the twin: it stands there, and a click on it chooses it.
    pump = until(page, probe.format("pumps/p1"), lambda p: p and p["pictured"])
    assert [round(v, 3) for v in pump["position"]] == [3, 0, -6]
    assert [round(length, 3) for length in pump["size"]] == [2, 1, 1]
    canvas = page.locator(".plant3d canvas")
    canvas.focus()
    page.keyboard.press("a")
    pump = resting(page, "pumps/p1")
    canvas.click(position={"x": pump["x"], "y": pump["y"]})
    until(page, "window.plantverse.selected", lambda twin: twin == "pumps/p1")

    # Meshes are asked for once and may be kept for ever.
    answers = page.evaluate(
        "Promise.all(performance.getEntriesByType('resource').filter(e => e.name.includes('/geometry/'))"
        ".map(async e => [e.name, (await fetch(e.name)).headers.get('cache-control')]))"
    )
    assert len({name for name, _ in answers}) == len(answers) == 3
    assert {kept for _, kept in answers} == {"private, max-age=31536000, immutable"}

    # The plan is the ground until the file says otherwise.
    deadline = time.monotonic() + 60
    while magenta(page) < 200:
        assert time.monotonic() < deadline, "the floor plan never came"
    (folder / "plant.toml").write_text(PLANT.replace(FLOOR, ""))
    while magenta(page) > 0:
        assert time.monotonic() < deadline + 60, "the floor plan never went"
