"""Every policy passes the battery, and a second one of its kind is one small class."""

from collections.abc import Callable, Sequence

import pytest

from contract import check_policy
from plantverse.offload import (
    POLICIES,
    REJECT,
    Outcome,
    Policy,
    Request,
    Route,
    completion_s,
    fits,
    make_policy,
)
from plantverse.offload.prophet import Prophet
from plantverse.offload.rules import ShortestCompletion


def earliest(request: Request, route: Route, now_s: float) -> float:
    return -completion_s(request, route, now_s)


class FirstThatFits:
    name = "first-that-fits"

    def decide(self, request: Request, routes: Sequence[Route], now_s: float) -> int:
        return next((i for i, route in enumerate(routes) if fits(request, route)), REJECT)

    def learn(self, request: Request, outcome: Outcome) -> None:
        pass


MAKERS: dict[str, Callable[[], Policy]] = {
    **{name: (lambda name=name: make_policy(name, seed=7)) for name in POLICIES},
    "jsec-deadline": lambda: ShortestCompletion(deadline=True),
    "prophet": lambda: Prophet(earliest),
    "dummy": FirstThatFits,
}


@pytest.mark.parametrize("check", check_policy.CHECKS, ids=lambda check: check.__name__)
@pytest.mark.parametrize("name", MAKERS)
def test_policy(name: str, check: Callable[[check_policy.MakePolicy], None]) -> None:
    check(MAKERS[name])


class Meddler(FirstThatFits):
    def decide(self, request: Request, routes: Sequence[Route], now_s: float) -> int:
        for route in routes:
            route.target.used = 0.0
        return 0


@pytest.mark.parametrize(
    "check",
    [
        check_policy.it_never_changes_what_it_sees,
        check_policy.the_dead_are_never_chosen,
        check_policy.nothing_alive_is_a_refusal,
    ],
)
def test_the_battery_finds_a_bad_policy(check: Callable[[check_policy.MakePolicy], None]) -> None:
    with pytest.raises(AssertionError):
        check(Meddler)
