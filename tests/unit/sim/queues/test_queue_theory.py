"""The simulator against the textbook, within 2 %.

At a utilisation of 0.9 a mean needs some ten million jobs for that. There the engine is compared job by job with
Lindley's recursion, which numpy runs over as many.
"""

import numpy as np
import pytest

from doubles.one_queue import lindley, one_queue, poisson
from plantverse.errors import RequestInvalid
from plantverse.offload import make_policy
from plantverse.offload.queueing import (
    erlang_c,
    mm1_age_s,
    mm1_peak_age_s,
    mm1_sojourn_s,
    mmc_sojourn_s,
    sharing_sojourn_s,
)
from plantverse.sim.queues import FactoryResult, run_factory
from plantverse.sim.queues.stations import Sharing


def simulate(rho: float, count: int, seed: int, *, servers: int = 1, sharing: bool = False) -> FactoryResult:
    gaps_s, works = poisson(rho, count, seed, servers=servers)
    world = one_queue(gaps_s, works, servers=servers, sharing=sharing)
    return run_factory(world, make_policy("nearest"))


@pytest.mark.parametrize(("rho", "count"), [(0.3, 60_000), (0.6, 250_000)])
def test_mm1(rho: float, count: int) -> None:
    result = simulate(rho, count, seed=1)
    assert result.terms.latency_s == pytest.approx(mm1_sojourn_s(rho, 1.0), rel=0.02)
    assert result.terms.age_s == pytest.approx(mm1_age_s(rho, 1.0), rel=0.02)


def test_every_job_is_where_lindley_has_it_and_lindley_is_where_the_formula_is() -> None:
    gaps_s, works = poisson(0.9, 20_000, 2)
    result = run_factory(one_queue(gaps_s, works), make_policy("nearest"))
    times_s = lindley(gaps_s, works)
    assert result.terms.latency_s == pytest.approx(times_s.mean(), rel=1e-9)
    assert result.p99_latency_s == pytest.approx(np.quantile(times_s, 0.99), rel=1e-9)
    means = [lindley(*poisson(0.9, 2_000_000, seed)).mean() for seed in range(8)]
    assert np.mean(means) == pytest.approx(mm1_sojourn_s(0.9, 1.0), rel=0.02)


@pytest.mark.parametrize(("rho", "servers"), [(0.3, 4), (0.6, 4)])
def test_mmc(rho: float, servers: int) -> None:
    result = simulate(rho, 120_000, seed=3, servers=servers)
    assert result.terms.latency_s == pytest.approx(mmc_sojourn_s(rho * servers, 1.0, servers), rel=0.02)


@pytest.mark.parametrize(("rho", "count"), [(0.3, 60_000), (0.6, 250_000)])
def test_processor_sharing(rho: float, count: int) -> None:
    result = simulate(rho, count, seed=4, sharing=True)
    assert result.terms.latency_s == pytest.approx(sharing_sojourn_s(1.0, rho), rel=0.02)


def test_processor_sharing_does_not_mind_the_law_of_sizes() -> None:
    rng = np.random.default_rng(5)
    works = rng.choice([0.1, 9.1], 250_000, p=[0.9, 0.1])
    world = one_queue(rng.exponential(2.0, len(works)), works, sharing=True)
    assert run_factory(world, make_policy("nearest")).terms.latency_s == pytest.approx(2.0, rel=0.02)


def test_sharing_by_hand() -> None:
    """Two jobs of 2 and 1 cycles from 0 s on one server, a third of 1 from 1 s: they end at 4, 2.5 and 3.5 s."""
    station = Sharing(1, 1.0)
    station.arrive(0.0, 7, 2.0)
    station.arrive(0.0, 8, 1.0)
    event = station.arrive(1.0, 9, 1.0)
    outdated = station.finish(2.0, 2)
    assert outdated == (-1, None)
    ends = []
    while event is not None:
        at_s, token = event
        job, event = station.finish(at_s, token)
        ends.append((job, at_s))
    assert ends == [(8, pytest.approx(2.5)), (9, pytest.approx(3.5)), (7, pytest.approx(4.0))]


def test_formulas_agree_with_each_other() -> None:
    assert erlang_c(0.7, 1.0, 1) == pytest.approx(0.7)
    assert mmc_sojourn_s(0.7, 1.0, 1) == pytest.approx(mm1_sojourn_s(0.7, 1.0))
    assert mm1_age_s(0.531, 1.0) == pytest.approx(3.484, abs=1e-3)
    assert mm1_peak_age_s(0.3, 1.0) == pytest.approx(1 / 0.3 + 1 / 0.7)
    assert erlang_c(8.0, 1.0, 10) == pytest.approx(0.4092, abs=1e-4)  # printed in tables of Erlang C


@pytest.mark.parametrize("arrival", [0.0, 1.0, 2.0])
def test_no_steady_state(arrival: float) -> None:
    with pytest.raises(RequestInvalid, match="arrival"):
        mm1_sojourn_s(arrival, 1.0)
