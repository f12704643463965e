"""Whatever names a signal that does not exist says so with file, rule, signal, and what would fit."""

from pathlib import Path

import pytest

from plantverse.errors import PlantInvalid
from plantverse.twins.interop.plant_toml import read_plant_text

PUMP = """\
from plantverse import Label, Telemetry, Twin, alarm, derived


class Pump(Twin):
    flow = Telemetry()
    speed = Telemetry()
"""
MANY = "\n\nclass Rack(Twin):\n" + "".join(f"    s{n} = Telemetry()\n" for n in range(10))
HEAD = '[plant]\nname = "p"\ntypes = ["types.py"]\n'


def twin(kind: str) -> str:
    return f'[[twin]]\nid = "p1"\ntype = "{kind}"\ntopic = "p1"\n'


RULES = {
    "visual label: expected a signal": ('[[twin.visual]]\nkind = "label"\nsignal = "{}"\n', 8),
    "visual carry: amount: expected a signal": (
        '[[twin.visual]]\nkind = "carry"\nsignal = "flow"\namount = "{}"\n',
        8,
    ),
    "limits.{}: expected a signal": ("[twin.limits]\n{} = {{ h = 3 }}\n", 4),
    "bind.{}: expected a signal": ('[twin.bind]\n{} = "a/b"\n', 4),
}


def mistake(folder: Path, text: str, types: str = PUMP + MANY) -> str:
    (folder / "types.py").write_text(types)
    with pytest.raises(PlantInvalid) as caught:
        read_plant_text(text, folder / "plant.toml")
    assert len(caught.value.problems) <= 1
    return str(caught.value).removeprefix(f"{folder}/")


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize(("name", "hint"), [("flwo", "did you mean flow?"), ("x", "there is flow, speed")])
def test_a_rule_of_a_twin(tmp_path: Path, rule: str, name: str, hint: str) -> None:
    text, line = RULES[rule]
    found = mistake(tmp_path, HEAD + twin("Pump") + text.format(name))
    assert found.startswith(f"plant.toml:{line}: p1: {rule.format(name)}")
    assert f"got '{name}' ({hint}" in found


@pytest.mark.parametrize("rule", [rule for rule in RULES if "amount" not in rule])
def test_where_there_are_many_some_are_named(tmp_path: Path, rule: str) -> None:
    found = mistake(tmp_path, HEAD + twin("Rack") + RULES[rule][0].format("pressure"))
    assert found.endswith("got 'pressure' (there is s0, s1, s2, s3, s4, s5, s6, s7, and 2 more)")


def test_where_there_are_none_that_is_said(tmp_path: Path) -> None:
    found = mistake(tmp_path, HEAD + twin("Machine") + RULES["visual label: expected a signal"][0].format("flow"))
    assert found.endswith("got 'flow' (there is none)")


def test_a_rule_of_a_type(tmp_path: Path) -> None:
    found = mistake(tmp_path, HEAD + '[[type.Pump.visual]]\nkind = "spin"\nsignal = "sped"\n')
    assert found == ("plant.toml:4: Pump: visual spin: expected a signal of the type, got 'sped' (did you mean speed?)")


def test_a_binding_of_a_pattern(tmp_path: Path) -> None:
    pattern = '[[map]]\ntopic = "hall/{m}"\ntwin = "{m}"\ntype = "Pump"\n[map.bind]\nflwo = "x/{m}"\n'
    assert mistake(tmp_path, HEAD + pattern) == (
        "plant.toml:4: hall/{m}: bind.flwo: expected a signal or property of Pump, got 'flwo' (did you mean flow?)"
    )


@pytest.mark.parametrize(
    ("member", "wanted"),
    [
        ('    visuals = (Label("flwo"),)\n', "visuals: label: expected a signal of the type, got 'flwo' (did you"),
        ("    @derived()\n    def power(self):\n        return self.flwo\n", "power: expected fields that exist, got"),
        ('    @alarm("m")\n    def dry(self):\n        return self.flwo < 1\n', "dry: expected fields that exist, got"),
    ],
)
def test_a_rule_formula_or_alarm_of_a_class(tmp_path: Path, member: str, wanted: str) -> None:
    found = mistake(tmp_path, HEAD, PUMP + member)
    assert found.startswith("types.py:")
    assert ": Pump: " + wanted in found
    assert "did you mean flow?" in found


@pytest.mark.parametrize("value", ["inf", "-inf", "nan"])
@pytest.mark.parametrize("name", ["scale", "offset"])
def test_a_binding_scales_by_a_number(tmp_path: Path, name: str, value: str) -> None:
    found = mistake(tmp_path, HEAD + twin("Pump") + f"[twin.bind]\nflow = {{ {name} = {value} }}\n")
    assert found.startswith(f"plant.toml:4: p1: bind.flow: {name}: expected a finite number, got ")
