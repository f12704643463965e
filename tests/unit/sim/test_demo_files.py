"""A plant as editable files is the plant."""

import json
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import pytest

from plantverse.sim.bottling.plant import plant
from plantverse.sim.demo_files import TYPES_FILE, WRITTEN_FILE, write_demo_plant
from plantverse.sim.load import batch
from plantverse.twins.interop import PlantEditor, read_plant
from plantverse.twins.plant import plant_changes
from plantverse.twins.specs import Placement

EXAMPLE = Path(__file__).parents[3] / "examples" / "bottling"


def test_the_files_read_as_the_plant_in_python(tmp_path: Path) -> None:
    loaded = read_plant(write_demo_plant(tmp_path / "demo"))
    assert not plant_changes(plant.spec(), loaded.spec)
    made, wanted = loaded.match("plant/load/p007"), plant.patterns()[0].match("plant/load/p007")
    assert made is not None
    assert wanted is not None
    assert replace(made, source="") == replace(wanted, source="")


def test_the_example_is_what_would_be_written(tmp_path: Path) -> None:
    write_demo_plant(tmp_path)
    for name in ("plant.toml", "machines.py"):
        assert (EXAMPLE / name).read_bytes() == (tmp_path / name).read_bytes()


def test_a_file_that_somebody_edited_stays(tmp_path: Path) -> None:
    path = write_demo_plant(tmp_path)
    written = path.read_bytes()
    editor = PlantEditor(path)
    editor.place("line/filler", Placement(position=(1.0, 0.0, 1.0)))
    editor.save()
    edited = path.read_bytes()
    assert write_demo_plant(tmp_path) == path
    assert path.read_bytes() == edited
    assert edited != written


def test_what_an_earlier_version_wrote_is_written_anew_unless_somebody_edited_it(tmp_path: Path) -> None:
    path = write_demo_plant(tmp_path)
    new = path.read_bytes()
    old = b"# of an earlier version"
    path.write_bytes(old)
    (tmp_path / TYPES_FILE).write_bytes(old + b", edited")
    digest = sha256(old).hexdigest()
    (tmp_path / WRITTEN_FILE).write_text(json.dumps({TYPES_FILE: digest, "plant.toml": digest}))
    write_demo_plant(tmp_path)
    assert path.read_bytes() == new
    assert (tmp_path / TYPES_FILE).read_bytes() == old + b", edited"


@pytest.mark.parametrize("record", [None, b"", b"\xff", b"[]", b'{"plant.toml": 3}'])
def test_without_a_usable_record_every_file_stays(record: bytes | None, tmp_path: Path) -> None:
    path = write_demo_plant(tmp_path)
    path.write_bytes(b"# whoever wrote it")
    if record is None:
        (tmp_path / WRITTEN_FILE).unlink()
    else:
        (tmp_path / WRITTEN_FILE).write_bytes(record)
    write_demo_plant(tmp_path)
    assert path.read_bytes() == b"# whoever wrote it"


def test_machines_do_not_stand_in_each_other() -> None:
    def spans(twin_id: str) -> list[tuple[float, float]]:
        twin = next(t for t in plant.spec().twins if t.id == twin_id)
        assert twin.placement is not None
        return [
            (at - size / 2, at + size / 2)
            for at, size in zip(twin.placement.position, twin.type.geometry.size, strict=True)
        ]

    # Vehicles drive; all have one place.
    ids = [t.id for t in plant.spec().twins if "/agv-" not in t.id]
    for i, one in enumerate(ids):
        for other in ids[i + 1 :]:
            apart = any(a[1] <= b[0] or b[1] <= a[0] for a, b in zip(spans(one), spans(other), strict=True))
            assert apart, (one, other)


def test_a_batch_of_the_load_dial_is_whole_packets_with_a_changing_value() -> None:
    made = batch([b"l/a", b"l/b"], 3, 2, 1_764_064_800_123_000_000)
    assert made == (
        b'\x30\x25\x00\x03l/b{"ts":1764064800123,"value":0.1}\x30\x25\x00\x03l/a{"ts":1764064800123,"value":0.2}'
    )
