"""Code as a twin author writes it; `test_user_code.py` checks that mypy --strict accepts it and infers these types."""

from enum import IntEnum
from typing import assert_type

import numpy as np

from plantverse import (
    Alarm,
    Binding,
    Color,
    Column,
    Command,
    Component,
    Derived,
    Geometry,
    Limits,
    Parameter,
    Plant,
    Property,
    Relation,
    Spin,
    Telemetry,
    Twin,
    alarm,
    derived,
)


class Mode(IntEnum):
    OFF = 0
    AUTO = 1


class Motor(Twin):
    speed = Telemetry(unit="rpm")


class Pump(Twin):
    flow = Telemetry(unit="m3/h", range=(0, 120), limits=Limits(h=100))
    strokes = Telemetry(int, counter=65536)
    running = Telemetry(bool)
    mode = Telemetry(Mode)
    serial = Property()
    setpoint = Property(float, unit="rpm", writable=True)
    motor = Component(Motor)
    feeds = Relation("Tank")
    set_speed = Command(parameters={"speed": Parameter(unit="rpm"), "ramp": bool})

    @derived(unit="m3/h")
    def twice(self) -> float:
        return self.flow * 2

    @derived()
    def slip(self) -> Column:
        return np.where(self.running, self.motor.speed / 1500, 0)

    @alarm("Dry run", priority="critical")
    def dry_run(self) -> bool:
        return (self.motor.speed > 600) & (self.flow < 1) & (self.mode == Mode.AUTO)

    geometry = Geometry(shape="cylinder", size=(1, 2, 1))
    visuals = (Spin("motor.speed"), Color("flow", stops=((0, "#000000"), (1, "#ffffff"))))


plant = Plant("demo")
pump = plant.add(Pump("p1", topic="plant/p1", bindings=[Binding(path="flow", topic="x", unit="l/min")]))

assert_type(pump, Pump)
assert_type(Pump.flow, Telemetry[float])
assert_type(Pump.mode, Telemetry[Mode])
assert_type(Pump.serial, Property[str])
assert_type(Pump.twice, Derived[float])
assert_type(Pump.dry_run, Alarm)
assert_type(Pump.motor, Component[Motor])
assert_type(pump.flow, float)
assert_type(pump.strokes, int)
assert_type(pump.running, bool)
assert_type(pump.mode, Mode)
assert_type(pump.serial, str)
assert_type(pump.setpoint, float)
assert_type(pump.motor, Motor)
assert_type(pump.motor.speed, float)
assert_type(pump.twice, float)
assert_type(Pump.flow.code(1.0), float)
