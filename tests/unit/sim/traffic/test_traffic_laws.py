"""Each model against the theory of its law: rate, gaps, dispersion over scales, Hurst exponent."""

import math

import numpy as np
import pytest

from plantverse.errors import RequestInvalid
from plantverse.sim.traffic import (
    MODELS,
    EqualSizes,
    LogNormalSizes,
    MarkovModulated,
    ParetoOnOff,
    Periodic,
    Poisson,
    Traffic,
    TrafficModel,
    generate,
    make_model,
    make_traffic,
)
from plantverse.sim.traffic.events import stream
from plantverse.sim.traffic.measures import counts, dispersion, hurst, ks_distance
from plantverse.sim.traffic.onoff import pareto, residual


def run(model: TrafficModel, seconds: float, seed: int = 1) -> Traffic:
    return generate(model, EqualSizes(), seconds=seconds, seed=seed)


@pytest.mark.parametrize("name", MODELS)
def test_a_run_is_in_order_inside_its_time_on_its_topics_and_the_same_again(name: str) -> None:
    traffic = make_traffic(name, seconds=300, seed=3)
    assert (np.diff(traffic.at_s) >= 0).all()
    assert traffic.at_s[0] >= 0
    assert traffic.at_s[-1] < 300
    assert len(traffic.topics) == 100
    assert set(traffic.topic.tolist()) == set(range(100))
    again, other = make_traffic(name, seconds=300, seed=3), make_traffic(name, seconds=300, seed=4)
    for column in ("at_s", "topic", "size"):
        assert getattr(again, column).tobytes() == getattr(traffic, column).tobytes()
    assert other.at_s.tobytes() != traffic.at_s.tobytes()


@pytest.mark.parametrize("name", MODELS)
def test_other_sizes_leave_every_arrival_where_it_was(name: str) -> None:
    plain = make_traffic(name, seconds=50, seed=5, sizes=EqualSizes(size=16))
    assert plain.at_s.tobytes() == make_traffic(name, seconds=50, seed=5).at_s.tobytes()
    assert set(plain.size.tolist()) == {16}


@pytest.mark.parametrize("name", MODELS)
def test_the_rate_of_runs_of_half_a_million_messages_is_the_asked_one(name: str) -> None:
    # Bursts last at most seconds here, so that 1 % can be asked for; onoff's tail is light for the same reason.
    lighter = {"mmpp": {"calm_s": 0.9, "burst_s": 0.1}, "onoff": {"alpha": 1.8, "topic_count": 1000}}
    model = make_model(name, {"rate_per_s": 50, **lighter.get(name, {})})
    assert len(run(model, 10_000)) / 10_000 == pytest.approx(50, rel=0.01)


def test_poisson_gaps_are_exponential_and_counts_vary_as_they_should_at_every_scale() -> None:
    traffic = run(Poisson(rate_per_s=20), 20_000)
    assert ks_distance(np.diff(traffic.at_s), lambda t: -np.expm1(-20 * t)) < 0.005
    for span_s in (0.1, 1.0, 10.0, 100.0):
        spans = 20_000 / span_s
        assert abs(dispersion(traffic.at_s, 20_000, span_s) - 1) < 4 * math.sqrt(2 / spans)
    one = traffic.at_s[traffic.topic == 7]
    assert ks_distance(np.diff(one), lambda t: -np.expm1(-0.2 * t)) < 1.95 / math.sqrt(len(one))


def test_periodic_gaps_have_the_period_and_twice_the_variance_of_the_jitter() -> None:
    model = Periodic(rate_per_s=50, topic_count=10, jitter=0.05, drift_ppm=0)
    traffic = run(model, 4_000)
    gaps = np.diff(traffic.at_s[traffic.topic == 3])
    assert model.period_s == 0.2
    assert gaps.mean() == pytest.approx(0.2, rel=1e-4)
    assert gaps.std() == pytest.approx(0.2 * 0.05 * math.sqrt(2), rel=0.03)
    assert dispersion(traffic.at_s, 4_000, 10.0) < 0.02
    assert dispersion(traffic.at_s, 4_000, 0.01) > 0.5


def test_aligned_devices_send_at_once_and_drifting_clocks_part() -> None:
    together = run(Periodic(rate_per_s=10, topic_count=100, jitter=0, drift_ppm=0, aligned=True), 100)
    assert sorted(set(together.at_s.tolist())) == [float(t) for t in range(0, 100, 10)]
    apart = run(Periodic(rate_per_s=10, topic_count=100, jitter=0, drift_ppm=1_000, aligned=True), 10_000)
    assert apart.at_s[-100:].std() > 1.0


def test_bursts_have_the_dispersion_of_heffes_and_lucantoni() -> None:
    model = MarkovModulated(rate_per_s=40, burst=8, calm_s=2.0, burst_s=0.5)
    traffic = run(model, 50_000)
    assert len(traffic) / 50_000 == pytest.approx(40, rel=0.02)
    for span_s in (0.05, 0.5, 5.0, 50.0):
        assert dispersion(traffic.at_s, 50_000, span_s) == pytest.approx(model.dispersion(span_s), rel=0.1)
    assert model.dispersion(1e-9) == pytest.approx(1)


def test_gaps_of_bursts_follow_their_matrix_law() -> None:
    """P(gap > t) = p exp((Q - L) t) 1, where p is the state's share of the arrivals."""
    model = MarkovModulated(rate_per_s=40, burst=8, calm_s=2.0, burst_s=0.5)
    rates, jumps = np.diag(model.rates_per_s), np.array([[-0.5, 0.5], [2.0, -2.0]])
    share = np.array([0.8, 0.2]) @ rates / 40
    values, vectors = np.linalg.eig(jumps - rates)
    weights = (share @ vectors) * np.linalg.solve(vectors, np.ones(2))
    gaps = np.diff(run(model, 50_000).at_s)
    assert ks_distance(gaps, lambda t: 1 - np.exp(np.outer(t, values)) @ weights) < 0.02


@pytest.mark.parametrize(("alpha", "first_octave"), [(1.2, 6), (1.4, 5), (1.6, 5)])
def test_on_off_sources_have_the_hurst_exponent_of_their_tail(alpha: float, first_octave: int) -> None:
    model = ParetoOnOff(rate_per_s=10, topic_count=50, alpha=alpha)
    found = [hurst(counts(run(model, 2**16, seed).at_s, 2**16, 1.0), first_octave=first_octave)[0] for seed in range(4)]
    assert model.hurst == pytest.approx((3 - alpha) / 2)
    assert abs(np.mean(found) - model.hurst) < 0.03


def test_on_off_begins_in_equilibrium_and_sends_only_while_on() -> None:
    model = ParetoOnOff(rate_per_s=2_000, topic_count=4_000, alpha=1.3, on_s=1.0, off_s=3.0)
    traffic = run(model, 40)
    per_second = counts(traffic.at_s, 40, 1.0)
    assert per_second[0] == pytest.approx(2_000, rel=0.06)
    assert per_second[-10:].mean() == pytest.approx(2_000, rel=0.06)
    shortest = min(np.diff(traffic.at_s[traffic.topic == source]).min(initial=9.0) for source in range(50))
    assert shortest == pytest.approx(model.spacing_s, rel=1e-6)


def test_times_of_the_tail_have_their_mean_and_their_residual() -> None:
    drawn = pareto(2.0, 1.7, (1_000_000,), stream(1, 0))
    least = 2.0 * 0.7 / 1.7
    assert drawn.min() >= least
    assert ks_distance(drawn[:100_000], lambda t: 1 - (least / t) ** 1.7) < 0.006
    rest = residual(2.0, 1.7, 100_000, stream(1, 1))
    # Against its definition, the integrated tail over the mean: (1 / mean) * integral of P(T > u).
    grid = np.linspace(0, 60, 60_001)
    tail = np.where(grid < least, 1.0, (least / grid.clip(1e-9)) ** 1.7)
    law = np.concatenate(([0.0], np.cumsum((tail[1:] + tail[:-1]) / 2 * np.diff(grid)))) / 2.0
    assert ks_distance(rest[rest < 60], lambda t: np.interp(t, grid, law) / law[-1]) < 0.01


def test_sizes_have_their_median_spread_and_bounds() -> None:
    sizes = LogNormalSizes(median=200, sigma=0.5, low=50, high=5_000).draw(200_000, stream(2, 0))
    assert np.median(sizes) == pytest.approx(200, rel=0.01)
    assert np.log(sizes).std() == pytest.approx(0.5, rel=0.02)
    assert 50 <= sizes.min() <= sizes.max() <= 5_000


@pytest.mark.parametrize(
    ("name", "given", "named"),
    [
        ("poisson", {"rate_per_s": 0}, "rate_per_s"),
        ("poisson", {"rate_per_s": "fast"}, "rate_per_s"),
        ("poisson", {"topic_count": 0}, "topic_count"),
        ("poisson", {"topic_count": 2.5}, "topic_count"),
        ("periodic", {"jitter": 0.7}, "jitter"),
        ("periodic", {"aligned": "perhaps"}, "aligned"),
        ("periodic", {"drift_ppm": float("nan")}, "drift_ppm"),
        ("mmpp", {"burst": 0.5}, "burst"),
        ("mmpp", {"calm_s": float("inf")}, "calm_s"),
        ("onoff", {"alpha": 2.0}, "alpha"),
        ("onoff", {"hurst": 0.8}, "hurst"),
        ("sinus", {}, "model"),
    ],
)
def test_what_makes_no_sense_is_refused_by_name(name: str, given: dict[str, float], named: str) -> None:
    with pytest.raises(RequestInvalid) as refused:
        make_model(name, given)
    assert refused.value.field == named


@pytest.mark.parametrize("seconds", [0, -1, float("nan"), float("inf"), 1e9])
def test_no_run_without_length_or_end(seconds: float) -> None:
    with pytest.raises(RequestInvalid, match="seconds"):
        run(Poisson(), seconds)


def test_sizes_out_of_bounds_are_refused() -> None:
    for make in (lambda: EqualSizes(size=0), lambda: LogNormalSizes(low=9, high=8), lambda: LogNormalSizes(median=-1)):
        with pytest.raises(RequestInvalid):
            make()
