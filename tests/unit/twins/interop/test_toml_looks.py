"""Looks in plant.toml: geometry and rules of a twin and of a type, the hall, the floor plan."""

from pathlib import Path

import pytest

from plantverse.errors import PlantInvalid
from plantverse.twins.interop.plant_toml import read_plant_text
from plantverse.twins.interop.toml_write import plant_text
from plantverse.twins.look_specs import FloorPlan, Hall
from plantverse.twins.plant import plant_changes
from plantverse.twins.specs import PlantSpec

TYPES = '''\
from plantverse import Color, Component, Flow, Geometry, Label, Relation, Spin, Telemetry, Twin


class Pump(Twin):
    """A pump."""

    flow = Telemetry(unit="m3/h")
    speed = Telemetry(unit="rpm")
    feeds = Relation(many=True)

    geometry = Geometry(shape="cylinder", size=(2, 1, 1), color="#112233")
    visuals = (Spin("speed"), Color("flow", stops=((0, "#000000"), (9, "#ffffff"))), Label("flow"))


class Skid(Twin):
    """A pump on a frame."""

    drive = Component(Pump)
'''
HEAD = '[plant]\nname = "p"\ntypes = ["types.py"]\n'
TWIN = '[[twin]]\nid = "p1"\ntype = "Pump"\ntopic = "p1"\n'


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "types.py").write_text(TYPES)
    return tmp_path


def read(folder: Path, text: str) -> PlantSpec:
    return read_plant_text(text, folder / "plant.toml").spec


def mistakes(folder: Path, text: str) -> list[str]:
    with pytest.raises(PlantInvalid) as caught:
        read(folder, text)
    return [str(p).removeprefix(f"{folder}/") for p in caught.value.problems or [caught.value]]


def test_a_twin_overrides_single_keys_of_its_types_geometry(folder: Path) -> None:
    (twin,) = read(folder, HEAD + TWIN + 'geometry = { mesh = "own.glb", size = [3, 2, 2] }\n').twins
    assert (twin.looks().mesh, twin.looks().size) == ("own.glb", (3.0, 2.0, 2.0))
    assert (twin.looks().shape, twin.looks().color) == ("cylinder", "#112233")
    assert twin.type.geometry.mesh == ""


def test_a_twins_rule_stands_in_for_its_types_of_the_same_kind_or_comes_on_top(folder: Path) -> None:
    rules = """
[[twin.visual]]
kind = "label"
signal = "speed"
[[twin.visual]]
kind = "turn"
signal = "flow"
joint = "Arm"
[[twin.visual]]
kind = "flow"
signal = "flow"
scale = 0.1
"""
    (twin,) = read(folder, HEAD + TWIN + rules).twins
    assert [(r.kind, r.signal) for r in twin.rules()] == [
        ("spin", "speed"), ("color", "flow"), ("label", "speed"), ("turn", "flow"), ("flow", "flow"),
    ]  # fmt: skip
    assert (twin.rules()[3].joint, twin.rules()[4].relation) == ("Arm", "feeds")


def test_a_type_gets_looks_for_all_its_twins(folder: Path) -> None:
    text = (
        HEAD
        + """
[type.Pump]
geometry = { mesh = "pump.glb" }
[[type.Pump.visual]]
kind = "spin"
signal = "speed"
joint = "Impeller"
"""
        + TWIN
        + '[[twin.visual]]\nkind = "label"\nsignal = "speed"\n'
        + TWIN.replace("p1", "p2")
    )
    first, second = read(folder, text).twins
    assert first.looks().mesh == second.looks().mesh == "pump.glb"
    assert [(r.kind, r.signal) for r in first.rules()] == [("spin", "speed"), ("color", "flow"), ("label", "speed")]
    assert [(r.kind, r.joint) for r in second.rules()] == [("spin", "Impeller"), ("color", ""), ("label", "")]


def test_a_component_carries_its_rules_with_its_names(folder: Path) -> None:
    (twin,) = read(folder, HEAD + '[[twin]]\nid = "s"\ntype = "Skid"\ntopic = "s"\n').twins
    assert {r.signal for r in twin.rules()} == {"drive.speed", "drive.flow"}


RULE = "[[twin.visual]]\n"


@pytest.mark.parametrize(
    ("text", "line", "wanted"),
    [
        (RULE + 'kind = "label"\nsignal = "flwo"\n', 8, "label: expected a signal of the type, got 'flwo' (did you"),
        (RULE + 'kind = "lable"\nsignal = "flow"\n', 9, "p1: visual: kind: expected"),
        (RULE + 'kind = "flow"\nsignal = "flow"\nrelation = "fed"\n', 8, "got 'fed' (did you mean feeds?)"),
        (RULE + 'kind = "path"\nsignal = "flow"\npoints = [[0, 0, 0]]\n', 8, "points: expected two or more different"),
        (RULE + 'kind = "carry"\nsignal = "flow"\namount = "fill"\n', 8, "amount: expected a signal of the type"),
        (RULE + 'kind = "spin"\nsignal = "speed"\nscale = nan\n', 8, "spin: expected finite numbers"),
        (RULE + 'kind = "label"\nsignal = "speed"\njoint = "a"\n', 8, "joint: expected none, only spin, move and turn"),
        (RULE + 'signal = "speed"\n', 8, "visual: expected the key kind"),
        ('geometry = { mehs = "a.glb" }\n', 8, "got 'mehs' (did you mean mesh?)"),
        ('geometry = { mesh = "../a.glb" }\n', 4, "mesh: expected a file in the plant's folder, got '../a.glb'"),
        ('geometry = { mesh = "/etc/a.glb" }\n', 4, "expected a file in the plant's folder"),
        ('geometry = { mesh = "a.fbx" }\n', 4, "mesh: expected a file .glb, .stl, .obj, got 'a.fbx'"),
    ],
)
def test_a_mistake_in_a_twins_looks_has_line_and_hint(folder: Path, text: str, line: int, wanted: str) -> None:
    (found,) = mistakes(folder, HEAD + TWIN + text)
    assert found.startswith(f"plant.toml:{line}: ")
    assert wanted in found


PUMP_RULE = "[[type.Pump.visual]]\n"
HALL = "[plant.hall]\n"
FLOOR = "[plant.floor]\n"


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("[type.Pmup]\n", "plant.toml:4: type.Pmup: expected a twin class of the plant, got 'Pmup' (did you mean Pump"),
        ("[type.Pump]\nvisuals = []\n", "plant.toml:5: Pump: visuals: expected a known key, got 'visuals' (did you"),
        (PUMP_RULE + 'kind = "label"\nsignal = "flo"\n', "plant.toml:4: Pump: visual label: expected a signal of"),
        (HALL + 'mesh = "a.glb"\nscale = 0\n', "plant.toml:4: hall: scale: expected metres per unit of the file"),
        (HALL + 'mesh = "a.glb"\nbind = { "P_*" = "pumps/{2}" }\n', "bind.P_*: expected {name}, {1}, got '{2}'"),
        (HALL + 'mehs = "a.glb"\n', "plant.toml:5: hall: mehs: expected a known key, got 'mehs' (did you mean mesh?)"),
        (FLOOR + 'image = "a.svg"\nmetres_per_pixel = 1\n', "got 'a.svg' (export it as PNG)"),
        (FLOOR + 'image = "a.png"\n', "floor: expected the key metres_per_pixel, got 'none'"),
        (FLOOR + 'image = "a.png"\nmetres_per_pixel = -1\n', "floor: metres_per_pixel: expected metres above 0"),
        (FLOOR + 'image = "a.png"\nmetres_per_pixel = 1\nopacity = 2\n', "opacity: expected above 0, at most 1"),
    ],
)
def test_a_mistake_in_type_hall_or_floor_has_line_and_hint(folder: Path, text: str, wanted: str) -> None:
    found = mistakes(folder, HEAD + text)
    assert any(wanted in each for each in found), found


def test_hall_and_floor_are_read_and_written_back(folder: Path) -> None:
    text = (
        HEAD
        + """
[plant.hall]
mesh = "hall.glb"
position = [1, 0, 2]
scale = 0.001
bind = { "Pump_*" = "pumps/{1}" }
[plant.floor]
image = "plan.png"
metres_per_pixel = 0.02
offset = [3, -4]
"""
    )
    spec = read(folder, text)
    assert spec.hall == Hall(mesh="hall.glb", position=(1, 0, 2), scale=0.001, bind={"Pump_*": "pumps/{1}"})
    assert spec.floor == FloorPlan(image="plan.png", metres_per_pixel=0.02, offset=(3, -4))
    again = read(folder, plant_text(spec))
    assert (again.hall, again.floor) == (spec.hall, spec.floor)


def test_looks_of_a_twin_are_written_back_and_a_moved_line_is_no_change(folder: Path) -> None:
    rule = '[[twin.visual]]\nkind = "path"\nsignal = "flow"\npoints = [[0, 0, 0], [5, 0, 0]]\nunit = "share"\n'
    spec = read(folder, HEAD + TWIN + 'geometry = { mesh = "a.glb" }\n' + rule)
    again = read(folder, plant_text(spec, type_files=["types.py"]))
    assert again.twins[0].geometry == spec.twins[0].geometry
    assert again.twins[0].visuals == spec.twins[0].visuals
    assert again.twins[0].visuals[0].source != spec.twins[0].visuals[0].source
    assert not plant_changes(spec, again)
