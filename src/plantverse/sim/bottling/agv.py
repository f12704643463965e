"""One automated guided vehicle: drives node by node, loads and unloads, and looks after its battery."""

import math
from dataclasses import dataclass, field
from enum import IntEnum
from random import Random
from typing import Any, Final

from plantverse.sim.bottling.parts import Motor, Unit, toward
from plantverse.sim.bottling.routes import HOMES, NODES, Reservations, path

TOP_SPEED: Final = 1.0
LOADED_SPEED: Final = 0.8
ACCELERATION: Final = 0.5
TURN_DEG_S: Final = 60.0
HANDLING_S: Final = 14.0
BATTERY_KWH: Final = 2.4
CHARGER_KW: Final = 4.0
MASS_KG: Final = 480.0
PALLET_KG: Final = 560.0
_ROLLING: Final = 0.02
"""Rolling resistance of polyurethane on concrete (Bosch, Automotive Handbook, gives 0.01 to 0.02)."""


class AgvState(IntEnum):
    """What a vehicle is doing."""

    IDLE = 0
    DRIVING = 1
    WAITING = 2
    HANDLING = 3
    CHARGING = 4
    STOPPED = 5
    FAULT = 6


@dataclass(slots=True)
class Job:
    """An order: fetch at one node, bring to another."""

    name: str
    fetch: str
    bring: str
    loaded: bool = False


@dataclass(slots=True, eq=False)
class Agv(Unit):
    """A vehicle on the ring."""

    name: str
    home: str
    rng: Random
    motor: Motor
    zones: Reservations
    soc: float = 88.0
    x: float = 0.0
    z: float = 0.0
    heading: float = 90.0
    speed: float = 0.0
    distance_m: float = 0.0
    state: AgvState = AgvState.IDLE
    job: Job | None = None
    jobs_done: int = 0
    at: str = ""
    route: list[str] = field(default_factory=list)
    arrived: str | None = None
    """Node at which a job's step has just been done."""
    fault_battery: float = 0.0
    _next: str | None = None
    _handling_s: float = 0.0
    _power_kw: float = 0.06

    def __post_init__(self) -> None:
        self.at = self.home
        self.x, self.z = NODES[self.home]
        self.zones.take(self.home, self.name)

    @property
    def loaded(self) -> bool:
        """Whether a pallet is on it."""
        return self.job is not None and self.job.loaded

    @property
    def free(self) -> bool:
        """Whether it may get a job."""
        return self.wanted and self.job is None and self.soc > 35.0

    @property
    def parked(self) -> bool:
        """Whether it stands at a charger."""
        return self.at in HOMES and self._next is None

    def send(self, job: Job) -> None:
        """Take a job."""
        self.job = job
        self._head_for(job.fetch)

    def go_home(self) -> None:
        """Drive to its place."""
        self._head_for(self.home)

    def _head_for(self, goal: str) -> None:
        start = self._next or self.at
        self.route = path(start, goal)

    def step(self, dt_s: float, ambient: float) -> None:
        """Go on."""
        self.arrived = None
        if not self.wanted:
            self._brake(dt_s, AgvState.STOPPED)
        elif self._handling_s > 0:
            self._handle(dt_s)
        elif self._next is not None or self.route:
            self._drive(dt_s)
        elif self.job is not None:
            self._handling_s, self.state, self.speed = HANDLING_S, AgvState.HANDLING, 0.0
        else:
            charging = self.parked and self.soc < (99.5 if self.state is AgvState.CHARGING else 92.0)
            self._brake(dt_s, AgvState.CHARGING if charging else AgvState.IDLE)
        self._energy(dt_s)
        share = self.speed / TOP_SPEED
        self.motor.step(dt_s, self.motor.rated_rpm * share, 0.3 + 0.4 * self.loaded, ambient)

    def _brake(self, dt_s: float, state: AgvState) -> None:
        self.speed = max(0.0, self.speed - ACCELERATION * 2.0 * dt_s)
        self.state = state

    def _handle(self, dt_s: float) -> None:
        self._handling_s -= dt_s
        if self._handling_s > 0 or self.job is None:
            return
        self.arrived = self.at
        if not self.job.loaded:
            self.job.loaded = True
            self._head_for(self.job.bring)
        else:
            self.jobs_done += 1
            self.job = None

    def _drive(self, dt_s: float) -> None:
        if self._next is None:
            node = self.route[0]
            if not self.zones.take(node, self.name):
                self._brake(dt_s, AgvState.WAITING)
                return
            self._next = self.route.pop(0)
        goal_x, goal_z = NODES[self._next]
        dx, dz = goal_x - self.x, goal_z - self.z
        left = math.hypot(dx, dz)
        self.state = AgvState.DRIVING
        # Out of a stub it goes backwards and turns on the ring, where there is room.
        backwards = self.at in HOMES or (self.at not in {"", self._next} and self.at[0] not in "tb")
        wanted = math.degrees(math.atan2(-dz, dx)) + (180.0 if backwards else 0.0)
        off = (wanted - self.heading + 180.0) % 360.0 - 180.0
        if abs(off) > 2.0:
            self.speed = max(0.0, self.speed - ACCELERATION * 2.0 * dt_s)
            self.heading += math.copysign(min(abs(off), TURN_DEG_S * dt_s), off)
            self.heading = (self.heading + 180.0) % 360.0 - 180.0
            if self.speed > 0.05:
                self._advance(dt_s, dx, dz, left)
            return
        top = LOADED_SPEED if self.loaded else TOP_SPEED
        if not self._may_roll_on(dx, dz, left):
            top = min(top, math.sqrt(2.0 * ACCELERATION * max(left - 0.02, 0.0)) + 0.06)
        self.speed += min(ACCELERATION * dt_s, max(-2.0 * ACCELERATION * dt_s, top - self.speed))
        self._advance(dt_s, dx, dz, left)

    def _may_roll_on(self, dx: float, dz: float, left: float) -> bool:
        """Return whether the node behind the next one lies straight on and is ours; it is asked for in good time."""
        if not self.route:
            return False
        here, there = NODES[self._next or self.at], NODES[self.route[0]]
        way_x, way_z = there[0] - here[0], there[1] - here[1]
        straight = abs(dx * way_z - dz * way_x) < 1e-6 and dx * way_x + dz * way_z > 0
        return straight and left < 2.5 and self.zones.take(self.route[0], self.name)

    def _advance(self, dt_s: float, dx: float, dz: float, left: float) -> None:
        way = min(self.speed * dt_s, left)
        if left > 0:
            self.x += dx / left * way
            self.z += dz / left * way
        self.distance_m += way
        if left - way < 0.01 and self._next is not None:
            self.x, self.z = NODES[self._next]
            self.zones.give(self.at, self.name)
            self.at, self._next = self._next, None

    def _energy(self, dt_s: float) -> None:
        """Electronics, rolling resistance over 75 % drive efficiency, lifting; charging falls off above 85 %."""
        mass = MASS_KG + (PALLET_KG if self.loaded else 0.0)
        rolling = mass * 9.81 * _ROLLING * self.speed / 0.75 / 1000.0
        lifting = 0.9 if self._handling_s > 0 else 0.0
        used = (0.06 + rolling + lifting) * (1.0 + 8.0 * self.fault_battery)
        gained = CHARGER_KW * min(1.0, (100.0 - self.soc) / 15.0) if self.state is AgvState.CHARGING else 0.0
        self._power_kw = toward(self._power_kw, used - gained, dt_s, 0.5)
        self.soc = min(100.0, max(0.0, self.soc + (gained - used) * dt_s / 3600.0 / BATTERY_KWH * 100.0))

    @property
    def charging_kw(self) -> float:
        """What it takes from its charger."""
        return max(0.0, -self._power_kw) if self.state is AgvState.CHARGING else 0.0

    def payload(self) -> dict[str, Any]:
        voltage = 44.0 + 0.08 * self.soc - 0.4 * self._power_kw
        return {
            "state": self.state.name,
            "x": round(self.x, 3),
            "z": round(self.z, 3),
            "heading": round(self.heading, 1),
            "speed": round(self.speed, 3),
            "battery": round(self.soc + self.rng.gauss(0, 0.02), 2),
            "voltage": round(voltage + self.rng.gauss(0, 0.02), 2),
            "current": round(1000.0 * self._power_kw / voltage, 2),
            "loaded": self.loaded,
            "distance": round(self.distance_m, 1),
            "jobs": self.jobs_done,
            "motor": self.motor.payload(),
            "job": self.job.name if self.job else "none",
        }
