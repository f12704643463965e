"""The small plant as editable files is the small plant."""

from dataclasses import replace
from pathlib import Path

from plantverse.sim.demo_files import plant_file_text, write_demo_plant
from plantverse.sim.load import batch
from plantverse.sim.small_plant import plant
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
    editor = PlantEditor(path)
    editor.place("line/filler", Placement(position=(1.0, 0.0, 1.0)))
    editor.save()
    edited = path.read_bytes()
    assert write_demo_plant(tmp_path) == path
    assert path.read_bytes() == edited
    assert edited != plant_file_text().encode()


def test_machines_do_not_stand_in_each_other() -> None:
    def spans(twin_id: str) -> list[tuple[float, float]]:
        twin = next(t for t in plant.spec().twins if t.id == twin_id)
        assert twin.placement is not None
        return [
            (at - size / 2, at + size / 2)
            for at, size in zip(twin.placement.position, twin.type.geometry.size, strict=True)
        ]

    ids = [t.id for t in plant.spec().twins]
    for i, one in enumerate(ids):
        for other in ids[i + 1 :]:
            apart = any(a[1] <= b[0] or b[1] <= a[0] for a, b in zip(spans(one), spans(other), strict=True))
            assert apart, (one, other)


def test_a_batch_of_the_load_dial_is_whole_packets_with_a_changing_value() -> None:
    made = batch([b"l/a", b"l/b"], 3, 2, 1_764_064_800_123_000_000)
    assert made == (
        b'\x30\x25\x00\x03l/b{"ts":1764064800123,"value":0.1}\x30\x25\x00\x03l/a{"ts":1764064800123,"value":0.2}'
    )
