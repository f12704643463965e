"""Formulas as functions over columns: what they see, when two are the same, what probes find out."""

from typing import Any

import numpy as np
import pytest

from plantverse import Component, Telemetry, Twin, derived
from plantverse.twins.formulas import Columns, Formula, trace
from plantverse.twins.probe import fault, probe


class Motor(Twin):
    speed = Telemetry(unit="rpm", range=(0, 3000))


class Pump(Twin):
    gain = 2.0
    flow = Telemetry(unit="m3/h", range=(0, 100))
    motor = Component(Motor)

    @derived()
    def doubled(self) -> float:
        return self.flow * self.gain

    @derived()
    def sum(self) -> float:
        return self.doubled + self.motor.speed


def _formula(name: str) -> Formula:
    compute = next(d.compute for d in Pump.twin_type().derived if d.signal.path == name)
    assert isinstance(compute, Formula)
    return compute


def test_columns_are_reached_by_name_and_part() -> None:
    columns = Columns({"motor.speed": [1.0], "flow": [2.0]})
    assert (columns.flow, columns.motor.speed) == ([2.0], [1.0])
    with pytest.raises(AttributeError, match=r"no column motor\.sped"):
        _ = columns.motor.sped
    with pytest.raises(AttributeError, match="no column mot"):
        _ = columns.mot


def test_a_formula_sees_signals_derived_signals_parts_and_constants() -> None:
    columns = Columns(
        {"flow": np.array([1.0, 2.0]), "doubled": np.array([2.0, 4.0]), "motor.speed": np.array([5.0, 6.0])}
    )
    assert _formula("doubled")(columns).tolist() == [2.0, 4.0]
    assert _formula("sum")(columns).tolist() == [7.0, 10.0]


def test_a_formula_of_a_part_runs_within_the_whole() -> None:
    class Skid(Twin):
        pump = Component(Pump)

    made = {d.signal.path: d for d in Skid.twin_type().derived}
    assert made["pump.sum"].inputs == ("pump.doubled", "pump.motor.speed")
    columns = Columns({"pump.flow": np.array([3.0])})
    assert made["pump.doubled"].compute(columns).tolist() == [6.0]


def test_equal_means_the_same_method_of_files_with_equal_text() -> None:
    assert _formula("sum") == _formula("sum")
    assert hash(_formula("sum")) == hash(_formula("sum"))
    assert _formula("sum") != _formula("doubled")
    assert _formula("sum") != _formula("sum").within("x")
    assert repr(_formula("sum")) == "<formula Pump.sum>"


def test_tracing_finds_what_is_read_once_each_in_order() -> None:
    paths, result = trace(_formula("sum"), Pump)
    assert paths == ("doubled", "motor.speed")
    assert result.shape == (3,)


@pytest.mark.parametrize(
    ("span", "codes", "values"),
    [((0.0, 10.0), (), [0, 5, 10]), (None, (), [1, 2, 3]), (None, (4, 7), [4, 7, 4]), ((0.0, 10.0), (4,), [4, 4, 4])],
)
def test_probes_lie_in_the_range_or_are_codes(span: Any, codes: Any, values: list[float]) -> None:
    assert probe(span, codes).tolist() == values


@pytest.mark.parametrize(
    ("result", "boolean", "wanted"),
    [
        (np.ones(3), False, None),
        (np.ones(3) > 0, True, None),
        (1.5, False, None),
        (np.ones(2), False, "a numeric column"),
        (np.ones(3), True, "a boolean column"),
        (np.ones(3) > 0, False, None),
        ("x", False, "a numeric column"),
        (None, True, "a boolean column"),
    ],
)
def test_what_a_formula_should_have_returned(result: Any, boolean: bool, wanted: str | None) -> None:
    assert fault(result, boolean=boolean) == wanted
