"""What a twin class declares, and the text of each mistake in one."""

from collections.abc import Callable
from enum import Enum, IntEnum
from typing import Any

import numpy as np
import pytest

from plantverse import (
    Color,
    Column,
    Command,
    Component,
    Geometry,
    Level,
    Limits,
    Parameter,
    Property,
    Relation,
    Spin,
    Telemetry,
    Twin,
    alarm,
    derived,
)
from plantverse.errors import PlantInvalid
from plantverse.twins.formulas import Columns


class Mode(IntEnum):
    OFF = 0
    AUTO = 2


class Motor(Twin):
    """A motor."""

    speed = Telemetry(unit="rpm", range=(0, 3000))
    temperature = Telemetry(unit="°C", limits=Limits(h=85, hh=95))

    @derived(unit="Hz")
    def turns(self) -> float:
        """Turns a second."""
        return self.speed / 60

    @alarm("Motor is hot", priority="high", on_delay_s=2, latching=True)
    def hot(self) -> bool:
        return self.temperature > 90


class Pump(Twin):
    """A centrifugal pump.

    More about it.
    """

    flow = Telemetry(unit="m3/h", range=(0, 120), name="Flow", description="At the outlet", decimals=1)
    mode = Telemetry(Mode)
    running = Telemetry(bool, codes={0: "stopped", 1: "running"})
    motor = Component(Motor)
    serial = Property(description="From the name plate")
    setpoint = Property(float, unit="rpm", writable=True, role="engineer")
    set_speed = Command(title="Set speed", parameters={"speed": Parameter(unit="rpm", range=(0, 3000)), "ramp": bool})
    feeds = Relation("Tank", many=True)

    @derived(unit="m3/h")
    def flow_if_running(self) -> Column:
        """Flow while it runs."""
        return np.where(self.running > 0, self.flow, 0.0)

    @alarm("Dry run")
    def dry_run(self) -> bool:
        return (self.motor.speed > 600) & (self.flow < 1)

    geometry = Geometry(shape="cylinder", size=(1, 2, 1))
    visuals = (Level("flow", low=0, high=120),)


def test_a_class_becomes_its_type() -> None:
    made = Pump.twin_type()
    assert made.name == "Pump"
    assert made.description == "A centrifugal pump."
    assert [(s.path, s.kind, s.unit) for s in made.signals] == [
        ("flow", "float", "m3/h"),
        ("mode", "enum", ""),
        ("running", "bool", ""),
        ("motor.speed", "float", "{rev}/min"),
        ("motor.temperature", "float", "Cel"),
        ("motor.turns", "float", "Hz"),
        ("flow_if_running", "float", "m3/h"),
    ]
    assert made.signals[1].codes == {0: "OFF", 2: "AUTO"}
    assert [p.path for p in made.properties] == ["serial", "setpoint"]
    assert [(p.name, p.kind, p.unit) for p in made.commands[0].parameters] == [
        ("speed", "float", "{rev}/min"),
        ("ramp", "bool", ""),
    ]
    assert made.relations[0].many
    assert made.visuals[0].kind == "level"


def test_parts_come_with_their_formulas_and_alarms() -> None:
    made = Pump.twin_type()
    assert {d.signal.path: d.inputs for d in made.derived} == {
        "motor.turns": ("motor.speed",),
        "flow_if_running": ("running", "flow"),
    }
    rules = {r.name: r for r in made.rules}
    assert rules["motor.hot"].inputs == ("motor.temperature",)
    assert (rules["motor.hot"].priority, rules["motor.hot"].on_delay_s, rules["motor.hot"].latching) == (
        "high",
        2,
        True,
    )
    assert rules["dry_run"].inputs == ("motor.speed", "flow")


def test_formulas_run_on_columns() -> None:
    made = Pump.twin_type()
    columns = Columns(
        {
            "flow": np.array([10.0, 0.5]),
            "running": np.array([1.0, 0.0]),
            "motor.speed": np.array([1200.0, 1500.0]),
            "motor.temperature": np.array([91.0, 20.0]),
        }
    )
    by_path = {d.signal.path: d.compute(columns) for d in made.derived}
    assert by_path["motor.turns"].tolist() == [20.0, 25.0]
    assert by_path["flow_if_running"].tolist() == [10.0, 0.0]
    rules = {r.name: r.condition(columns) for r in made.rules}
    assert rules["motor.hot"].tolist() == [True, False]
    assert rules["dry_run"].tolist() == [False, True]


def test_derived_signals_come_after_those_that_they_read() -> None:
    class Chain(Twin):
        a = Telemetry()

        @derived()
        def c(self) -> float:
            return self.b + 1

        @derived()
        def b(self) -> float:
            return self.a * 2

    assert [d.signal.path for d in Chain.twin_type().derived] == ["b", "c"]


def test_constants_and_helpers_of_the_class_work_in_a_formula() -> None:
    class Scaled(Twin):
        factor = 3.0
        raw = Telemetry()

        def scaled(self, value: float) -> float:
            return value * self.factor

        @derived()
        def value(self) -> float:
            return self.scaled(self.raw)

    compute = Scaled.twin_type().derived[0].compute
    assert compute(Columns({"raw": np.array([2.0])})).tolist() == [6.0]


def test_a_subclass_has_the_fields_of_its_base_and_fits_where_the_base_does() -> None:
    class Big(Pump):
        weight = Telemetry(unit="kg")
        mode = Property()

    made = Big.twin_type()
    assert made.bases == ("Pump",)
    assert made.signal("flow") is not None
    assert made.signal("weight") is not None
    assert made.signal("mode") is None
    assert "mode" in [p.path for p in made.properties]


def test_words_enum_members_without_numbers_count_from_zero() -> None:
    class Phase(Enum):
        IDLE = "idle"
        FILL = "fill"

    class Batch(Twin):
        phase = Telemetry(Phase)

    assert Batch.twin_type().signals[0].codes == {0: "IDLE", 1: "FILL"}
    assert Batch.phase.code(Phase.FILL) == 1.0


def test_a_twin_holds_no_values_and_says_where_they_are() -> None:
    with pytest.raises(AttributeError, match=r"declares flow but holds no value of it; read values with .*connect"):
        _ = Pump("p").flow


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
