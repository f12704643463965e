"""The myopic prophet: a yardstick that knows the truth about now, and nothing about later."""

from collections.abc import Callable, Sequence
from math import inf

from plantverse.offload.cost import fits
from plantverse.offload.work import REJECT, Outcome, Request, Route

Truth = Callable[[Request, Route, float], float]
"""True worth of placing a request on a route now; higher is better."""


class Prophet:
    """Takes the fitting target with the highest true worth. It cannot be run live, and it is no upper bound.

    Args:
        truth: What the simulator knows and no policy could.
    """

    name = "prophet"

    def __init__(self, truth: Truth) -> None:
        self._truth = truth

    def decide(self, request: Request, routes: Sequence[Route], now_s: float) -> int:
        """Return the best; of equals the one with the most free units."""
        best, best_worth, best_free = REJECT, -inf, -inf
        for index, route in enumerate(routes):
            if not fits(request, route):
                continue
            worth = self._truth(request, route, now_s)
            free = route.target.capacity - route.target.used
            if worth > best_worth or (worth == best_worth and free > best_free):
                best, best_worth, best_free = index, worth, free
        return best

    def learn(self, request: Request, outcome: Outcome) -> None:
        """Ignore it; everything is known."""
