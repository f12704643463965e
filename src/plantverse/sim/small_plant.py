"""A small bottling hall: eleven types and fourteen twins, the plant of `plantverse run --demo`.

It is read like any plant file: `plantverse run src/plantverse/sim/small_plant.py` shows it too. Lengths are metres;
a position is the point of the floor below the middle of the machine. Values of the machines are of the usual size for
a line of 12,000 half-litre bottles an hour.
"""

from collections.abc import Mapping
from enum import IntEnum
from typing import Final

import numpy as np

from plantverse import (
    Availability,
    Color,
    Column,
    Command,
    Component,
    Geometry,
    Label,
    Level,
    Limits,
    Move,
    Parameter,
    Plant,
    Property,
    Relation,
    Spin,
    Telemetry,
    Turn,
    Twin,
    alarm,
    derived,
)

TOPIC: Final = "plant"
STATUS_TOPIC: Final = "plant/status"
LOAD_TOPIC: Final = "plant/load"
HEADS: Final = 60
"""Filling valves on the carousel."""

_COLD_TO_HOT = ((20.0, "#3a6ea5"), (60.0, "#4f9d69"), (80.0, "#d9a441"), (95.0, "#c8452f"))


class State(IntEnum):
    """What a machine of the line is doing; PackML has more states, an operator asks for these."""

    STOPPED = 0
    RUNNING = 1
    STARVED = 2
    BLOCKED = 3
    FAULT = 4


_STATES = ((0.0, "#6b7280"), (1.0, "#4f9d69"), (2.0, "#7a8fb8"), (3.0, "#d9a441"), (4.0, "#c8452f"))


class Motor(Twin):
    """An asynchronous motor on a drive."""

    speed = Telemetry(unit="rpm", range=(0, 3000), decimals=0)
    current = Telemetry(unit="A", range=(0, 40), decimals=1)
    temperature = Telemetry(unit="°C", range=(0, 130), limits=Limits(h=85, hh=95, deadband=3, on_delay_s=2), decimals=1)
    vibration = Telemetry(
        unit="mm/s", range=(0, 20), limits=Limits(h=4.5, hh=7.1, deadband=0.3, on_delay_s=3), decimals=2
    )


class Pump(Twin):
    """A centrifugal pump."""

    running = Telemetry(bool, codes={0: "stopped", 1: "running"})
    flow = Telemetry(unit="m3/h", range=(0, 40), decimals=1)
    pressure = Telemetry(unit="barg", range=(0, 10), limits=Limits(hh=8.5, deadband=0.2), decimals=2)
    power = Telemetry(unit="kW", range=(0, 15), decimals=2)
    motor = Component(Motor)
    mode = Property(choices=("automatic", "manual"), description="Who sets the speed")

    start = Command(title="Start")
    stop = Command(title="Stop", confirm=True)
    set_speed = Command(title="Set speed", parameters={"speed": Parameter(unit="rpm", range=(0, 3000))})

    draws_from = Relation("Tank")
    feeds = Relation(many=True)

    @derived(unit="%", range=(0, 100), decimals=0)
    def efficiency(self) -> Column:
        """Hydraulic power over electrical power."""
        hydraulic_kw = self.flow * self.pressure / 36.0  # 1 m3/h times 1 bar is 1/36 kW
        return np.where(self.power > 0.2, 100.0 * hydraulic_kw / np.maximum(self.power, 0.2), 0.0)

    @alarm("Pump runs without flow", priority="critical", on_delay_s=5, off_delay_s=2)
    def dry_run(self) -> bool:
        return (self.running > 0) & (self.motor.speed > 600) & (self.flow < 1.0)

    geometry = Geometry(shape="cylinder", size=(0.9, 1.1, 0.9), color="#5c7c99")
    visuals = (Spin("motor.speed", scale=0.02), Color("motor.temperature", stops=_COLD_TO_HOT), Label("flow"))


class Tank(Twin):
    """A buffer tank with an inlet valve."""

    level = Telemetry(
        unit="%", range=(0, 100), limits=Limits(ll=10, l=20, h=85, hh=93, deadband=1.5, on_delay_s=1), decimals=1
    )
    temperature = Telemetry(unit="°C", range=(0, 40), limits=Limits(h=14, hh=18, deadband=0.5), decimals=1)
    inflow = Telemetry(unit="m3/h", range=(0, 60), decimals=1)
    inlet_open = Telemetry(bool, codes={0: "closed", 1: "open"})
    volume_m3 = Telemetry(unit="m3", range=(0, 4), decimals=2)
    product = Property(description="What is in it")

    open_inlet = Command(title="Open inlet")
    close_inlet = Command(title="Close inlet")

    feeds = Relation(many=True)

    @derived(unit="min", range=(0, 240), decimals=0)
    def empty_in(self) -> float:
        """How long the content lasts at 6 m3/h, what the filler takes at full speed."""
        return self.volume_m3 / 6.0 * 60.0

    geometry = Geometry(shape="cylinder", size=(2.2, 3.6, 2.2), color="#9fb4c7")
    visuals = (Level("level", low=0, high=100), Label("level"))


class LineMachine(Twin):
    """What every machine of the line has."""

    state = Telemetry(State)
    speed = Telemetry(unit="bottles/h", range=(0, 16000), decimals=0)
    produced = Telemetry(unit="bottles", counter=2.0**32, decimals=0)
    rejected = Telemetry(unit="bottles", counter=2.0**32, decimals=0)
    order = Property(description="Production order")
    speed_setpoint = Property(float, unit="bottles/h", range=(0, 14000), writable=True)

    start = Command(title="Start")
    stop = Command(title="Stop", confirm=True)
    set_speed = Command(title="Set speed", parameters={"speed": Parameter(unit="bottles/h", range=(0, 14000))})
    reset = Command(title="Reset fault")

    next = Relation(description="The machine that takes what this one gives")

    @derived(unit="%", range=(0, 100), limits=Limits(l=97.0, deadband=0.5, on_delay_s=30), decimals=2)
    def quality_rate(self) -> Column:
        """Good bottles over all bottles since the start."""
        return 100.0 * (1.0 - self.rejected / np.maximum(self.produced, 1.0))

    @alarm("Machine has a fault", priority="high", on_delay_s=1)
    def fault(self) -> bool:
        return self.state == State.FAULT


class Filler(LineMachine):
    """A rotary filler."""

    carousel = Telemetry(unit="rpm", range=(0, 5), decimals=2)
    fill_volume = Telemetry(unit="ml", range=(480, 520), limits=Limits(l=492, h=508, deadband=1), decimals=1)
    bowl_pressure = Telemetry(unit="barg", range=(0, 5), limits=Limits(l=1.8, h=4.2, deadband=0.1), decimals=2)

    geometry = Geometry(shape="cylinder", size=(3.0, 2.4, 3.0), color="#c9ced6")
    visuals = (Spin("carousel"), Color("state", stops=_STATES), Label("speed"))


class Capper(LineMachine):
    """A capper behind the filler."""

    turret = Telemetry(unit="rpm", range=(0, 20), decimals=1)
    torque = Telemetry(unit="Nm", range=(0, 4), limits=Limits(l=1.1, h=2.4, deadband=0.05, on_delay_s=2), decimals=2)
    caps = Telemetry(unit="%", range=(0, 100), limits=Limits(ll=5, l=15, deadband=2), decimals=0)

    geometry = Geometry(shape="cylinder", size=(1.4, 2.2, 1.4), color="#c9ced6")
    visuals = (Spin("turret"), Color("state", stops=_STATES))


class Labeller(LineMachine):
    """A labeller."""

    labels = Telemetry(unit="%", range=(0, 100), limits=Limits(ll=4, l=12, deadband=2), decimals=0)
    glue_temperature = Telemetry(unit="°C", range=(0, 200), limits=Limits(l=145, h=175, deadband=2), decimals=1)

    geometry = Geometry(size=(2.4, 2.0, 1.6), color="#c9ced6")
    visuals = (Color("state", stops=_STATES),)


class Palletiser(LineMachine):
    """A palletiser with a gantry that goes up and down."""

    gantry = Telemetry(unit="m", range=(0, 2), decimals=2)
    arm = Telemetry(unit="deg", range=(-90, 90), decimals=0)
    layer = Telemetry(int, range=(0, 6))
    pallets = Telemetry(int, counter=2.0**32)

    geometry = Geometry(size=(2.4, 1.2, 2.4), color="#d2a24c")
    visuals = (Move("gantry", axis="y"), Turn("arm"), Color("state", stops=_STATES))


class Conveyor(Twin):
    """A belt between two machines."""

    running = Telemetry(bool)
    belt_speed = Telemetry(unit="m/s", range=(0, 1.5), decimals=2)
    bottles = Telemetry(int, range=(0, 400), limits=Limits(h=340, hh=385, deadband=15, on_delay_s=3))
    motor = Component(Motor)

    start = Command(title="Start")
    stop = Command(title="Stop", confirm=True)

    from_machine = Relation("LineMachine")
    to_machine = Relation("LineMachine")

    @derived(unit="%", range=(0, 100), decimals=0)
    def accumulation(self) -> float:
        """How full the belt is."""
        return self.bottles / 4.0

    geometry = Geometry(size=(3.0, 0.9, 0.6), color="#7d8590")
    visuals = (
        Color("accumulation", stops=((0, "#5b6b7d"), (70, "#4f9d69"), (90, "#d9a441"), (100, "#c8452f"))),
        Label("bottles"),
    )


class Compressor(Twin):
    """A screw compressor with a receiver."""

    loaded = Telemetry(bool, codes={0: "idling", 1: "loaded"})
    pressure = Telemetry(unit="barg", range=(0, 10), limits=Limits(ll=5.2, l=5.8, hh=9, deadband=0.15), decimals=2)
    delivery = Telemetry(unit="Nm3/h", range=(0, 800), decimals=0)
    oil_temperature = Telemetry(unit="°C", range=(0, 120), limits=Limits(h=98, hh=105, deadband=2), decimals=1)
    power = Telemetry(unit="kW", range=(0, 90), decimals=1)
    motor = Component(Motor)

    start = Command(title="Start")
    stop = Command(title="Stop", confirm=True, role="engineer")

    @derived(unit="kWh/Nm3", range=(0, 0.3), decimals=3)
    def specific_energy(self) -> Column:
        """Energy for a cubic metre of air at 0 °C and 1013 mbar; a good machine needs about 0.11."""
        return np.where(self.delivery > 20, self.power / np.maximum(self.delivery, 20.0), 0.0)

    geometry = Geometry(size=(2.2, 1.8, 1.3), color="#3f6f8f")
    visuals = (Color("pressure", stops=((5, "#c8452f"), (5.8, "#d9a441"), (6.5, "#4f9d69"), (8, "#4f9d69"))),)


class Chiller(Twin):
    """A water chiller."""

    supply = Telemetry(unit="°C", range=(0, 25), limits=Limits(l=2, h=9, hh=12, deadband=0.4, on_delay_s=5), decimals=1)
    back = Telemetry(unit="°C", range=(0, 30), decimals=1, name="Return")
    flow = Telemetry(unit="m3/h", range=(0, 60), decimals=1)
    power = Telemetry(unit="kW", range=(0, 80), decimals=1)
    running = Telemetry(bool)
    setpoint = Property(float, unit="°C", range=(3, 12), writable=True, name="Supply set-point")

    start = Command(title="Start")
    stop = Command(title="Stop", confirm=True, role="engineer")

    @derived(unit="kW", range=(0, 250), decimals=0)
    def cooling(self) -> float:
        """Heat taken out of the water: flow times 1.163 kWh per m3 and K times the difference."""
        return self.flow * 1.163 * (self.back - self.supply)

    @derived(range=(0, 8), decimals=1, name="COP")
    def cop(self) -> Column:
        """Cooling power over electrical power."""
        return np.where(self.power > 1, self.cooling / np.maximum(self.power, 1.0), 0.0)

    geometry = Geometry(size=(3.0, 2.1, 1.5), color="#4c7f8c")
    visuals = (Color("supply", stops=((2, "#3a6ea5"), (6, "#4f9d69"), (9, "#d9a441"), (12, "#c8452f"))),)


class EnergyMeter(Twin):
    """The meter of the main supply."""

    power = Telemetry(unit="kW", range=(0, 250), limits=Limits(h=180, hh=220, deadband=4, on_delay_s=5), decimals=1)
    energy = Telemetry(unit="kWh", counter=1e9, decimals=0)
    voltage = Telemetry(unit="V", range=(360, 440), limits=Limits(l=376, h=424, deadband=2), decimals=1)
    frequency = Telemetry(unit="Hz", range=(49, 51), limits=Limits(l=49.8, h=50.2, deadband=0.02), decimals=2)
    power_factor = Telemetry(range=(0, 1), decimals=2)

    @derived(unit="A", range=(0, 400), decimals=0)
    def current(self) -> Column:
        """Per phase, from power, voltage between the phases and power factor."""
        return self.power * 1000.0 / (np.sqrt(3.0) * np.maximum(self.voltage, 1.0) * np.maximum(self.power_factor, 0.1))

    geometry = Geometry(size=(1.0, 2.0, 0.6), color="#8a8f98")
    visuals = (Color("power", stops=((0, "#5b6b7d"), (120, "#4f9d69"), (180, "#d9a441"), (220, "#c8452f"))),)


class Climate(Twin):
    """A sensor for the air of a room."""

    temperature = Telemetry(unit="°C", range=(-10, 50), limits=Limits(h=30, hh=35, deadband=0.5), decimals=1)
    humidity = Telemetry(unit="%RH", range=(0, 100), limits=Limits(h=75, deadband=2), decimals=0)
    co2 = Telemetry(unit="ppm", range=(300, 5000), limits=Limits(h=1500, hh=3000, deadband=50), decimals=0)

    @derived(unit="°C", range=(-20, 40), decimals=1)
    def dew_point(self) -> Column:
        """Magnus formula with the constants of WMO-No. 8 for water."""
        gamma = np.log(np.clip(self.humidity, 1, 100) / 100.0) + 17.62 * self.temperature / (243.12 + self.temperature)
        return 243.12 * gamma / (17.62 - gamma)

    geometry = Geometry(shape="sphere", size=(0.4, 0.4, 0.4), color="#d8dee6")
    visuals = (Color("temperature", stops=((0, "#3a6ea5"), (20, "#4f9d69"), (28, "#d9a441"), (35, "#c8452f"))),)


class LoadPoint(Twin):
    """A channel of the load dial: one value, as often as it is asked for."""

    value = Telemetry(range=(0, 100), decimals=1, max_age_s=float("inf"))

    geometry = Geometry(size=(0.3, 0.3, 0.3), color="#5b6b7d")


plant = Plant("bottling", title="Small bottling hall")

_ONLINE = Availability(topic=STATUS_TOPIC)


def _place(
    kind: type[Twin],
    twin_id: str,
    name: str,
    position: tuple[float, float, float],
    relations: Mapping[str, str] | None = None,
) -> None:
    plant.add(
        kind(
            twin_id,
            name=name,
            area=twin_id.split("/", maxsplit=1)[0],
            topic=f"{TOPIC}/{twin_id}",
            availability=_ONLINE,
            position=position,
            relations=relations,
        )
    )


# The line runs along x in the middle of the hall, the process stands behind its start, utilities at the back wall.
_place(Tank, "process/tank-1", "Product tank", (-10.0, 0.0, -4.5), {"feeds": "process/pump-1"})
_place(
    Pump,
    "process/pump-1",
    "Product pump",
    (-7.4, 0.0, -3.2),
    {"draws_from": "process/tank-1", "feeds": "line/filler"},
)
_place(Filler, "line/filler", "Filler", (-7.0, 0.0, 0.0), {"next": "line/capper"})
_place(Capper, "line/capper", "Capper", (-4.3, 0.0, 0.0), {"next": "line/labeller"})
_place(
    Conveyor,
    "line/conveyor-1",
    "Conveyor to the labeller",
    (-1.9, 0.0, 0.0),
    {"from_machine": "line/capper", "to_machine": "line/labeller"},
)
_place(Labeller, "line/labeller", "Labeller", (1.0, 0.0, 0.0), {"next": "line/palletiser"})
_place(
    Conveyor,
    "line/conveyor-2",
    "Conveyor to the palletiser",
    (3.9, 0.0, 0.0),
    {"from_machine": "line/labeller", "to_machine": "line/palletiser"},
)
_place(Palletiser, "line/palletiser", "Palletiser", (7.2, 0.0, 0.0))
_place(Compressor, "utilities/compressor-1", "Air compressor", (2.0, 0.0, -5.2))
_place(Chiller, "utilities/chiller-1", "Chiller", (-2.2, 0.0, -5.2))
_place(Pump, "utilities/pump-2", "Chilled water pump", (-5.2, 0.0, -5.2), {"feeds": "utilities/chiller-1"})
_place(EnergyMeter, "utilities/main-meter", "Main supply", (5.4, 0.0, -5.6))
_place(Climate, "hall/climate-1", "Hall", (-1.0, 2.6, 3.2))
_place(Climate, "hall/climate-2", "Warehouse", (9.0, 2.6, 3.2))

plant.map(f"{LOAD_TOPIC}/{{point}}", twin="load/{point}", type=LoadPoint, area="load")
