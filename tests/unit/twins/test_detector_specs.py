"""`[[detector]]` and `plant.watch`: what is declared, what is refused, and how a plant file is edited."""

from pathlib import Path

import pytest

from plantverse import Plant, Telemetry, Twin
from plantverse.errors import NotFound, PlantInvalid
from plantverse.twins.detectors import outputs
from plantverse.twins.interop import PlantEditor, load_plant, plant_text
from plantverse.twins.specs import DetectorSpec

TEXT = """\
[[twin]]
id = "hall/pump-1"

# watches the bearing
[[detector]]
twin = "hall/pump-1"  # the old one
model = "pumps"

[[detector]]
twin = "hall/pump-1"
model = "drives"
name = "drive"
version = 3
limit = 1.5
"""


class Pump(Twin):
    flow = Telemetry(unit="m3/h")


def written(tmp_path: Path, text: str = TEXT) -> Path:
    path = tmp_path / "plant.toml"
    path.write_text(text)
    return path


def test_detectors_are_read_with_their_defaults(tmp_path: Path) -> None:
    first, second = load_plant(written(tmp_path)).detectors
    assert (first.id, first.model, first.version, first.on_delay_s) == ("hall/pump-1:anomaly", "pumps", 0, 5.0)
    assert first.source.endswith("plant.toml:5")
    assert (second.id, second.version, second.limit) == ("hall/pump-1:drive", 3, 1.5)


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ('modle = "pumps"', "a known key, got 'modle' (did you mean model?)"),
        ('model = "../pumps"', "model: expected letters, digits"),
        ('model = "a"\nname = "a.b"', "name: expected a word"),
        ('model = "a"\nlimit = 0.0', "limit: expected a number above 0"),
        ('model = "a"\nversion = -1', "version: expected a version"),
        ('model = "a"\non_delay_s = -1.0', "on_delay_s: expected seconds"),
        ('model = "a"\nlimit = "high"', "limit: expected a number"),
        ('model = "a"\n[[detector]]\ntwin = "hall/pump-1"\nmodel = "b"', "a name of its own at this twin"),
        ("", "expected the key model"),
    ],
)
def test_mistakes_are_named_with_their_line(tmp_path: Path, line: str, told: str) -> None:
    path = written(tmp_path, f'[[twin]]\nid = "hall/pump-1"\n[[detector]]\ntwin = "hall/pump-1"\n{line}\n')
    with pytest.raises(PlantInvalid) as error:
        load_plant(path)
    assert told in str(error.value), str(error.value)
    assert "plant.toml:" in str(error.value)


def test_a_detector_of_a_twin_that_is_not_there_is_no_mistake_of_the_file(tmp_path: Path) -> None:
    assert len(load_plant(written(tmp_path, TEXT.replace('id = "hall/pump-1"', 'id = "hall/pump-2"'))).detectors) == 2


def test_watch_declares_in_python_what_the_file_declares_in_toml(tmp_path: Path) -> None:
    plant = Plant("demo")
    pump = plant.add(Pump("hall/pump-1"))
    plant.watch(pump, "pumps")
    plant.watch("hall/pump-1", "drives", name="drive", version=3, limit=1.5)
    spec = plant.spec()
    assert [d.id for d in spec.detectors] == ["hall/pump-1:anomaly", "hall/pump-1:drive"]
    (tmp_path / "pumps.py").write_text(
        "from plantverse import Telemetry, Twin\nclass Pump(Twin):\n    flow = Telemetry(unit='m3/h')\n"
    )
    path = written(tmp_path, plant_text(spec, type_files=["pumps.py"]))
    again = load_plant(path).detectors
    assert [(d.id, d.model, d.version, d.limit) for d in again] == [
        (d.id, d.model, d.version, d.limit) for d in spec.detectors
    ]
    with pytest.raises(PlantInvalid, match="a name of its own"):
        plant.watch(pump, "others")


def test_the_editor_binds_replaces_and_takes_away_and_leaves_the_rest(tmp_path: Path) -> None:
    path = written(tmp_path)
    editor = PlantEditor(path)
    editor.watch(DetectorSpec(twin="hall/pump-1", model="newer", on_delay_s=9))
    editor.save()
    found = {d.name: d for d in load_plant(path).detectors}
    assert (found["anomaly"].model, found["anomaly"].on_delay_s, found["drive"].model) == ("newer", 9.0, "drives")
    editor.unwatch("hall/pump-1", "drive")
    editor.save()
    assert [d.name for d in load_plant(path).detectors] == ["anomaly"]
    with pytest.raises(NotFound, match="no detector drive at hall/pump-1"):
        editor.unwatch("hall/pump-1", "drive")
    assert "# watches the bearing" in path.read_text()


def test_a_renamed_twin_keeps_its_detectors(tmp_path: Path) -> None:
    path = written(tmp_path)
    editor = PlantEditor(path)
    editor.rename("hall/pump-1", "hall/main")
    editor.save()
    assert {d.twin for d in load_plant(path).detectors} == {"hall/main"}
    assert "# the old one" in path.read_text()


def test_outputs_have_the_limit_its_delays_and_a_name_per_signal() -> None:
    spec = DetectorSpec(twin="a", model="m", name="drive_end", limit=2.0, on_delay_s=3, off_delay_s=7)
    score, blamed = outputs(spec, ("a:x", "a:y"), 9.0)
    assert score.limits is not None
    assert (score.path, score.limits.h, score.limits.on_delay_s, score.limits.off_delay_s) == (
        "drive_end.score", 2.0, 3, 7,
    )  # fmt: skip
    assert (score.derived, score.max_age_s, score.name) == (True, 9.0, "Anomaly score (drive end)")
    assert blamed.codes == {0: "nothing", 1: "a:x", 2: "a:y"}
