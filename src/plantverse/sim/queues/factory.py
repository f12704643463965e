"""Devices, edge nodes and a cloud as an event simulation: links, queues, heart-beats and the age of twins."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from heapq import heappop, heappush
from math import inf

import numpy as np
from numpy.typing import NDArray

from plantverse.offload import DEFER, Energy, Link, Outcome, Policy, Request, Route, Target, Terms, Tier, completion_s
from plantverse.sim.queues.age import Ages
from plantverse.sim.queues.factory_world import FactoryWorld
from plantverse.sim.queues.presets import FactoryPreset, WorkClass
from plantverse.sim.queues.stations import Fifo, Sharing, Station

RETRY_S = 0.01
"""How soon a deferred request is asked about again."""

_REACH, _FINISH, _AGAIN = 0, 1, 2


@dataclass(slots=True, kw_only=True)
class FactoryResult:
    """What an episode came to.

    Args:
        terms: The parts of the objective.
        jobs: Requests that arrived.
        p99_latency_s: Of what was done.
        p99_peak_age_s: Of the twins' age just before a state update is delivered.
        kept: Per class, the share of its requests that were done within the deadline.
        placed: Per tier, the share of requests placed there.
        error: Median of |realised - predicted| / realised latency, as predicted at the decision.
        lost: Requests lost by overflow.
        rejected: Requests refused, those included that were deferred past their deadline.
    """

    terms: Terms
    jobs: int
    p99_latency_s: float
    p99_peak_age_s: float
    kept: dict[str, float]
    placed: dict[str, float]
    error: float
    lost: int
    rejected: int


@dataclass(slots=True)
class _Node:
    station: Station
    seen: Target
    room: float


@dataclass(slots=True)
class _Job:
    request: Request
    device: int
    kind: int
    work: float
    node: int = -1
    link: Link = field(default_factory=Link)
    predicted_s: float = inf


def run_factory(
    world: FactoryWorld, policy: Policy, *, truth: "FactoryTruth | None" = None, energy: Energy | None = None
) -> FactoryResult:
    """Run one episode to the last result.

    Args:
        world: Nodes, links and arrivals.
        policy: Decides on what the last heart-beat said and on its own placements since.
        truth: What a prophet was made with; it looks into this run from now on.
        energy: What work and transmission cost a device.
    """
    episode = _Run(world, policy, energy or Energy())
    if truth is not None:
        truth.attach(episode.nodes)
    return episode.run()


class FactoryTruth:
    """What the prophet knows: the true queues at this moment, not those of the last heart-beat."""

    def __init__(self) -> None:
        self._nodes: dict[str, _Node] = {}

    def attach(self, nodes: Iterable[_Node]) -> None:
        """Look into the nodes of the run that begins."""
        self._nodes = {node.seen.name: node for node in nodes}

    def __call__(self, request: Request, route: Route, now_s: float) -> float:
        """Return minus the time at which the result would be back."""
        node = self._nodes[route.target.name]
        node.seen.observe(used=node.seen.used, running=node.station.present, free_at_s=node.station.free_at_s(now_s))
        return -completion_s(request, route, now_s)


class _Run:
    """One episode; the methods are the events."""

    def __init__(self, world: FactoryWorld, policy: Policy, energy: Energy) -> None:
        self._world, self._policy, self._energy = world, policy, energy
        self.nodes = _nodes(world.preset, len(world.homes))
        self._routes = [self._routes_of(device) for device in range(len(world.homes))]
        self._jobs: dict[int, _Job] = {}
        self._events: list[tuple[float, int, int, int]] = []
        self._beat_s = 0.0
        self._log = _Log(world.preset.classes, len(world.homes))

    def _routes_of(self, device: int) -> tuple[list[Route], list[int]]:
        preset, home = self._world.preset, self._world.homes[device]
        edges = [len(self._world.homes) + (home + i) % preset.edges for i in range(preset.edges)]
        order = [device, *edges, len(self.nodes) - 1]
        return [Route(self.nodes[n].seen, k) for n, k in zip(order, self._world.links[device], strict=True)], order

    def run(self) -> FactoryResult:
        world, classes = self._world, self._world.preset.classes
        columns = zip(
            world.times_s.tolist(), world.devices.tolist(), world.classes.tolist(), world.stretch.tolist(), strict=True
        )
        for number, (now_s, device, kind, stretch) in enumerate(columns):
            self._events_until(now_s)
            work = classes[kind]
            request = Request(
                kind=work.kind, twin=str(device), generated_s=now_s, work=work.work, input_bits=work.input_bits,
                output_bits=work.output_bits, deadline_s=work.deadline_s,
            )  # fmt: skip
            self._log.asked[kind] += 1
            self._jobs[number] = _Job(request, device, kind, work.work * stretch)
            self._decide(number, now_s)
        self._events_until(inf)
        return self._log.result(float(world.times_s[-1]) if len(world.times_s) else 0.0, len(world.times_s))

    def _events_until(self, until_s: float) -> None:
        events = self._events
        while events and events[0][0] <= until_s:
            now_s, what, number, node = heappop(events)
            if what == _FINISH:
                self._finish(now_s, number, node)
            elif what == _REACH:
                self._reach(now_s, number)
            else:
                self._decide(number, now_s)

    def _beat(self, now_s: float) -> None:
        self._beat_s = now_s + self._world.preset.heartbeat_s
        for node in self.nodes:
            seen, station = node.seen, node.station
            seen.observe(used=seen.used, running=station.present, free_at_s=station.free_at_s(now_s))

    def _decide(self, number: int, now_s: float) -> None:
        if now_s >= self._beat_s:
            self._beat(now_s)
        job = self._jobs[number]
        request = job.request
        routes, order = self._routes[job.device]
        action = self._policy.decide(request, routes, now_s)
        if action == DEFER and now_s + RETRY_S < request.generated_s + request.deadline_s:
            heappush(self._events, (now_s + RETRY_S, _AGAIN, number, 0))
            return
        if action < 0:
            self._log.rejected += 1
            del self._jobs[number]
            return
        route = routes[action]
        reach_s = now_s + route.link.up_s(request)
        job.node, job.link = order[action], route.link
        job.predicted_s = route.target.commit(request, reach_s) + route.link.down_s(request) - request.generated_s
        self._log.placed[route.target.tier] += 1
        self._log.energy_j += self._energy.of(request, on_device=route.target.tier is Tier.DEVICE)
        if reach_s > now_s:
            heappush(self._events, (reach_s, _REACH, number, 0))
        else:
            self._reach(now_s, number)

    def _reach(self, now_s: float, number: int) -> None:
        job = self._jobs[number]
        node = self.nodes[job.node]
        if node.station.present + job.request.demand > node.room:
            self._close(number, inf)
            return
        event = node.station.arrive(now_s, number, job.work)
        if event is not None:
            heappush(self._events, (event[0], _FINISH, event[1], job.node))

    def _finish(self, now_s: float, token: int, node: int) -> None:
        number, event = self.nodes[node].station.finish(now_s, token)
        if event is not None:
            heappush(self._events, (event[0], _FINISH, event[1], node))
        if number >= 0:
            job = self._jobs[number]
            self._close(number, now_s + job.link.down_s(job.request))

    def _close(self, number: int, back_s: float) -> None:
        job = self._jobs.pop(number)
        request = job.request
        seen = self.nodes[job.node].seen
        seen.used -= request.demand
        seen.running -= seen.sharing
        latency_s = back_s - request.generated_s
        lost = back_s == inf
        self._log.note(job, latency_s)
        utility = 0.0 if lost else max(0.0, 1 - latency_s / request.deadline_s)
        self._policy.learn(request, Outcome(target=seen.name, latency_s=latency_s, utility=utility, lost=lost))


def _nodes(preset: FactoryPreset, devices: int) -> list[_Node]:
    def node(name: str, tier: Tier, servers: int, speed: float) -> _Node:
        sharing = preset.edge_sharing and tier is Tier.EDGE
        room = float(preset.queue * servers)
        seen = Target(name=name, tier=tier, capacity=room, speed=speed, servers=servers, sharing=sharing)
        return _Node((Sharing if sharing else Fifo)(servers, speed), seen, room)

    return [
        *(node(f"device-{d}", Tier.DEVICE, 1, preset.device_hz) for d in range(devices)),
        *(node(f"edge-{e}", Tier.EDGE, preset.edge_servers, preset.edge_hz) for e in range(preset.edges)),
        node("cloud", Tier.CLOUD, preset.cloud_servers, preset.cloud_hz),
    ]


class _Log:
    """What happened, in lists that are summed up at the end."""

    def __init__(self, classes: tuple[WorkClass, ...], devices: int) -> None:
        self.rejected = 0
        self.energy_j = 0.0
        self.placed = dict.fromkeys(Tier, 0)
        self._classes = classes
        self.asked = [0] * len(classes)
        self._latencies: list[float] = []
        self._kinds: list[int] = []
        self._predicted: list[float] = []
        self._ages = Ages(devices)
        self._lost = 0

    def note(self, job: _Job, latency_s: float) -> None:
        if latency_s == inf:
            self._lost += 1
            return
        self._latencies.append(latency_s)
        self._kinds.append(job.kind)
        self._predicted.append(job.predicted_s)
        if job.kind == 0:
            self._ages.deliver(job.device, job.request.generated_s, latency_s)

    def result(self, end_s: float, jobs: int) -> FactoryResult:
        latency, kinds = np.array(self._latencies), np.array(self._kinds, dtype=int)
        deadlines = np.array([c.deadline_s for c in self._classes])
        late = latency > deadlines[kinds]
        mean_age_s, p99_peak_s = self._ages.summary(end_s)
        count = max(1, jobs)
        return FactoryResult(
            terms=Terms(
                latency_s=float(latency.mean()) if len(latency) else inf,
                age_s=mean_age_s,
                missed=float(late.sum()) / count,
                energy_j=self.energy_j / count,
                lost=(self._lost + self.rejected) / count,
            ),
            jobs=jobs,
            p99_latency_s=float(np.quantile(latency, 0.99)) if len(latency) else inf,
            p99_peak_age_s=p99_peak_s,
            kept={c.kind: self._kept(i, late, kinds) for i, c in enumerate(self._classes)},
            placed={tier.name.lower(): n / count for tier, n in self.placed.items()},
            error=float(np.median(np.abs(latency - np.array(self._predicted)) / latency)) if len(latency) else inf,
            lost=self._lost,
            rejected=self.rejected,
        )

    def _kept(self, kind: int, late: NDArray[np.bool_], kinds: NDArray[np.int64]) -> float:
        return float(((kinds == kind) & ~late).sum()) / self.asked[kind] if self.asked[kind] else 1.0
