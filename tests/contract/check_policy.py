"""What every offloading policy must do, as checks that take a maker of fresh ones.

A new policy gets a line in test_policy.py.
"""

import copy
import pickle
from collections.abc import Callable, Sequence
from dataclasses import replace
from math import inf

from plantverse.offload import DEFER, REJECT, Link, Outcome, Policy, Request, Route, Target, Tier, decide_all

MakePolicy = Callable[[], Policy]

REQUEST = Request(
    kind="anomaly", twin="hall/pump-1", generated_s=0.0, work=2e8, demand=1.0, input_bits=5e5, output_bits=1e3,
    deadline_s=0.3, model="pca-3",
)  # fmt: skip


def plant() -> list[Route]:
    """Return a device, three edge nodes of different size and distance, and a cloud."""
    near, far = Link(up_bit_s=1e8, down_bit_s=1e8, delay_s=1e-3), Link(up_bit_s=1e8, delay_s=0.02)
    return [
        Route(Target(name="device", tier=Tier.DEVICE, capacity=4, speed=1e9)),
        Route(Target(name="edge-1", capacity=8, speed=1e10, servers=2), near),
        Route(Target(name="edge-2", capacity=6, speed=1e10, sharing=True), Link(up_bit_s=5e7, delay_s=2e-3)),
        Route(Target(name="edge-3", capacity=2, speed=2e10, load_s={"pca-3": 1.0}), Link(up_bit_s=1e8, delay_s=3e-3)),
        Route(Target(name="cloud", tier=Tier.CLOUD, capacity=inf, speed=3e10, servers=64), far),
    ]


def drive(policy: Policy, routes: Sequence[Route], count: int = 200) -> list[int]:
    """Return the actions on a stream of requests; each placed one ends, well or lost, before the next but three."""
    actions: list[int] = []
    for number in range(count):
        now_s = number * 0.01
        request = replace(REQUEST, generated_s=now_s, work=1e8 + 1e7 * (number % 7), demand=1.0 + number % 2)
        action = policy.decide(request, routes, now_s)
        actions.append(action)
        if action >= 0:
            target = routes[action].target
            done_s = target.commit(request, now_s + routes[action].link.up_s(request))
            lost = number % 13 == 0
            latency_s = inf if lost else done_s - now_s
            utility = 0.0 if lost else max(0.0, 1 - latency_s)
            policy.learn(request, Outcome(target=target.name, latency_s=latency_s, utility=utility, lost=lost))
            if number % 4 == 3:
                for route in routes:
                    route.target.observe(used=0.0, running=0, free_at_s=[now_s] * route.target.servers)
    return actions


def actions_are_routes_or_refusals(make: MakePolicy) -> None:
    routes = plant()
    actions = drive(make(), routes)
    assert all(action in {REJECT, DEFER, *range(len(routes))} for action in actions)
    assert any(action >= 0 for action in actions), "it does place work"


def the_same_calls_give_the_same_actions(make: MakePolicy) -> None:
    assert drive(make(), plant()) == drive(make(), plant())


def it_never_changes_what_it_sees(make: MakePolicy) -> None:
    routes, policy = plant(), make()
    for route in routes:
        route.target.commit(REQUEST, 0.0)
    before = copy.deepcopy(routes)
    for now_s in (0.0, 1.0, 2.0):
        policy.decide(REQUEST, routes, now_s)
    assert routes == before


def the_dead_are_never_chosen(make: MakePolicy) -> None:
    for dead in range(5):
        routes, policy = plant(), make()
        drive(policy, routes, 50)
        routes[dead].target.alive = False
        assert dead not in drive(policy, routes, 50)


def nothing_alive_is_a_refusal(make: MakePolicy) -> None:
    routes, policy = plant(), make()
    drive(policy, routes, 20)
    for route in routes:
        route.target.alive = False
    assert policy.decide(REQUEST, routes, 1.0) in {REJECT, DEFER}
    assert policy.decide(REQUEST, [], 1.0) in {REJECT, DEFER}


def a_node_that_returns_with_an_old_clock_is_survived(make: MakePolicy) -> None:
    routes, policy = plant(), make()
    drive(policy, routes, 20)
    assert policy.decide(replace(REQUEST, generated_s=-1e9), routes, -1e9) in {REJECT, DEFER, *range(5)}


def a_batch_is_its_requests_in_turn(make: MakePolicy) -> None:
    requests = [replace(REQUEST, demand=1.0 + n % 2) for n in range(12)]
    routes, single = plant(), make()
    one_by_one = []
    for request in requests:
        action = single.decide(request, routes, 0.0)
        if action >= 0:
            routes[action].target.commit(request, routes[action].link.up_s(request))
        one_by_one.append(action)
    assert decide_all(make(), requests, plant(), 0.0) == one_by_one


def learning_survives_a_target_it_never_saw(make: MakePolicy) -> None:
    policy = make()
    policy.learn(REQUEST, Outcome(target="edge-9", latency_s=0.1, utility=0.5))
    assert policy.decide(REQUEST, plant(), 0.0) in {REJECT, DEFER, *range(5)}


def it_can_be_stored_and_goes_on_where_it_was(make: MakePolicy) -> None:
    policy = make()
    drive(policy, plant(), 60)
    again = pickle.loads(pickle.dumps(policy))
    assert drive(again, plant(), 60) == drive(policy, plant(), 60)


CHECKS = (
    actions_are_routes_or_refusals,
    the_same_calls_give_the_same_actions,
    it_never_changes_what_it_sees,
    the_dead_are_never_chosen,
    nothing_alive_is_a_refusal,
    a_node_that_returns_with_an_old_clock_is_survived,
    a_batch_is_its_requests_in_turn,
    learning_survives_a_target_it_never_saw,
    it_can_be_stored_and_goes_on_where_it_was,
)
