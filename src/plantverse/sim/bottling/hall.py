"""Electricity, weather and the air of the hall."""

import math
from dataclasses import dataclass
from random import Random
from typing import Any

from plantverse.sim.bottling.parts import Motor, Passive, Refused, Unit, number, toward


@dataclass(slots=True, eq=False)
class Meter(Passive):
    """The main supply; its counter goes on across restarts as if the plant had run all the time."""

    rng: Random
    power: float = 110.0
    energy: float = 0.0

    def step(self, dt_s: float, power: float) -> None:
        self.power = power
        self.energy += power * dt_s / 3600.0

    def payload(self) -> dict[str, Any]:
        return {
            "power": round(self.power + self.rng.gauss(0, 0.3), 2),
            "energy": round(self.energy, 2),
            "voltage": round(400.0 - self.power * 0.02 + self.rng.gauss(0, 0.3), 1),
            "frequency": round(50.0 + self.rng.gauss(0, 0.012), 3),
            "power_factor": round(min(0.99, 0.88 + self.power * 0.0004), 3),
        }


@dataclass(slots=True, eq=False)
class Weather(Passive):
    """Outdoor air: a sine with its top at three in the afternoon, and a slow random walk that comes back."""

    rng: Random
    mean: float = 15.0
    swing: float = 6.0
    temperature: float = 15.0
    wander: float = 0.0
    gust: float = 2.5

    def step(self, dt_s: float, hour: float) -> None:
        """Go on; `hour` is the time of day."""
        self.wander += -self.wander * dt_s / 7200.0 + self.rng.gauss(0, 0.012) * math.sqrt(dt_s)
        self.gust = toward(self.gust, 2.5 + self.rng.gauss(0, 6.0), dt_s, 20.0)
        self.temperature = self.mean + self.swing * math.cos((hour - 15.0) / 12.0 * math.pi) + self.wander

    def payload(self) -> dict[str, Any]:
        return {
            "temperature": round(self.temperature, 2),
            "humidity": round(min(98.0, max(20.0, 68.0 - 2.2 * (self.temperature - self.mean))), 1),
            "wind": round(abs(self.gust), 2),
        }


@dataclass(slots=True, eq=False)
class Air(Passive):
    """The air of a zone: C dT/dt = heat - (UA + rho c V') (T - T_outdoor), kept above 17 °C by heating."""

    rng: Random
    share: float
    temperature: float = 22.0
    humidity: float = 48.0
    co2: float = 620.0

    def step(self, dt_s: float, heat_kw: float, fan: float, outdoor: float) -> None:
        """Go on; `fan` is the share of the rated ventilation."""
        loss = (1.6 + 7.5 * fan) * self.share
        heating = max(0.0, 20.5 - self.temperature) * 30.0 * self.share
        self.temperature += (
            (heat_kw * self.share + heating - loss * (self.temperature - outdoor)) * dt_s / 3600.0 / (9.0 * self.share)
        )
        self.humidity = toward(self.humidity, 62.0 - 0.8 * self.temperature + self.rng.gauss(0, 3.0), dt_s, 120.0)
        self.co2 = toward(self.co2, 880.0 - 300.0 * fan + self.rng.gauss(0, 40.0), dt_s, 150.0)

    def payload(self) -> dict[str, Any]:
        return {
            "temperature": round(self.temperature, 2),
            "humidity": round(self.humidity, 1),
            "co2": round(self.co2),
        }


@dataclass(slots=True, eq=False)
class Fan(Unit):
    """The hall's ventilator on a drive; the flow follows the speed, the power its cube (fan laws, ISO 5801)."""

    rng: Random
    motor: Motor
    manual: float | None = None
    auto: float = 0.5

    def step(self, dt_s: float, air: float, ambient: float) -> None:
        """Go on; `air` is the temperature that it holds down."""
        self.auto = min(1.0, max(0.25, 0.25 + 0.16 * (air - 21.0)))
        share = (self.manual if self.manual is not None else self.auto) if self.wanted else 0.0
        self.motor.step(dt_s, self.motor.rated_rpm * share, 0.85 * share**2, ambient)

    @property
    def share(self) -> float:
        """Of the rated flow."""
        return self.motor.speed / self.motor.rated_rpm

    def payload(self) -> dict[str, Any]:
        return {
            "running": self.motor.speed > 30,
            "flow": round(24_000.0 * self.share * (1 + self.rng.gauss(0, 0.004)), 0),
            "pressure": round(420.0 * self.share**2 * (1 + self.rng.gauss(0, 0.004)), 1),
            "power": round(self.motor.power, 3),
            "motor": self.motor.payload(),
            "mode": "automatic" if self.manual is None else "manual",
        }

    def command(self, name: str, args: dict[str, Any]) -> str:
        if name == "set_speed":
            self.manual = number(args, "speed", 0, 100) / 100.0
            return f"speed set to {100 * self.manual:g} %"
        if name == "automatic":
            self.manual = None
            return "automatic"
        if name not in {"start", "stop"}:
            raise Refused(f"unknown command {name}")
        return Unit.command(self, name, args)
