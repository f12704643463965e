"""ASP selection as an event simulation: providers that crash when they are overloaded."""

from dataclasses import dataclass, field
from heapq import heappop, heappush

import numpy as np

from plantverse.offload import Outcome, Policy, Request, Route, Target
from plantverse.sim.queues.presets import AspPreset

CRASH_COST = 2.0
"""Reward lost by a crash, and by each running job that had just begun [R]."""


@dataclass(frozen=True, slots=True)
class Utility:
    """Worth of a job for one provider: 0 up to `low`, rising linearly to `top` at `high` steps, flat above [R]."""

    low: float
    high: float
    top: float

    def __call__(self, steps: float) -> float:
        return self.top * min(1.0, max(0.0, (steps - self.low) / (self.high - self.low)))


@dataclass(frozen=True, slots=True, kw_only=True)
class AspWorld:
    """Providers and arrivals, drawn once, so that all policies meet the same.

    Args:
        capacities: Of each provider, in steps.
        utilities: Of each provider.
        arrivals_s: When jobs arrive, rising.
        demands: Of each job, in steps.
    """

    capacities: tuple[int, ...]
    utilities: tuple[Utility, ...]
    arrivals_s: tuple[float, ...]
    demands: tuple[int, ...]

    @classmethod
    def draw(cls, preset: AspPreset, seed: int, *, load: float = 1.0) -> "AspWorld":
        """Return the world of a seed; `load` presses the same number of jobs into a shorter horizon."""
        rng = np.random.default_rng(seed)
        count = preset.providers
        low, high = rng.integers(0, 10, count) * 10, rng.integers(15, 25, count) * 10
        top = (rng.integers(10, 20, count) - rng.integers(0, 10, count)) * 0.05
        jobs = int(rng.poisson(preset.rate * preset.horizon_s))
        times = np.sort(rng.uniform(0, preset.horizon_s / load, jobs))
        return cls(
            capacities=tuple(int(c) for c in rng.choice(preset.capacities, count)),
            utilities=tuple(Utility(*map(float, row)) for row in zip(low, high, top, strict=True)),
            arrivals_s=(0.0, *(float(t) for t in times)),
            demands=tuple(int(d) for d in rng.choice(preset.demands, jobs + 1)),
        )

    def truth(self, request: Request, route: Route, now_s: float) -> float:  # noqa: ARG002 -- shape of a Truth
        """Return the true utility of a placement, for the prophet."""
        return self.utilities[int(route.target.name)](request.demand)


@dataclass(slots=True, kw_only=True)
class AspResult:
    """What an episode came to.

    Args:
        jobs: Jobs that arrived.
        reward: Utilities minus the cost of crashes.
        crashes: Providers overloaded.
        lost: Jobs lost in crashes, those that caused them included.
        rejected: Jobs refused.
    """

    jobs: int = 0
    reward: float = 0.0
    crashes: int = 0
    lost: int = 0
    rejected: int = 0


def runtime_s(steps: float) -> float:
    """Return how long a job runs: 4.1 h at 100 steps, 11.2 h at 250 [R]."""
    return 60 * (0.001 * steps**2 + 2.5 * steps - 14)


@dataclass(slots=True)
class _Provider:
    target: Target
    running: dict[int, tuple[float, float]] = field(default_factory=dict)  # job -> start, end
    ends: list[tuple[float, int, float]] = field(default_factory=list)  # heap of end, job, demand

    def finish_until(self, now_s: float) -> None:
        while self.ends and self.ends[0][0] <= now_s:
            _, job, demand = heappop(self.ends)
            del self.running[job]
            self.target.used -= demand

    def start(self, job: int, demand: float, now_s: float) -> None:
        end_s = now_s + runtime_s(demand)
        self.running[job] = now_s, end_s
        heappush(self.ends, (end_s, job, demand))
        self.target.used += demand

    def crash(self, now_s: float) -> tuple[float, int]:
        """Lose everything; return the reward lost and the number of running jobs lost."""
        cost, lost = CRASH_COST, len(self.running)
        for start_s, end_s in self.running.values():
            cost += CRASH_COST * (end_s - now_s) / (end_s - start_s)
        self.running.clear()
        self.ends.clear()
        self.target.used = 0.0
        return cost, lost


def run_asp(world: AspWorld, policy: Policy, *, may_reject: bool = False) -> AspResult:
    """Run one episode.

    Args:
        world: Providers and arrivals.
        policy: Decides; it learns the utility of each job when the job is placed, as in the published benchmark.
        may_reject: Whether a job may be refused (a deferred one is refused too). Otherwise a job that the policy
            does not place goes to the provider with the most free steps, and overloads it where it does not fit.
    """
    providers = [_Provider(Target(name=str(i), capacity=float(c))) for i, c in enumerate(world.capacities)]
    routes = [Route(p.target) for p in providers]
    result = AspResult(jobs=len(world.demands))
    for job, (now_s, demand) in enumerate(zip(world.arrivals_s, world.demands, strict=True)):
        for each in providers:
            each.finish_until(now_s)
        request = Request(kind="asp", twin="", generated_s=now_s, work=runtime_s(demand), demand=float(demand))
        action = policy.decide(request, routes, now_s)
        if action < 0:
            if may_reject:
                result.rejected += 1
                continue
            action = max(range(len(routes)), key=lambda i: routes[i].target.capacity - routes[i].target.used)
        provider = providers[action]
        name = provider.target.name
        if demand > provider.target.capacity - provider.target.used:
            cost, lost = provider.crash(now_s)
            result.reward -= cost
            result.crashes += 1
            result.lost += lost + 1
            # The crash says that the provider was full, not what it is worth.
            continue
        provider.start(job, demand, now_s)
        utility = world.utilities[action](demand)
        result.reward += utility
        policy.learn(request, Outcome(target=name, latency_s=request.work, utility=utility))
    return result
