"""Edits of a plant file: what they change, what they leave alone, and when nothing is written."""

import stat
from pathlib import Path

import pytest

from plantverse.errors import Conflict, NotFound, PlantInvalid
from plantverse.twins.interop import PlantEditor, load_plant
from plantverse.twins.plant import plant_changes
from plantverse.twins.specs import Binding, Limits, Placement, SignalSpec, TwinSpec, TwinType

TEXT = """# Pump house of the east wing
[plant]
name = "demo"   # short

# the old one, to be replaced in spring
[[twin]]
id = "p1"  # see drawing 4711
topic = "plant/p1"
position = [1.0, 0.0, 2.0]  # measured
signals.flow = { unit = "m3/h" }   # nominal 80

[[twin]]
id = "tank"
topic = "plant/tank"

    [twin.signals.level]
    unit = "%"

[[twin]]
id = "p2"
topic = "plant/p2"
signals = { flow = { unit = "l/min" } }
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "plant.toml"
    path.write_text(TEXT, encoding="utf-8")
    return path


def test_nothing_done_changes_nothing(path: Path) -> None:
    editor = PlantEditor(path)
    assert editor.text() == TEXT
    loaded = editor.save()
    assert [t.id for t in loaded.spec.twins] == ["p1", "tank", "p2"]
    assert path.read_text(encoding="utf-8") == TEXT


def test_a_place_is_set_on_its_line_and_the_comment_stays(path: Path) -> None:
    editor = PlantEditor(path)
    editor.place("p1", Placement(position=(4.5, 0.0, -1.0), yaw_deg=90))
    editor.place("tank", Placement(position=(0.0, 0.0, 0.0)))
    spec = editor.save().spec
    assert spec.twins[0].placement == Placement(position=(4.5, 0.0, -1.0), yaw_deg=90)
    assert spec.twins[1].placement == Placement(position=(0.0, 0.0, 0.0))
    text = path.read_text(encoding="utf-8")
    assert "position = [4.5, 0.0, -1.0]  # measured\n" in text
    for line in TEXT.splitlines():
        assert line in text or line.startswith("position")


def test_a_place_is_taken_away(path: Path) -> None:
    editor = PlantEditor(path)
    editor.place("p1", None)
    assert editor.save().spec.twins[0].placement is None
    assert path.read_text(encoding="utf-8") == TEXT.replace("position = [1.0, 0.0, 2.0]  # measured\n", "")


def test_a_rename_keeps_history_comment_and_relations(tmp_path: Path) -> None:
    (tmp_path / "kinds.py").write_text(
        "from plantverse import Relation, Telemetry, Twin\n"
        "class Pump(Twin):\n    flow = Telemetry()\n    feeds = Relation()\n    near = Relation(many=True)\n",
        encoding="utf-8",
    )
    path = tmp_path / "plant.toml"
    path.write_text(
        '[plant]\ntypes = ["kinds.py"]\n[[twin]]\nid = "p1"  # old\ntype = "Pump"\nformerly = ["p0"]\n'
        '[[twin]]\nid = "p2"\ntype = "Pump"\nrelations = { feeds = "p1", near = ["p2", "p1"] }\n',
        encoding="utf-8",
    )
    before = load_plant(path)
    editor = PlantEditor(path)
    editor.rename("p1", "hall/pump-1")
    after = editor.save().spec
    assert after.twins[0].id == "hall/pump-1"
    assert after.twins[0].formerly == ("p0", "p1")
    assert after.twins[1].relations == {"feeds": ("hall/pump-1",), "near": ("p2", "hall/pump-1")}
    assert 'id = "hall/pump-1"  # old' in path.read_text(encoding="utf-8")
    changes = plant_changes(before, after)
    assert [(old, twin.id) for old, twin in changes.renamed] == [("p1", "hall/pump-1")]
    assert changes.removed == ()
    assert changes.added == ()


def test_a_rename_back_does_not_name_the_present_id_as_former(path: Path) -> None:
    editor = PlantEditor(path)
    editor.rename("p1", "x")
    editor.rename("x", "p1")
    assert editor.save().spec.twins[0].formerly == ("x",)


def test_a_removed_twin_leaves_no_relation_behind(tmp_path: Path) -> None:
    (tmp_path / "kinds.py").write_text(
        "from plantverse import Relation, Twin\nclass Pump(Twin):\n    feeds = Relation()\n", encoding="utf-8"
    )
    path = tmp_path / "plant.toml"
    path.write_text(
        '[plant]\ntypes = ["kinds.py"]\n[[twin]]\nid = "a"\ntype = "Pump"\n'
        '[[twin]]\nid = "b"\ntype = "Pump"\nrelations = { feeds = "a" }\n',
        encoding="utf-8",
    )
    editor = PlantEditor(path)
    editor.remove("a")
    spec = editor.save().spec
    assert [t.id for t in spec.twins] == ["b"]
    assert spec.twins[0].relations == {}


def test_a_removed_twin_takes_no_comment_of_its_neighbour_along(path: Path) -> None:
    editor = PlantEditor(path)
    editor.remove("p1")
    assert [t.id for t in editor.save().spec.twins] == ["tank", "p2"]
    head, tail = TEXT.split('[[twin]]\nid = "p1"', maxsplit=1)[0], TEXT[TEXT.index('[[twin]]\nid = "tank"') :]
    assert path.read_text(encoding="utf-8") == head + tail
    path.write_text('[[twin]]\nid = "a"\nname = """\n[x]\n"""\n\n# about b\n\n[[twin]]\nid = "b"\n', encoding="utf-8")
    editor = PlantEditor(path)
    editor.remove("a")
    editor.save()
    assert path.read_text(encoding="utf-8") == '# about b\n\n[[twin]]\nid = "b"\n'


def test_twins_on_one_line_can_go_too(path: Path) -> None:
    path.write_text('twin = [{ id = "a" }, { id = "b" }]\n', encoding="utf-8")
    editor = PlantEditor(path)
    editor.remove("a")
    assert [t.id for t in editor.save().spec.twins] == ["b"]


def test_the_last_twin_can_go(path: Path) -> None:
    editor = PlantEditor(path)
    for twin_id in ("p1", "tank", "p2"):
        editor.remove(twin_id)
    assert editor.save().spec.twins == ()
    assert "# Pump house of the east wing" in path.read_text(encoding="utf-8")


def _found(twin_id: str) -> TwinSpec:
    return TwinSpec(
        id=twin_id,
        type=TwinType(name="Machine"),
        topic="shelly/4",
        extra=(
            SignalSpec(path="power", unit="W", range=(0.0, 3000.0)),
            SignalSpec(path="motor.temperature", unit="Cel", limits=Limits(h=80.0)),
        ),
        bindings=(Binding(path="power", topic="shelly/4/power", unit="kW"),),
    )


def test_a_new_twin_is_appended_and_reads_as_it_was(path: Path) -> None:
    editor = PlantEditor(path)
    editor.bind(_found("shelly-4"))
    made = editor.save().spec.twins[3]
    wanted = _found("shelly-4")
    assert (made.id, made.topic, made.extra, made.bindings) == (
        wanted.id,
        wanted.topic,
        wanted.extra,
        wanted.bindings,
    )
    assert path.read_text(encoding="utf-8").startswith(TEXT)


@pytest.mark.parametrize(("twin_id", "own"), [("p1", "flow"), ("tank", "level"), ("p2", "flow")])
def test_a_known_twin_gets_what_it_lacks_in_the_form_that_its_author_chose(path: Path, twin_id: str, own: str) -> None:
    editor = PlantEditor(path)
    editor.bind(_found(twin_id))
    made = next(t for t in editor.save().spec.twins if t.id == twin_id)
    assert {s.path for s in made.extra} == {own, "power", "motor.temperature"}
    assert made.topic == f"plant/{twin_id}"
    assert made.bindings == _found(twin_id).bindings
    text = path.read_text(encoding="utf-8")
    for line in TEXT.splitlines():
        assert line in text or line.startswith("signals = ")


def test_several_twins_are_added_at_once(path: Path) -> None:
    editor = PlantEditor(path)
    editor.bind(_found("a"), _found("tank"), _found("b"))
    assert [t.id for t in editor.save().spec.twins] == ["p1", "tank", "p2", "a", "b"]


def test_the_first_twin_of_a_file_that_is_not_there(tmp_path: Path) -> None:
    editor = PlantEditor(tmp_path / "plant.toml")
    editor.bind(_found("a"))
    editor.save()
    assert [t.id for t in load_plant(tmp_path).twins] == ["a"]


def test_unknown_and_taken_ids(path: Path) -> None:
    editor = PlantEditor(path)
    with pytest.raises(NotFound, match="no twin p9 in the plant file"):
        editor.place("p9", None)
    with pytest.raises(NotFound):
        editor.rename("p9", "x")
    with pytest.raises(NotFound):
        editor.remove("p9")
    with pytest.raises(Conflict, match="twin p2 exists already"):
        editor.rename("p1", "p2")
    assert editor.text() == TEXT


def test_a_file_that_changed_meanwhile_is_not_overwritten(path: Path) -> None:
    editor = PlantEditor(path)
    editor.place("p1", Placement(position=(9.0, 0.0, 0.0)))
    changed = TEXT.replace('"plant/tank"', '"plant/tank-b"  # moved')
    path.write_text(changed, encoding="utf-8")
    with pytest.raises(Conflict, match="changed on disk"):
        editor.save()
    assert path.read_text(encoding="utf-8") == changed
    spec = editor.save(merge=True).spec
    assert spec.twins[0].placement == Placement(position=(9.0, 0.0, 0.0))
    assert spec.twins[1].topic == "plant/tank-b"
    assert "# moved" in path.read_text(encoding="utf-8")


def test_an_invalid_result_is_not_written(path: Path) -> None:
    editor = PlantEditor(path)
    editor.rename("p1", "not an id")
    with pytest.raises(PlantInvalid, match="not an id"):
        editor.save()
    assert path.read_text(encoding="utf-8") == TEXT


def test_a_file_that_cannot_be_written_says_so_and_stays(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise OSError(28, "No space left on device")

    editor = PlantEditor(path)
    editor.place("p1", None)
    with monkeypatch.context() as patched:
        patched.setattr("os.fsync", refuse)
        with pytest.raises(PlantInvalid, match="expected a writable file, got 'No space left on device'"):
            editor.save()
    assert path.read_text(encoding="utf-8") == TEXT
    assert [p.name for p in path.parent.iterdir()] == ["plant.toml"]
    editor.save()
    assert path.read_text(encoding="utf-8") != TEXT


def test_a_file_that_is_no_toml(tmp_path: Path) -> None:
    (tmp_path / "plant.toml").write_text("[plant\n", encoding="utf-8")
    with pytest.raises(PlantInvalid, match="expected valid TOML"):
        PlantEditor(tmp_path / "plant.toml")
    with pytest.raises(PlantInvalid, match="a plant in Python is code"):
        PlantEditor(tmp_path / "plant.py")


def test_mode_and_link_of_the_file_stay(path: Path) -> None:
    path.chmod(0o640)
    link = path.with_name("linked.toml")
    link.symlink_to(path)
    editor = PlantEditor(link)
    editor.place("p1", None)
    editor.save()
    assert link.is_symlink()
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    assert [p.name for p in sorted(path.parent.iterdir())] == ["linked.toml", "plant.toml"]


def test_quotes_in_comments_and_strings_do_not_hide_the_next_table(path: Path) -> None:
    path.write_text(
        '[[twin]]  # """ says the plate\nid = "a"  # \'\'\'\nname = "x # \\"\\"\\""\narea = \'# """\'\n'
        'tags = ["""\n[[twin]]\nid = "no"\n""", "y"]\n# about b\n[[twin]]\nid = "b"\n',
        encoding="utf-8",
    )
    editor = PlantEditor(path)
    editor.remove("a")
    assert [t.id for t in editor.save().spec.twins] == ["b"]
    assert path.read_text(encoding="utf-8") == '# about b\n[[twin]]\nid = "b"\n'
