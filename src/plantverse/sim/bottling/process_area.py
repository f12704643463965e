"""The process area: water and syrup are blended, cooled and kept ready for the filler; the cleaning loop beside it."""

from random import Random
from typing import Final

from plantverse.sim.bottling.parts import Motor, Unit
from plantverse.sim.bottling.physics import WATER_KWH_PER_M3_K, resistance
from plantverse.sim.bottling.process import Filter, Tank, Valve
from plantverse.sim.bottling.pumps import Exchanger, Heater, Pump

LEVEL_SETPOINT: Final = 60.0
CIP_GOAL_C: Final = 80.0
_PIPE: Final = 0.012
_COUNTER_PRESSURE: Final = 1.2
_MAINS_C: Final = 11.0
_SLEEP, _WAKE = 0.12, 0.22


class ProcessArea:
    """Tanks, pumps and valves with what flows between them.

    Args:
        rng: Of noise.
    """

    def __init__(self, rng: Random) -> None:
        self.raw = Tank(rng, 12.0, 4.0, 8.4, "water", _MAINS_C, tops_up=(55.0, 80.0, 14.0, _MAINS_C))
        self.syrup = Tank(rng, 4.0, 3.0, 3.0, "syrup", 16.0, tops_up=(30.0, 85.0, 6.0, 16.0))
        self.blend = Tank(rng, 5.0, 3.2, 3.0, "lemonade", 13.0)
        self.product = Tank(rng, 3.0, 3.0, 1.8, "lemonade", 6.5)
        self.cip = Tank(rng, 2.0, 2.4, 1.6, "caustic 1.5 %", CIP_GOAL_C, loss_kw_k=0.02)
        self.water_pump = Pump(rng, Motor(2900.0, 2.2, rng), 3.6, 0.010, npsh_required=2.0)
        self.syrup_pump = Pump(rng, Motor(2900.0, 1.1, rng), 3.2, 0.040, npsh_required=1.8)
        self.product_pump = Pump(rng, Motor(2900.0, 3.0, rng), 4.4, 0.012, npsh_required=2.2)
        self.cip_pump = Pump(rng, Motor(2900.0, 2.2, rng), 3.4, 0.012, npsh_required=2.2, needed=False)
        self.water_valve = Valve(rng, 10.0, 0.7, 0.7, integral=0.7)
        self.syrup_valve = Valve(rng, 3.0, 0.6, 0.6, integral=0.6)
        self.product_valve = Valve(rng, 10.0, 0.7, 0.7, integral=0.7)
        self.cip_valve = Valve(rng, 12.0, 0.0, 0.0, integral=0.0)
        self.water_filter = Filter(rng, 0.008)
        self.cooler = Exchanger(rng, 14.0)
        self.heater = Heater(rng, 12.0)
        self.units: dict[str, Unit] = {
            "process/water-tank": self.raw,
            "process/syrup-tank": self.syrup,
            "process/blend-tank": self.blend,
            "process/product-tank": self.product,
            "process/cip-tank": self.cip,
            "process/water-pump": self.water_pump,
            "process/syrup-pump": self.syrup_pump,
            "process/product-pump": self.product_pump,
            "process/cip-pump": self.cip_pump,
            "process/water-valve": self.water_valve,
            "process/syrup-valve": self.syrup_valve,
            "process/product-valve": self.product_valve,
            "process/cip-valve": self.cip_valve,
            "process/water-filter": self.water_filter,
            "process/product-cooler": self.cooler,
            "process/cip-heater": self.heater,
        }
        self.pipe_heat = 20.0
        """Temperature of what the cleaning heats, °C."""

    @property
    def ready(self) -> bool:
        """Whether the filler gets product."""
        return self.product.reading > 8.0

    def step(
        self,
        dt_s: float,
        *,
        wanted_m3h: float,
        syrup_ratio: float,
        cleaning: bool,
        chilled: tuple[float, float],
        steam_c: float,
        ambient: float,
    ) -> float:
        """Go on.

        Args:
            dt_s: Length of the step.
            wanted_m3h: What the filler draws.
            syrup_ratio: Syrup in a part of water.
            cleaning: Whether the cleaning loop runs.
            chilled: Temperature and flow of the chilled water.
            steam_c: Temperature of the steam.
            ambient: °C.

        Returns:
            What the filler gets, m³/h.
        """
        water = self._water(dt_s)
        syrup = self._syrup(dt_s, water, syrup_ratio)
        product = self._product(dt_s, chilled)
        drawn = self.product.drawable(wanted_m3h, dt_s)
        self.raw.step(dt_s, 0.0, _MAINS_C, water, ambient)
        self.syrup.step(dt_s, 0.0, 16.0, syrup, ambient)
        both = water + syrup
        warmth = (water * self.raw.temperature + syrup * self.syrup.temperature) / both if both > 0 else ambient
        self.blend.step(dt_s, both, warmth, product, ambient)
        self.product.step(dt_s, product, self.cooler.hot[1], drawn, ambient)
        self._clean(dt_s, steam_c, ambient, cleaning=cleaning)
        for valve in (self.water_valve, self.syrup_valve, self.product_valve, self.cip_valve):
            valve.step(dt_s)
        return drawn

    def _water(self, dt_s: float) -> float:
        valve, pump = self.water_valve, self.water_pump
        valve.control(dt_s, (LEVEL_SETPOINT - self.blend.reading) / 100.0, 3.0, 90.0)
        pump.needed = valve.setpoint > (_SLEEP if pump.needed else _WAKE)
        system = _PIPE + self.water_filter.system + resistance(valve.kv)
        flow = self.raw.drawable(pump.duty(self.raw.head_bar, 0.35, system), dt_s)
        pump.step(dt_s, flow, self.raw.head_bar, self.raw.temperature)
        self.water_filter.step(dt_s, flow)
        valve.carry(flow)
        return flow

    def _syrup(self, dt_s: float, water: float, ratio: float) -> float:
        valve, pump = self.syrup_valve, self.syrup_pump
        pump.needed = water > 0.4
        if pump.needed:
            valve.control(dt_s, ratio * water - valve.flow, 0.15, 8.0)
        flow = self.syrup.drawable(pump.duty(self.syrup.head_bar, 0.35, _PIPE + resistance(valve.kv)), dt_s)
        pump.step(dt_s, flow, self.syrup.head_bar, self.syrup.temperature)
        valve.carry(flow)
        return flow

    def _product(self, dt_s: float, chilled: tuple[float, float]) -> float:
        valve, pump = self.product_valve, self.product_pump
        valve.control(dt_s, (LEVEL_SETPOINT - self.product.reading) / 100.0, 3.0, 90.0)
        pump.needed = valve.setpoint > (_SLEEP if pump.needed else _WAKE)
        system = 2.0 * _PIPE + resistance(valve.kv)
        flow = self.blend.drawable(pump.duty(self.blend.head_bar, _COUNTER_PRESSURE, system), dt_s)
        pump.step(dt_s, flow, self.blend.head_bar, self.blend.temperature)
        self.cooler.step(self.blend.temperature, flow, *chilled)
        valve.carry(flow)
        return flow

    def _clean(self, dt_s: float, steam_c: float, ambient: float, *, cleaning: bool) -> None:
        """Circulate caustic through the filler and back; its pipes take heat until they are warm."""
        tank, pump, valve = self.cip, self.cip_pump, self.cip_valve
        pump.needed = cleaning
        valve.setpoint = 0.8 if cleaning else 0.0
        system = 3.0 * _PIPE + resistance(valve.kv)
        flow = tank.drawable(pump.duty(tank.head_bar, 0.4, system), dt_s)
        pump.step(dt_s, flow, tank.head_bar, tank.temperature)
        self.heater.step(dt_s, tank.temperature, flow, steam_c, CIP_GOAL_C + 4.0)
        # The filler and its pipes weigh as much as 0.5 m³ of water.
        taken = flow * 0.35 * (self.heater.outlet - self.pipe_heat) if flow > 0.1 else 0.0
        self.pipe_heat += taken * dt_s / 3600.0 / 0.5 - (self.pipe_heat - ambient) * dt_s / 3600.0
        back = self.heater.outlet - taken / flow if flow > 0.1 else tank.temperature
        tank.step(dt_s, flow, back, flow, ambient)
        valve.carry(flow)

    @property
    def steam_kw(self) -> float:
        """Heat that the cleaning takes from the steam."""
        return self.heater.heat

    @property
    def power_kw(self) -> float:
        """Electrical power of the pumps."""
        pumps = (self.water_pump, self.syrup_pump, self.product_pump, self.cip_pump)
        return sum(pump.motor.power for pump in pumps)

    def heat_kwh(self) -> float:
        """Return the heat in the tanks above 0 °C."""
        tanks = (self.raw, self.syrup, self.blend, self.product, self.cip)
        return sum(t.volume * t.temperature for t in tanks) * WATER_KWH_PER_M3_K
