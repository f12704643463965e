"""The factory: what is drawn, what overflows, what is deferred, and that load is felt."""

from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache

import numpy as np
import pytest

from doubles.one_queue import one_queue
from plantverse.offload import DEFER, REJECT, Outcome, Policy, Request, Route, make_policy
from plantverse.sim.queues import FactoryPreset, FactoryResult, FactoryTruth, FactoryWorld, run_factory
from plantverse.sim.queues.age import Ages


@lru_cache
def world(load: float) -> FactoryWorld:
    return FactoryWorld.draw(FactoryPreset(), 1, load=load, horizon_s=8.0)


def run(name: str, load: float) -> FactoryResult:
    truth = FactoryTruth()
    return run_factory(world(load), make_policy(name, seed=1, truth=truth), truth=truth)


@pytest.mark.parametrize("load", [0.3, 0.8, 1.2])
def test_the_load_is_what_was_asked_for(load: float) -> None:
    drawn = world(load)
    preset = drawn.preset
    cycles = sum(preset.classes[c].work for c in drawn.classes)
    capacity = preset.edges * preset.edge_servers * preset.edge_hz
    assert cycles / 8.0 / capacity == pytest.approx(load, rel=0.15)
    assert drawn.stretch.mean() == pytest.approx(1.0, rel=0.02)
    assert (np.diff(drawn.times_s) >= 0).all()


@pytest.mark.parametrize("name", ["nearest", "random", "local"])
def test_load_moves_latency(name: str) -> None:
    latencies = [run(name, load).terms.latency_s for load in (0.3, 0.8, 1.2)]
    assert latencies[0] < latencies[1] < latencies[2]


def test_looking_at_queues_beats_not_looking() -> None:
    results = {
        name: run(name, 0.8) for name in ("local", "nearest", "cloud", "random", "round-robin", "jsec", "prophet")
    }
    best = results["jsec"]
    assert all(best.terms.latency_s < results[n].terms.latency_s / 2 for n in results if n not in {"jsec", "prophet"})
    assert best.terms.latency_s == pytest.approx(results["prophet"].terms.latency_s, rel=0.1)
    assert min(best.kept.values()) > 0.99
    assert best.p99_peak_age_s < 0.15


def test_shares_add_up() -> None:
    result = run("random", 0.3)
    assert sum(result.placed.values()) + result.rejected / result.jobs == pytest.approx(1)
    assert result.terms.lost == (result.lost + result.rejected) / result.jobs


def test_the_same_world_gives_the_same_result() -> None:
    assert run("random", 0.3) == run("random", 0.3)


class Waits:
    """Defers until the queue is empty enough, or for ever."""

    name = "waits"

    def __init__(self, room: float) -> None:
        self.room = room
        self.outcomes: list[Outcome] = []

    def decide(self, request: Request, routes: Sequence[Route], now_s: float) -> int:
        return 1 if routes[1].target.used <= self.room else DEFER

    def learn(self, request: Request, outcome: Outcome) -> None:
        self.outcomes.append(outcome)


def queue(policy: Policy, *, deadline_s: float = 100.0, room: int = 10**9) -> FactoryResult:
    drawn = one_queue(np.array([0.0, 0.0, 0.0, 5.0]), np.ones(4))
    (job,) = drawn.preset.classes
    preset = replace(drawn.preset, queue=room, classes=(replace(job, deadline_s=deadline_s),))
    return run_factory(replace(drawn, preset=preset), policy)


def test_deferred_work_is_asked_about_again() -> None:
    policy = Waits(0.0)
    result = queue(policy)
    assert (result.rejected, result.lost) == (0, 0)
    assert [o.latency_s for o in policy.outcomes] == pytest.approx([1, 2, 3, 1], abs=0.05)


def test_what_is_deferred_past_its_deadline_is_refused() -> None:
    result = queue(Waits(0.0), deadline_s=0.5)
    assert (result.rejected, result.jobs) == (2, 4)


def test_what_does_not_fit_is_lost_and_told() -> None:
    policy = Waits(1e9)
    result = queue(policy, room=2)
    assert (result.lost, result.terms.lost) == (1, 0.25)
    assert [o.utility for o in policy.outcomes if o.lost] == [0.0]


class Refuses(Waits):
    def decide(self, request: Request, routes: Sequence[Route], now_s: float) -> int:
        return REJECT


def test_all_refused_is_no_result() -> None:
    result = queue(Refuses(0))
    assert (result.rejected, result.terms.lost, result.terms.latency_s, result.kept["job"]) == (4, 1.0, np.inf, 0.0)


def test_age_by_hand() -> None:
    """Updates of 0, 1 and 3 s arrive at 1, 2 and 5 s, one of 0.5 s too late to count; until 6 s."""
    ages = Ages(1)
    for generated_s, latency_s in ((3.0, 2.0), (0.0, 1.0), (1.0, 1.0), (0.5, 3.0), (5.5, 9.0)):
        ages.deliver(0, generated_s, latency_s)
    mean_s, p99_s = ages.summary(6.0)
    assert mean_s == pytest.approx((1.5 * 1 + 2.5 * 3) / 4)
    assert p99_s == pytest.approx(np.quantile([2.0, 4.0], 0.99))
    assert Ages(1).summary(6.0) == (np.inf, np.inf)
