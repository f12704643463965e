"""Machines of the line and the belts between them: every bottle that enters leaves, is rejected or is still inside."""

from collections import deque
from dataclasses import dataclass, field
from enum import IntEnum
from random import Random
from typing import Any

from plantverse.sim.bottling.parts import Motor, Refused, Unit, number, toward

CELLS = 20


class LineState(IntEnum):
    """What a machine of the line is doing: the states of ISA-TR88.00.02 (PackML) that an operator asks for."""

    STOPPED = 0
    RUNNING = 1
    STARVED = 2
    BLOCKED = 3
    FAULT = 4
    STARTING = 5
    CLEANING = 6
    CHANGEOVER = 7


@dataclass(slots=True, eq=False)
class Machine(Unit):
    """A machine that takes bottles and gives bottles.

    Machines away from the filler are faster than it (the V-curve of line design, Härte, Efficiency Analysis of
    Packaging Lines, Delft 1997), so that the belts between them stay ready to take or to give.
    """

    rng: Random
    motor: Motor
    reject_share: float
    surplus: float = 1.0
    """Speed over the filler's."""
    starting_s: float = 12.0
    setpoint: float = 12_000.0
    speed: float = 0.0
    taken: float = 0.0
    produced: float = 0.0
    rejected: float = 0.0
    runtime_s: float = 1.0
    lifetime_s: float = 1.0
    state: LineState = LineState.RUNNING
    hold: LineState | None = None
    """What the sequence asks for instead of running."""
    jammed: bool = False
    order: str = ""
    own: dict[str, Any] = field(default_factory=dict)
    _wait_s: float = 0.0

    def step(
        self, dt_s: float, *, offered: float, room: float, ready: bool, pace: float, ambient: float
    ) -> tuple[float, float]:
        """Go on.

        Args:
            dt_s: Length of the step.
            offered: Bottles that could be taken.
            room: Bottles that could be given.
            ready: Whether belts and media let it run.
            pace: Share of the set-point that suits the belts.
            ambient: °C.

        Returns:
            Bottles taken, and good bottles given; the rest is rejected.
        """
        state = self._next(offered=offered > 0, room=room > 0, ready=ready)
        if state is LineState.RUNNING and self.state not in {LineState.RUNNING, LineState.STARTING}:
            self._wait_s = self.starting_s if self.state in {LineState.CLEANING, LineState.CHANGEOVER} else 1.5
        self._wait_s = max(0.0, self._wait_s - dt_s)
        self.state = LineState.STARTING if state is LineState.RUNNING and self._wait_s > 0 else state
        runs = self.state is LineState.RUNNING
        self.speed = toward(self.speed, self.setpoint * self.surplus * pace if runs else 0.0, dt_s, 1.4)
        if not runs and self.speed < 60.0:
            self.speed = 0.0
        made = min(self.speed / 3600.0 * dt_s, offered, room)
        lost = made * self.reject_share
        self._count(dt_s, made, lost, ambient)
        return made, made - lost

    def follow(self, dt_s: float, leader: "Machine", taken: float, ambient: float) -> float:
        """Turn with the machine that it is geared to; returns the good ones of the bottles that it takes."""
        own = self._next(offered=True, room=True, ready=True)
        stands = own is not LineState.RUNNING
        self.state = own if stands else LineState.STARVED if leader.state is LineState.FAULT else leader.state
        self.speed = leader.speed
        lost = taken * self.reject_share
        self._count(dt_s, taken, lost, ambient)
        return taken - lost

    def _count(self, dt_s: float, taken: float, lost: float, ambient: float) -> None:
        self.taken += taken
        self.produced += taken - lost
        self.rejected += lost
        self.lifetime_s += dt_s
        self.runtime_s += dt_s * (self.speed > 600)
        share = min(1.2, self.speed / 12_000.0)
        self.motor.step(dt_s, self.motor.rated_rpm * share, 0.35 + 0.4 * share, ambient)

    def _next(self, *, offered: bool, room: bool, ready: bool) -> LineState:
        if self.jammed or self.fault_jam > 0.5:
            self.jammed = True
            return LineState.FAULT
        if not self.wanted:
            return LineState.STOPPED
        if self.hold is not None:
            return self.hold
        if not offered or not ready:
            return LineState.STARVED
        return LineState.RUNNING if room else LineState.BLOCKED

    def payload(self) -> dict[str, Any]:
        return {
            "state": self.state.name,
            "speed": round(self.speed),
            "produced": int(self.produced),
            "rejected": int(self.rejected),
            "availability": round(100.0 * self.runtime_s / self.lifetime_s, 2),
            "motor": self.motor.payload(),
            "order": self.order,
            "speed_setpoint": self.setpoint,
            **self.own,
        }

    def command(self, name: str, args: dict[str, Any]) -> str:
        if name == "set_speed":
            self.setpoint = number(args, "speed", 0, 14_000)
            return f"speed set to {self.setpoint:g} bottles/h"
        if name == "reset":
            if self.fault_jam > 0.5:
                raise Refused("the jam is still there")
            self.jammed = False
            return "fault reset"
        if name == "start" and self.jammed:
            raise Refused("reset the fault first")
        return Unit.command(self, name, args)

    def desire(self, patch: dict[str, Any]) -> None:
        if "speed_setpoint" in patch:
            self.setpoint = number(patch, "speed_setpoint", 0, 14_000)


@dataclass(slots=True, eq=False)
class Belt(Unit):
    """An accumulating conveyor: bottles need length over belt speed, then wait at its end; a worn belt slips."""

    rng: Random
    motor: Motor
    length_m: float
    capacity: float
    bottles_each: float = 1.0
    """Bottles per piece that it carries: 12 in a case."""
    nominal_m_s: float = 0.55
    fault_slip: float = 0.0
    cells: deque[float] = field(default_factory=lambda: deque([0.0] * CELLS))
    waiting: float = 0.0
    room: bool = True
    supply: bool = False
    _way: float = 0.0

    def __post_init__(self) -> None:
        self.waiting = 0.3 * self.capacity

    @property
    def total(self) -> float:
        """Bottles on it."""
        return sum(self.cells) + self.waiting

    @property
    def speed_m_s(self) -> float:
        """Of the belt itself."""
        return self.nominal_m_s * self.motor.speed / self.motor.rated_rpm * (1.0 - 0.45 * self.fault_slip)

    @property
    def space(self) -> float:
        """Bottles that still fit."""
        return max(0.0, self.capacity - self.total) if self.room else 0.0

    @property
    def offered(self) -> float:
        """Bottles at its end."""
        return self.waiting if self.supply else 0.0

    @property
    def pace(self) -> float:
        """How fast the machine behind it should run, so that the belt stays a third full."""
        return min(1.05, 0.55 + 1.05 * self.waiting / self.capacity)

    def step(self, dt_s: float, taken_in: float, given: float, ambient: float) -> None:
        self.motor.step(dt_s, self.motor.rated_rpm if self.wanted else 0.0, 0.45 + 0.25 * self._fill, ambient)
        self.cells[0] += taken_in
        self.waiting -= given
        self._way += self.speed_m_s * dt_s / (self.length_m / CELLS)
        while self._way >= 1.0:
            self._way -= 1.0
            self.waiting += self.cells.pop()
            self.cells.appendleft(0.0)
        fill = self._fill
        self.room = self.wanted and fill < (0.93 if self.room else 0.72)
        self.supply = self.wanted and self.waiting > (0.02 if self.supply else 0.10) * self.capacity

    @property
    def _fill(self) -> float:
        return self.total / self.capacity

    def payload(self) -> dict[str, Any]:
        return {
            "running": self.motor.speed > 30,
            "belt_speed": round(max(0.0, self.speed_m_s + self.rng.gauss(0, 0.002) * (self.motor.speed > 0)), 4),
            "drive_speed": round(self.nominal_m_s * self.motor.speed / self.motor.rated_rpm, 4),
            "pieces": int(self.total / self.bottles_each),
            "waiting": int(self.waiting / self.bottles_each),
            "fill": round(100.0 * self._fill, 2),
            "power": round(self.motor.power, 3),
            "motor": self.motor.payload(),
        }
