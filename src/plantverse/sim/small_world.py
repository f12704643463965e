"""The small plant as one world: machines coupled by flow, bottles and power, with a fault now and then.

Sans-IO: `step` takes the time, `payloads` gives what the devices publish, `command` and `desire` take what they are
told. Equal seeds and times give equal worlds.
"""

import math
from collections.abc import Iterator
from random import Random
from typing import Any, Final

from plantverse.sim.machines import (
    Chiller,
    Climate,
    Compressor,
    Conveyor,
    LineMachine,
    Machine,
    Meter,
    Motor,
    Pump,
    Refused,
    Tank,
    filler_details,
    palletiser_details,
)

MAX_STEP_S: Final = 0.5
FIRST_FAULT_S: Final = 45.0
FAULTS: Final = {"labeller_jam": 25.0, "pump_hot": 150.0, "inlet_stuck": 170.0, "air_leak": 120.0}
"""Duration in s. The first is seen at once, so that somebody who looks for a minute sees an alarm come and go."""


class SmallWorld:
    """State of the whole plant.

    Args:
        start_s: Seconds since 1970 at the beginning.
        seed: Of the noise and the order of faults.
        faults: Whether anything breaks by itself.

    Example:
        >>> world = SmallWorld(start_s=1_764_000_000.0)
        >>> for tick in range(100):
        ...     world.step(1_764_000_000.0 + tick / 5)
        >>> world.payloads()["line/filler"]["state"]
        'RUNNING'
    """

    def __init__(self, *, start_s: float, seed: int = 7, faults: bool = True) -> None:
        self._rng = rng = Random(seed)  # noqa: S311  noise of a demonstration
        self._now_s = start_s
        self.tank = Tank(rng)
        self.pump = Pump(Motor(2000.0, 14.0, rng), rng, full_flow=10.0)
        self.filler = LineMachine(rng, 0.0004)
        self.capper = LineMachine(rng, 0.0008)
        self.labeller = LineMachine(rng, 0.0015)
        self.palletiser = LineMachine(rng, 0.0)
        self.belt_1 = Conveyor(Motor(1450.0, 6.0, rng))
        self.belt_2 = Conveyor(Motor(1450.0, 6.0, rng))
        self.compressor = Compressor(Motor(3000.0, 38.0, rng), rng)
        self.chiller = Chiller(rng)
        self.water = Pump(Motor(2000.0, 18.0, rng), rng, full_flow=30.0, auto_rpm=1600.0)
        # As if the plant had run at 108 kW since the first of January 2025.
        self.meter = Meter(rng, energy=(start_s - 1_735_689_600.0) * 0.03)
        self.hall, self.warehouse = Climate(rng, 20.0), Climate(rng, 17.0)
        self.machines: dict[str, Machine] = {
            "process/tank-1": self.tank,
            "process/pump-1": self.pump,
            "line/filler": self.filler,
            "line/capper": self.capper,
            "line/conveyor-1": self.belt_1,
            "line/labeller": self.labeller,
            "line/conveyor-2": self.belt_2,
            "line/palletiser": self.palletiser,
            "utilities/compressor-1": self.compressor,
            "utilities/chiller-1": self.chiller,
            "utilities/pump-2": self.water,
            "utilities/main-meter": self.meter,
            "hall/climate-1": self.hall,
            "hall/climate-2": self.warehouse,
        }
        self._caps, self._labels = 82.0, 64.0
        self._planned = _faults(start_s, rng) if faults else iter(())
        self._next = next(self._planned, None)
        self._standing: dict[str, float] = {}

    def step(self, now_s: float) -> None:
        """Go on to a moment; after a long pause the plant jumps instead of running through it."""
        dt_s = min(max(now_s - self._now_s, 0.0), MAX_STEP_S)
        self._now_s = now_s
        day = math.sin(2.0 * math.pi * (now_s / 86400.0 - 9.0 / 24.0))
        self._break_and_mend(now_s)
        self._process(dt_s, day)
        self._line(dt_s)
        self._utilities(dt_s, day, now_s)

    def payloads(self) -> dict[str, dict[str, Any]]:
        """Return what each device publishes now, by twin id."""
        return {twin_id: machine.payload() for twin_id, machine in self.machines.items()}

    def command(self, twin_id: str, name: str, args: dict[str, Any]) -> str:
        """Give a command to a device and return its answer.

        Raises:
            Refused: There is no such device, or it will not.
        """
        machine = self.machines.get(twin_id)
        if machine is None:
            raise Refused(f"no device {twin_id}")
        return machine.command(name, args)

    def desire(self, twin_id: str, patch: dict[str, Any]) -> None:
        """Give desired properties to a device.

        Raises:
            Refused: There is no such device, or it will not.
        """
        machine = self.machines.get(twin_id)
        if machine is None:
            raise Refused(f"no device {twin_id}")
        machine.desire(patch)

    def begin(self, fault: str, now_s: float) -> None:
        """Let something break now."""
        self._standing[fault] = now_s + FAULTS[fault]
        self._set(fault, broken=True)

    def _break_and_mend(self, now_s: float) -> None:
        if self._next is not None and now_s >= self._next[0]:
            self.begin(self._next[1], now_s)
            self._next = next(self._planned, None)
        for fault, until_s in list(self._standing.items()):
            if now_s >= until_s:
                del self._standing[fault]
                self._set(fault, broken=False)

    def _set(self, fault: str, *, broken: bool) -> None:
        if fault == "pump_hot":
            self.pump.motor.extra_heat, self.pump.motor.roughness = (52.0, 3.4) if broken else (0.0, 0.0)
        elif fault == "inlet_stuck":
            self.tank.stuck = broken
        elif fault == "labeller_jam":
            self.labeller.broken = broken
        else:
            self.compressor.leak = 330.0 if broken else 0.0

    def _process(self, dt_s: float, day: float) -> None:
        self.pump.auto_rpm = 900.0 + 600.0 * self.filler.speed / 12_000.0
        self.pump.step(dt_s, wet=self.tank.level > 3)
        self.tank.step(dt_s, self.pump.flow, day)

    def _line(self, dt_s: float) -> None:
        fed = self.pump.flow > 1.5
        filled = self.filler.step(dt_s, supply=fed, room=self.belt_1.room and self.capper.state.name == "RUNNING")
        # The capper is geared to the filler: it runs whenever bottles can leave it.
        self.capper.setpoint = self.filler.setpoint
        self._caps = self._caps - filled / 400.0 if self._caps > 4 else 100.0
        self.capper.step(dt_s, supply=fed and self.filler.wanted, room=self.belt_1.room)
        pace = self.belt_1.pace
        labelled = self.labeller.step(dt_s, supply=self.belt_1.supply, room=self.belt_2.room, pace=pace)
        self._labels = self._labels - labelled / 700.0 if self._labels > 3 else 100.0
        packed = self.palletiser.step(dt_s, supply=self.belt_2.supply, room=True, pace=self.belt_2.pace)
        self.belt_1.step(dt_s, filled, labelled)
        self.belt_2.step(dt_s, labelled, packed)
        self._details()

    def _details(self) -> None:
        rng = self._rng
        self.filler.own = filler_details(rng, self.filler.speed, self.pump.pressure * 0.68)
        self.capper.own = {
            "turret": round(self.capper.speed / 12.0 / 60.0, 2),
            "torque": round(1.7 + rng.gauss(0, 0.07), 3) if self.capper.speed else 0.0,
            "caps": round(self._caps, 1),
        }
        self.labeller.own = {
            "labels": round(self._labels, 1),
            "glue_temperature": round(160.0 + 3.0 * math.sin(self._now_s / 41.0) + rng.gauss(0, 0.2), 2),
        }
        self.palletiser.own = palletiser_details(self.palletiser.speed, self.palletiser.produced)

    def _utilities(self, dt_s: float, day: float, now_s: float) -> None:
        running = sum(m.speed for m in (self.filler, self.capper, self.labeller, self.palletiser)) / 48_000.0
        self.compressor.step(dt_s, 60.0 + 290.0 * running)
        self.water.step(dt_s, wet=True)
        self.chiller.step(dt_s, self.water.flow, day, now_s)
        drives = 22.0 * running + self.pump.power + self.water.power
        self.meter.step(dt_s, 14.0 + drives + self.compressor.power + self.chiller.power)
        self.hall.step(dt_s, day, 1.5 * running)
        self.warehouse.step(dt_s, day, 0.0)


def _faults(start_s: float, rng: Random) -> Iterator[tuple[float, str]]:
    """Yield (when, which): every kind once, then again and again in a random order."""
    at_s = start_s + FIRST_FAULT_S
    kinds = list(FAULTS)
    while True:
        for kind in kinds:
            yield at_s, kind
            at_s += FAULTS[kind] + rng.uniform(30.0, 90.0)
        rng.shuffle(kinds)
