"""Compressed air, chilled water and steam: stores of energy and what fills them."""

from dataclasses import dataclass
from random import Random
from typing import Any, Final

from plantverse.sim.bottling.parts import AMBIENT_C, Motor, Unit, number, toward
from plantverse.sim.bottling.physics import (
    ATMOSPHERE_BAR,
    WATER_KWH_PER_M3_K,
    carnot_cop,
    compression_kw,
    stack_loss,
    steam_temperature,
)

RECEIVER_M3: Final = 3.0
LOOP_M3: Final = 2.5
CHILLER_KW: Final = 120.0
BOILER_KW: Final = 320.0
BOILER_M3: Final = 1.6
AIR_LEAK_M3H: Final = 420.0
_STEAM_KWH_PER_KG: Final = 0.62
"""From feed water at 80 °C to saturated steam at 6 bar (IAPWS-IF97: 2,763 - 335 kJ/kg, rounded, with blow-down)."""


@dataclass(slots=True, eq=False)
class Compressor(Unit):
    """A screw compressor that loads and idles, V dp/dt = (delivery - use) p0, with its receiver."""

    rng: Random
    motor: Motor
    loaded: bool = True
    pressure: float = 7.0
    delivery: float = 0.0
    use: float = 0.0
    oil: float = 80.0
    loaded_h: float = 4210.0
    fault_leak: float = 0.0

    def step(self, dt_s: float, use: float, ambient: float) -> None:
        """Go on; `use` is free air in m³/h."""
        self.loaded = self.wanted and (self.pressure < 7.4 if self.loaded else self.pressure < 6.5)
        self.motor.step(
            dt_s,
            2950.0 if self.wanted else 0.0,
            (self._shaft() if self.loaded else 0.22 * self.motor.rated_kw) / self.motor.rated_kw,
            ambient,
        )
        self.delivery = toward(self.delivery, 520.0 if self.loaded else 0.0, dt_s, 1.0)
        self.use = use + AIR_LEAK_M3H * self.fault_leak * max(0.0, self.pressure) / 7.0
        net = (self.delivery - self.use) * dt_s / 3600.0
        self.pressure = max(0.0, self.pressure + net * ATMOSPHERE_BAR / RECEIVER_M3)
        hot = ambient + (58.0 if self.loaded else 44.0) * self.wanted
        self.oil = toward(self.oil, hot / (1.0 - 0.3 * self.motor.fault_cooling), dt_s, 120.0)
        self.loaded_h += dt_s / 3600.0 * self.loaded

    def _shaft(self) -> float:
        return compression_kw(520.0, self.pressure, 0.72)

    @property
    def power(self) -> float:
        """Electrical, kW."""
        return self.motor.power

    def payload(self) -> dict[str, Any]:
        gauss = self.rng.gauss
        return {
            "loaded": self.loaded,
            "pressure": round(self.pressure + gauss(0, 0.006), 3),
            "delivery": round(max(0.0, self.delivery + gauss(0, 2.0) * self.loaded), 1),
            "oil_temperature": round(self.oil + gauss(0, 0.1), 2),
            "power": round(self.power * (1 + gauss(0, 0.004)), 2),
            "loaded_hours": round(self.loaded_h, 2),
            "motor": self.motor.payload(),
        }


@dataclass(slots=True, eq=False)
class Chiller(Unit):
    """A water chiller on a loop: rho c V dT/dt = load - cooling, with a PI controller on the supply temperature."""

    rng: Random
    supply: float = 5.0
    back: float = 7.0
    setpoint: float = 5.0
    cooling: float = 40.0
    power: float = 10.0
    cop: float = 4.0
    flow: float = 0.0
    condensing: float = 32.0
    capacity: float = 0.3
    fault_cooling: float = 0.0
    _integral: float = 0.3

    def step(self, dt_s: float, flow: float, load: float, outdoor: float) -> None:
        """Go on; `load` is the heat in kW that comes back with `flow`."""
        self.flow = flow
        self.back = self.supply + (load / (flow * WATER_KWH_PER_M3_K) if flow > 0.5 else 0.0)
        error = self.supply - self.setpoint
        self._integral = min(1.0, max(0.0, self._integral + 0.12 * error * dt_s / 90.0))
        asked = min(1.0, max(0.0, self._integral + 0.12 * error)) if self.wanted and flow > 2.0 else 0.0
        self.capacity = toward(self.capacity, asked, dt_s, 8.0)
        self.condensing = toward(
            self.condensing, outdoor + 6.0 + 10.0 * self.capacity + 30.0 * self.fault_cooling, dt_s, 60.0
        )
        self.cop = carnot_cop(self.supply - 5.0, max(self.condensing, 24.0), 0.5)
        # A dirty condenser costs capacity as well as power.
        self.cooling = CHILLER_KW * self.capacity * (1.0 - 0.8 * self.fault_cooling)
        self.power = self.cooling / self.cop + (1.2 if self.wanted else 0.0)
        gains = load + 0.25 * (AMBIENT_C - self.supply)
        self.supply += (gains - self.cooling) * dt_s / 3600.0 / (WATER_KWH_PER_M3_K * LOOP_M3)

    def payload(self) -> dict[str, Any]:
        gauss = self.rng.gauss
        return {
            "running": self.wanted,
            "supply": round(self.supply + gauss(0, 0.02), 2),
            "back": round(self.back + gauss(0, 0.02), 2),
            "flow": round(max(0.0, self.flow * (1 + gauss(0, 0.004))), 2),
            "capacity": round(100.0 * self.capacity, 2),
            "condensing": round(self.condensing + gauss(0, 0.05), 2),
            "power": round(self.power * (1 + gauss(0, 0.004)), 2),
            "setpoint": self.setpoint,
        }

    def desire(self, patch: dict[str, Any]) -> None:
        if "setpoint" in patch:
            self.setpoint = number(patch, "setpoint", 3, 10)


@dataclass(slots=True, eq=False)
class Boiler(Unit):
    """A steam boiler: its water stores the heat, C dT/dt = firing eta - steam; a PI controller holds the pressure."""

    rng: Random
    pressure: float = 6.0
    level: float = 58.0
    firing: float = 0.25
    steam_kg_h: float = 0.0
    gas_m3h: float = 0.0
    gas_total: float = 18_200.0
    stack: float = 190.0
    efficiency: float = 0.9
    oxygen: float = 3.5
    feeding: bool = False
    feed_m3h: float = 0.0
    _integral: float = 0.25

    def step(self, dt_s: float, steam_kw: float, feed_m3h: float, ambient: float) -> None:
        """Go on; `steam_kw` is the heat that users take."""
        self.steam_kg_h = steam_kw / _STEAM_KWH_PER_KG
        error = 6.0 - self.pressure
        self._integral = min(1.0, max(0.0, self._integral + 0.5 * error * dt_s / 120.0))
        asked = min(1.0, max(0.0, self._integral + 0.5 * error)) if self.wanted and self.pressure < 7.2 else 0.0
        self.firing = toward(self.firing, asked, dt_s, 5.0)
        self.stack = toward(self.stack, ambient + 110.0 + 80.0 * self.firing, dt_s, 60.0)
        self.oxygen = 5.2 - 2.2 * self.firing
        self.efficiency = 1.0 - stack_loss(self.stack, ambient, self.oxygen) - 0.015
        fired = BOILER_KW * self.firing
        self.gas_m3h = fired / 10.4
        self.gas_total += self.gas_m3h * dt_s / 3600.0
        # dp/dT of saturated steam near 6 bar is 0.16 bar/K.
        stored = BOILER_M3 * WATER_KWH_PER_M3_K
        heat = fired * self.efficiency - steam_kw - 3.0
        self.pressure = max(0.0, self.pressure + 0.16 * heat * dt_s / 3600.0 / stored)
        self.feeding = self.level < (64.0 if self.feeding else 52.0)
        self.feed_m3h = feed_m3h
        self.level += (feed_m3h - self.steam_kg_h / 1000.0) * dt_s / 3600.0 / BOILER_M3 * 50.0

    def payload(self) -> dict[str, Any]:
        gauss = self.rng.gauss
        return {
            "running": self.wanted,
            "pressure": round(self.pressure + gauss(0, 0.006), 3),
            "temperature": round(steam_temperature(max(0.01, self.pressure)) + gauss(0, 0.1), 2),
            "level": round(self.level + gauss(0, 0.1), 2),
            "firing": round(100.0 * self.firing, 2),
            "steam": round(self.steam_kg_h * (1 + gauss(0, 0.005)), 2),
            "gas": round(self.gas_m3h, 3),
            "gas_total": round(self.gas_total, 2),
            "stack": round(self.stack + gauss(0, 0.2), 1),
            "oxygen": round(self.oxygen + gauss(0, 0.03), 2),
            "efficiency": round(100.0 * self.efficiency, 2),
        }
