"""What a twin class declares."""

from enum import Enum, IntEnum

import numpy as np
import pytest

from plantverse import (
    Column,
    Command,
    Component,
    Geometry,
    Level,
    Limits,
    Parameter,
    Property,
    Relation,
    Telemetry,
    Twin,
    alarm,
    derived,
)
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
