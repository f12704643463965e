"""A plant as editable files is the plant."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from plantverse import Plant
from plantverse.sim.bottling.plant import plant as bottling_plant
from plantverse.sim.demo_files import write_demo_plant, write_small_plant
from plantverse.sim.load import batch
from plantverse.sim.small_plant import plant as small_plant
from plantverse.twins.interop import PlantEditor, read_plant
from plantverse.twins.plant import plant_changes
from plantverse.twins.specs import Placement

EXAMPLE = Path(__file__).parents[3] / "examples" / "bottling"


@pytest.mark.parametrize(("write", "plant"), [(write_demo_plant, bottling_plant), (write_small_plant, small_plant)])
def test_the_files_read_as_the_plant_in_python(write: Callable[[Path], Path], plant: Plant, tmp_path: Path) -> None:
    loaded = read_plant(write(tmp_path / "demo"))
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


@pytest.mark.parametrize("plant", [bottling_plant, small_plant])
def test_machines_do_not_stand_in_each_other(plant: Plant) -> None:
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
