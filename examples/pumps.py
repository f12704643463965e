"""Twin classes for examples/plant.toml: what a pump of this plant has."""

from enum import IntEnum

import numpy as np

from plantverse import (
    Color,
    Column,
    Command,
    Component,
    Geometry,
    Label,
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


class Mode(IntEnum):
    OFF = 0
    MANUAL = 1
    AUTOMATIC = 2


class Motor(Twin):
    speed = Telemetry(unit="rpm", range=(0, 3000))
    temperature = Telemetry(unit="°C", range=(0, 130), limits=Limits(h=85, hh=95, deadband=3, on_delay_s=2))


class Pump(Twin):
    """A centrifugal pump with a motor."""

    flow = Telemetry(unit="m3/h", range=(0, 120))
    pressure = Telemetry(unit="barg", range=(0, 10), limits=Limits(ll=0.5, hh=9))
    power = Telemetry(unit="kW", range=(0, 30))
    mode = Telemetry(Mode)
    motor = Component(Motor)

    serial = Property(description="From the name plate")
    speed_setpoint = Property(float, unit="rpm", range=(0, 3000), writable=True)

    start = Command(title="Start")
    stop = Command(title="Stop", confirm=True)
    set_speed = Command(parameters={"speed": Parameter(unit="rpm", range=(0, 3000))})

    feeds = Relation("Tank")

    @derived(unit="%", range=(0, 100))
    def efficiency(self) -> Column:
        """Hydraulic power over electrical power."""
        return np.where(self.power > 0.2, 100 * self.flow * self.pressure / 36 / np.maximum(self.power, 0.2), 0)

    @alarm("Pump runs without flow", priority="critical", on_delay_s=5)
    def dry_run(self) -> bool:
        return (self.motor.speed > 600) & (self.flow < 1)

    geometry = Geometry(shape="cylinder", size=(0.9, 1.1, 0.9))
    visuals = (
        Spin("motor.speed", scale=0.02),
        Color("motor.temperature", stops=((20, "#3a6ea5"), (60, "#4f9d69"), (95, "#c8452f"))),
        Label("flow"),
    )


class Tank(Twin):
    """A tank with a level."""

    level = Telemetry(unit="%", range=(0, 100), limits=Limits(l=20, h=90))


class Air(Twin):
    """The air of a room."""

    temperature = Telemetry(unit="°C", range=(-10, 50))
    humidity = Telemetry(unit="%RH", range=(0, 100))
