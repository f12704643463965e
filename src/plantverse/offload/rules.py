# ruff: noqa: ARG002 -- the interface of policies names the arguments
"""Policies that follow a rule and learn nothing.

The plain ones (local, nearest, cloud, random, round-robin) ignore load on purpose: they are the yardsticks from below.
The others look at room first and reject what fits nowhere.
"""

from collections.abc import Callable, Sequence
from math import inf
from random import Random

from plantverse.offload.cost import completion_s, fits
from plantverse.offload.work import REJECT, Outcome, Request, Route, Tier


class _Rule:
    def learn(self, request: Request, outcome: Outcome) -> None:
        """Ignore it."""


class Tiered(_Rule):
    """The closest living target of one tier by delay; rejects where that tier has none.

    Args:
        name: Name of the policy.
        tier: The only tier used.
    """

    def __init__(self, name: str, tier: Tier) -> None:
        self.name = name
        self._tier = tier

    def decide(self, request: Request, routes: Sequence[Route], now_s: float) -> int:
        """Return the closest of the tier."""
        best, best_delay = REJECT, inf
        for index, route in enumerate(routes):
            if route.target.tier is self._tier and route.target.alive and route.link.delay_s < best_delay:
                best, best_delay = index, route.link.delay_s
        return best


class RandomChoice(_Rule):
    """Any living target, all equally likely.

    Args:
        rng: Source of the choice.
    """

    name = "random"

    def __init__(self, rng: Random) -> None:
        self._rng = rng

    def decide(self, request: Request, routes: Sequence[Route], now_s: float) -> int:
        """Return one by chance."""
        living = [index for index, route in enumerate(routes) if route.target.alive]
        return self._rng.choice(living) if living else REJECT


class RoundRobin(_Rule):
    """The living targets in turn."""

    name = "round-robin"

    def __init__(self) -> None:
        self._next = 0

    def decide(self, request: Request, routes: Sequence[Route], now_s: float) -> int:
        """Return the next in turn."""
        count = len(routes)
        for step in range(count):
            index = (self._next + step) % count
            if routes[index].target.alive:
                self._next = index + 1
                return index
        return REJECT


class _Least(_Rule):
    """The fitting target with the lowest score; rejects what fits nowhere."""

    def __init__(self, name: str, score: Callable[[Request, Route, float], float]) -> None:
        self.name = name
        self._score = score

    def decide(self, request: Request, routes: Sequence[Route], now_s: float) -> int:
        """Return the lowest; of equals the first."""
        best, best_score = REJECT, inf
        for index, route in enumerate(routes):
            if fits(request, route) and (score := self._score(request, route, now_s)) < best_score:
                best, best_score = index, score
        return best


def least_loaded() -> _Least:
    """Return the policy that takes the target with the smallest share of its capacity in use."""
    return _Least("least-loaded", _share_used)


def crash_avoid() -> _Least:
    """Return the policy that takes the target with the most free units, the baseline of the published benchmark."""
    return _Least("crash-avoid", _minus_free)


def _share_used(_request: Request, route: Route, _now_s: float) -> float:
    return route.target.used / route.target.capacity


def _minus_free(_request: Request, route: Route, _now_s: float) -> float:
    return route.target.used - route.target.capacity


class ShortestCompletion(_Rule):
    """Join the shortest expected completion: the fitting target from which the result is back first.

    Args:
        deadline: Reject what no target can finish in time, instead of finishing it late.
    """

    name = "jsec"

    def __init__(self, *, deadline: bool = False) -> None:
        self._deadline = deadline

    def decide(self, request: Request, routes: Sequence[Route], now_s: float) -> int:
        """Return the earliest; of equals the one with the most free units."""
        best, best_s, best_free = REJECT, inf, -inf
        for index, route in enumerate(routes):
            if not fits(request, route):
                continue
            done_s = completion_s(request, route, now_s)
            free = route.target.capacity - route.target.used
            if done_s < best_s or (done_s == best_s and free > best_free):
                best, best_s, best_free = index, done_s, free
        if self._deadline and best_s > request.generated_s + request.deadline_s:
            return REJECT
        return best
