"""Twin classes of utilities and hall, and the twin of the simulation itself."""

from math import inf

import numpy as np

from plantverse import (
    Color,
    Column,
    Command,
    Component,
    Geometry,
    Limits,
    Parameter,
    Property,
    Relation,
    Spin,
    Telemetry,
    Twin,
    derived,
)
from plantverse.sim.bottling.faults import KINDS
from plantverse.sim.bottling.schedule import Phase
from plantverse.sim.bottling.types_process import Motor


class Compressor(Twin):
    """A screw compressor with a receiver."""

    loaded = Telemetry(bool, codes={0: "idling", 1: "loaded"})
    pressure = Telemetry(unit="barg", range=(0, 10), limits=Limits(ll=5.2, l=5.8, hh=9, deadband=0.15), decimals=2)
    delivery = Telemetry(unit="Nm3/h", range=(0, 800), decimals=0)
    oil_temperature = Telemetry(unit="°C", range=(0, 140), limits=Limits(h=98, hh=108, deadband=2), decimals=1)
    power = Telemetry(unit="kW", range=(0, 120), decimals=1)
    loaded_hours = Telemetry(unit="h", counter=1e6, decimals=1)
    motor = Component(Motor)

    start = Command(title="Start")
    stop = Command(title="Stop", confirm=True, role="engineer")

    @derived(unit="kWh/Nm3", range=(0, 0.5), decimals=3)
    def specific_energy(self) -> Column:
        """Energy for a cubic metre of air at 0 °C and 1013 mbar."""
        return np.where(self.delivery > 100, self.power / np.maximum(self.delivery, 100.0), 0.0)

    geometry = Geometry(size=(2.4, 1.8, 1.3), color="#3f6f8f")
    visuals = (Color("pressure", stops=((5, "#c8452f"), (5.8, "#d9a441"), (6.3, "#3f6f8f"), (8, "#3f6f8f"))),)


class Chiller(Twin):
    """A water chiller."""

    running = Telemetry(bool)
    supply = Telemetry(unit="°C", range=(0, 30), limits=Limits(l=2, h=9, hh=12, deadband=0.4, on_delay_s=5), decimals=1)
    back = Telemetry(unit="°C", range=(0, 40), decimals=1, name="Return")
    flow = Telemetry(unit="m3/h", range=(0, 60), decimals=1)
    capacity = Telemetry(unit="%", range=(0, 100), decimals=0)
    condensing = Telemetry(unit="°C", range=(0, 90), limits=Limits(h=52, hh=58, deadband=1, on_delay_s=5), decimals=1)
    power = Telemetry(unit="kW", range=(0, 80), decimals=1)
    setpoint = Property(float, unit="°C", range=(3, 10), writable=True, name="Supply set-point")

    start = Command(title="Start")
    stop = Command(title="Stop", confirm=True, role="engineer")

    @derived(unit="kW", range=(0, 500), decimals=0)
    def cooling(self) -> Column:
        """Heat taken out of the water: flow times 1.163 kWh per m3 and K times the difference."""
        return self.flow * 1.163 * np.maximum(self.back - self.supply, 0.0)

    @derived(range=(0, 20), decimals=1, name="COP")
    def cop(self) -> Column:
        """Heat taken out over electrical power."""
        return np.where(self.power > 2, self.cooling / np.maximum(self.power, 2.0), 0.0)

    geometry = Geometry(size=(3.4, 2.1, 1.6), color="#4c7f8c")
    visuals = (
        Color("supply", stops=((2, "#3a6ea5"), (4, "#4c7f8c"), (7, "#4c7f8c"), (9, "#d9a441"), (12, "#c8452f"))),
    )


class SteamBoiler(Twin):
    """A gas-fired steam boiler."""

    running = Telemetry(bool)
    pressure = Telemetry(
        unit="barg", range=(0, 10), limits=Limits(ll=3.5, l=4.8, h=7.4, hh=8, deadband=0.1, on_delay_s=3), decimals=2
    )
    temperature = Telemetry(unit="°C", range=(0, 220), decimals=1)
    level = Telemetry(
        unit="%", range=(0, 100), limits=Limits(ll=25, l=35, h=80, hh=90, deadband=2, on_delay_s=3), decimals=1
    )
    firing = Telemetry(unit="%", range=(0, 100), decimals=0)
    steam = Telemetry(unit="kg/h", range=(0, 1000), decimals=0)
    gas = Telemetry(unit="m3/h", range=(0, 60), decimals=2)
    gas_total = Telemetry(unit="m3", counter=1e9, decimals=1)
    stack = Telemetry(unit="°C", range=(0, 400), limits=Limits(h=240, hh=260, deadband=3), decimals=0)
    oxygen = Telemetry(unit="%", range=(0, 21), limits=Limits(l=1.5, h=8, deadband=0.2, on_delay_s=5), decimals=1)
    efficiency = Telemetry(unit="%", range=(0, 100), decimals=1)

    start = Command(title="Start", role="engineer")
    stop = Command(title="Stop", confirm=True, role="engineer")

    geometry = Geometry(shape="cylinder", size=(2.0, 3.0, 2.0), color="#a9745c")
    visuals = (
        Color(
            "pressure", stops=((3.5, "#c8452f"), (4.8, "#d9a441"), (5.6, "#a9745c"), (6.6, "#a9745c"), (7.4, "#d9a441"))
        ),
    )


class EnergyMeter(Twin):
    """The meter of the main supply."""

    power = Telemetry(unit="kW", range=(0, 300), limits=Limits(h=220, hh=260, deadband=4, on_delay_s=5), decimals=1)
    energy = Telemetry(unit="kWh", counter=1e9, decimals=0)
    voltage = Telemetry(unit="V", range=(360, 440), limits=Limits(l=376, h=424, deadband=2), decimals=1)
    frequency = Telemetry(unit="Hz", range=(49, 51), limits=Limits(l=49.8, h=50.2, deadband=0.02), decimals=2)
    power_factor = Telemetry(range=(0, 1), decimals=2)

    @derived(unit="A", range=(0, 600), decimals=0)
    def current(self) -> Column:
        """Per phase, from power, voltage between the phases and power factor."""
        return self.power * 1000.0 / (np.sqrt(3.0) * np.maximum(self.voltage, 1.0) * np.maximum(self.power_factor, 0.1))

    geometry = Geometry(size=(1.8, 2.1, 0.6), color="#8a8f98")
    visuals = (Color("power", stops=((0, "#6a7380"), (180, "#8a8f98"), (220, "#d9a441"), (260, "#c8452f"))),)


class NetworkGateway(Twin):
    """Where the machines' messages pass: how many get lost, and how many devices are hard to hear."""

    rate = Telemetry(unit="1/s", range=(0, 2000), decimals=0, name="Messages")
    loss = Telemetry(
        unit="%",
        range=(0, 100),
        limits=Limits(h=20, hh=60, deadband=5, on_delay_s=2),
        decimals=0,
        description="Share of messages lost, of the device that it is worst for",
    )
    devices = Telemetry(int, range=(0, 200))
    worst = Property(description="The device that most messages get lost of")

    geometry = Geometry(size=(0.9, 2.0, 0.6), color="#5d6b7a")
    visuals = (Color("loss", stops=((0, "#5d6b7a"), (20, "#d9a441"), (60, "#c8452f"))),)


class VentilationFan(Twin):
    """The hall's ventilator."""

    running = Telemetry(bool)
    flow = Telemetry(unit="m3/h", range=(0, 40000), decimals=0)
    pressure = Telemetry(unit="Pa", range=(0, 800), decimals=0)
    power = Telemetry(unit="kW", range=(0, 10), decimals=2)
    motor = Component(Motor)
    mode = Property(choices=("automatic", "manual"), description="Who sets the speed")

    start = Command(title="Start")
    stop = Command(title="Stop", confirm=True)
    set_speed = Command(title="Set speed", parameters={"speed": Parameter(unit="%", range=(0, 100))})
    automatic = Command(title="Automatic")

    geometry = Geometry(size=(1.6, 1.8, 0.8), color="#7b8b99")
    visuals = (Spin("motor.speed", scale=0.05, axis="z"),)


class Climate(Twin):
    """A sensor for the air of a zone; its topics carry one bare value each."""

    temperature = Telemetry(unit="°C", range=(-10, 60), limits=Limits(l=12, h=34, hh=38, deadband=0.5), decimals=1)
    humidity = Telemetry(unit="%RH", range=(0, 100), limits=Limits(h=80, deadband=2), decimals=0)
    co2 = Telemetry(unit="ppm", range=(300, 5000), limits=Limits(h=1500, hh=3000, deadband=50), decimals=0)

    @derived(unit="°C", range=(-30, 40), decimals=1)
    def dew_point(self) -> Column:
        """Magnus formula with the constants of WMO-No. 8 for water."""
        gamma = np.log(np.clip(self.humidity, 1, 100) / 100.0) + 17.62 * self.temperature / (243.12 + self.temperature)
        return 243.12 * gamma / (17.62 - gamma)

    geometry = Geometry(shape="sphere", size=(0.4, 0.4, 0.4), color="#d8dee6")
    visuals = (Color("temperature", stops=((0, "#3a6ea5"), (18, "#d8dee6"), (28, "#d8dee6"), (36, "#c8452f"))),)


class WeatherStation(Twin):
    """Outdoor air; one bare value a topic."""

    temperature = Telemetry(unit="°C", range=(-30, 50), decimals=1)
    humidity = Telemetry(unit="%RH", range=(0, 100), decimals=0)
    wind = Telemetry(unit="m/s", range=(0, 40), decimals=1)

    geometry = Geometry(size=(0.5, 2.2, 0.5), color="#d8dee6")


class Severity(Twin):
    """What is true: how bad the worst fault of each kind is, 0 to 1."""

    bearing_wear = Telemetry(range=(0, 1), decimals=2, max_age_s=inf)
    cavitation = Telemetry(range=(0, 1), decimals=2, max_age_s=inf)
    leak = Telemetry(range=(0, 1), decimals=2, max_age_s=inf)
    stuck_valve = Telemetry(range=(0, 1), decimals=2, max_age_s=inf)
    clogged_filter = Telemetry(range=(0, 1), decimals=2, max_age_s=inf)
    overheating = Telemetry(range=(0, 1), decimals=2, max_age_s=inf)
    worn_belt = Telemetry(range=(0, 1), decimals=2, max_age_s=inf)
    jam = Telemetry(range=(0, 1), decimals=2, max_age_s=inf)
    dirty_condenser = Telemetry(range=(0, 1), decimals=2, max_age_s=inf)
    battery_wear = Telemetry(range=(0, 1), decimals=2, max_age_s=inf)
    sensor_drift = Telemetry(range=(0, 1), decimals=2, max_age_s=inf)
    sensor_stuck = Telemetry(range=(0, 1), decimals=2, max_age_s=inf)
    sensor_spikes = Telemetry(range=(0, 1), decimals=2, max_age_s=inf)
    network_dropout = Telemetry(range=(0, 1), decimals=2, max_age_s=inf)


class SimulationServer(Twin):
    """The simulation: its time, what is made, and the faults that it was told to have."""

    elapsed = Telemetry(unit="h", counter=1e9, decimals=2, name="Simulated time")
    factor = Telemetry(range=(0, 100), decimals=0, description="Simulated over real time")
    lag = Telemetry(unit="s", range=(0, 1e6), decimals=1, description="Simulated time that could not be kept up")
    phase = Telemetry(Phase)
    left = Telemetry(unit="min", range=(0, 600), decimals=0, description="Until the phase ends")
    active = Telemetry(int, range=(0, 100), description="Faults that stand")
    severity = Component(Severity)
    faults = Property(description="Faults that stand, and where")
    product = Property(description="What is made")
    shift = Property(description="Which shift works")
    clock = Property(description="Simulated date and time of day, UTC")
    places = Property(description="Where each kind of fault can be: `kind: twin twin; kind: ...`")
    shows = Property(description="Where a fault shows within a minute if it begins now: `kind: twin twin:signal; ...`")

    inject = Command(
        title="Inject fault",
        parameters={
            "kind": Parameter(str, choices=tuple(KINDS)),
            "target": Parameter(str, required=False),
            "severity": Parameter(range=(0, 1), required=False),
            "onset": Parameter(unit="s", range=(0, 86400), required=False),
        },
        role="engineer",
    )
    clear = Command(
        title="Clear faults",
        parameters={"kind": Parameter(str, required=False), "target": Parameter(str, required=False)},
        role="engineer",
    )
    set_factor = Command(title="Set speed of time", parameters={"factor": Parameter(range=(0.1, 100))}, role="engineer")

    change_product = Command(
        title="Change product",
        description="Ends the present order: the line is emptied, set up or cleaned, and starts with the next product",
        parameters={"cleaning": Parameter(bool, required=False)},
        role="engineer",
    )

    watches = Relation(many=True)

    geometry = Geometry(size=(0.9, 2.0, 0.6), color="#4a5563")
