"""Plants as files: what each key means, and mistakes with file, line, twin and field."""

from pathlib import Path

import pytest

from plantverse.errors import PlantInvalid
from plantverse.twins.interop import load_plant, plant_text, read_plant
from plantverse.twins.plant import plant_changes
from plantverse.twins.specs import Limits

TYPES = """
from plantverse import Component, Limits, Property, Relation, Telemetry, Twin


class Motor(Twin):
    temperature = Telemetry(unit="°C")


class Tank(Twin):
    level = Telemetry(unit="%")


class Pump(Twin):
    flow = Telemetry(unit="m3/h", range=(0, 120))
    motor = Component(Motor)
    serial = Property()
    feeds = Relation("Tank")
"""

HEAD = '[plant]\nname = "demo"\ntypes = ["types_of_plant.py"]\n'


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "types_of_plant.py").write_text(TYPES, encoding="utf-8")
    return tmp_path


def _written(folder: Path, text: str) -> Path:
    path = folder / "plant.toml"
    path.write_text(text, encoding="utf-8")
    return path


FULL = (
    HEAD
    + """
title = "Demo plant"

[[twin]]
id = "hall/tank-1"
type = "Tank"
topic = "plant/tank-1"

[[twin]]
id = "hall/pump-1"
type = "Pump"
name = "Feed pump"
area = "hall"
tags = ["spare"]
formerly = ["p1"]
topic = "plant/pump-1"
position = [1, 0, 2.5]
yaw_deg = 90
availability = { topic = "plant/pump-1/lwt", online = ["up"], offline = ["down"] }
relations = { feeds = "hall/tank-1" }

[twin.bind]
flow = { topic = "x/flow", unit = "l/min", key = "" }
motor.temperature = "x/t"

[twin.limits]
"motor.temperature" = { h = 80 }

[twin.signals]
wind = { unit = "km/h", limits = { h = 60 } }

[twin.signals.gear.oil]
unit = "degC"

[[map]]
topic = "plant/{area}/{machine}"
twin = "{area}/{machine}"
type = "Tank"
"""
)


def test_every_key_is_read(folder: Path) -> None:
    loaded = read_plant(_written(folder, FULL))
    assert (loaded.spec.name, loaded.spec.title) == ("demo", "Demo plant")
    pump = loaded.spec.twins[1]
    assert (pump.name, pump.area, pump.tags, pump.formerly) == ("Feed pump", "hall", ("spare",), ("p1",))
    assert pump.placement is not None
    assert (pump.placement.position, pump.placement.yaw_deg) == ((1.0, 0.0, 2.5), 90.0)
    assert pump.availability is not None
    assert pump.availability.online == ("up",)
    assert pump.relations == {"feeds": ("hall/tank-1",)}
    assert {b.path: (b.topic, b.unit, b.key) for b in pump.bindings} == {
        "flow": ("x/flow", "l/min", ""),
        "motor.temperature": ("x/t", "", None),
    }
    assert pump.limits == {"motor.temperature": Limits(h=80.0)}
    assert {s.path: (s.unit, s.limits) for s in pump.extra} == {
        "wind": ("km/h", Limits(h=60.0)),
        "gear.oil": ("Cel", None),
    }
    assert pump.source == f"{folder / 'plant.toml'}:12"
    made = loaded.match("plant/hall-2/tank-7")
    assert made is not None
    assert (made.id, made.type.name) == ("hall-2/tank-7", "Tank")
    assert loaded.match("plant/other") is None
    assert loaded.files == (folder / "plant.toml", folder / "types_of_plant.py")


def test_a_folder_stands_for_its_plant_file(folder: Path) -> None:
    _written(folder, HEAD)
    assert load_plant(folder).name == "demo"


def test_a_plant_without_a_name_is_called_like_its_folder(folder: Path) -> None:
    assert load_plant(_written(folder, "")).name == folder.name


def test_a_byte_order_mark_is_understood(folder: Path) -> None:
    (folder / "plant.toml").write_bytes(b"\xef\xbb\xbf" + HEAD.encode())
    assert load_plant(folder).name == "demo"


def test_written_text_reads_as_the_same_plant(folder: Path) -> None:
    spec = load_plant(_written(folder, FULL))
    again = load_plant(_written(folder, plant_text(spec, type_files=["types_of_plant.py"])))
    assert not plant_changes(spec, again)


def test_a_reload_without_a_change_is_none_and_an_edited_formula_is_one(folder: Path) -> None:
    (folder / "types_of_plant.py").write_text(
        "from plantverse import Telemetry, Twin, derived\n"
        "class Pump(Twin):\n    flow = Telemetry()\n"
        "    @derived()\n    def twice(self) -> float:\n        return self.flow * 2\n",
        encoding="utf-8",
    )
    path = _written(folder, HEAD + '[[twin]]\nid = "p"\ntype = "Pump"\n')
    first, second = load_plant(path), load_plant(path)
    assert not plant_changes(first, second)
    types = folder / "types_of_plant.py"
    types.write_text(types.read_text(encoding="utf-8").replace("* 2", "* 3"), encoding="utf-8")
    assert [t.id for t in plant_changes(second, load_plant(path)).changed] == ["p"]


def test_a_plant_in_python(folder: Path) -> None:
    path = folder / "PLANT.py"
    path.write_text(
        'from plantverse import Plant\nfrom types_of_plant import Tank\n\nplant = Plant("py")\n'
        'plant.add(Tank("t", topic="plant/t"))\nplant.map("more/{x}", twin="{x}", type=Tank)\n',
        encoding="utf-8",
    )
    loaded = read_plant(path)
    assert (loaded.spec.name, [t.id for t in loaded.spec.twins], len(loaded.patterns)) == ("py", ["t"], 1)


@pytest.mark.parametrize(
    ("text", "where", "message"),
    [
        ("x = 1\n", "PLANT.py", "expected one module-level Plant, such as plant = Plant(\"demo\"), got 'none'"),
        ("def f(:\n", "PLANT.py:1", "expected valid Python, got "),
        ("\n\n1 / 0\n", "PLANT.py:3", "expected Python that runs, got 'ZeroDivisionError: division by zero'"),
        ("import missing_module\n", "PLANT.py:1", 'expected Python that runs, got "ModuleNotFoundError: '),
        ("raise SystemExit(3)\n", "PLANT.py:1", "expected Python that runs, got 'SystemExit: 3'"),
    ],
)
def test_a_mistake_in_python_names_file_and_line(folder: Path, text: str, where: str, message: str) -> None:
    path = folder / "PLANT.py"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(PlantInvalid) as caught:
        load_plant(path)
    assert caught.value.where == str(folder / where)
    assert message in str(caught.value)


TWIN = HEAD + '\n[[twin]]\nid = "p1"\ntype = "Pump"\ntopic = "plant/p1"\n'

MISTAKES: dict[str, tuple[str, str]] = {
    "toml": ("[plant\n", "expected valid TOML, got "),
    "top key": ("[plnt]\n", ":1: plnt: expected a known key, got 'plnt' (did you mean plant?)"),
    "plant key": ("[plant]\nnmae = 'x'\n", ":2: nmae: expected a known key, got 'nmae' (did you mean name?)"),
    "plant table": ("plant = 3\n", ":1: expected a table [plant], got 3"),
    "plant name": ("[plant]\nname = 3\n", ":2: name: expected a text, got 3"),
    "type file": (
        '[plant]\ntypes = ["types_of_plnt.py"]\n',
        ":2: types: expected a Python file, got 'types_of_plnt.py' (did you mean types_of_plant.py?)",
    ),
    "one bracket": (HEAD + '[twin]\nid = "x"\n', ":4: expected [[twin]] with two brackets, got '[twin]'"),
    "no id": (HEAD + '[[twin]]\ntype = "Pump"\n', ":4: twin: expected the key id, got 'none'"),
    "bad id": (HEAD + '[[twin]]\nid = "a b"\n', ":4: a b: id: expected 1-8 segments"),
    "type": (TWIN.replace('"Pump"', '"Pmp"'), ":7: p1: type: expected a twin class of the plant, got 'Pmp' (did you m"),
    "key": (TWIN + "topc = 'x'\n", ":9: p1: topc: expected a known key, got 'topc' (did you mean topic?)"),
    "tags": (TWIN + "tags = 'x'\n", ":9: p1: tags: expected a list of texts, got 'x'"),
    "position": (TWIN + "position = [1, 2]\n", ":9: p1: position: expected a list of 3 numbers, got [1, 2]"),
    "yaw alone": (TWIN + "yaw_deg = 5\n", ":9: p1: yaw_deg: expected a position with it, got 5.0"),
    "limits": (
        TWIN + "[twin.limits]\nflow = { hi = 3 }\n",
        ":10: p1: limits.flow: hi: expected a known key, got 'hi' (",
    ),
    "limit signal": (
        TWIN + "[twin.limits]\nflwo = { h = 3 }\n",
        "p1: limits.flwo: expected a signal of Pump, got 'flwo'",
    ),
    "limit value": (
        TWIN + "[twin.limits]\nflow = { h = 'x' }\n",
        ":10: p1: limits.flow: h: expected a number, got 'x'",
    ),
    "bind": (TWIN + "[twin.bind]\nflwo = 'x'\n", "p1: bind.flwo: expected a signal or property of Pump, got 'flwo'"),
    "bind key": (
        TWIN + "[twin.bind]\nflow = { topc = 'x' }\n",
        ":10: p1: bind.flow: topc: expected a known key, got 'topc' (did you mean topic?)",
    ),
    "bind codec": (
        TWIN + "[twin.bind.flow]\ncodec = 'jsn'\n",
        ":10: p1: bind.flow: codec: expected auto, json, scalar, cbor, got 'jsn' (did you mean json?)",
    ),
    "bind unit": (
        TWIN + "[twin.bind]\nflow = { unit = 'bar' }\n",
        "p1: bind.flow: unit: expected a unit that converts to m3/h, got 'bar'",
    ),
    "signal unit": (
        TWIN + "[twin.signals]\nwind = { unit = 'km/hh' }\n",
        "p1: signals.wind: unit: expected a unit, got 'km/hh' (did you mean ",
    ),
    "signal twice": (
        TWIN + "[twin.signals]\nflow = { unit = 'm3/h' }\n",
        "p1: signals.flow: expected a path that Pump does not have, got 'flow'",
    ),
    "relation": (TWIN + "relations = { feeds = 'p9' }\n", "p1: relations.feeds: expected the id of a twin, got 'p9'"),
    "relation kind": (TWIN + "relations = 3\n", ":9: p1: relations: expected a table, got 3"),
    "availability": (TWIN + "availability = { topc = 'x' }\n", ":9: p1: availability.topc: expected a known key"),
    "map type": (
        HEAD + '[[map]]\ntopic = "a/{x}"\ntwin = "{x}"\ntype = "Pmp"\n',
        ":7: map: type: expected a twin class",
    ),
    "twin no table": ("twin = [3]\n", "expected [[twin]] tables, got 3"),
    "map no table": ("map = [3]\n", "expected [[map]] tables, got 3"),
    "bind no table": (TWIN + "bind = 3\n", "p1: bind: expected a table of paths, got 3"),
    "signals no table": (TWIN + "signals = 3\n", "p1: signals: expected a table of paths, got 3"),
    "limits no table": (TWIN + "limits = 3\n", "p1: limits: expected a table of paths, got 3"),
    "limit no table": (TWIN + "[twin.limits]\nflow = 3\n", ":10: p1: limits.flow: expected a table, got 3"),
    "availability topic": (
        TWIN + "availability = { key = 'x' }\n",
        "p1: availability: expected the key topic, got 'none'",
    ),
    "signal path": (
        TWIN + "[twin.signals]\n'a b' = { unit = 'm' }\n",
        "expected a path such as flow or motor.temperature",
    ),
    "signal codes": (
        TWIN + "[twin.signals]\nx = { kind = 'enum' }\n",
        "p1: signals.x: codes: expected a label for each",
    ),
    "map placeholder": (
        HEAD + '[[map]]\ntopic = "a/{x}"\ntwin = "{y}"\ntype = "Pump"\n',
        "{y}: expected a placeholder of the topic, got 'y'",
    ),
    "map topic": (HEAD + '[[map]]\ntwin = "x"\ntype = "Pump"\n', "map: topic: expected the key topic, got 'none'"),
}


@pytest.mark.parametrize(("text", "message"), MISTAKES.values(), ids=MISTAKES.keys())
def test_a_mistake_names_file_line_twin_field_and_what_was_expected(folder: Path, text: str, message: str) -> None:
    path = _written(folder, text)
    with pytest.raises(PlantInvalid) as caught:
        load_plant(path)
    assert message in str(caught.value)
    assert str(path) in str(caught.value)


def test_a_duplicate_id_names_both_lines(folder: Path) -> None:
    path = _written(folder, TWIN + '\n[[twin]]\nid = "p1"\n')
    with pytest.raises(PlantInvalid) as caught:
        load_plant(path)
    assert str(caught.value) == f"{path}:10: p1: id: expected an id of its own, got 'p1' (first at {path}:5)"


def test_a_mistake_in_a_type_file_names_that_file_and_hides_what_follows_from_it(folder: Path) -> None:
    (folder / "types_of_plant.py").write_text(TYPES.replace('unit="%"', 'unit="%%"'), encoding="utf-8")
    path = _written(folder, TWIN)
    with pytest.raises(PlantInvalid) as caught:
        load_plant(path)
    assert len(caught.value.problems) == 1
    assert caught.value.where.startswith(f"{folder / 'types_of_plant.py'}:10: Tank: level")


def test_all_mistakes_of_a_file_come_at_once(folder: Path) -> None:
    with pytest.raises(PlantInvalid) as caught:
        load_plant(_written(folder, TWIN + "topc = 'x'\n[[twin]]\nid = 'p2'\ntype = 'Pmp'\n[[twin]]\nposition = 1\n"))
    assert len(caught.value.problems) >= 4


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("plant.yaml", b"", "expected a .toml or .py file, got '.yaml'"),
        ("plant.toml", b"\xff\xfe\x00", "expected UTF-8 text, got 'byte 0: "),
        ("missing.toml", None, "expected a readable file, got 'No such file or directory'"),
        ("deep.toml", b"a=" + b"[" * 5000, "expected valid TOML, got "),
    ],
)
def test_a_file_that_cannot_be_read(tmp_path: Path, name: str, content: bytes | None, message: str) -> None:
    if content is not None:
        (tmp_path / name).write_bytes(content)
    with pytest.raises(PlantInvalid) as caught:
        load_plant(tmp_path / name)
    assert message in str(caught.value)


def test_the_files_of_a_plant_are_those_that_its_types_import_too(folder: Path) -> None:
    (folder / "motors.py").write_text("from plantverse import Twin\nclass Motor(Twin):\n    pass\n", encoding="utf-8")
    types = folder / "types_of_plant.py"
    types.write_text("from motors import Motor\nclass Fan(Motor):\n    pass\n", encoding="utf-8")
    path = _written(folder, HEAD + '[[twin]]\nid = "f"\ntype = "Fan"\n')
    assert read_plant(path).files == (path, folder / "motors.py", types)
    plant = folder / "PLANT.py"
    plant.write_text('from plantverse import Plant\nimport motors\nplant = Plant("p")\n', encoding="utf-8")
    assert read_plant(plant).files == (plant, folder / "motors.py")
    (folder / "motors.py").write_text(
        "from plantverse import Twin\nclass Motor(Twin):\n    '''New.'''\n", encoding="utf-8"
    )
    assert "New." in [t.description for t in load_plant(path).types]
