"""What machines are made of: drives, state, what they take and answer. No clock and no I/O."""

import math
from dataclasses import dataclass
from random import Random
from typing import Any, Final

AMBIENT_C: Final = 22.0
_RISE_K: Final = 55.0
_TAU_S: Final = 240.0


class Refused(Exception):
    """A device says no; the text tells why."""


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


class Unit:
    """A device: what it publishes, what it takes. Attributes named `fault_*` (0 to 1) are set by faults."""

    wanted = True
    fault_jam = 0.0

    def payload(self) -> dict[str, Any]:
        """Return what it publishes now."""
        raise NotImplementedError

    def command(self, name: str, args: dict[str, Any]) -> str:
        """Carry a command out and return the answer's text; `Refused` if it will not."""
        del args
        if name not in {"start", "stop"}:
            raise Refused(f"unknown command {name}")
        self.wanted = name == "start"
        return "started" if self.wanted else "stopped"

    def desire(self, patch: dict[str, Any]) -> None:
        """Take desired properties; what it accepts shows in the next payload."""


class Passive(Unit):
    """A device without commands."""

    def command(self, name: str, args: dict[str, Any]) -> str:
        del args
        raise Refused(f"unknown command {name}")


@dataclass(slots=True)
class Motor:
    """An asynchronous motor on a drive.

    The winding is one thermal mass: losses grow with the square of the load, cooling with the fan's flow (IEC 60034-1
    gives the rise at rated load, class B). Vibration is the velocity of ISO 20816-3; a worn bearing adds to it.
    """

    rated_rpm: float
    rated_kw: float
    rng: Random
    speed: float = 0.0
    load: float = 0.0
    temperature: float = AMBIENT_C + 15.0
    fault_bearing: float = 0.0
    fault_cooling: float = 0.0
    shake: float = 0.0
    """mm/s from what the motor drives."""

    def step(self, dt_s: float, target_rpm: float, load: float, ambient: float = AMBIENT_C) -> None:
        """Go on; `load` is the share of the rated torque at speed."""
        self.speed = toward(self.speed, target_rpm, dt_s, 1.2)
        if target_rpm == 0.0 and self.speed < 5.0:
            self.speed = 0.0
        self.load = load * min(1.0, self.speed / self.rated_rpm)
        rise = _RISE_K * (0.3 * (self.speed > 0) + 0.7 * self.load**2 + 0.35 * self.fault_bearing * (self.speed > 0))
        self.temperature = toward(self.temperature, ambient + rise / (1.0 - 0.75 * self.fault_cooling), dt_s, _TAU_S)

    @property
    def power(self) -> float:
        """Electrical power in kW, at 92 % efficiency, with what the idle motor takes."""
        return self.rated_kw * (0.05 + 0.95 * self.load) / 0.92 if self.speed > 0 else 0.0

    def payload(self) -> dict[str, float]:
        """Return its readings."""
        gauss = self.rng.gauss
        if self.speed <= 0:
            return {
                "speed": 0.0,
                "current": 0.0,
                "temperature": round(self.temperature + gauss(0, 0.1), 2),
                "vibration": round(abs(gauss(0, 0.02)), 3),
            }
        share = self.speed / self.rated_rpm
        vibration = 0.7 * share + 0.9 * self.load + 6.0 * self.fault_bearing * share + self.shake + gauss(0, 0.06)
        # At 400 V and a power factor of 0.84.
        amperes = self.power * 1000.0 / (math.sqrt(3.0) * 400.0 * 0.84)
        return {
            "speed": round(self.speed + gauss(0, 1.5), 1),
            "current": round(amperes * (1 + gauss(0, 0.01)), 2),
            "temperature": round(self.temperature + gauss(0, 0.1), 2),
            "vibration": round(max(0.0, vibration), 3),
        }
