"""Pumps and heat exchangers: duty points, cavitation, what one side loses the other gains."""

import math
from dataclasses import dataclass, field
from random import Random
from typing import Any

from plantverse.sim.bottling.parts import Motor, Passive, Unit, number, toward
from plantverse.sim.bottling.physics import WATER_KWH_PER_M3_K, effectiveness, npsh_available_m, pump_pressure


@dataclass(slots=True, eq=False)
class Pump(Unit):
    """A centrifugal pump between two pressures.

    A choked suction (`fault_suction`) lowers the pressure at the inlet; once NPSH available falls below NPSH required,
    vapour takes part of the head away and shakes the pump (Gülich, section 6.2).
    """

    rng: Random
    motor: Motor
    shutoff_bar: float
    curve: float
    suction_loss: float = 0.0006
    npsh_required: float = 2.5
    auto_rpm: float = 2900.0
    manual_rpm: float | None = None
    needed: bool = True
    """What the sequence says."""
    fault_suction: float = 0.0
    flow: float = 0.0
    suction: float = 0.2
    pressure: float = 0.0
    margin: float = 5.0

    @property
    def share(self) -> float:
        """Speed over rated speed."""
        return self.motor.speed / self.motor.rated_rpm

    @property
    def head_left(self) -> float:
        """Share of the head that cavitation leaves."""
        return 1.0 if self.margin > 0.5 else max(0.35, 1.0 + 0.2 * (self.margin - 0.5))

    def duty(self, inlet_bar: float, outlet_bar: float, system: float) -> float:
        """Return the flow between two pressures through a resistance."""
        head = self.shutoff_bar * self.share**2 * self.head_left + inlet_bar - outlet_bar
        return math.sqrt(head / (self.curve + system + self._choke)) if head > 0 and math.isfinite(system) else 0.0

    @property
    def _choke(self) -> float:
        return self.suction_loss * (1.0 + 60.0 * self.fault_suction)

    def step(self, dt_s: float, flow: float, inlet_bar: float, celsius: float) -> None:
        """Go on with the flow that was worked out by `duty`."""
        asked = self.manual_rpm if self.manual_rpm is not None else self.auto_rpm
        self.motor.step(dt_s, asked if self.wanted and self.needed else 0.0, self.shaft_kw(flow) / self.motor.rated_kw)
        self.flow = flow
        # A clogged strainer also lets air in, so the pressure falls even at little flow.
        self.suction = inlet_bar - self._choke * flow * flow - 0.75 * self.fault_suction * (self.motor.speed > 0)
        self.margin = toward(self.margin, npsh_available_m(self.suction, celsius) - self.npsh_required, dt_s, 2.0)
        self.pressure = pump_pressure(self.shutoff_bar * self.head_left, self.curve, self.share, flow) + self.suction
        self.motor.shake = min(5.0, max(0.0, 0.5 - self.margin) * 1.6) if self.motor.speed > 0 else 0.0

    def shaft_kw(self, flow: float) -> float:
        """Return q dp over the efficiency, which falls off at little flow."""
        rise = pump_pressure(self.shutoff_bar, self.curve, self.share, flow)
        return self.motor.rated_kw * 0.25 * self.share**3 + flow * rise / 36.0 / 0.68

    def payload(self) -> dict[str, Any]:
        gauss = self.rng.gauss
        return {
            "running": self.motor.speed > 30,
            "flow": round(max(0.0, self.flow * (1 + gauss(0, 0.006))), 3),
            "suction": round(self.suction + gauss(0, 0.003), 3),
            "pressure": round(max(0.0, self.pressure + gauss(0, 0.01)), 3),
            "npsh_margin": round(self.margin + gauss(0, 0.03), 2),
            "power": round(self.motor.power * (1 + gauss(0, 0.005)), 3),
            "motor": self.motor.payload(),
            "mode": "automatic" if self.manual_rpm is None else "manual",
        }

    def command(self, name: str, args: dict[str, Any]) -> str:
        if name == "set_speed":
            self.manual_rpm = number(args, "speed", 0, 3000)
            return f"speed set to {self.manual_rpm:g} rpm"
        self.manual_rpm = None
        return Unit.command(self, name, args)


@dataclass(slots=True, eq=False)
class Exchanger(Passive):
    """A plate heat exchanger by effectiveness-NTU; what one side loses the other gains."""

    rng: Random
    ua_kw_k: float
    hot: tuple[float, float] = field(default=(15.0, 15.0))
    cold: tuple[float, float] = field(default=(8.0, 8.0))
    hot_flow: float = 0.0
    cold_flow: float = 0.0
    heat: float = 0.0

    def step(self, hot_in: float, hot_flow: float, cold_in: float, cold_flow: float) -> None:
        """Work out outlets and heat, kW."""
        self.hot_flow, self.cold_flow = hot_flow, cold_flow
        least = min(hot_flow, cold_flow) * WATER_KWH_PER_M3_K
        self.heat = effectiveness(self.ua_kw_k, hot_flow, cold_flow) * least * (hot_in - cold_in)
        hot_out = hot_in - self.heat / (hot_flow * WATER_KWH_PER_M3_K) if self.heat else hot_in
        cold_out = cold_in + self.heat / (cold_flow * WATER_KWH_PER_M3_K) if self.heat else cold_in
        self.hot, self.cold = (hot_in, hot_out), (cold_in, cold_out)

    def payload(self) -> dict[str, Any]:
        noise = self.rng.gauss
        return {
            "hot_in": round(self.hot[0] + noise(0, 0.04), 2),
            "hot_out": round(self.hot[1] + noise(0, 0.04), 2),
            "hot_flow": round(self.hot_flow, 3),
            "cold_in": round(self.cold[0] + noise(0, 0.04), 2),
            "cold_out": round(self.cold[1] + noise(0, 0.04), 2),
            "cold_flow": round(self.cold_flow, 3),
            "heat": round(self.heat, 2),
        }


@dataclass(slots=True, eq=False)
class Heater(Passive):
    """A steam heater: steam condenses at one temperature, so its effectiveness is 1 - exp(-UA / (rho c q))."""

    rng: Random
    ua_kw_k: float
    valve: float = 0.0
    steam: float = 159.0
    entry: float = 78.0
    outlet: float = 78.0
    flow: float = 0.0
    heat: float = 0.0
    _integral: float = 0.0

    def step(self, dt_s: float, entry: float, flow: float, steam: float, goal: float) -> None:
        """Go on: heat `flow` from `entry` to `goal` °C with steam of a temperature, as far as the valve lets in."""
        self.entry, self.flow, self.steam = entry, flow, steam
        error = goal - self.outlet
        on = flow > 0.5
        self._integral = min(1.0, max(0.0, self._integral + 0.02 * error * dt_s / 20.0)) if on else 0.0
        self.valve = toward(self.valve, min(1.0, max(0.0, self._integral + 0.02 * error)) if on else 0.0, dt_s, 3.0)
        capacity = flow * WATER_KWH_PER_M3_K
        most = (1.0 - math.exp(-self.ua_kw_k / capacity)) * capacity * max(0.0, steam - entry) if on else 0.0
        self.heat = self.valve * most
        self.outlet = entry + self.heat / capacity if on else toward(self.outlet, entry, dt_s, 60.0)

    def payload(self) -> dict[str, Any]:
        return {
            "valve": round(100.0 * self.valve, 2),
            "steam": round(self.steam, 2),
            "inlet": round(self.entry + self.rng.gauss(0, 0.05), 2),
            "outlet": round(self.outlet + self.rng.gauss(0, 0.05), 2),
            "flow": round(max(0.0, self.flow), 3),
            "heat": round(self.heat, 2),
        }
