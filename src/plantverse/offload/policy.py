"""The one interface of every policy, whether it is a rule, a bandit or learned, live or simulated."""

from collections.abc import Sequence
from typing import Protocol

from plantverse.offload.work import Outcome, Request, Route


class Policy(Protocol):
    """Decides where a request goes.

    A policy reads no clock and draws random numbers only from a generator that it was given, so that the same calls
    give the same decisions. It never changes a target: who places the request does (`Target.commit`).
    """

    name: str

    def decide(self, request: Request, routes: Sequence[Route], now_s: float) -> int:
        """Return the index of a route whose target is alive, or `REJECT`, or `DEFER`.

        Args:
            request: The work.
            routes: The candidates of this asker, maybe none; the order stays the same from call to call.
            now_s: The time of the decision on the asker's clock.
        """
        ...

    def learn(self, request: Request, outcome: Outcome) -> None:
        """Take note of what became of a request that was placed; rules ignore it."""
        ...


def decide_all(policy: Policy, requests: Sequence[Request], routes: Sequence[Route], now_s: float) -> list[int]:
    """Return one action per request of a batch; each sees the load that the earlier ones add.

    The targets are changed by that: the caller places the requests as decided.
    """
    actions = []
    for request in requests:
        action = policy.decide(request, routes, now_s)
        if action >= 0:
            routes[action].target.commit(request, now_s + routes[action].link.up_s(request))
        actions.append(action)
    return actions
