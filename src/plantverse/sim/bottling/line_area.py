"""The line from the depalletiser to the robot: who gives bottles to whom, and what the machines use up."""

import math
from random import Random
from typing import Final

from plantverse.sim.bottling.line import Belt, LineState, Machine
from plantverse.sim.bottling.parts import Motor, Passive, Unit
from plantverse.sim.bottling.robot import LAYERS, PICKS_PER_LAYER, Robot
from plantverse.sim.bottling.schedule import Now, Phase

BOTTLES_PER_PALLET: Final = 800.0
"""Empty bottles that come on one pallet."""
FILLER_HEADS: Final = 60
CAPPER_HEADS: Final = 15
OUTFEED_PLACES: Final = 2
_STOCK_MOST: Final = 2.5 * BOTTLES_PER_PALLET
_HELD: Final = frozenset({Phase.CHANGEOVER, Phase.CLEANING})
_CAPS_EACH, _LABELS_EACH = 100.0 / 9_000.0, 100.0 / 7_000.0


class PalletPlace(Passive):
    """Where the robot stacks, and the roller bed for full pallets behind it."""

    def __init__(self, robot: Robot) -> None:
        self._robot = robot
        self.waiting = 0

    def payload(self) -> dict[str, float]:
        picks = self._robot.pallet_picks
        return {
            "layers": round(picks / PICKS_PER_LAYER, 2),
            "bottles": picks * 48,
            "waiting": self.waiting,
            "weight": round(25.0 + picks * 48 * 0.53, 1),
        }


class LineArea:
    """Machines, belts and the robot.

    Args:
        rng: Of noise.
    """

    def __init__(self, rng: Random) -> None:
        def machine(kw: float, reject: float, surplus: float) -> Machine:
            return Machine(rng, Motor(1450.0, kw, rng), reject, surplus)

        self.depalletiser = machine(3.0, 0.0, 1.25)
        self.rinser = machine(2.2, 0.0, 1.0)
        self.filler = machine(7.5, 0.0003, 1.0)
        self.capper = machine(2.2, 0.0, 1.0)
        self.inspector = machine(0.55, 0.0011, 1.0)
        self.labeller = machine(4.0, 0.0004, 1.15)
        self.packer = machine(4.0, 0.0, 1.2)
        self.belts = [
            Belt(rng, Motor(1450.0, 1.1, rng), 3.0, 240.0),
            Belt(rng, Motor(1450.0, 1.5, rng), 12.0, 500.0),
            Belt(rng, Motor(1450.0, 1.5, rng), 10.0, 440.0),
            Belt(rng, Motor(1450.0, 1.1, rng), 4.0, 576.0, bottles_each=12.0, nominal_m_s=0.35),
        ]
        self.robot = Robot(rng)
        self.place = PalletPlace(self.robot)
        self._rng = rng
        self.machines = {
            "line/depalletiser": self.depalletiser,
            "line/rinser": self.rinser,
            "line/filler": self.filler,
            "line/capper": self.capper,
            "line/inspector": self.inspector,
            "line/labeller": self.labeller,
            "line/packer": self.packer,
        }
        self.units: dict[str, Unit] = {
            **self.machines,
            **{f"line/conveyor-{i + 1}": belt for i, belt in enumerate(self.belts)},
            "palletising/robot": self.robot,
            "palletising/pallet-place": self.place,
        }
        self.stock = 1.6 * BOTTLES_PER_PALLET
        """Empty bottles at the depalletiser."""
        self.delivered = 0.0
        self.caps, self.labels = 74.0, 58.0
        self.wanted_m3h = 0.0
        self.bowl = 2.9
        self._glue_s = 0.0

    def hold(self, now: Now) -> None:
        """Tell the machines what the sequence asks for."""
        for machine in self.machines.values():
            machine.order = f"{now.order} {now.product.name}"
        change = {Phase.CHANGEOVER: LineState.CHANGEOVER, Phase.CLEANING: LineState.CLEANING}.get(now.phase)
        upstream = (self.rinser, self.filler, self.capper, self.inspector, self.labeller)
        for machine in upstream:
            machine.hold = change
        self.packer.hold = None if change is None else LineState.CHANGEOVER
        self.depalletiser.hold = LineState.CHANGEOVER if now.phase in {Phase.EMPTYING, *_HELD} else None

    def set_speed(self, speed: float) -> None:
        """Give every machine a set-point, bottles an hour."""
        for machine in self.machines.values():
            machine.setpoint = speed

    def step(self, dt_s: float, *, fed: bool, air: bool, volume_ml: float, level: float, ambient: float) -> list[str]:
        """Go on; returns what is asked of the vehicles: `full`, `empty`, `supplies`.

        Args:
            dt_s: Length of the step.
            fed: Whether there is product for the filler.
            air: Whether compressed air suffices.
            volume_ml: What goes into a bottle.
            level: Of the product tank, per cent.
            ambient: °C.
        """
        b1, b2, b3, b4 = self.belts
        depal = self.depalletiser.step(dt_s, offered=self.stock, room=b1.space, ready=air, pace=1.0, ambient=ambient)
        ready = fed and air and self.caps > 0.5 and all(map(self._fit, (self.rinser, self.capper, self.inspector)))
        filled = self.filler.step(dt_s, offered=b1.offered, room=b2.space, ready=ready, pace=1.0, ambient=ambient)
        self.rinser.follow(dt_s, self.filler, filled[0], ambient)
        inspected = self.inspector.follow(
            dt_s, self.filler, self.capper.follow(dt_s, self.filler, filled[1], ambient), ambient
        )
        labelled = self.labeller.step(
            dt_s, offered=b2.offered, room=b3.space, ready=self.labels > 0.5, pace=b2.pace, ambient=ambient
        )
        packed = self.packer.step(dt_s, offered=b3.offered, room=b4.space, ready=air, pace=b3.pace, ambient=ambient)
        taken = self.robot.step(dt_s, b4.waiting, ambient)
        self.stock -= depal[0]
        for belt, came, went in zip(
            self.belts,
            (depal[1], inspected, labelled[1], packed[1]),
            (filled[0], labelled[0], packed[0], taken),
            strict=True,
        ):
            belt.step(dt_s, came, went, ambient)
        self.caps -= filled[1] * _CAPS_EACH
        self.labels -= labelled[1] * _LABELS_EACH
        self.wanted_m3h = filled[0] * volume_ml * 1e-6 * 3600.0 / dt_s
        self._glue_s += dt_s
        self.bowl = 2.9 + 0.004 * (level - 60.0)
        self._details(volume_ml)
        return self._asked()

    def done(self, what: str) -> None:
        """Take what a vehicle has done."""
        if what == "took":
            self.place.waiting -= 1
        elif what == "brought":
            self.stock += BOTTLES_PER_PALLET
            self.delivered += BOTTLES_PER_PALLET
        elif what == "supplied":
            self.caps = self.labels = 100.0

    @property
    def inside(self) -> float:
        """Bottles at the depalletiser and on the belts."""
        return self.stock + sum(belt.total for belt in self.belts)

    @property
    def running(self) -> float:
        """Share of the rated speed, over all machines."""
        return sum(m.speed for m in self.machines.values()) / 12_000.0 / len(self.machines)

    @property
    def power_kw(self) -> float:
        """Electrical power."""
        drives = sum(m.motor.power for m in self.machines.values()) + sum(b.motor.power for b in self.belts)
        return drives + 0.5 + 6.5 * self.robot.load

    @staticmethod
    def _fit(machine: Machine) -> bool:
        return machine.wanted and not machine.jammed and machine.fault_jam <= 0.5

    def _asked(self) -> list[str]:
        asked = []
        if self.robot.pallet_picks >= PICKS_PER_LAYER * LAYERS and self.place.waiting < OUTFEED_PLACES:
            self.robot.pallet_picks = 0
            self.robot.pallet_there = True
            self.place.waiting += 1
            asked.append("full")
        if self.stock < _STOCK_MOST - BOTTLES_PER_PALLET:
            asked.append("empty")
        if min(self.caps, self.labels) < 25.0:
            asked.append("supplies")
        return asked

    def _details(self, volume_ml: float) -> None:
        gauss = self._rng.gauss
        speed = self.filler.speed
        self.filler.own = {
            "carousel": round(speed / FILLER_HEADS / 60.0, 3),
            "fill_volume": round(volume_ml + (self.bowl - 2.9) * 2.0 + gauss(0, 0.9), 2),
            "bowl_pressure": round(self.bowl + gauss(0, 0.01), 3),
        }
        self.rinser.own = {
            "carousel": round(self.rinser.speed / 40.0 / 60.0, 3),
            "water_pressure": round(2.4 + 0.4 * (speed < 60) + gauss(0, 0.02), 3),
        }
        self.capper.own = {
            "turret": round(self.capper.speed / CAPPER_HEADS / 60.0, 2),
            "torque": round(1.7 + gauss(0, 0.05), 3),
            "caps": round(max(0.0, self.caps), 2),
        }
        self.inspector.own = {
            "reject_rate": round(100.0 * self.inspector.reject_share + abs(gauss(0, 0.01)), 3),
            "light": round(92.0 + gauss(0, 0.2), 2),
        }
        self.labeller.own = {
            "labels": round(max(0.0, self.labels), 2),
            "glue_temperature": round(160.0 + 2.5 * math.sin(self._glue_s / 41.0) + gauss(0, 0.2), 2),
            "carousel": round(self.labeller.speed / 24.0 / 60.0, 3),
        }
        self.packer.own = {
            "cases": int(self.packer.produced / 12.0),
            "seal_temperature": round(182.0 + 1.5 * math.sin(self._glue_s / 29.0) + gauss(0, 0.3), 2),
        }
        layer, share = divmod(self.depalletiser.produced / 100.0, 1.0)
        self.depalletiser.own = {
            "gantry": round(1.5 - 0.17 * (layer % 8) * (1.0 - 0.4 * math.sin(math.pi * share)), 3),
            "arm": round(90.0 * math.cos(2.0 * math.pi * share), 1),
            "stock": int(self.stock),
        }
