"""The palletising robot: six joints, inverse kinematics of its two long arms, and a cycle that stacks layers.

Lengths are those of the robot that the viewer draws for a height of 3 m. Angles are degrees; shoulder and elbow are
0 with the lower arm upright and the forearm level, and lean forwards with negative angles.

Source: Siciliano et al., Robotics: Modelling, Planning and Control, section 2.12 (two-link arm); joint motion is a
quintic between poses (section 4.2), so that speed and acceleration begin and end at 0.
"""

import math
from dataclasses import dataclass, field
from random import Random
from typing import Any, Final

from plantverse.sim.bottling.line import LineState
from plantverse.sim.bottling.parts import Refused, Unit, toward

SCALE: Final = 3.0 / 2.4
LOWER_M: Final = 0.90 * SCALE
FOREARM_M: Final = math.hypot(0.74, 0.14) * SCALE
_FOREARM_DEG: Final = math.degrees(math.atan2(0.14, 0.74))
SHOULDER: Final = (0.12 * SCALE, 0.78 * SCALE)
_TOOL_M: Final = 0.36 * SCALE

BOTTLES_PER_PICK: Final = 48.0
PICKS_PER_LAYER: Final = 4
LAYERS: Final = 5
LIMITS: Final = ((-185.0, 185.0), (-100.0, 60.0), (-140.0, 90.0), (-350.0, 350.0), (-125.0, 125.0), (-350.0, 350.0))
"""Of the joints in degrees."""

Joints = tuple[float, float, float, float, float, float]


def reach(base_deg: float, radius: float, height: float, turn_deg: float = 0.0) -> Joints:
    """Return the joints that put the gripper, pointing down, `radius` from the axis and `height` above the floor.

    Raises:
        ValueError: It is out of reach.
    """
    x, y = radius - SHOULDER[0], height + _TOOL_M - SHOULDER[1]
    distance = math.hypot(x, y)
    if not abs(LOWER_M - FOREARM_M) < distance < LOWER_M + FOREARM_M:
        raise ValueError(f"{radius:g} m at {height:g} m is out of reach")
    inner = math.acos((LOWER_M**2 + distance**2 - FOREARM_M**2) / (2 * LOWER_M * distance))
    lower = math.atan2(y, x) + inner
    elbow_x, elbow_y = x - LOWER_M * math.cos(lower), y - LOWER_M * math.sin(lower)
    shoulder = math.degrees(lower) - 90.0
    level = math.degrees(math.atan2(elbow_y, elbow_x)) - _FOREARM_DEG
    elbow = level - shoulder
    return (base_deg, shoulder, elbow, 0.0, -90.0 - level, turn_deg)


def gripper(joints: Joints) -> tuple[float, float]:
    """Return (radius, height) of the gripper: the way back from `reach`."""
    lower = math.radians(joints[1] + 90.0)
    level = math.radians(joints[1] + joints[2] + _FOREARM_DEG)
    x = SHOULDER[0] + LOWER_M * math.cos(lower) + FOREARM_M * math.cos(level)
    y = SHOULDER[1] + LOWER_M * math.sin(lower) + FOREARM_M * math.sin(level)
    return x, y - _TOOL_M


def smooth(share: float) -> float:
    """Return the quintic from 0 to 1 whose first and second derivative vanish at both ends."""
    return share**3 * (10.0 + share * (6.0 * share - 15.0))


HOME: Final = reach(-180.0, 1.5, 1.4)


@dataclass(slots=True, eq=False)
class Robot(Unit):
    """Takes twelve bottles a case, four cases a pick, and stacks them."""

    rng: Random
    joints: Joints = HOME
    speeds: list[float] = field(default_factory=lambda: [0.0] * 6)
    gripped: float = 0.0
    vacuum: float = 0.0
    picks: int = 0
    placed: float = 0.0
    cycle_s: float = 0.0
    last_cycle_s: float = 11.6
    temperature: float = 41.0
    state: LineState = LineState.STARVED
    pallet_picks: int = 0
    pallet_there: bool = True
    pallets: int = 0
    fault_bearing: float = 0.0
    fault_cooling: float = 0.0
    jammed: bool = False
    load: float = 0.0
    _from: Joints = HOME
    _to: Joints = HOME
    _leg: int = 0
    _gone_s: float = 0.0
    _leg_s: float = 0.0

    def step(self, dt_s: float, offered: float, ambient: float) -> float:
        """Go on; returns bottles taken from the belt."""
        taken = 0.0
        if self.state is LineState.RUNNING:
            self._gone_s += dt_s
            self.cycle_s += dt_s
        self.state = self._next(offered)
        if self.state is LineState.RUNNING and self._gone_s >= self._leg_s:
            taken = self._arrive()
        share = smooth(min(1.0, self._gone_s / self._leg_s)) if self._leg_s else 1.0
        before = self.joints
        j = [a + (b - a) * share for a, b in zip(self._from, self._to, strict=True)]
        self.joints = (j[0], j[1], j[2], j[3], j[4], j[5])
        self.speeds = [(b - a) / dt_s for a, b in zip(before, self.joints, strict=True)]
        self.vacuum = toward(self.vacuum, -0.62 if self.gripped else -0.05, dt_s, 0.25)
        effort = min(1.0, sum(abs(s) for s in self.speeds[:3]) / 180.0)
        self.load = toward(self.load, effort * (1.0 + 0.2 * (self.gripped > 0)), dt_s, 20.0)
        rise = (14.0 + 26.0 * self.load + 12.0 * self.fault_bearing) / (1.0 - 0.75 * self.fault_cooling)
        self.temperature = toward(self.temperature, ambient + rise, dt_s, 300.0)
        return taken

    def _next(self, offered: float) -> LineState:
        if self.fault_jam > 0.5 or self.jammed:
            self.jammed = True
            return LineState.FAULT
        if not self.wanted:
            return LineState.STOPPED
        if self._leg == 1 and self._gone_s >= self._leg_s:
            # Above the belt it waits for bottles, and for a pallet with room.
            if not self.pallet_there:
                return LineState.BLOCKED
            return LineState.RUNNING if offered >= BOTTLES_PER_PICK else LineState.STARVED
        return LineState.RUNNING

    def _arrive(self) -> float:
        """Reach a pose: act there and set off for the next one."""
        taken = 0.0
        if self._leg == 2:
            taken = self.gripped = BOTTLES_PER_PICK
        elif self._leg == 5:
            self._place()
        elif self._leg == 6:
            self.last_cycle_s, self.cycle_s = self.cycle_s, 0.0
            self._leg = 0
        self._leg += 1
        self._from, self._to = self.joints, self._pose(self._leg)
        way = max(abs(b - a) for a, b in zip(self._from, self._to, strict=True))
        # A quintic is at most 1.875 times as fast as its mean: 80 degrees a second.
        self._leg_s = max(0.6, 1.875 * way / 80.0) + (0.35 if self._leg in {3, 6} else 0.0)
        self._gone_s = 0.0
        return taken

    def _place(self) -> None:
        self.placed += self.gripped
        self.gripped = 0.0
        self.picks += 1
        self.pallet_picks += 1
        if self.pallet_picks >= PICKS_PER_LAYER * LAYERS:
            self.pallet_there = False
            self.pallets += 1

    def _pose(self, leg: int) -> Joints:
        """Above the belt, at it, above it, above the pallet, on it, above it."""
        layer, spot = divmod(self.pallet_picks % (PICKS_PER_LAYER * LAYERS), PICKS_PER_LAYER)
        base = -90.0 + (spot % 2 * 2 - 1) * 9.0
        radius = 1.62 + (spot // 2) * 0.12
        height = 0.42 + 0.24 * layer
        belt = (-180.0, 1.55)
        turn = 90.0 * (spot % 2)
        if leg in {1, 2, 3}:
            return reach(*belt, 1.0 if leg == 2 else 1.35)
        return reach(base, radius, min(height if leg == 5 else height + 0.35, 1.62), turn)

    def payload(self) -> dict[str, Any]:
        gauss = self.rng.gauss
        currents = {
            f"current_{i + 1}": round(
                abs((2.6, 5.2, 3.6, 0.8, 1.1, 0.6)[i] * (0.35 + abs(self.speeds[i]) / 120.0) + gauss(0, 0.03)), 2
            )
            for i in range(6)
        }
        turning = sum(abs(s) for s in self.speeds) > 1.0
        return {
            "state": self.state.name,
            **{f"joint_{i + 1}": round(angle, 2) for i, angle in enumerate(self.joints)},
            **currents,
            "vacuum": round(self.vacuum + gauss(0, 0.004), 3),
            "gripped": self.gripped > 0,
            "cycle_time": round(self.last_cycle_s, 2),
            "picks": self.picks,
            "pallets": self.pallets,
            "gear_temperature": round(self.temperature + gauss(0, 0.1), 2),
            "vibration": round(abs(0.6 * turning + 6.0 * self.fault_bearing * turning + gauss(0, 0.05)), 3),
            "power": round(0.5 + 6.5 * self.load, 3),
        }

    def command(self, name: str, args: dict[str, Any]) -> str:
        if name == "reset":
            if self.fault_jam > 0.5:
                raise Refused("the jam is still there")
            self.jammed = False
            return "fault reset"
        return Unit.command(self, name, args)
