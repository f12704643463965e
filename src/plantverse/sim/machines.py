"""Machines of the small plant as plain state: light physics, first-order lags, no clock and no I/O.

Each machine has `payload()`, what it publishes, and `command(name, args)`, which returns what the device answers or
raises `Refused`. Times are seconds, the rest is in the units of `small_plant.py`.
"""

import math
from dataclasses import dataclass, field
from random import Random
from typing import Any, Final, Protocol

from plantverse.sim.small_plant import HEADS, State

AMBIENT_C: Final = 22.0
BOTTLES_PER_LAYER: Final = 210
LAYERS: Final = 6


class Refused(Exception):
    """A device says no; the text tells why."""


class Machine(Protocol):
    """What the world needs of a machine."""

    def payload(self) -> dict[str, Any]:
        """Return what it publishes now."""

    def command(self, name: str, args: dict[str, Any], /) -> str:
        """Carry a command out and return the answer's text; `Refused` if it will not."""

    def desire(self, patch: dict[str, Any]) -> None:
        """Take desired properties; what it accepts shows in the next payload."""


class Plain:
    """A machine without commands and properties."""

    def command(self, name: str, _args: dict[str, Any], /) -> str:
        raise Refused(f"unknown command {name}")

    def desire(self, patch: dict[str, Any]) -> None:
        """Nothing can be set."""


def toward(value: float, target: float, dt_s: float, tau_s: float) -> float:
    """Return the value after a first-order lag."""
    return target + (value - target) * math.exp(-dt_s / tau_s)


def number(args: dict[str, Any], name: str, low: float, high: float) -> float:
    """Return an argument of a command.

    Raises:
        Refused: It is missing, no number or out of range.
    """
    value = args.get(name)
    if not isinstance(value, int | float) or isinstance(value, bool) or not low <= value <= high:
        raise Refused(f"{name} must be a number from {low:g} to {high:g}")
    return float(value)


@dataclass(slots=True)
class Motor:
    """A motor on a drive; temperature follows the square of the load."""

    rated_rpm: float
    rated_a: float
    rng: Random
    speed: float = 0.0
    temperature: float = 45.0
    extra_heat: float = 0.0
    roughness: float = 0.0

    def step(self, target_rpm: float, dt_s: float) -> None:
        self.speed = toward(self.speed, target_rpm, dt_s, 1.5)
        heat = 38.0 * self.load**2 + self.extra_heat * min(1.0, self.load * 1.6)
        self.temperature = toward(self.temperature, AMBIENT_C + 8.0 + heat, dt_s, 55.0)

    @property
    def load(self) -> float:
        return min(1.2, self.speed / self.rated_rpm)

    def payload(self) -> dict[str, float]:
        turning = 1.0 if self.speed > 30 else 0.0
        vibration = turning * (0.6 + 1.6 * self.load + self.roughness + self.rng.gauss(0, 0.08))
        return {
            "speed": round(max(0.0, self.speed + turning * self.rng.gauss(0, 2)), 1),
            "current": round(turning * self.rated_a * (0.25 + 0.7 * self.load**2) + self.rng.gauss(0, 0.05), 2),
            "temperature": round(self.temperature + self.rng.gauss(0, 0.1), 2),
            "vibration": round(max(0.0, vibration), 3),
        }


@dataclass(slots=True)
class Pump:
    """Flow follows the speed, pressure its square."""

    motor: Motor
    rng: Random
    full_flow: float
    wanted: bool = True
    auto_rpm: float = 1500.0
    manual_rpm: float | None = None
    flow: float = 0.0
    pressure: float = 0.0

    def step(self, dt_s: float, *, wet: bool) -> None:
        target = (self.manual_rpm if self.manual_rpm is not None else self.auto_rpm) if self.wanted else 0.0
        self.motor.step(target, dt_s)
        n = self.motor.speed / self.motor.rated_rpm
        self.flow = toward(self.flow, self.full_flow * n if wet else 0.0, dt_s, 0.8)
        self.pressure = toward(self.pressure, 7.5 * n * n if wet else 0.0, dt_s, 0.8)

    @property
    def power(self) -> float:
        return 0.15 + self.flow * self.pressure / 36.0 / 0.62 if self.motor.speed > 30 else 0.0

    def payload(self) -> dict[str, Any]:
        return {
            "running": self.motor.speed > 30,
            "flow": round(max(0.0, self.flow * (1 + self.rng.gauss(0, 0.006))), 3),
            "pressure": round(max(0.0, self.pressure * (1 + self.rng.gauss(0, 0.004))), 3),
            "power": round(self.power, 3),
            "motor": self.motor.payload(),
            "mode": "automatic" if self.manual_rpm is None else "manual",
        }

    def command(self, name: str, args: dict[str, Any], /) -> str:
        if name == "set_speed":
            self.manual_rpm = number(args, "speed", 0, 3000)
            return f"speed set to {self.manual_rpm:g} rpm"
        if name not in {"start", "stop"}:
            raise Refused(f"unknown command {name}")
        self.wanted, self.manual_rpm = name == "start", None
        return "started" if self.wanted else "stopped"

    def desire(self, patch: dict[str, Any]) -> None:
        """Nothing can be set."""


@dataclass(slots=True)
class Tank:
    """Four cubic metres; the inlet opens at 50 % and closes at 75 % by itself."""

    rng: Random
    volume: float = 2.5
    inlet: bool = False
    stuck: bool = False
    inflow: float = 0.0
    temperature: float = 9.0

    @property
    def level(self) -> float:
        return self.volume / 4.0 * 100.0

    def step(self, dt_s: float, outflow: float, day: float) -> None:
        if self.stuck or self.level < 50:
            self.inlet = True
        elif self.level > 75:
            self.inlet = False
        room = 1.0 if self.level < 98 else 0.0
        self.inflow = toward(self.inflow, 40.0 * room if self.inlet else 0.0, dt_s, 1.0)
        self.volume = min(4.0, max(0.0, self.volume + (self.inflow - outflow) * dt_s / 3600.0))
        self.temperature = toward(self.temperature, 8.5 if self.inlet else 10.5 + day, dt_s, 400.0)

    def payload(self) -> dict[str, Any]:
        return {
            "level": round(self.level + self.rng.gauss(0, 0.05), 2),
            "temperature": round(self.temperature + self.rng.gauss(0, 0.03), 2),
            "inflow": round(max(0.0, self.inflow + (self.rng.gauss(0, 0.2) if self.inlet else 0)), 2),
            "inlet_open": self.inlet,
            "volume_m3": round(self.volume, 4),
            "product": "still water",
        }

    def command(self, name: str, _args: dict[str, Any], /) -> str:
        if name == "open_inlet":
            if self.level > 85:
                raise Refused("level is above 85 %")
            self.inlet = True
            return "inlet open"
        if name == "close_inlet":
            self.inlet = self.stuck = False
            return "inlet closed"
        raise Refused(f"unknown command {name}")

    def desire(self, patch: dict[str, Any]) -> None:
        """Nothing can be set."""


@dataclass(slots=True)
class LineMachine:
    """A machine that takes bottles and gives bottles; `speed` is bottles per hour."""

    rng: Random
    reject_share: float
    wanted: bool = True
    broken: bool = False
    setpoint: float = 12_000.0
    speed: float = 0.0
    produced: float = 0.0
    rejected: int = 0
    state: State = State.RUNNING
    own: dict[str, Any] = field(default_factory=dict)

    def step(self, dt_s: float, *, supply: bool, room: bool, pace: float = 1.0) -> float:
        """Return the bottles made in this step."""
        self.state = self._state(supply=supply, room=room)
        target = self.setpoint * pace if self.state is State.RUNNING else 0.0
        self.speed = toward(self.speed, target, dt_s, 1.2)
        if target == 0.0 and self.speed < 60:
            self.speed = 0.0
        made = self.speed / 3600.0 * dt_s
        self.produced += made
        if self.rng.random() < made * self.reject_share:
            self.rejected += 1
        return made

    def _state(self, *, supply: bool, room: bool) -> State:
        if self.broken:
            return State.FAULT
        if not self.wanted:
            return State.STOPPED
        if not supply:
            return State.STARVED
        return State.RUNNING if room else State.BLOCKED

    def payload(self) -> dict[str, Any]:
        return {
            "state": self.state.name,
            "speed": round(self.speed),
            "produced": int(self.produced),
            "rejected": self.rejected,
            "order": "PO-4711",
            "speed_setpoint": self.setpoint,
            **self.own,
        }

    def command(self, name: str, args: dict[str, Any], /) -> str:
        if name == "set_speed":
            self.setpoint = number(args, "speed", 0, 14_000)
            return f"speed set to {self.setpoint:g} bottles/h"
        if name == "reset":
            self.broken = False
            return "fault reset"
        if name == "start" and self.broken:
            raise Refused("reset the fault first")
        if name not in {"start", "stop"}:
            raise Refused(f"unknown command {name}")
        self.wanted = name == "start"
        return "started" if self.wanted else "stopped"

    def desire(self, patch: dict[str, Any]) -> None:
        """Take `speed_setpoint`."""
        if "speed_setpoint" in patch:
            self.setpoint = number(patch, "speed_setpoint", 0, 14_000)


@dataclass(slots=True)
class Conveyor:
    """A belt that holds 400 bottles; upstream stops when it is full, downstream when it is empty."""

    motor: Motor
    bottles: float = 200.0
    wanted: bool = True
    room: bool = True
    supply: bool = True

    def step(self, dt_s: float, taken: float, given: float) -> None:
        self.motor.step(1400.0 if self.wanted else 0.0, dt_s)
        self.bottles = min(400.0, max(0.0, self.bottles + taken - given))
        self.room = self.wanted and self.bottles < (392 if self.room else 330)
        self.supply = self.wanted and self.bottles > (6 if self.supply else 50)

    @property
    def pace(self) -> float:
        """How fast the machine behind it should run, so that the belt stays half full."""
        return 0.6 + 0.8 * self.bottles / 400.0

    def payload(self) -> dict[str, Any]:
        return {
            "running": self.motor.speed > 30,
            "belt_speed": round(self.motor.speed / 1400.0 * 0.55, 3),
            "bottles": int(self.bottles),
            "motor": self.motor.payload(),
        }

    def command(self, name: str, _args: dict[str, Any], /) -> str:
        if name not in {"start", "stop"}:
            raise Refused(f"unknown command {name}")
        self.wanted = name == "start"
        return "started" if self.wanted else "stopped"

    def desire(self, patch: dict[str, Any]) -> None:
        """Nothing can be set."""


@dataclass(slots=True)
class Compressor:
    """Loads at 6.4 bar and idles at 7.4 bar, with a receiver of 2 m3."""

    motor: Motor
    rng: Random
    wanted: bool = True
    loaded: bool = True
    pressure: float = 7.0
    delivery: float = 0.0
    oil: float = 80.0
    leak: float = 0.0

    def step(self, dt_s: float, consumed: float) -> None:
        self.loaded = self.wanted and (self.pressure < 7.4 if self.loaded else self.pressure < 6.4)
        self.motor.step((2950.0 if self.loaded else 1500.0) if self.wanted else 0.0, dt_s)
        self.delivery = toward(self.delivery, 560.0 if self.loaded else 0.0, dt_s, 1.0)
        self.pressure = max(0.0, self.pressure + (self.delivery - consumed - self.leak) * dt_s / 3600.0 / 2.0)
        self.oil = toward(self.oil, (92.0 if self.loaded else 74.0) if self.wanted else AMBIENT_C, dt_s, 90.0)

    @property
    def power(self) -> float:
        return (61.0 if self.loaded else 17.0) if self.motor.speed > 300 else 0.0

    def payload(self) -> dict[str, Any]:
        return {
            "loaded": self.loaded,
            "pressure": round(self.pressure + self.rng.gauss(0, 0.008), 3),
            "delivery": round(max(0.0, self.delivery + (self.rng.gauss(0, 3) if self.loaded else 0)), 1),
            "oil_temperature": round(self.oil + self.rng.gauss(0, 0.1), 2),
            "power": round(max(0.0, self.power + (self.rng.gauss(0, 0.3) if self.power else 0)), 2),
            "motor": self.motor.payload(),
        }

    def command(self, name: str, _args: dict[str, Any], /) -> str:
        if name not in {"start", "stop"}:
            raise Refused(f"unknown command {name}")
        self.wanted = name == "start"
        return "started" if self.wanted else "stopped"

    def desire(self, patch: dict[str, Any]) -> None:
        """Nothing can be set."""


@dataclass(slots=True)
class Chiller:
    """Holds the supply at its set-point while it runs and water flows."""

    rng: Random
    wanted: bool = True
    setpoint: float = 6.0
    supply: float = 6.0
    back: float = 11.0
    flow: float = 0.0

    def step(self, dt_s: float, flow: float, day: float, now_s: float) -> None:
        self.flow = flow
        cools = self.wanted and flow > 2
        ripple = 0.35 * math.sin(now_s / 23.0)
        self.supply = toward(self.supply, self.setpoint + ripple if cools else 19.0, dt_s, 25.0 if cools else 150.0)
        self.back = toward(self.back, self.supply + (4.6 + 0.8 * day if flow > 2 else 0.0), dt_s, 30.0)

    @property
    def power(self) -> float:
        return self.flow * 1.163 * max(0.0, self.back - self.supply) / 4.2 + 3.0 if self.wanted else 0.0

    def payload(self) -> dict[str, Any]:
        return {
            "supply": round(self.supply + self.rng.gauss(0, 0.02), 2),
            "back": round(self.back + self.rng.gauss(0, 0.02), 2),
            "flow": round(max(0.0, self.flow * (1 + self.rng.gauss(0, 0.005))), 2),
            "power": round(self.power, 2),
            "running": self.wanted,
            "setpoint": self.setpoint,
        }

    def command(self, name: str, _args: dict[str, Any], /) -> str:
        if name not in {"start", "stop"}:
            raise Refused(f"unknown command {name}")
        self.wanted = name == "start"
        return "started" if self.wanted else "stopped"

    def desire(self, patch: dict[str, Any]) -> None:
        """Take `setpoint`."""
        if "setpoint" in patch:
            self.setpoint = number(patch, "setpoint", 3, 12)


@dataclass(slots=True)
class Meter(Plain):
    """The main supply; its counter goes on across restarts as if the plant had run all the time."""

    rng: Random
    power: float = 110.0
    energy: float = 0.0

    def step(self, dt_s: float, power: float) -> None:
        self.power = power
        self.energy += power * dt_s / 3600.0

    def payload(self) -> dict[str, Any]:
        return {
            "power": round(self.power + self.rng.gauss(0, 0.4), 2),
            "energy": round(self.energy, 2),
            "voltage": round(400.0 - self.power * 0.02 + self.rng.gauss(0, 0.4), 1),
            "frequency": round(50.0 + self.rng.gauss(0, 0.012), 3),
            "power_factor": round(min(1.0, 0.9 + self.power * 0.0003), 3),
        }


@dataclass(slots=True)
class Climate(Plain):
    """Air of a room: a day's swing and slow noise."""

    rng: Random
    mean_c: float
    temperature: float = 21.0
    humidity: float = 50.0
    co2: float = 600.0

    def step(self, dt_s: float, day: float, heat: float) -> None:
        self.temperature = toward(self.temperature, self.mean_c + 3.5 * day + heat, dt_s, 120.0)
        self.humidity = toward(self.humidity, 52.0 - 9.0 * day + self.rng.gauss(0, 3), dt_s, 90.0)
        self.co2 = toward(self.co2, 620.0 + 200.0 * max(0.0, day) + self.rng.gauss(0, 60), dt_s, 90.0)

    def payload(self) -> dict[str, Any]:
        return {
            "temperature": round(self.temperature, 2),
            "humidity": round(self.humidity, 1),
            "co2": round(self.co2),
        }


def filler_details(rng: Random, speed: float, pressure: float) -> dict[str, Any]:
    """Return what the filler measures besides."""
    return {
        "carousel": round(speed / HEADS / 60.0, 3),
        "fill_volume": round(500.0 + (pressure - 2.9) * 2.0 + rng.gauss(0, 1.1), 2),
        "bowl_pressure": round(max(0.0, pressure + rng.gauss(0, 0.02)), 3),
    }


def palletiser_details(speed: float, produced: float) -> dict[str, Any]:
    """Return pose and count of the palletiser: each layer is one stroke of the gantry and one turn of the arm."""
    layers, share = divmod(produced / BOTTLES_PER_LAYER, 1.0)
    layer = int(layers) % LAYERS
    return {
        "gantry": round((0.3 + layer * 0.22) * math.sin(math.pi * share) ** 2, 3) if speed or share else 0.0,
        "arm": round(90.0 * math.cos(2.0 * math.pi * share), 1),
        "layer": layer,
        "pallets": int(layers) // LAYERS,
    }
