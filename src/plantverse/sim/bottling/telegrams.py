"""Which messages the devices send at a moment: who is due, what gets lost, JSON or bare values."""

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final

from plantverse.sim.bottling.faults import KINDS
from plantverse.sim.bottling.plant import GATEWAY_ID, PLACES_TOPIC, SIM_ID, TOPIC, TRUTH_TOPIC
from plantverse.sim.bottling.showing import showing
from plantverse.sim.bottling.world import BottlingWorld

SCALARS: Final = frozenset({"hall/climate-1", "hall/climate-2", "hall/weather"})
"""Devices with one topic for each value, the value bare."""

_TRUTH_S: Final = 10.0


def every(twin_id: str) -> int:
    """Return that a device sends once in so many ticks: what moves often, what is slow seldom."""
    if twin_id.startswith("logistics/agv") or twin_id == "palletising/robot":
        return 1
    if twin_id in SCALARS or twin_id in {GATEWAY_ID, SIM_ID, "utilities/main-meter", "logistics/warehouse"}:
        return 10
    if twin_id.startswith("line/") or twin_id.endswith("-pump"):
        return 2
    return 5


class Telegrams:
    """What the plant sends, tick by tick.

    Args:
        world: The plant.
        tick_s: Length of a tick in real seconds.
    """

    def __init__(self, world: BottlingWorld, tick_s: float) -> None:
        self._world, self._tick_s = world, tick_s
        self._due = [(twin_id, every(twin_id), i) for i, twin_id in enumerate(world.units)]
        self._tick = 0
        self._sent = 0
        self._rate = 0.0
        self._loss: dict[str, float] = {}
        self._told: dict[str, dict[str, Any]] = {}
        self._places = ""
        self.factor = 1.0
        self.lag_s = 0.0

    def take(self, stamp_ms: int) -> Iterator[tuple[str, str]]:
        """Yield (topic, payload) of the messages that are due now.

        Args:
            stamp_ms: The devices' time, ms since 1970.
        """
        begun = self._sent
        for twin_id, payload in self.due():
            if twin_id in SCALARS:
                for path, value in payload.items():
                    yield f"{TOPIC}/{twin_id}/{path}", str(value)
                self._sent += len(payload)
            else:
                yield f"{TOPIC}/{twin_id}", _text(stamp_ms, payload)
                self._sent += 1
        self._rate += 0.05 * ((self._sent - begun) / self._tick_s - self._rate)

    def due(self) -> Iterator[tuple[str, dict[str, Any]]]:
        """Go on by one tick and yield (twin, what it says) of the devices that speak now and are heard."""
        self._tick += 1
        for twin_id, seldom, offset in self._due:
            if (self._tick + offset) % seldom == 0 and not self._lost(twin_id):
                yield twin_id, self._world.payload(twin_id)
        if self._tick % 5 == 0:
            yield GATEWAY_ID, self.gateway()
            yield SIM_ID, self.simulation()

    def truths(self) -> Iterator[tuple[str, str]]:
        """Yield (topic, payload) of what is true of the faults and was not said yet; all of it now and then."""
        # A fault that grows changes all the time; once a second tells enough.
        if self._tick % round(_TRUTH_S / self._tick_s) == 0:
            self._told.clear()
        seldom = self._seldom
        for kind in KINDS:
            truth = self._world.faults.truth(kind)
            known = self._told.get(kind)
            if known == truth or (seldom and known is not None and len(known["faults"]) == len(truth["faults"])):
                continue
            self._told[kind] = truth
            yield f"{TRUTH_TOPIC}/{kind}", json.dumps(truth, separators=(",", ":"))

    def gateway(self) -> dict[str, Any]:
        """Return what the gateway says."""
        worst = max(self._loss, key=lambda twin: self._loss[twin], default="")
        return {
            "rate": round(self._rate, 1),
            "loss": round(self._loss.get(worst, 0.0), 1),
            "devices": len(self._due),
            "worst": worst or "none",
        }

    def simulation(self) -> dict[str, Any]:
        """Return what the simulation says of itself: the ground truth."""
        world = self._world
        standing = [f"{fault.kind} at {fault.place}" for fault in world.faults.standing.values()]
        return {
            "elapsed": round(world.elapsed_s / 3600.0, 4),
            "factor": self.factor,
            "lag": round(self.lag_s, 1),
            "phase": world.plan.phase.name,
            "left": round(world.plan.left_s / 60.0, 1),
            "active": len(standing),
            "faults": ", ".join(standing) or "none",
            "product": world.plan.product.name,
            "shift": world.shift,
            "clock": datetime.fromtimestamp(world.now_s, UTC).strftime("%Y-%m-%d %H:%M"),
        }

    def places(self) -> str:
        """Return for their topic where each kind of fault can be, and where one that begins now shows soon."""
        faults = self._world.faults
        self._places = json.dumps(
            {"places": _places({kind: faults.places(kind) for kind in KINDS}), "shows": _places(showing(self._world))}
        )
        return self._places

    def new_places(self) -> Iterator[tuple[str, str]]:
        """Yield (topic, payload) of the places where they are not those told before; looks once a second."""
        before = self._places
        if not self._seldom and self.places() != before:
            yield PLACES_TOPIC, self._places

    @property
    def _seldom(self) -> bool:
        """Whether this tick is none of those that come once a second."""
        return self._tick % max(1, round(1.0 / self._tick_s)) != 0

    def _lost(self, twin_id: str) -> bool:
        lost = self._world.faults.lost(twin_id)
        if lost or twin_id in self._loss:
            before = self._loss.get(twin_id, 0.0)
            self._loss[twin_id] = before + 0.1 * (100.0 * lost - before)
            if not lost and self._loss[twin_id] < 0.5:
                del self._loss[twin_id]
        return lost


def _places(by_kind: Mapping[str, Sequence[str]]) -> str:
    return "; ".join(f"{kind}: {' '.join(places)}" for kind, places in by_kind.items())


def _text(stamp_ms: int, payload: dict[str, Any]) -> str:
    return json.dumps({"ts": stamp_ms, **payload}, separators=(",", ":"))
