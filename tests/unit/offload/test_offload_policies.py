"""What each policy chooses, and why."""

from dataclasses import replace

import pytest

from plantverse.offload import REJECT, Link, Outcome, Request, Route, Target, Tier, make_policy
from plantverse.offload.prophet import Prophet
from plantverse.offload.rules import ShortestCompletion
from plantverse.offload.ucb import MonotoneUcb

REQUEST = Request(kind="asp", twin="a", generated_s=0.0, work=1e9, demand=100.0, deadline_s=0.5)


def routes() -> list[Route]:
    return [
        Route(Target(name="device", tier=Tier.DEVICE, capacity=100, speed=1e9)),
        Route(Target(name="far", capacity=900, used=700, speed=5e9), Link(delay_s=0.05)),
        Route(Target(name="near", capacity=400, used=100, speed=4e9), Link(delay_s=0.01)),
        Route(Target(name="cloud", tier=Tier.CLOUD, capacity=9000, used=4500, speed=8e9), Link(delay_s=0.2)),
    ]


@pytest.mark.parametrize(
    ("name", "chosen"),
    [("local", 0), ("nearest", 2), ("cloud", 3), ("least-loaded", 0), ("crash-avoid", 3), ("jsec", 2)],
)
def test_choice(name: str, chosen: int) -> None:
    assert make_policy(name).decide(REQUEST, routes(), 0.0) == chosen


def test_round_robin_takes_turns_and_skips_the_dead() -> None:
    policy, all_routes = make_policy("round-robin"), routes()
    all_routes[2].target.alive = False
    assert [policy.decide(REQUEST, all_routes, 0.0) for _ in range(6)] == [0, 1, 3, 0, 1, 3]


def test_random_takes_each_alike() -> None:
    policy = make_policy("random", seed=3)
    chosen = [policy.decide(REQUEST, routes(), 0.0) for _ in range(4000)]
    assert all(900 < chosen.count(index) < 1100 for index in range(4))


def test_jsec_joins_a_longer_way_when_the_queue_says_so() -> None:
    all_routes = routes()
    for _ in range(2):
        all_routes[2].target.commit(REQUEST, 0.0)
    assert make_policy("jsec").decide(REQUEST, all_routes, 0.0) == 1


@pytest.mark.parametrize("name", ["least-loaded", "crash-avoid", "jsec", "monotone-ucb"])
def test_what_fits_nowhere_is_rejected(name: str) -> None:
    assert make_policy(name).decide(replace(REQUEST, demand=1e5), routes(), 0.0) == REJECT


def test_what_cannot_be_in_time_is_rejected_if_asked_for() -> None:
    late = replace(REQUEST, work=1e10)
    assert ShortestCompletion().decide(late, routes(), 0.0) == 3
    assert ShortestCompletion(deadline=True).decide(late, routes(), 0.0) == REJECT
    assert ShortestCompletion(deadline=True).decide(REQUEST, routes(), 0.0) == 2


def gave(policy: MonotoneUcb, target: str, demand: float, utility: float) -> None:
    policy.learn(replace(REQUEST, demand=demand), Outcome(target=target, latency_s=1.0, utility=utility))


def test_ucb_bounds_smaller_demands_by_larger_ones() -> None:
    policy, two = MonotoneUcb(), [Route(Target(name="a")), Route(Target(name="b"))]
    gave(policy, "a", 200.0, 0.4)
    gave(policy, "b", 150.0, 0.3)
    assert policy.decide(replace(REQUEST, demand=100.0), two, 0.0) == 0
    assert policy.decide(replace(REQUEST, demand=180.0), two, 0.0) == 1, "b may still be worth 1 there"
    gave(policy, "b", 180.0, 0.35)
    assert policy.decide(replace(REQUEST, demand=180.0), two, 0.0) == 0


def test_ucb_keeps_kinds_apart() -> None:
    policy, two = MonotoneUcb(), [Route(Target(name="a")), Route(Target(name="b"))]
    gave(policy, "a", 100.0, 0.0)
    assert policy.decide(REQUEST, two, 0.0) == 1
    assert policy.decide(replace(REQUEST, kind="other"), two, 0.0) == 0


def test_ucb_with_noise_tries_again_before_it_gives_up() -> None:
    sure, careful = MonotoneUcb(), MonotoneUcb(width=1.0)
    two = [Route(Target(name="a")), Route(Target(name="b"))]
    for policy in (sure, careful):
        gave(policy, "a", 100.0, 0.2)
        for _ in range(100):
            gave(policy, "b", 100.0, 0.5)
    assert sure.decide(REQUEST, two, 0.0) == 1
    assert careful.decide(REQUEST, two, 0.0) == 0


def test_the_prophet_knows() -> None:
    worth = {"device": 0.1, "far": 0.9, "near": 0.3, "cloud": 0.2}
    prophet = Prophet(lambda _request, route, _now_s: worth[route.target.name])
    assert prophet.decide(REQUEST, routes(), 0.0) == 1
