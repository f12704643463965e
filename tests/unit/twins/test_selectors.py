"""Which twins and signals a selector means, its canonical text, and the place of mistakes."""

import pytest

from plantverse import Plant, Relation, Telemetry, Twin
from plantverse.errors import SelectorInvalid
from plantverse.twins.selectors import parse
from plantverse.twins.specs import TwinSpec


class Tank(Twin):
    level = Telemetry(unit="%")


class Machine(Twin):
    temperature = Telemetry(unit="°C")


class Pump(Machine):
    flow = Telemetry(unit="m3/h")
    feeds = Relation("Tank")


plant = Plant("demo")
plant.add(Tank("hall-1/tank", area="Hall 1", position=(0, 0, 0)))
plant.add(Pump("hall-1/pump-1", area="Hall 1", tags=["spare"], position=(3, 0, 4), relations={"feeds": "hall-1/tank"}))
plant.add(Pump("hall-2/line/pump-2", area="Hall 2", tags=["a*b"]))
TWINS: tuple[TwinSpec, ...] = plant.spec().twins


def _chosen(text: str) -> list[str]:
    selector = parse(text)
    return [f"{t.id}:{path}" for t in TWINS for path in selector.signals(t)]


T, P1T, P1F, P2T, P2F = (
    "hall-1/tank:level",
    "hall-1/pump-1:temperature",
    "hall-1/pump-1:flow",
    "hall-2/line/pump-2:temperature",
    "hall-2/line/pump-2:flow",
)


@pytest.mark.parametrize(
    ("text", "chosen"),
    [
        ("*", [T, P1T, P1F, P2T, P2F]),
        ("hall-1/pump-1", [P1T, P1F]),
        ("hall-1/pump-1:flow", [P1F]),
        ("hall-1/*", [T, P1T, P1F]),
        ("hall-2/*", []),
        ("hall-2/**", [P2T, P2F]),
        ("**/pump-*:flow", [P1F, P2F]),
        (":flow", [P1F, P2F]),
        (":f*", [P1F, P2F]),
        ("type:Pump", [P1T, P1F, P2T, P2F]),
        ("type:Machine", [P1T, P1F, P2T, P2F]),
        ('area:"Hall 2"', [P2T, P2F]),
        ("tag:spare", [P1T, P1F]),
        ('tag:"a*b"', [P2T, P2F]),
        ("feeds:(hall-1/tank)", [P1T, P1F]),
        ("near:(0,0,0,5)", [T, P1T, P1F]),
        ("near:(0,0,0,4.9)", [T]),
        ("box:(2,-1,2,4,1,5)", [P1T, P1F]),
        ("type:Pump :flow", [P1F, P2F]),
        ("type:Pump and not :flow", [P1T, P2T]),
        ("type:Tank or tag:spare :flow", [T, P1F]),
        ("not type:Pump", [T]),
        ("not not type:Tank", [T]),
        ("(type:Tank or type:Pump) and hall-1/**", [T, P1T, P1F]),
    ],
)
def test_what_a_selector_means(text: str, chosen: list[str]) -> None:
    assert _chosen(text) == chosen


def test_a_twin_without_signals_can_be_selected() -> None:
    bare = Plant("demo")

    class Sign(Twin):
        pass

    bare.add(Sign("sign"))
    (spec,) = bare.spec().twins
    assert parse("type:Sign").matches(spec)
    assert parse("*").matches(spec)
    assert not parse(":flow").matches(spec)


@pytest.mark.parametrize(
    ("text", "canonical"),
    [
        ("(type:Pump  :flow)", "type:Pump and :flow"),
        ("a OR", "a and OR"),
        ("id:and", "id:and"),
        ("not (not a)", "a"),
        ("a or (b or a)", "a or b"),
        ("near:(1.0,2,3,4)", "near:(1,2,3,4)"),
        ('area:"Hall 2"', 'area:"Hall 2"'),
        ('area:"Hall"', "area:Hall"),
    ],
)
def test_canonical_text(text: str, canonical: str) -> None:
    assert str(parse(text)) == canonical


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "position 1: expected a term, got the end"),
        ("a and", "position 6: expected a term, got the end"),
        ("(a", "position 3: expected a closing parenthesis, got the end"),
        ("a )", "position 3: expected and, or, a term or the end, got )"),
        ("a//b", "position 1: expected a twin id, * for any characters of a segment, got a//b"),
        ('area:"x', "position 6: expected a closing quote"),
        ("area:", "position 6: expected a word, or a text in double quotes"),
        ("near:(1,2)", "position 6: expected 4 numbers in parentheses, such as (0,0,0,20)"),
        ("near:(1,2,3,-4)", "position 6: expected a radius of 0 or more"),
        ("box:(5,0,0,1,1,1)", "position 5: expected the low corner first"),
        (":**", "position 2: expected a signal path such as motor.*"),
        ("a " * 300, "position 513: expected at most 256 terms"),
        ("(" * 40 + "a" + ")" * 40, "expected at most 32 levels"),
        ("a" * 5000, "position 4097: expected at most 4096 characters, got 5000"),
    ],
)
def test_a_mistake_names_position_and_expectation(text: str, message: str) -> None:
    with pytest.raises(SelectorInvalid) as caught:
        parse(text)
    assert message in str(caught.value)
