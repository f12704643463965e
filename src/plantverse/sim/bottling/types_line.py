"""Twin classes of the line, of palletising and of logistics."""

from typing import Final

import numpy as np

from plantverse import (
    Carry,
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
    Property,
    Relation,
    Spin,
    Telemetry,
    Turn,
    Twin,
    alarm,
    derived,
)
from plantverse.sim.bottling.agv import AgvState
from plantverse.sim.bottling.line import LineState
from plantverse.sim.bottling.types_process import Motor

PLACE_Z: Final = 8.0
"""Metres from the line to where vehicles are drawn before they have spoken."""

STATE_COLORS: Final = (
    (0.0, "#565f6b"),
    (1.0, "#b4bec9"),
    (2.0, "#7a8fb8"),
    (3.0, "#b39a63"),
    (4.0, "#c8452f"),
    (5.0, "#8fa8a0"),
    (6.0, "#5aa7b8"),
    (7.0, "#8f86b8"),
)
"""By state. Running is the colour of steel: colour is for what an operator should look at."""


class LineMachine(Twin):
    """What every machine of the line has."""

    state = Telemetry(LineState)
    speed = Telemetry(unit="bottles/h", range=(0, 18000), decimals=0)
    produced = Telemetry(unit="bottles", counter=2.0**32, decimals=0)
    rejected = Telemetry(unit="bottles", counter=2.0**32, decimals=0)
    availability = Telemetry(unit="%", range=(0, 100), decimals=1, description="Time producing over all time")
    motor = Component(Motor)
    order = Property(description="Production order")
    speed_setpoint = Property(float, unit="bottles/h", range=(0, 14000), writable=True)

    start = Command(title="Start")
    stop = Command(title="Stop", confirm=True)
    set_speed = Command(title="Set speed", parameters={"speed": Parameter(unit="bottles/h", range=(0, 14000))})
    reset = Command(title="Reset fault")

    next = Relation(description="What takes the bottles that this one gives")

    @derived(unit="%", range=(0, 100), limits=Limits(l=97.0, deadband=0.5, on_delay_s=30), decimals=2)
    def quality_rate(self) -> Column:
        """Good bottles over all bottles since the start."""
        return 100.0 * self.produced / np.maximum(self.produced + self.rejected, 1.0)

    @alarm("Machine has a fault", priority="high", on_delay_s=1)
    def fault(self) -> bool:
        return self.state == LineState.FAULT


class Depalletiser(LineMachine):
    """Sweeps layers of empty bottles off pallets."""

    gantry = Telemetry(unit="m", range=(0, 2), decimals=2)
    arm = Telemetry(unit="deg", range=(-90, 90), decimals=0)
    stock = Telemetry(int, unit="bottles", range=(0, 3000), limits=Limits(l=20, deadband=20, on_delay_s=20))

    geometry = Geometry(size=(2.6, 3.4, 2.6), color="#d2a24c")
    visuals = (Move("gantry", axis="y"), Turn("arm"), Color("state", stops=STATE_COLORS))


class RinserMachine(LineMachine):
    """Rinses bottles upside down on a carousel."""

    carousel = Telemetry(unit="rpm", range=(0, 10), decimals=2)
    water_pressure = Telemetry(unit="barg", range=(0, 6), limits=Limits(l=1.5, h=4, deadband=0.1), decimals=2)

    geometry = Geometry(shape="cylinder", size=(2.1, 2.2, 2.1), color="#b9cad6")
    visuals = (Spin("carousel"), Color("state", stops=STATE_COLORS))


class Filler(LineMachine):
    """A rotary filler."""

    carousel = Telemetry(unit="rpm", range=(0, 5), decimals=2)
    fill_volume = Telemetry(
        unit="ml", range=(460, 540), limits=Limits(l=492, h=508, deadband=1, on_delay_s=1), decimals=1
    )
    bowl_pressure = Telemetry(unit="barg", range=(0, 5), limits=Limits(l=2.2, h=3.6, deadband=0.1), decimals=2)

    geometry = Geometry(shape="cylinder", size=(3.0, 2.6, 3.0), color="#c9ced6")
    visuals = (Spin("carousel"), Color("state", stops=STATE_COLORS), Label("speed"))


class Capper(LineMachine):
    """A capper geared to the filler."""

    turret = Telemetry(unit="rpm", range=(0, 20), decimals=1)
    torque = Telemetry(unit="Nm", range=(0, 4), limits=Limits(l=1.1, h=2.4, deadband=0.05, on_delay_s=2), decimals=2)
    caps = Telemetry(unit="%", range=(0, 100), limits=Limits(ll=2, l=6, deadband=2), decimals=0)

    geometry = Geometry(shape="cylinder", size=(1.5, 2.3, 1.5), color="#c9ced6")
    visuals = (Spin("turret"), Color("state", stops=STATE_COLORS))


class BottleInspector(LineMachine):
    """Cameras for fill level, cap and neck; rejects what is not good."""

    reject_rate = Telemetry(
        unit="%", range=(0, 100), limits=Limits(h=1.5, hh=4, deadband=0.2, on_delay_s=5), decimals=2
    )
    light = Telemetry(unit="%", range=(0, 100), limits=Limits(l=70, deadband=2), decimals=0)

    geometry = Geometry(size=(1.2, 1.9, 1.3), color="#aeb8c4")
    visuals = (Color("state", stops=STATE_COLORS),)


class Labeller(LineMachine):
    """A rotary labeller with hot glue."""

    carousel = Telemetry(unit="rpm", range=(0, 15), decimals=2)
    labels = Telemetry(unit="%", range=(0, 100), limits=Limits(ll=2, l=6, deadband=2), decimals=0)
    glue_temperature = Telemetry(unit="°C", range=(0, 200), limits=Limits(l=145, h=175, deadband=2), decimals=1)

    geometry = Geometry(shape="cylinder", size=(2.2, 2.2, 2.2), color="#c9ced6")
    visuals = (Spin("carousel"), Color("state", stops=STATE_COLORS))


class CasePacker(LineMachine):
    """Packs twelve bottles a case."""

    cases = Telemetry(int, counter=2.0**32)
    seal_temperature = Telemetry(unit="°C", range=(0, 260), limits=Limits(l=165, h=200, deadband=2), decimals=1)

    geometry = Geometry(size=(2.8, 2.3, 1.8), color="#c9ced6")
    visuals = (Color("state", stops=STATE_COLORS),)


class Conveyor(Twin):
    """A belt between two machines."""

    running = Telemetry(bool)
    belt_speed = Telemetry(unit="m/s", range=(0, 1.5), decimals=3)
    drive_speed = Telemetry(unit="m/s", range=(0, 1.5), decimals=3, description="What the belt would do without slip")
    pieces = Telemetry(int, range=(0, 800))
    waiting = Telemetry(int, range=(0, 800), description="Pieces at its end")
    fill = Telemetry(unit="%", range=(0, 100), limits=Limits(hh=99, deadband=3, on_delay_s=5), decimals=0)
    power = Telemetry(unit="kW", range=(0, 5), decimals=2)
    motor = Component(Motor)

    start = Command(title="Start")
    stop = Command(title="Stop", confirm=True)

    from_machine = Relation("LineMachine")
    to_machine = Relation()

    @derived(unit="%", range=(0, 100), limits=Limits(h=12, hh=25, deadband=2, on_delay_s=4), decimals=1)
    def slip(self) -> Column:
        """How much slower the belt is than its drive."""
        share = 1.0 - self.belt_speed / np.maximum(self.drive_speed, 0.05)
        return np.where(self.drive_speed > 0.1, 100.0 * np.clip(share, 0.0, 1.0), 0.0)

    geometry = Geometry(size=(3.8, 0.95, 0.7), color="#7d8590")
    visuals = (
        Color("fill", stops=((0, "#5b6b7d"), (60, "#7d8590"), (90, "#b39a63"), (100, "#c8452f"))),
        Label("pieces"),
        Carry("belt_speed", item="bottle", amount="fill", high=100),
    )


class PalletisingRobot(Twin):
    """A six-axis robot that stacks cases."""

    state = Telemetry(LineState)
    joint_1 = Telemetry(unit="deg", range=(-185, 185), decimals=1)
    joint_2 = Telemetry(unit="deg", range=(-100, 60), decimals=1)
    joint_3 = Telemetry(unit="deg", range=(-140, 90), decimals=1)
    joint_4 = Telemetry(unit="deg", range=(-350, 350), decimals=1)
    joint_5 = Telemetry(unit="deg", range=(-125, 125), decimals=1)
    joint_6 = Telemetry(unit="deg", range=(-350, 350), decimals=1)
    current_1 = Telemetry(unit="A", range=(0, 20), decimals=2)
    current_2 = Telemetry(unit="A", range=(0, 20), decimals=2)
    current_3 = Telemetry(unit="A", range=(0, 20), decimals=2)
    current_4 = Telemetry(unit="A", range=(0, 20), decimals=2)
    current_5 = Telemetry(unit="A", range=(0, 20), decimals=2)
    current_6 = Telemetry(unit="A", range=(0, 20), decimals=2)
    vacuum = Telemetry(unit="barg", range=(-1, 0.5), decimals=2)
    gripped = Telemetry(bool)
    cycle_time = Telemetry(unit="s", range=(0, 600), decimals=1)
    picks = Telemetry(int, counter=2.0**32)
    pallets = Telemetry(int, counter=2.0**32)
    gear_temperature = Telemetry(unit="°C", range=(0, 180), limits=Limits(h=80, hh=95, deadband=2), decimals=1)
    vibration = Telemetry(
        unit="mm/s", range=(0, 20), limits=Limits(h=4.5, hh=7.1, deadband=0.3, on_delay_s=2), decimals=2
    )
    power = Telemetry(unit="kW", range=(0, 15), decimals=1)

    start = Command(title="Start")
    stop = Command(title="Stop", confirm=True)
    reset = Command(title="Reset fault")

    fills = Relation()

    @alarm("Robot has a fault", priority="high", on_delay_s=1)
    def fault(self) -> bool:
        return self.state == LineState.FAULT

    geometry = Geometry(size=(1.3, 3.0, 1.3), color="#d98f2b")
    visuals = (
        Turn("joint_1"),
        Turn("joint_2", axis="z"),
        Turn("joint_3", axis="z"),
        Turn("joint_4", axis="x"),
        Turn("joint_5", axis="z"),
        Turn("joint_6", axis="x"),
    )


class PalletPlace(Twin):
    """Where pallets are stacked; the box fills as layers come."""

    layers = Telemetry(range=(0, 5), decimals=2)
    bottles = Telemetry(int, unit="bottles", range=(0, 960))
    waiting = Telemetry(int, range=(0, 4), limits=Limits(h=1.5, on_delay_s=300), description="Full pallets behind it")
    weight = Telemetry(unit="kg", range=(0, 900), decimals=0)

    geometry = Geometry(size=(1.3, 1.5, 1.1), color="#8a6f4d")
    visuals = (Level("layers", low=0, high=5), Label("bottles"))


class Agv(Twin):
    """An automated guided vehicle; it says where in the hall it is, so all have one place, `PLACE_Z` from the line."""

    state = Telemetry(AgvState)
    x = Telemetry(unit="m", range=(-30, 30), decimals=2)
    z = Telemetry(unit="m", range=(-30, 30), decimals=2)
    heading = Telemetry(unit="deg", range=(-180, 180), decimals=0)
    speed = Telemetry(unit="m/s", range=(0, 2), decimals=2)
    battery = Telemetry(unit="%", range=(0, 101), limits=Limits(ll=8, l=20, deadband=2, on_delay_s=2), decimals=0)
    voltage = Telemetry(unit="V", range=(0, 60), decimals=1)
    current = Telemetry(
        unit="A",
        range=(-120, 120),
        limits=Limits(h=28, deadband=2, on_delay_s=4),
        decimals=1,
        description="Below zero while it charges",
    )
    loaded = Telemetry(bool)
    distance = Telemetry(unit="m", counter=1e9, decimals=0)
    jobs = Telemetry(int, counter=2.0**32)
    motor = Component(Motor)
    job = Property(description="Transport order")

    start = Command(title="Start")
    stop = Command(title="Stop")

    geometry = Geometry(size=(1.6, 1.1, 0.9), color="#e0b13a")
    visuals = (Move("x", axis="x"), Move("z", axis="z", offset=-PLACE_Z), Turn("heading"), Label("battery"))


class ChargerCabinet(Twin):
    """A charger for two vehicles."""

    power = Telemetry(unit="kW", range=(0, 12), decimals=2)
    energy = Telemetry(unit="kWh", counter=1e9, decimals=1)
    charging = Telemetry(int, range=(0, 2))
    temperature = Telemetry(unit="°C", range=(0, 90), limits=Limits(h=65, deadband=2), decimals=1)

    serves = Relation("Agv", many=True)

    geometry = Geometry(size=(1.2, 1.7, 0.5), color="#8a8f98")
    visuals = (Color("power", stops=((0, "#6a7380"), (10, "#8fb0c9"))),)


class PalletTransporter(Twin):
    """The roller bed of the warehouse."""

    empty_pallets = Telemetry(int, range=(0, 200), limits=Limits(l=5))
    full_pallets = Telemetry(int, range=(0, 200))
    shipped = Telemetry(int, counter=2.0**32)
    waiting = Telemetry(int, range=(0, 40), limits=Limits(h=8, on_delay_s=60), description="Transports nobody does yet")
    on_the_way = Telemetry(int, range=(0, 4))

    geometry = Geometry(size=(13.0, 0.5, 1.2), color="#6f7883")
    visuals = (Label("full_pallets"),)
