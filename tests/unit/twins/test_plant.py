"""Instances, plants in Python, topic patterns and what a reload finds changed."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from plantverse import Availability, Binding, Limits, Plant, Property, Relation, Telemetry, Twin, derived
from plantverse.errors import PlantInvalid
from plantverse.twins.plant import plant_changes


class Tank(Twin):
    level = Telemetry(unit="%")


class Pump(Twin):
    flow = Telemetry(unit="m3/h")
    speed = Telemetry(unit="rpm")
    serial = Property()
    feeds = Relation("Tank")
    near = Relation(many=True)

    @derived()
    def half(self) -> float:
        return self.flow / 2


class BigTank(Tank):
    pass


def test_an_instance_becomes_its_spec() -> None:
    plant = Plant("demo", title="Demo")
    plant.add(BigTank("hall/tank-1"))
    pump = plant.add(
        Pump(
            "hall/pump-1",
            name="Feed pump",
            area="hall",
            tags=["spare"],
            topic="plant/pump-1",
            bindings={"flow": "other/flow"},
            availability="plant/pump-1/status",
            position=(1, 0, 2),
            yaw_deg=90,
            limits={"flow": Limits(h=5)},
            relations={"feeds": "hall/tank-1"},
            formerly=["p1"],
        )
    )
    pump.relate("near", "hall/tank-1", pump)
    spec = plant.spec().twins[1]
    assert spec.bindings == (Binding(path="flow", topic="other/flow"),)
    assert spec.availability == Availability(topic="plant/pump-1/status")
    assert spec.relations == {"feeds": ("hall/tank-1",), "near": ("hall/tank-1", "hall/pump-1")}
    assert spec.placement is not None
    assert spec.placement.yaw_deg == 90
    assert spec.source.startswith(__file__)
    assert [t.name for t in plant.spec().types] == ["BigTank", "Pump"]
    assert plant["hall/pump-1"] is pump
    assert len(plant) == 2


def _mistake(**wrong: Any) -> Callable[[], None]:
    def declare() -> None:
        plant = Plant("demo")
        plant.add(Pump(wrong.pop("id", "p1"), **wrong))
        plant.spec()

    return declare


def _same_id() -> None:
    plant = Plant("demo")
    plant.add(Pump("p1"))
    plant.add(Pump("p1"))


def _same_former_id() -> None:
    plant = Plant("demo")
    plant.add(Pump("p1", formerly=["x"]))
    plant.add(Pump("p2", formerly=["x"]))
    plant.spec()


def _wrong_target() -> None:
    plant = Plant("demo")
    plant.add(Pump("p1", relations={"feeds": "p2"}))
    plant.add(Pump("p2"))
    plant.spec()


MISTAKES: list[tuple[str, Callable[[], None], str]] = [
    ("id", _mistake(id="Halle 1/Püñp"), "Halle 1/Püñp: id: expected 1-8 segments of letters"),
    (
        "topic",
        _mistake(topic="plant/#"),
        "p1: topic: expected an MQTT topic, got 'plant/#' (wildcards belong in a [[map",
    ),
    ("command_topic", _mistake(command_topic="a/+"), "p1: command_topic: expected an MQTT topic"),
    ("availability", _mistake(availability="a/+"), "p1: availability: expected an MQTT topic"),
    ("position", _mistake(position=(1, 2, float("nan"))), "p1: position: expected three finite numbers in m"),
    (
        "limits",
        _mistake(limits={"flwo": Limits(h=1)}),
        "p1: limits.flwo: expected a signal of Pump, got 'flwo' (did you mean flow?)",
    ),
    ("limit order", _mistake(limits={"flow": Limits(l=2, h=1)}), "p1: limits.flow: limits: expected ll < l < h < hh"),
    (
        "binding",
        _mistake(bindings={"flwo": "t"}),
        "p1: bind.flwo: expected a signal or property of Pump, got 'flwo' (did you mean flow?)",
    ),
    ("binding topic", _mistake(bindings=[Binding(path="flow")]), "p1: bind.flow: topic: expected a topic here or for"),
    (
        "binding derived",
        _mistake(bindings={"half": "t"}),
        "p1: bind.half: expected a measured signal, got 'half, which",
    ),
    (
        "binding unit",
        _mistake(bindings=[Binding(path="flow", topic="t", unit="bar")]),
        "p1: bind.flow: unit: expected a unit that converts to m3/h, got 'bar'",
    ),
    (
        "binding unit unknown",
        _mistake(bindings=[Binding(path="flow", topic="t", unit="m3/hh")]),
        "p1: bind.flow: unit: expected a unit that converts to m3/h, got 'm3/hh' (did you mean m3/h?)",
    ),
    (
        "quality words",
        _mistake(bindings=[Binding(path="flow", topic="t", quality_codes={"1": "god"})]),
        "p1: bind.flow: quality_codes: expected good, uncertain or bad, got 'god' (did you mean good?)",
    ),
    (
        "zone",
        _mistake(bindings=[Binding(path="flow", topic="t", zone="Europe/Berln")]),
        "p1: bind.flow: zone: expected an IANA time zone, got 'Europe/Berln' (did you mean Europe/Berlin?)",
    ),
    (
        "relation",
        _mistake(relations={"feds": "p1"}),
        "p1: relations: expected a relation of Pump, got 'feds' (did you mean feeds?)",
    ),
    ("target", _mistake(relations={"feeds": "p9"}), "p1: relations.feeds: expected the id of a twin, got 'p9'"),
    (
        "targets",
        _mistake(relations={"feeds": ["p1", "p1"]}),
        "p1: relations.feeds: expected one target, got ('p1', 'p1') (declare the relation with many=True)",
    ),
    ("target type", _wrong_target, "p1: relations.feeds: expected a Tank, got 'p2, a Pump'"),
    ("same id", _same_id, "p1: id: expected an id of its own, got 'p1' (first at "),
    ("same former id", _same_former_id, "p2: formerly: expected ids that no other twin has or had, got 'x'"),
]


@pytest.mark.parametrize(("declare", "text"), [m[1:] for m in MISTAKES], ids=[m[0] for m in MISTAKES])
def test_a_mistake_names_file_twin_field_and_what_was_expected(declare: Callable[[], None], text: str) -> None:
    with pytest.raises(PlantInvalid) as caught:
        declare()
    assert text in str(caught.value)
    assert __file__ in caught.value.where


def test_a_relation_may_point_at_a_subtype() -> None:
    plant = Plant("demo")
    plant.add(BigTank("t"))
    plant.add(Pump("p", relations={"feeds": "t"}))
    assert plant.spec().twins[1].relations["feeds"] == ("t",)


def test_a_pattern_makes_twins_as_topics_appear() -> None:
    plant = Plant("demo")
    plant.map(
        "plant/{area}/{machine}/state",
        twin="{area}/{machine}",
        type=Pump,
        area="{area}",
        bindings={"flow": "plant/{area}/{machine}/flow"},
        availability="plant/{area}/{machine}/status",
    )
    (pattern,) = plant.patterns()
    made = pattern.match("plant/Halle 2/Füller/state")
    assert made is not None
    assert (made.id, made.name, made.area) == ("Halle-2/Fueller", "Halle 2/Füller", "Halle 2")
    assert made.topic == "plant/Halle 2/Füller/state"
    assert made.bindings[0].topic == "plant/Halle 2/Füller/flow"
    assert made.availability is not None
    assert made.availability.topic == "plant/Halle 2/Füller/status"
    assert pattern.match("plant/a/b/c/state") is None
    assert pattern.match("plant//b/state") is None
    assert pattern.may_make("hall/p7")
    assert not pattern.may_make("p7")


def test_a_pattern_with_a_topic_per_signal_binds_each_to_its_own() -> None:
    plant = Plant("demo")
    plant.map("s/{machine}/{signal}", twin="{machine}", type=Pump)
    (pattern,) = plant.patterns()
    made = pattern.match("s/p1/flow")
    assert made is not None
    assert {b.path: (b.topic, b.key) for b in made.bindings} == {
        "flow": ("s/p1/flow", ""),
        "speed": ("s/p1/speed", ""),
        "serial": ("s/p1/serial", ""),
    }
    assert pattern.match("s/p1/other") is None


@pytest.mark.parametrize(
    ("topic", "twin", "text"),
    [
        (
            "a/{machine}",
            "{machin}",
            "{machin}: expected a placeholder of the topic, got 'machin' (did you mean machine?)",
        ),
        ("a/#/b", "x", "a/#/b: topic: expected a topic with {placeholders}"),
        ("", "x", ": topic: expected a topic with {placeholders}"),
    ],
)
def test_a_wrong_pattern_is_named(topic: str, twin: str, text: str) -> None:
    with pytest.raises(PlantInvalid) as caught:
        Plant("demo").map(topic, twin=twin, type=Pump)
    assert text in str(caught.value)


def _plant(*twins: Twin) -> Plant:
    plant = Plant("demo")
    for twin in twins:
        plant.add(twin)
    return plant


def test_a_reload_finds_what_changed_and_a_rename_keeps_the_twin() -> None:
    old = _plant(Pump("a", topic="t/a"), Pump("b", topic="t/b"), Pump("c", topic="t/c"), Pump("d")).spec()
    new = _plant(
        Pump("a", topic="t/a"),
        Pump("b", topic="t/b2"),
        Pump("c2", topic="t/c", formerly=["c0", "c"]),
        Pump("e"),
    ).spec()
    changes = plant_changes(old, new)
    assert [t.id for t in changes.added] == ["e"]
    assert [t.id for t in changes.changed] == ["b"]
    assert changes.removed == ("d",)
    assert [(before, t.id) for before, t in changes.renamed] == [("c", "c2")]


def test_a_former_id_that_still_exists_is_no_rename() -> None:
    old = _plant(Pump("a")).spec()
    new = replace(old, twins=(*old.twins, replace(old.twins[0], id="b", formerly=("a",))))
    changes = plant_changes(old, new)
    assert [t.id for t in changes.added] == ["b"]
    assert changes.renamed == ()


def test_a_reload_without_a_difference_is_none() -> None:
    assert not plant_changes(_plant(Pump("a")).spec(), _plant(Pump("a")).spec())
