"""Predicted latency, the queue of a target, and the objective."""

from dataclasses import replace
from math import inf

import pytest

from plantverse.errors import RequestInvalid
from plantverse.offload import (
    Energy,
    Link,
    Request,
    Route,
    Target,
    Terms,
    Weights,
    completion_s,
    fits,
    latency_s,
    make_policy,
)

REQUEST = Request(kind="score", twin="a", generated_s=10.0, work=2e9, input_bits=1e6, output_bits=5e5, model="pca")


def test_latency_is_the_sum_of_its_parts() -> None:
    target = Target(name="edge", speed=1e9, load_s={"pca": 0.7, "other": 9.0})
    link = Link(up_bit_s=1e6, down_bit_s=1e6, delay_s=0.1)
    assert completion_s(REQUEST, Route(target, link), 11.0) == pytest.approx(11 + 1.1 + 0.7 + 2 + 0.6)
    assert latency_s(REQUEST, Route(target, link), 11.0) == pytest.approx(5.4)
    assert latency_s(replace(REQUEST, model=""), Route(target), 11.0) == pytest.approx(3.0)


def test_a_target_fills_server_after_server() -> None:
    target = Target(name="edge", speed=1e9, servers=2)
    assert [target.commit(REQUEST, 0.0) for _ in range(5)] == [2, 2, 4, 4, 6]
    assert target.finish_s(REQUEST, 5.0) == 7.0, "one server is free by then"
    assert target.used == 5


def test_sharing_slows_everybody() -> None:
    target = Target(name="edge", speed=1e9, servers=2, sharing=True)
    assert [target.commit(REQUEST, 0.0) for _ in range(4)] == [2, 2, 3, 4]


def test_a_heart_beat_replaces_what_was_assumed() -> None:
    target = Target(name="edge", speed=1e9, servers=2)
    target.commit(REQUEST, 0.0)
    target.observe(used=3.0, running=2, free_at_s=[9.0, 8.0])
    assert (target.used, target.finish_s(REQUEST, 0.0)) == (3.0, 10.0)


def test_fits() -> None:
    route = Route(Target(name="edge", capacity=2.0, used=1.0))
    assert fits(REQUEST, route)
    assert not fits(replace(REQUEST, demand=1.5), route)
    route.target.alive = False
    assert not fits(REQUEST, route)


def test_the_objective_weighs_every_term() -> None:
    terms = Terms(latency_s=1.0, age_s=2.0, missed=0.5, energy_j=10.0, lost=0.1)
    assert Weights().objective(terms) == pytest.approx(1 + 2 + 0.5 + 1 + 0.5)
    assert Weights(latency=0, age=0, missed=0, energy=0, lost=0).objective(terms) == 0


def test_energy_is_work_here_and_bits_elsewhere() -> None:
    assert Energy().of(REQUEST, on_device=True) == pytest.approx(2.0)
    assert Energy().of(REQUEST, on_device=False) == pytest.approx(0.01)


@pytest.mark.parametrize("name", ["fastest", "prophet"])
def test_an_unknown_policy_and_a_prophet_without_truth(name: str) -> None:
    with pytest.raises(RequestInvalid, match="one of local, nearest"):
        make_policy(name)


def test_no_deadline_is_none_at_all() -> None:
    assert REQUEST.deadline_s == inf
