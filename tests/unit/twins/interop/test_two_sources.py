"""Two gateways for one signal, from the plant file to what is written back."""

from pathlib import Path

import pytest

from plantverse.errors import PlantInvalid
from plantverse.twins.interop.plant_editor import PlantEditor
from plantverse.twins.interop.plant_toml import load_plant
from plantverse.twins.interop.toml_write import plant_text

PLANT = """\
[plant]
name = "d"

[[twin]]
id = "p1"
[twin.signals.flow]
unit = "m3/h"
[twin.bind]
flow = ["a/flow", { topic = "b/flow", unit = "l/min" }]
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    made = tmp_path / "plant.toml"
    made.write_text(PLANT)
    return made


def test_a_list_gives_sources_in_order_of_preference(path: Path) -> None:
    bindings = load_plant(path).twins[0].bindings
    assert [(b.topic, b.priority, b.unit) for b in bindings] == [("a/flow", 0, ""), ("b/flow", 1, "l/min")]


def test_a_declared_priority_wins_over_the_order(path: Path) -> None:
    path.write_text(PLANT.replace('"a/flow"', '{ topic = "a/flow", priority = 5 }'))
    assert [b.priority for b in load_plant(path).twins[0].bindings] == [5, 1]


def test_what_is_written_reads_the_same(path: Path) -> None:
    plant = load_plant(path)
    path.write_text(plant_text(plant))
    assert load_plant(path).twins[0].bindings == plant.twins[0].bindings
    editor = PlantEditor(path)
    editor.bind(plant.twins[0])
    assert editor.save().spec.twins[0].bindings == plant.twins[0].bindings


def test_a_mistake_in_a_list_names_twin_and_field(path: Path) -> None:
    path.write_text(PLANT.replace('unit = "l/min"', 'unti = "l/min"'))
    with pytest.raises(PlantInvalid, match=r"p1: bind\.flow: unti"):
        load_plant(path)
