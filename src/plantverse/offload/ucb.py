# ruff: noqa: ARG002 -- the interface of policies names the arguments
"""Masked monotone-UCB: learns from the first request on which target is worth most, without training."""

from bisect import bisect_left
from collections.abc import Sequence
from math import inf, sqrt

from plantverse.offload.cost import fits
from plantverse.offload.work import REJECT, Outcome, Request, Route


class MonotoneUcb:
    """Takes the fitting target with the highest utility that is still possible after what was seen.

    Utility of one kind of work is taken to lie in [0, `ceiling`] and not to fall with demand. So what a target gave for
    a demand bounds what it can give for every smaller one; what is unseen counts as `ceiling`, and is tried. Of equal
    bounds the target with the most free units is taken.

    Args:
        ceiling: The highest utility there is.
        width: Half-width of the confidence interval after one observation; shrinks with the root of their number.
            0 trusts each observation, as fits utilities without noise.
    """

    name = "monotone-ucb"

    def __init__(self, *, ceiling: float = 1.0, width: float = 0.0) -> None:
        self._ceiling = ceiling
        self._width = width
        self._seen: dict[tuple[str, str], _Envelope] = {}

    def decide(self, request: Request, routes: Sequence[Route], now_s: float) -> int:
        """Return the target with the highest bound, or reject what fits nowhere."""
        best, best_bound, best_free = REJECT, -inf, -inf
        for index, route in enumerate(routes):
            if not fits(request, route):
                continue
            target = route.target
            envelope = self._seen.get((request.kind, target.name))
            bound = self._ceiling if envelope is None else envelope.at(request.demand, self._ceiling)
            free = target.capacity - target.used
            if bound > best_bound or (bound == best_bound and free > best_free):
                best, best_bound, best_free = index, bound, free
        return best

    def learn(self, request: Request, outcome: Outcome) -> None:
        """Tighten the bounds of the target by what it gave; a loss counts as nothing given."""
        key = (request.kind, outcome.target)
        if key not in self._seen:
            self._seen[key] = _Envelope()
        self._seen[key].add(request.demand, outcome.utility, self._width)


class _Envelope:
    """Upper bounds of one target: demands seen, in rising order, and the lowest bound at or above each."""

    __slots__ = ("_bounds", "_counts", "_demands", "_means")

    def __init__(self) -> None:
        self._demands: list[float] = []
        self._means: list[float] = []
        self._counts: list[int] = []
        self._bounds: list[float] = []

    def at(self, demand: float, ceiling: float) -> float:
        place = bisect_left(self._demands, demand)
        return min(self._bounds[place], ceiling) if place < len(self._bounds) else ceiling

    def add(self, demand: float, utility: float, width: float) -> None:
        place = bisect_left(self._demands, demand)
        if place == len(self._demands) or self._demands[place] != demand:
            self._demands.insert(place, demand)
            self._means.insert(place, 0.0)
            self._counts.insert(place, 0)
            self._bounds.insert(place, inf)
        self._counts[place] += 1
        self._means[place] += (utility - self._means[place]) / self._counts[place]
        lowest = inf
        for i in range(len(self._demands) - 1, -1, -1):
            lowest = min(lowest, self._means[i] + width / sqrt(self._counts[i]))
            self._bounds[i] = lowest
