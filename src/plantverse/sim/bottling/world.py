"""The bottling plant as one world: areas coupled by product, bottles, pallets, air, water, steam and power.

Sans-IO: `step` goes on by one fixed step, `payload` says what a device publishes, `command` and `desire` take what it
is told. Equal seeds, starts and calls give equal worlds, whatever the speed at which a clock drives them.
"""

from collections.abc import Mapping
from random import Random
from typing import Any, Final

from plantverse.sim.bottling.energy import Boiler, Chiller, Compressor
from plantverse.sim.bottling.faults import Fault, Faults, story
from plantverse.sim.bottling.hall import Air, Fan, Meter, Weather
from plantverse.sim.bottling.line_area import LineArea
from plantverse.sim.bottling.parts import Motor, Refused, Unit
from plantverse.sim.bottling.physics import steam_temperature
from plantverse.sim.bottling.process_area import ProcessArea
from plantverse.sim.bottling.pumps import Pump
from plantverse.sim.bottling.schedule import Now, Phase, Schedule, shift
from plantverse.sim.bottling.traffic import Charger, Traffic

STEP_S: Final = 0.1
SLOW_EVERY: Final = 5
"""Stores of energy are slow: they go on once in so many steps."""
ORDER_S: Final = 2400.0
_SINCE_2025_S: Final = 1_735_689_600.0
_LEAST_AIR_BAR: Final = 4.5


class BottlingWorld:
    """State of the whole plant.

    Args:
        start_s: Seconds since 1970 at the beginning; the time of day (UTC) picks shift and weather.
        seed: Of noise, weather and the order of faults.
        step_s: Length of a step; 0.1 s unless a study needs a coarser one (up to 0.5).
        order_s: How long an order is produced before the next product.

    Example:
        >>> world = BottlingWorld(start_s=1_764_064_800.0)
        >>> world.run(30.0)
        >>> world.payload("line/filler")["state"]
        'RUNNING'
    """

    def __init__(
        self,
        *,
        start_s: float,
        seed: int = 7,
        step_s: float = STEP_S,
        order_s: float = ORDER_S,
    ) -> None:
        rng = self._rng = Random(seed)  # noqa: S311  noise of a simulation
        self.start_s, self.now_s, self.step_s = start_s, start_s, step_s
        self._schedule = Schedule(order_s)
        self._count = 0
        self.process, self.line, self.traffic = ProcessArea(rng), LineArea(rng), Traffic(rng)
        vehicles = list(self.traffic.vehicles.values())
        self.chargers = [Charger(vehicles[:2], rng), Charger(vehicles[2:], rng)]
        self.compressor = Compressor(rng, Motor(2950.0, 62.0, rng))
        self.chiller, self.boiler = Chiller(rng), Boiler(rng)
        self.chilled_pump = Pump(rng, Motor(2900.0, 4.0, rng), 3.0, 0.0012, suction_loss=0.0001, auto_rpm=2600.0)
        self.feed_pump = Pump(rng, Motor(2900.0, 1.5, rng), 9.0, 0.2, npsh_required=1.5)
        # As if the plant had run at 108 kW since the first of January 2025.
        self.meter = Meter(rng, energy=(start_s - _SINCE_2025_S) * 0.03)
        self.weather, self.fan = Weather(rng), Fan(rng, Motor(1450.0, 5.5, rng))
        self.air = [Air(rng, 0.6), Air(rng, 0.4, temperature=21.0)]
        self.units: dict[str, Unit] = {
            **self.process.units,
            **self.line.units,
            **{f"logistics/{name}": v for name, v in self.traffic.vehicles.items()},
            "logistics/charger-1": self.chargers[0],
            "logistics/charger-2": self.chargers[1],
            "logistics/warehouse": self.traffic,
            "utilities/compressor-1": self.compressor,
            "utilities/chiller-1": self.chiller,
            "utilities/chilled-pump": self.chilled_pump,
            "utilities/boiler-1": self.boiler,
            "utilities/feed-pump": self.feed_pump,
            "utilities/main-meter": self.meter,
            "hall/fan-1": self.fan,
            "hall/climate-1": self.air[0],
            "hall/climate-2": self.air[1],
            "hall/weather": self.weather,
        }
        self.faults = Faults(self.units, self._has, Random(seed + 1))  # noqa: S311
        self._story = story(Random(seed + 2))  # noqa: S311
        self._next: tuple[float, tuple[str, str, float, float, float]] | None = None
        self._told_s = 0.0
        self._ends: list[tuple[float, str, str]] = []
        self.plan: Now = self._schedule.now(0.0)
        self.shift = ""
        self.drawn_m3 = 0.0
        self._shift()
        self.line.hold(self.plan)

    def tell_story(self) -> None:
        """Let something break by itself now and then, from now on, except while a fault stands that was ordered."""
        self._told_s = self.elapsed_s
        self._next = next(self._story)

    @property
    def elapsed_s(self) -> float:
        """Simulated seconds since the start."""
        return self.now_s - self.start_s

    def run(self, seconds: float) -> None:
        """Go on by so much simulated time."""
        for _ in range(round(seconds / self.step_s)):
            self.step()

    def step(self) -> None:
        """Go on by one step."""
        self._count += 1
        self.now_s = self.start_s + self._count * self.step_s
        self._break_and_mend()
        self.faults.step(self.elapsed_s)
        slow = self._count % SLOW_EVERY == 0
        if slow:
            self._sequence()
        cleaning = self.plan.phase is Phase.CLEANING
        air = self.air[0].temperature
        drawn = self.process.step(
            self.step_s,
            wanted_m3h=self.line.wanted_m3h,
            syrup_ratio=self.plan.product.syrup,
            cleaning=cleaning,
            chilled=(self.chiller.supply, 0.8 * self.chilled_pump.flow),
            steam_c=steam_temperature(self.boiler.pressure) if self.boiler.pressure > 1.0 else 100.0,
            ambient=air,
        )
        self.drawn_m3 += drawn * self.step_s / 3600.0
        asked = self.line.step(
            self.step_s,
            fed=self.process.ready,
            air=self.compressor.pressure > _LEAST_AIR_BAR,
            volume_ml=self.plan.product.volume_ml,
            level=self.process.product.level,
            ambient=air,
        )
        for kind in asked:
            if kind == "full" or not self.traffic.asked(kind):
                self.traffic.order(kind)
        for done in self.traffic.step(self.step_s, air):
            self.line.done(done)
        if slow:
            self._utilities(self.step_s * SLOW_EVERY)

    def payload(self, twin_id: str) -> dict[str, Any]:
        """Return what a device publishes now, with what its sensors make of it."""
        unit = self.units[twin_id]
        payload = unit.payload()
        for path in self.faults.spoiled(twin_id):
            if path != "level" or twin_id not in _SMART:
                self._spoil(twin_id, payload, path)
        return payload

    def command(self, twin_id: str, name: str, args: dict[str, Any]) -> str:
        """Give a command to a device and return its answer; `Refused` if there is none or it will not."""
        return self._unit(twin_id).command(name, args)

    def change_product(self, *, cleaning: bool) -> None:
        """End the present order, with a cleaning afterwards also where none is due; `Refused` during a change."""
        self._schedule.change(self.elapsed_s, cleaning=cleaning)

    def desire(self, twin_id: str, patch: dict[str, Any]) -> None:
        """Give desired properties to a device; `Refused` if there is none or it will not."""
        self._unit(twin_id).desire(patch)

    def _unit(self, twin_id: str) -> Unit:
        unit = self.units.get(twin_id)
        if unit is None:
            raise Refused(f"no device {twin_id}")
        return unit

    def _sequence(self) -> None:
        before = self.plan
        self.plan = self._schedule.now(self.elapsed_s)
        if (self.plan.phase, self.plan.order) != (before.phase, before.order):
            self.line.hold(self.plan)
            word = self.plan.product.name.split(" 0.5", maxsplit=1)[0].lower()
            self.process.blend.product = self.process.product.product = word
        self._shift()
        for twin_id, tank in _tanks(self.process):
            tank.read(self.step_s * SLOW_EVERY, self.faults.reading(twin_id, "level", tank.sensed(), 100.0))

    def _shift(self) -> None:
        name, speed = shift(self.now_s % 86_400.0 / 3600.0)
        if name != self.shift:
            self.shift = name
            self.line.set_speed(speed)

    def _utilities(self, dt_s: float) -> None:
        air = self.air[0].temperature
        running = self.line.running
        self.compressor.step(dt_s, 55.0 + 260.0 * running, air)
        pump = self.chilled_pump
        flow = pump.duty(0.8, 0.8, 0.006)
        pump.step(dt_s, flow, 0.8, self.chiller.supply)
        self.chiller.step(dt_s, flow, (self.process.cooler.heat + 6.0) if flow > 0.5 else 0.0, self.weather.temperature)
        self.feed_pump.needed = self.boiler.feeding
        feed = self.feed_pump.duty(0.3, self.boiler.pressure, 0.9)
        self.feed_pump.step(dt_s, feed, 0.3, 80.0)
        self.boiler.step(dt_s, 25.0 + 45.0 * running + self.process.steam_kw, feed, air)
        for charger in self.chargers:
            charger.step(dt_s, air)
        self.weather.step(dt_s, self.now_s % 86_400.0 / 3600.0)
        self.fan.step(dt_s, air, air)
        drives = self.line.power_kw + self.process.power_kw
        pumps = pump.motor.power + self.feed_pump.motor.power
        self.meter.step(
            dt_s,
            12.0
            + drives
            + pumps
            + self.fan.motor.power
            + self.compressor.power
            + self.chiller.power
            + sum(c.power for c in self.chargers),
        )
        for zone in self.air:
            zone.step(dt_s, 6.0 + 0.9 * drives, self.fan.share, self.weather.temperature)

    def order(self, kind: str, target: str, severity: float, onset_s: float) -> Fault:
        """Let a fault begin that somebody wants; arguments and errors are those of `Faults.inject`.

        What broke by itself is mended, and nothing else breaks by itself while it stands: who looks for it is not to
        find another one.
        """
        fault = self.faults.inject(kind, target, severity, onset_s)
        ends, self._ends = self._ends, []
        for _, own_kind, own_target in ends:
            if (own_kind, own_target) != (fault.kind, fault.target):
                self.mend(own_kind, own_target)
        return fault

    def _break_and_mend(self) -> None:
        if self._next is not None and len(self.faults.standing) > len(self._ends):
            self._told_s += self.step_s
        elif self._next is not None and self.elapsed_s - self._told_s >= self._next[0]:
            kind, target, severity, onset_s, length_s = self._next[1]
            fault = self.faults.inject(kind, target, severity, onset_s)
            self._ends.append((self.elapsed_s + length_s, kind, fault.target))
            self._next = next(self._story)
        for end in [e for e in self._ends if e[0] <= self.elapsed_s]:
            self.mend(end[1], end[2])

    def mend(self, kind: str = "", target: str = "") -> int:
        """End faults as a fitter would, jams with a reset, level sensors with new ones; returns how many ended."""
        ended = self.faults.clear(kind, target)
        standing = {(fault.kind, fault.target) for fault in self.faults.standing.values()}
        self._ends = [end for end in self._ends if end[1:] in standing]
        for fault in ended:
            if fault.kind == "jam":
                self.units[fault.target].command("reset", {})
        for twin_id, tank in _tanks(self.process):
            if any((fault.target, fault.signal) == (twin_id, "level") for fault in ended):
                tank.renew_transmitter()
        return len(ended)

    def _has(self, twin_id: str, path: str) -> bool:
        found: Any = self.units[twin_id].payload()
        for part in path.split("."):
            if not isinstance(found, Mapping) or part not in found:
                return False
            found = found[part]
        return isinstance(found, int | float)

    def _spoil(self, twin_id: str, payload: dict[str, Any], path: str) -> None:
        *owners, name = path.split(".")
        at = payload
        for part in owners:
            at = at[part]
        value = float(at[name])
        at[name] = round(self.faults.reading(twin_id, path, value, _span(path, value)), 4)


_SMART: Final = frozenset(
    {"process/water-tank", "process/syrup-tank", "process/blend-tank", "process/product-tank", "process/cip-tank"}
)
_SPANS: Final = {"temperature": 40.0, "level": 100.0, "pressure": 10.0, "vibration": 12.0, "fill_volume": 40.0}


def _span(path: str, value: float) -> float:
    """Return the width of a signal's range: of its kind, else twice its value."""
    return _SPANS.get(path.rpartition(".")[2], max(1.0, 2.0 * abs(value)))


def _tanks(area: ProcessArea) -> list[tuple[str, Any]]:
    return [
        ("process/water-tank", area.raw),
        ("process/syrup-tank", area.syrup),
        ("process/blend-tank", area.blend),
        ("process/product-tank", area.product),
        ("process/cip-tank", area.cip),
    ]
