"""Who drives where: orders from the line, free vehicles, docks and chargers."""

from collections import deque
from random import Random
from typing import Any, Final

from plantverse.sim.bottling.agv import Agv, Job
from plantverse.sim.bottling.parts import Motor, Passive
from plantverse.sim.bottling.routes import DEPALLETISER, DOCKS, HOMES, PALLET, SUPPLIES, Reservations

STOCK_EMPTY: Final = 60
STOCK_FULL: Final = 24


class Traffic(Passive):
    """The four vehicles, their orders and the warehouse."""

    def __init__(self, rng: Random) -> None:
        self._rng = rng
        self.zones = Reservations()
        self.vehicles = {
            f"agv-{i + 1}": Agv(f"agv-{i + 1}", home, rng, Motor(3000.0, 0.8, rng), self.zones, soc=93.0 - 9.0 * i)
            for i, home in enumerate(HOMES)
        }
        self.waiting: deque[Job] = deque()
        self.empty, self.full, self.shipped, self.made = STOCK_EMPTY, STOCK_FULL, 0, 0
        self._dock = 0

    def order(self, kind: str) -> None:
        """Ask for a transport: `full` pallets leave the robot, `empty` bottles and `supplies` come to the line."""
        self.made += 1
        self._dock = (self._dock + 1) % len(DOCKS)
        dock = DOCKS[self._dock]
        name = f"T{self.made:05d} {kind}"
        station = {"full": PALLET, "empty": DEPALLETISER, "supplies": SUPPLIES}[kind]
        fetch, bring = (station, dock) if kind == "full" else (dock, station)
        self.waiting.append(Job(name, fetch, bring))

    def asked(self, kind: str) -> int:
        """Return how many transports of a kind wait or are on their way."""
        running = [v.job for v in self.vehicles.values() if v.job is not None]
        return sum(job.name.endswith(kind) for job in (*self.waiting, *running))

    def step(self, dt_s: float, ambient: float) -> list[str]:
        """Go on; returns what was done: `took` a full pallet, `brought` bottles, `supplied` caps and labels."""
        done = []
        for vehicle in self.vehicles.values():
            job = vehicle.job
            vehicle.step(dt_s, ambient)
            if vehicle.arrived is not None and job is not None:
                done += self._done(job, vehicle)
        self._dispatch()
        return done

    def _done(self, job: Job, vehicle: Agv) -> list[str]:
        if vehicle.arrived == PALLET:
            return ["took"]
        if vehicle.arrived in {DEPALLETISER, SUPPLIES}:
            vehicle.go_home()
            return ["brought" if vehicle.arrived == DEPALLETISER else "supplied"]
        if job.fetch == PALLET:
            self.full += 1
            vehicle.go_home()
            if self.full > STOCK_FULL + 8:
                self.full -= 8
                self.shipped += 8
        elif job.bring == DEPALLETISER:
            self.empty += 29 if self.empty < STOCK_EMPTY // 2 else -1
        return []

    def _dispatch(self) -> None:
        """Send the free vehicle with the least work so far; a station gets one at a time: nobody blocks the ring."""
        taken = {node for v in self.vehicles.values() if v.job is not None for node in (v.job.fetch, v.job.bring)}
        for job in list(self.waiting):
            if job.fetch in taken or job.bring in taken:
                continue
            free = [v for v in self.vehicles.values() if v.free]
            if not free:
                return
            min(free, key=lambda v: (v.jobs_done, v.name)).send(job)
            taken |= {job.fetch, job.bring}
            self.waiting.remove(job)

    def payload(self) -> dict[str, Any]:
        return {
            "empty_pallets": self.empty,
            "full_pallets": self.full,
            "shipped": self.shipped,
            "waiting": len(self.waiting),
            "on_the_way": sum(v.job is not None for v in self.vehicles.values()),
        }


class Charger(Passive):
    """A charger with two outlets."""

    def __init__(self, vehicles: list[Agv], rng: Random) -> None:
        self._vehicles, self._rng = vehicles, rng
        self._energy = 0.0
        self.power = 0.0
        self.temperature = 26.0

    def step(self, dt_s: float, ambient: float) -> None:
        """Go on."""
        self.power = sum(v.charging_kw for v in self._vehicles) / 0.94
        self._energy += self.power * dt_s / 3600.0
        self.temperature += (ambient + 3.0 + 2.2 * self.power - self.temperature) * min(1.0, dt_s / 300.0)

    def payload(self) -> dict[str, Any]:
        return {
            "power": round(self.power, 3),
            "energy": round(self._energy, 3),
            "charging": sum(v.charging_kw > 0 for v in self._vehicles),
            "temperature": round(self.temperature + self._rng.gauss(0, 0.05), 2),
        }
