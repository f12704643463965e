"""Twin classes of the process area."""

from typing import Final

import numpy as np

from plantverse import (
    Color,
    Column,
    Command,
    Component,
    Flow,
    Geometry,
    Label,
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

DN50: Final = 0.14
"""Speed in a pipe of 50 mm per flow: m/s for 1 m3/h, 1 / 3600 / (pi / 4 * 0.05**2)."""

COLD_TO_HOT: Final = ((20.0, "#4f7391"), (70.0, "#5c7c99"), (85.0, "#d9a441"), (105.0, "#c8452f"))


class Motor(Twin):
    """An asynchronous motor on a drive."""

    speed = Telemetry(unit="rpm", range=(0, 3600), decimals=0)
    current = Telemetry(unit="A", range=(0, 160), decimals=1)
    temperature = Telemetry(
        unit="°C", range=(0, 180), limits=Limits(h=85, hh=105, deadband=3, on_delay_s=2), decimals=1
    )
    vibration = Telemetry(
        unit="mm/s", range=(0, 20), limits=Limits(h=4.5, hh=7.1, deadband=0.3, on_delay_s=3), decimals=2
    )


class Pump(Twin):
    """A centrifugal pump."""

    running = Telemetry(bool, codes={0: "stopped", 1: "running"})
    flow = Telemetry(unit="m3/h", range=(0, 40), decimals=2)
    suction = Telemetry(unit="barg", range=(-1, 5), decimals=2, name="Suction pressure")
    pressure = Telemetry(unit="barg", range=(0, 12), limits=Limits(hh=11, deadband=0.2), decimals=2)
    npsh_margin = Telemetry(unit="m", range=(-12, 30), decimals=1, name="NPSH margin")
    power = Telemetry(unit="kW", range=(0, 15), decimals=2)
    motor = Component(Motor)
    mode = Property(choices=("automatic", "manual"), description="Who sets the speed")

    start = Command(title="Start")
    stop = Command(title="Stop", confirm=True)
    set_speed = Command(title="Set speed", parameters={"speed": Parameter(unit="rpm", range=(0, 3000))})

    draws_from = Relation()
    feeds = Relation(many=True)

    @derived(unit="%", range=(0, 100), decimals=0)
    def efficiency(self) -> Column:
        """Hydraulic power over electrical power; 1 m3/h times 1 bar is 1/36 kW."""
        hydraulic_kw = self.flow * np.maximum(self.pressure - self.suction, 0.0) / 36.0
        return np.where(self.power > 0.2, np.minimum(100.0, 100.0 * hydraulic_kw / np.maximum(self.power, 0.2)), 0.0)

    @alarm("Pump cavitates", priority="high", on_delay_s=5, off_delay_s=3)
    def cavitation(self) -> bool:
        return (self.running > 0) & (self.npsh_margin < 0.5)

    @alarm("Pump runs without flow", priority="critical", on_delay_s=20, off_delay_s=2)
    def dry_run(self) -> bool:
        return (self.running > 0) & (self.motor.speed > 600) & (self.flow < 0.02)

    geometry = Geometry(shape="cylinder", size=(1.6, 1.1, 0.9), color="#5c7c99")
    visuals = (
        Spin("motor.speed", scale=0.02),
        Color("motor.temperature", stops=COLD_TO_HOT),
        Label("flow"),
        Flow("flow", scale=DN50),
    )


class Tank(Twin):
    """A tank with a smart level transmitter."""

    level = Telemetry(
        unit="%", range=(0, 100), limits=Limits(ll=10, l=20, h=88, hh=95, deadband=1.5, on_delay_s=2), decimals=1
    )
    level_spread = Telemetry(
        unit="%",
        range=(0, 50),
        limits=Limits(l=0.01, h=0.6, deadband=0.005, on_delay_s=5),
        decimals=3,
        description="Spread of the level readings: nothing means that the transmitter hangs, much that it spikes",
    )
    volume = Telemetry(unit="m3", range=(0, 12), decimals=2)
    temperature = Telemetry(unit="°C", range=(0, 100), decimals=1)
    inflow = Telemetry(unit="m3/h", range=(0, 40), decimals=2)
    outflow = Telemetry(unit="m3/h", range=(0, 40), decimals=2)
    imbalance = Telemetry(
        unit="m3/h",
        range=(-20, 20),
        limits=Limits(l=-1.2, h=1.2, deadband=0.2, on_delay_s=10),
        decimals=2,
        description="What goes missing between inflow, outflow and level",
    )
    product = Property(description="What is in it")

    feeds = Relation(many=True)

    geometry = Geometry(shape="cylinder", size=(2.2, 3.4, 2.2), color="#9fb4c7")
    visuals = (Level("level", low=0, high=100), Label("level"), Flow("outflow", scale=DN50))


class ProductTank(Tank):
    """The filler's tank: cold, or the product foams."""

    temperature = Telemetry(
        unit="°C", range=(0, 100), limits=Limits(l=1, h=12, hh=16, deadband=0.5, on_delay_s=5), decimals=1
    )


class CausticTank(Tank):
    """The tank of the cleaning loop."""

    temperature = Telemetry(unit="°C", range=(0, 100), limits=Limits(l=60, h=92, deadband=1, on_delay_s=10), decimals=1)

    geometry = Geometry(shape="cylinder", size=(1.8, 2.8, 1.8), color="#b9a6c9")


class ControlValve(Twin):
    """A control valve with a positioner."""

    position = Telemetry(unit="%", range=(0, 100), decimals=1)
    setpoint = Telemetry(unit="%", range=(0, 100), decimals=1)
    flow = Telemetry(unit="m3/h", range=(0, 40), decimals=2)
    drop = Telemetry(unit="bar", range=(0, 10), decimals=2, name="Pressure drop")
    mode = Property(choices=("automatic", "manual"), description="Who sets the position")
    feeds = Relation(many=True)

    set_position = Command(title="Set position", parameters={"position": Parameter(unit="%", range=(0, 100))})
    automatic = Command(title="Automatic")

    @derived(unit="%", range=(-100, 100), decimals=1)
    def deviation(self) -> Column:
        """Position less set-point."""
        return self.position - self.setpoint

    @alarm("Valve does not follow", priority="high", on_delay_s=8, off_delay_s=2)
    def stuck(self) -> Column:
        return np.abs(self.position - self.setpoint) > 8.0

    geometry = Geometry(shape="cylinder", size=(1.0, 1.1, 0.7), color="#6f8fa8")
    visuals = (Color("position", stops=((0.0, "#4f5d6c"), (100.0, "#8fb0c9"))), Flow("flow", scale=DN50))


class FilterVessel(Twin):
    """A cartridge filter."""

    drop = Telemetry(
        unit="bar",
        range=(0, 5),
        limits=Limits(h=0.8, hh=1.6, deadband=0.05, on_delay_s=3),
        decimals=2,
        name="Pressure drop",
    )
    flow = Telemetry(unit="m3/h", range=(0, 40), decimals=2)
    turbidity = Telemetry(unit="NTU", range=(0, 5), limits=Limits(h=1.0, deadband=0.1), decimals=2)
    passed = Telemetry(unit="m3", counter=1e6, decimals=1, name="Filtered since the last change")
    feeds = Relation(many=True)

    geometry = Geometry(shape="cylinder", size=(0.8, 1.7, 0.8), color="#8aa0b5")
    visuals = (
        Color("drop", stops=((0.0, "#8aa0b5"), (0.6, "#8aa0b5"), (0.9, "#d9a441"), (1.6, "#c8452f"))),
        Flow("flow", scale=DN50),
    )


class HeatExchanger(Twin):
    """A plate heat exchanger."""

    hot_in = Telemetry(unit="°C", range=(0, 120), decimals=1)
    hot_out = Telemetry(unit="°C", range=(0, 120), decimals=1)
    hot_flow = Telemetry(unit="m3/h", range=(0, 40), decimals=2)
    cold_in = Telemetry(unit="°C", range=(0, 120), decimals=1)
    cold_out = Telemetry(unit="°C", range=(0, 120), decimals=1)
    cold_flow = Telemetry(unit="m3/h", range=(0, 60), decimals=2)
    heat = Telemetry(unit="kW", range=(0, 300), decimals=1)
    feeds = Relation(many=True, description="What takes the hot side, which is the product")

    geometry = Geometry(size=(1.9, 1.5, 0.9), color="#7d95a6")
    visuals = (
        Color("hot_out", stops=((3.0, "#5f86ab"), (8.0, "#7d95a6"), (12.0, "#d9a441"), (16.0, "#c8452f"))),
        Flow("hot_flow", scale=DN50),
    )


class SteamHeater(Twin):
    """A heater of the cleaning loop."""

    valve = Telemetry(unit="%", range=(0, 100), decimals=0, name="Steam valve")
    steam = Telemetry(unit="°C", range=(0, 220), decimals=1, name="Steam temperature")
    inlet = Telemetry(unit="°C", range=(0, 120), decimals=1)
    outlet = Telemetry(unit="°C", range=(0, 130), limits=Limits(h=100, deadband=1, on_delay_s=5), decimals=1)
    flow = Telemetry(unit="m3/h", range=(0, 40), decimals=2)
    heat = Telemetry(unit="kW", range=(0, 500), decimals=1)
    feeds = Relation(many=True)

    geometry = Geometry(size=(1.8, 1.2, 0.8), color="#a68a7d")
    visuals = (
        Color("outlet", stops=((20.0, "#7f8a94"), (85.0, "#a68a7d"), (100.0, "#c8452f"))),
        Flow("flow", scale=DN50, color="#a06bb0"),
    )
