"""Declaring where synthetic data comes from, and refusing real twins that would read it."""

from pathlib import Path

import pytest

from plantverse import Availability, Binding, Plant, Property, Synthetic, Telemetry, Twin
from plantverse.errors import PlantInvalid
from plantverse.twins.interop.plant_editor import PlantEditor
from plantverse.twins.interop.plant_toml import read_plant_text
from plantverse.twins.interop.toml_write import plant_text
from plantverse.twins.registry import Registry
from plantverse.twins.revision import Revision
from plantverse.twins.synthetic import ROOT, stored_name

MODEL = Synthetic(generator="pumps", version="3", condition={"fault": "cavitation", "severity": 0.5}, seed=7)


class Pump(Twin):
    flow = Telemetry(unit="m3/h")
    mode = Property()


def refused(text: str) -> list[str]:
    with pytest.raises(PlantInvalid) as error:
        read_plant_text(text, Path("plant.toml"))
    return [f"{p.where} | {p.expected} | {p.hint}" for p in error.value.problems]


def test_code_and_file_say_the_same() -> None:
    plant = Plant("demo")
    plant.add(Pump("p1.twin", topic=f"{ROOT}/p1", synthetic=MODEL))
    text = plant_text(plant.spec())
    assert 'synthetic = {generator = "pumps", version = "3", condition = {fault = "cavitation"' in text
    read = read_plant_text(text.replace('type = "Pump"\n', ""), Path("plant.toml")).spec.twins[0]
    assert read.synthetic == MODEL
    short = read_plant_text('[[twin]]\nid = "a"\nsynthetic = "by hand"\n', Path("plant.toml")).spec.twins[0]
    assert short.synthetic == Synthetic(generator="by hand")


@pytest.mark.parametrize(
    ("synthetic", "named"),
    [('""', "name of its generator"),
     ("{ version = '1' }", "key generator"), ("{ generator = 'a', x = 1 }", "known key"),
     ("3", "a table"), ("{ generator = 'a', condition = { x = inf } }", "finite"),
     ("{ generator = 'a', condition = { x = [1] } }", "table"), ("{ generator = 'a', seed = 1.5 }", "whole number")],
)  # fmt: skip
def test_an_origin_that_is_none_is_refused(synthetic: str, named: str) -> None:
    (problem,) = refused(f'[[twin]]\nid = "a"\nsynthetic = {synthetic}\n')
    assert named in problem


@pytest.mark.parametrize(
    "line",
    ['topic = "{}/x"', 'answer_topic = "{}/x"', 'command_topic = "{}/x"', 'desired_topic = "{}/x"',
     'availability = "{}/x"', 'availability = {{ topic = "{}" }}', 'bind.flow = "{}/x"',
     'bind.flow = [ "plant/a", {{ topic = "{}/x" }} ]'],
)  # fmt: skip
def test_a_real_twin_reads_no_topic_of_synthetic_data(line: str) -> None:
    table = f'[[twin]]\nid = "a"\nsignals.flow = {{}}\n{line.format(ROOT)}\n'
    (problem,) = refused(table)
    assert "a topic of the plant" in problem
    assert "synthetic = { generator = ... }" in problem
    assert read_plant_text(f'{table}synthetic = "g"\n'.replace('"plant/a", ', ""), Path("plant.toml")).spec.twins


@pytest.mark.parametrize(
    "line", ['signals.synthetic = {}', 'signals.a = {}\nbind.a = { topic = "t", key = "synthetic.a" }']
)  # fmt: skip
def test_a_real_twin_reads_no_member_that_marks_synthetic_data(line: str) -> None:
    (problem,) = refused(f'[[twin]]\nid = "a"\ntopic = "plant/a"\n{line}\n')
    assert "a member other than synthetic" in problem


def test_code_is_held_to_the_same_rules() -> None:
    plant = Plant("demo")
    for wrong in (
        Pump("p1", topic=f"{ROOT}/p1"),
        Pump("p1", bindings={"flow": ROOT}),
        Pump("p1", topic="a", availability=Availability(topic=f"{ROOT}/p1")),
        Pump("p1", topic="a", bindings=[Binding(path="flow", key="synthetic")]),
    ):
        with pytest.raises(PlantInvalid):
            plant.add(wrong)
    assert not len(plant)


@pytest.mark.parametrize("topic", [f"{ROOT}/{{n}}", f"{ROOT}/#", f"{ROOT}/+/{{n}}", f"{ROOT}/x-{{n}}"])
def test_a_pattern_inside_the_reserved_topics_is_a_mistake_unless_its_twins_are_synthetic(topic: str) -> None:
    twin = "ghost-{n}" if "{n}" in topic else "ghost"
    (problem,) = refused(f'[[map]]\ntopic = "{topic}"\ntwin = "{twin}"\n')
    assert "a topic of the plant" in problem
    text = f'[[map]]\ntopic = "{topic}"\ntwin = "{twin}"\nsynthetic = "replay"\n'
    (pattern,) = read_plant_text(text, Path("plant.toml")).patterns
    made = pattern.match(f"{ROOT}/x-1" if topic.count("/") == 2 else f"{ROOT}/x/x-1")
    assert made is not None
    assert made.synthetic == Synthetic(generator="replay")


@pytest.mark.parametrize("topic", ["{a}/#", "{a}/{b}/{c}", "plantverse/{b}/{c}", "+/+/{c}"])
def test_a_pattern_of_wildcards_makes_no_real_twin_of_synthetic_data(topic: str) -> None:
    plant = Plant("demo")
    twin = "t" if "{" not in topic else "t/" + topic[topic.index("{") :].split("/", maxsplit=1)[0]
    plant.map(topic, twin=twin, type=Pump)
    (pattern,) = plant.patterns()
    assert pattern.match("plantverse/other/c") is not None
    assert pattern.match("plantverse/synthetic/c") is None


def test_a_ghosts_relation_needs_a_twin_and_only_a_ghost_has_it() -> None:
    real = '[[twin]]\nid = "a"\n'
    ghost = '[[twin]]\nid = "b"\nsynthetic = "g"\nrelations.ghost_of = "{}"\n'
    assert read_plant_text(real + ghost.format("a"), Path("plant.toml")).spec.twins[1].relations == {"ghost_of": ("a",)}
    (problem,) = refused(real + ghost.format("c"))
    assert "the id of a twin" in problem
    assert "a relation of Machine" in refused(real + '[[twin]]\nid = "b"\nrelations.ghost_of = "a"\n')[0]


def test_editing_a_file_keeps_the_origin_and_cannot_bind_a_real_twin_to_synthetic_data(tmp_path: Path) -> None:
    path = tmp_path / "plant.toml"
    path.write_text(f'[[twin]]\nid = "g"\ntopic = "{ROOT}/g"\nsynthetic = "hand"  # mine\n')
    editor = PlantEditor(path)
    editor.rename("g", "h")
    assert editor.save().spec.twins[0].synthetic == Synthetic(generator="hand")
    assert "# mine" in path.read_text()
    before = path.read_text()
    editor = PlantEditor(path)
    editor.bind(Pump("p2", topic=f"{ROOT}/h").spec())
    with pytest.raises(PlantInvalid):
        editor.save()
    assert path.read_text() == before


def test_a_twin_that_becomes_real_or_synthetic_gets_other_slots_and_another_name_in_history() -> None:
    registry = Registry(Revision())
    real, ghost = Pump("p", topic="plant/p").spec(), Pump("p", topic=f"{ROOT}/p", synthetic=MODEL).spec()
    first = dict(registry.add(real).slots)
    assert not registry.is_synthetic("p")
    second = dict(registry.replace(ghost).slots)
    assert first["flow"] != second["flow"]
    assert not registry.alive[first["flow"]]
    assert registry.is_synthetic("p")
    assert registry.replace(ghost).slots == second
    registry.remove("p")
    assert registry.is_synthetic("p"), "what is told of it after its end is synthetic, too"
    assert stored_name(ghost, "p:flow") == "synthetic!p:flow"
    assert stored_name(real, "p:flow") == "p:flow"
