"""The text of each mistake in a twin class."""

from collections.abc import Callable
from enum import Enum
from typing import Any

import pytest

from plantverse import (
    Color,
    Command,
    Component,
    Geometry,
    Level,
    Limits,
    Parameter,
    Property,
    Spin,
    Telemetry,
    Twin,
    alarm,
    derived,
)
from plantverse.errors import PlantInvalid


def _unknown_unit() -> None:
    class T(Twin):
        flow = Telemetry(unit="m3/hh")


def _range_upside_down() -> None:
    class T(Twin):
        flow = Telemetry(range=(5, 1))


def _limits_out_of_order() -> None:
    class T(Twin):
        flow = Telemetry(limits=Limits(h=9, hh=5))


def _infinite_limit() -> None:
    class T(Twin):
        flow = Telemetry(limits=Limits(h=float("nan")))


def _negative_delay() -> None:
    class T(Twin):
        flow = Telemetry(limits=Limits(h=1, on_delay_s=-1))


def _text_as_telemetry() -> None:
    class T(Twin):
        flow = Telemetry(str)


def _unit_of_a_bool() -> None:
    class T(Twin):
        flow = Telemetry(bool, unit="m")


def _codes_of_a_bool() -> None:
    class T(Twin):
        flow = Telemetry(bool, codes={2: "x"})


def _decimals() -> None:
    class T(Twin):
        flow = Telemetry(decimals=99)


def _max_age() -> None:
    class T(Twin):
        flow = Telemetry(max_age_s=0)


def _list_as_property() -> None:
    class T(Twin):
        flow = Property(list)


def _role() -> None:
    class T(Twin):
        flow = Property(writable=True, role="operater")


def _choices_of_a_number() -> None:
    class T(Twin):
        flow = Property(float, choices=("a",))


def _timeout() -> None:
    class T(Twin):
        flow = Command(timeout_s=0)


def _parameter_unit() -> None:
    class T(Twin):
        flow = Command(parameters={"speed": Parameter(unit="rmp")})


def _parameter_kind() -> None:
    class T(Twin):
        flow = Command(parameters={"speed": list})


def _no_twin_as_component() -> None:
    class T(Twin):
        flow = Component(int)


def _reserved() -> None:
    class T(Twin):
        visuals_of = Telemetry()
        relate = Telemetry()


def _twice() -> None:
    class T(Twin):
        flow = Telemetry()
        flow = Property()  # type: ignore[assignment]  # noqa: PIE794  the mistake that is tested


def _shared() -> None:
    shared = Telemetry()

    class T(Twin):
        flow = shared
        other = shared


def _formula_reads_nothing() -> None:
    class T(Twin):
        @derived()
        def flow(self) -> float:
            return 1.0


def _formula_reads_what_is_not_there() -> None:
    class T(Twin):
        speed = Telemetry()

        @derived()
        def flow(self) -> float:
            return self.sped  # type: ignore[attr-defined, no-any-return]


def _formula_reads_a_property() -> None:
    class T(Twin):
        serial = Property(float)

        @derived()
        def flow(self) -> float:
            return self.serial


def _formula_with_if() -> None:
    class T(Twin):
        speed = Telemetry()

        @derived()
        def flow(self) -> float:
            return 1.0 if self.speed > 2 else 0.0


def _formula_with_and() -> None:
    class T(Twin):
        speed = Telemetry()

        @alarm("m")
        def flow(self) -> bool:
            return self.speed > 2 and self.speed < 5


def _alarm_that_returns_a_number() -> None:
    class T(Twin):
        speed = Telemetry()

        @alarm("m")
        def flow(self) -> float:
            return self.speed * 2


def _circle() -> None:
    class T(Twin):
        @derived()
        def flow(self) -> float:
            return self.other + 1

        @derived()
        def other(self) -> float:
            return self.flow + 1


def _priority() -> None:
    class T(Twin):
        speed = Telemetry()

        @alarm("m", priority="hihg")  # type: ignore[arg-type]
        def flow(self) -> bool:
            return self.speed > 1


def _comparison_with_words() -> None:
    class Phase(Enum):
        IDLE = "idle"

    class T(Twin):
        phase = Telemetry(Phase)

        @alarm("m")
        def flow(self) -> bool:
            return self.phase == Phase.IDLE


def _shape() -> None:
    class T(Twin):
        flow = Telemetry()
        geometry = Geometry(shape="cilinder")  # type: ignore[arg-type]


def _size() -> None:
    class T(Twin):
        flow = Telemetry()
        geometry = Geometry(size=(1, 0, 1))


def _visual_signal() -> None:
    class T(Twin):
        flow = Telemetry()
        visuals = (Level("flwo"),)


def _stops() -> None:
    class T(Twin):
        flow = Telemetry()
        visuals = (Color("flow", stops=((5, "#ff0000"), (1, "#00ff00"))),)


def _colour() -> None:
    class T(Twin):
        flow = Telemetry()
        visuals = (Color("flow", stops=((1, "red"), (5, "#00ff00"))),)


def _choices_twice() -> None:
    class T(Twin):
        flow = Property(choices=("a", "a"))


def _command_age() -> None:
    class T(Twin):
        flow = Command(max_age_s=-1)


def _parameter_name() -> None:
    class T(Twin):
        flow = Command(parameters={"a b": float})


def _geometry_colour() -> None:
    class T(Twin):
        geometry = Geometry(color="red")


def _mesh_without_a_file() -> None:
    class T(Twin):
        geometry = Geometry(shape="mesh")


def _axis() -> None:
    class T(Twin):
        flow = Telemetry()
        visuals = (Spin("flow", axis="w"),)  # type: ignore[arg-type]


def _level_upside_down() -> None:
    class T(Twin):
        flow = Telemetry()
        visuals = (Level("flow", low=5, high=1),)


MISTAKES: list[tuple[Callable[[], None], str]] = [
    (_unknown_unit, "T: flow: unit: expected a unit, got 'm3/hh' (did you mean m3/h?)"),
    (_range_upside_down, "T: flow: range: expected (low, high) with low < high, got (5, 1)"),
    (_limits_out_of_order, "T: flow: limits: expected ll < l < h < hh, got {'h': 9, 'hh': 5}"),
    (_infinite_limit, "T: flow: limits: expected finite numbers, got {'h': nan}"),
    (_negative_delay, "T: flow: limits.on_delay_s: expected a finite number, 0 or more, got -1"),
    (
        _text_as_telemetry,
        "T: flow: expected float, int, bool or an Enum class, got <class 'str'> (texts are",
    ),
    (_unit_of_a_bool, "T: flow: unit: expected none, the signal is bool, got 'm'"),
    (_codes_of_a_bool, "T: flow: codes: expected words for 0 and 1, got {2: 'x'}"),
    (_decimals, "T: flow: decimals: expected 0 to 12, got 99"),
    (_max_age, "T: flow: max_age_s: expected seconds above 0, or inf for never, got 0"),
    (_list_as_property, "T: flow: expected str, float, int, bool or an Enum class, got <class 'list'>"),
    (_role, "T: flow: role: expected viewer, operator, engineer, admin, got 'operater' (did you mean operator?)"),
    (_choices_of_a_number, "T: flow: choices: expected none, the kind is float, got ('a',)"),
    (_timeout, "T: flow: timeout_s: expected seconds above 0, got 0"),
    (_parameter_unit, "T: flow: speed: unit: expected a unit, got 'rmp' (did you mean rpm?)"),
    (_parameter_kind, "T: flow: expected str, float, int, bool or an Enum class, got "),
    (_no_twin_as_component, "T: flow: expected a twin class, got <class 'int'>"),
    (_reserved, "T: relate: expected a name other than "),
    (_twice, "expected each field once, got 'flow' (first declared at "),
    (_shared, "T: flow: expected a field of its own, got 'other'"),
    (_formula_reads_nothing, "T: flow: expected a formula that reads a signal, got 'none'"),
    (_formula_reads_what_is_not_there, "T: flow: expected fields that exist, got 'sped' (did you mean speed?)"),
    (_formula_reads_a_property, "T: flow: expected a formula of signals, got 'serial, a Property'"),
    (
        _formula_with_if,
        "T: flow: expected a formula that works on columns, got 'ValueError' (attributes are columns: use numpy's",
    ),
    (
        _formula_with_and,
        "T: flow: expected a formula that works on columns, got 'ValueError' (attributes are columns: use numpy's",
    ),
    (_alarm_that_returns_a_number, "T: flow: expected a boolean column, got 'Probe'"),
    (_circle, "T: flow: expected no circle of derived signals, got 'flow -> other -> flow'"),
    (_priority, "T: flow: priority: expected critical, high, medium, low, got 'hihg' (did you mean high?)"),
    (
        _comparison_with_words,
        "T: flow: expected a formula that works on columns, got 'TypeError' (Phase.IDLE is compared with a",
    ),
    (_shape, "T: geometry: shape: expected box, cylinder, sphere, mesh, got 'cilinder' (did you mean cylinder?)"),
    (_size, "T: geometry: size: expected three lengths in m above 0, got (1, 0, 1)"),
    (_visual_signal, "T: visuals: level: expected a signal of the type, got 'flwo' (did you mean flow?)"),
    (_stops, "T: visuals: color: stops: expected two or more stops with ascending values, got "),
    (_choices_twice, "T: flow: choices: expected different choices, got ('a', 'a')"),
    (_command_age, "T: flow: max_age_s: expected seconds above 0, or inf for never, got -1"),
    (_parameter_name, "T: flow: parameters: expected a name such as speed, got 'a b'"),
    (_geometry_colour, "T: geometry: color: expected #rrggbb, got 'red'"),
    (_mesh_without_a_file, "T: geometry: mesh: expected a file, the shape is mesh, got ''"),
    (_axis, "T: visuals: spin: axis: expected x, y or z, got 'w'"),
    (_level_upside_down, "T: visuals: level: low: expected low < high, got (5, 1)"),
    (_colour, "T: visuals: color: stops: expected #rrggbb, got 'red'"),
]


@pytest.mark.parametrize(("declare", "text"), MISTAKES, ids=[m[0].__name__.strip("_") for m in MISTAKES])
def test_a_mistake_names_file_class_field_and_what_was_expected(declare: Callable[[], None], text: str) -> None:
    with pytest.raises(PlantInvalid) as caught:
        declare()
    assert text in str(caught.value)
    assert __file__ in caught.value.where


def test_all_mistakes_of_a_class_come_at_once() -> None:
    with pytest.raises(PlantInvalid) as caught:

        class Wrong(Twin):
            a = Telemetry(unit="m3/hh")
            b = Telemetry(range=(2, 1))
            c: Any = Property(list)

    assert len(caught.value.problems) == 3
    assert str(caught.value).startswith("3 problems\n")
