"""Tanks, valves and the filter: mass balances and hydraulics."""

from dataclasses import dataclass
from random import Random
from typing import Any, Final

from plantverse.sim.bottling.parts import AMBIENT_C, Passive, Refused, Unit, number, toward
from plantverse.sim.bottling.physics import (
    METRES_PER_BAR,
    WATER_KWH_PER_M3_K,
    resistance,
    valve_kv,
)

LEAK_M3H: Final = 3.0
_OBSERVER_S: Final = 60.0
_NOISE_PERCENT: Final = 0.05


@dataclass(slots=True, eq=False)
class Tank(Passive):
    """A stirred tank: dV/dt = in - out - leak, and V dT/dt = in (T_in - T) + UA/(rho c) (T_ambient - T).

    Its transmitter also publishes the spread of its readings (from the mean moving range, Montgomery, Introduction to
    Statistical Quality Control, section 6.4), which falls to nothing when it hangs and jumps when it spikes; and
    `imbalance`, how much goes missing by a first-order observer of the mass balance.
    """

    rng: Random
    capacity: float
    height: float
    volume: float
    product: str
    temperature: float = 12.0
    loss_kw_k: float = 0.01
    tops_up: tuple[float, float, float, float] | None = None
    """Refilled from outside: opens below, closes above (%), flow, temperature."""
    fault_leak: float = 0.0
    open: bool = False
    reading: float = 0.0
    spread: float = _NOISE_PERCENT
    imbalance: float = 0.0
    inflow: float = 0.0
    outflow: float = 0.0
    entered: float = 0.0
    left: float = 0.0
    leaked: float = 0.0
    start: float = 0.0
    _observed: float = 0.0

    def __post_init__(self) -> None:
        self.start = self.volume
        self.renew_transmitter()

    def renew_transmitter(self) -> None:
        """Put in a transmitter that reads right and remembers nothing of what the one before it read."""
        self.reading, self.spread, self.imbalance = self.level, _NOISE_PERCENT, 0.0
        self._observed = self.volume

    @property
    def level(self) -> float:
        """Per cent."""
        return 100.0 * self.volume / self.capacity

    @property
    def head_bar(self) -> float:
        """Pressure of the liquid at the outlet."""
        return self.height * self.volume / self.capacity / METRES_PER_BAR

    def drawable(self, flow: float, dt_s: float) -> float:
        """Return how much of a flow it can give for that long."""
        return min(flow, max(0.0, self.volume) * 3600.0 / dt_s)

    def step(self, dt_s: float, inflow: float, warmth: float, outflow: float, ambient: float = AMBIENT_C) -> None:
        """Take `inflow` at `warmth` °C and give `outflow`, which is at most `drawable`."""
        if self.tops_up is not None:
            below, above, flow, their = self.tops_up
            self.open = self.reading < (above if self.open else below)
            warmth = their if self.open else warmth
            inflow = inflow + (flow if self.open and self.level < 98.0 else 0.0)
        hours = dt_s / 3600.0
        leak = min(LEAK_M3H * self.fault_leak, max(0.0, self.volume / hours + inflow - outflow))
        mixed = max(self.volume, 0.02)
        self.temperature += (
            (inflow * (warmth - self.temperature) + self.loss_kw_k / WATER_KWH_PER_M3_K * (ambient - self.temperature))
            * hours
            / mixed
        )
        self.volume += (inflow - outflow - leak) * hours
        self.inflow, self.outflow = inflow, outflow
        self.entered += inflow * hours
        self.left += outflow * hours
        self.leaked += leak * hours

    def read(self, dt_s: float, reading: float) -> None:
        """Take the transmitter's reading of the level, per cent."""
        self.spread = toward(self.spread, abs(reading - self.reading) / 1.128, dt_s, 15.0)
        self.reading = reading
        missing = self._observed - reading * self.capacity / 100.0
        self._observed += (self.inflow - self.outflow) * dt_s / 3600.0 - missing * dt_s / _OBSERVER_S
        self.imbalance = missing * 3600.0 / _OBSERVER_S

    def sensed(self) -> float:
        """Return what an honest transmitter would read."""
        return self.level + self.rng.gauss(0, _NOISE_PERCENT)

    def payload(self) -> dict[str, Any]:
        return {
            "level": round(self.reading, 3),
            "level_spread": round(self.spread, 4),
            "volume": round(self.reading * self.capacity / 100.0, 3),
            "temperature": round(self.temperature + self.rng.gauss(0, 0.03), 2),
            "inflow": round(self.inflow * (1 + self.rng.gauss(0, 0.004)), 3),
            "outflow": round(self.outflow * (1 + self.rng.gauss(0, 0.004)), 3),
            "imbalance": round(self.imbalance, 3),
            "product": self.product,
        }


@dataclass(slots=True, eq=False)
class Valve(Unit):
    """A control valve of equal percentage; it sticks where a fault holds it, and its spring creeps it shut."""

    rng: Random
    kv_open: float
    position: float = 0.4
    setpoint: float = 0.4
    manual: float | None = None
    fault_stuck: float = 0.0
    flow: float = 0.0
    drop: float = 0.0
    integral: float = 0.4

    def control(self, dt_s: float, error: float, gain: float, reset_s: float) -> None:
        """Set the position asked for by a PI loop without wind-up; `error` is positive to open further."""
        self.integral = min(1.0, max(0.0, self.integral + gain * error * dt_s / reset_s))
        self.setpoint = min(1.0, max(0.0, self.integral + gain * error))

    def step(self, dt_s: float) -> None:
        """Let the positioner follow, 4 s from end to end."""
        asked = self.manual if self.manual is not None else self.setpoint
        if self.fault_stuck > 0.05:
            self.position = toward(self.position, self.position * (1.0 - self.fault_stuck), dt_s, 60.0)
            return
        self.position += min(dt_s / 4.0, max(-dt_s / 4.0, asked - self.position))

    @property
    def kv(self) -> float:
        """Flow coefficient now."""
        return valve_kv(self.kv_open, self.position)

    def carry(self, flow: float) -> None:
        """Note what flows."""
        self.flow = flow
        self.drop = min(9.9, flow * flow * resistance(self.kv)) if flow > 0 else 0.0

    def payload(self) -> dict[str, Any]:
        asked = self.manual if self.manual is not None else self.setpoint
        return {
            "position": round(min(100.0, max(0.0, 100.0 * self.position + self.rng.gauss(0, 0.05))), 2),
            "setpoint": round(100.0 * asked, 2),
            "flow": round(max(0.0, self.flow * (1 + self.rng.gauss(0, 0.005))), 3),
            "drop": round(self.drop, 3),
            "mode": "manual" if self.manual is not None else "automatic",
        }

    def command(self, name: str, args: dict[str, Any]) -> str:
        if name == "set_position":
            self.manual = number(args, "position", 0, 100) / 100.0
            return f"position set to {100 * self.manual:g} %"
        if name == "automatic":
            self.manual = None
            return "automatic"
        raise Refused(f"unknown command {name}")


@dataclass(slots=True, eq=False)
class Filter(Passive):
    """A cartridge filter: dp = r (1 + fouling) q², and fouling grows with what went through (Darcy's law)."""

    rng: Random
    clean: float
    fault_clogged: float = 0.0
    fouling: float = 0.05
    flow: float = 0.0
    passed: float = 0.0

    @property
    def system(self) -> float:
        """Resistance now."""
        return self.clean * (1.0 + self.fouling + 14.0 * self.fault_clogged)

    def step(self, dt_s: float, flow: float) -> None:
        self.flow = flow
        self.passed += flow * dt_s / 3600.0
        self.fouling = min(1.0, self.fouling + flow * dt_s / 3600.0 * 2e-5)

    def payload(self) -> dict[str, Any]:
        return {
            "drop": round(max(0.0, self.flow**2 * self.system + self.rng.gauss(0, 0.004)), 3),
            "flow": round(max(0.0, self.flow * (1 + self.rng.gauss(0, 0.005))), 3),
            "turbidity": round(0.18 + abs(self.rng.gauss(0, 0.02)), 3),
            "passed": round(self.passed, 2),
        }
