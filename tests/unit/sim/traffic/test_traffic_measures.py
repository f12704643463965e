"""The measures on data whose answer is known, and a queue against its theory."""

import math

import numpy as np
import pytest

from plantverse.errors import RequestInvalid
from plantverse.sim.traffic import EqualSizes, Poisson, generate
from plantverse.sim.traffic.events import stream
from plantverse.sim.traffic.measures import counts, dispersion, hurst, ks_distance, waits


def test_waits_of_a_queue_by_hand() -> None:
    assert waits(np.array([0.0, 1.0, 1.5, 9.0]), np.array([2.0, 2.0, 1.0, 1.0])).tolist() == [0.0, 1.0, 2.5, 0.0]
    assert waits(np.empty(0), np.empty(0)).tolist() == []


@pytest.mark.parametrize("load", [0.5, 0.7, 0.9])
def test_waits_behind_poisson_arrivals_are_those_of_m_m_1(load: float) -> None:
    """Mean load / (mu - lambda) and P(W > t) = load exp(-(mu - lambda) t)."""
    traffic = generate(Poisson(rate_per_s=load), EqualSizes(), seconds=1_000_000, seed=11)
    waited = waits(traffic.at_s, stream(11, 9).exponential(size=len(traffic)))
    assert waited.mean() == pytest.approx(load / (1 - load), rel=0.08)
    assert np.percentile(waited, 99) == pytest.approx(math.log(load / 0.01) / (1 - load), rel=0.08)
    assert (waited == 0).mean() == pytest.approx(1 - load, abs=0.01)


def test_hurst_of_white_noise_is_one_half_and_a_ramp_of_octaves_is_found() -> None:
    noise = stream(3, 0).normal(size=2**16)
    exponent, error = hurst(noise)
    assert abs(exponent - 0.5) < 4 * error
    # Fractional noise by its spectrum, f^(1 - 2H): not made by anything of ours.
    shape = np.fft.rfft(stream(4, 0).normal(size=2**18))
    shape[1:] *= np.arange(1, len(shape)) ** (0.5 - 0.8)
    shape[0] = 0
    exponent, _ = hurst(np.fft.irfft(shape))
    assert exponent == pytest.approx(0.8, abs=0.02)


def test_too_short_a_series_has_no_exponent_and_too_few_spans_no_dispersion() -> None:
    with pytest.raises(RequestInvalid, match="octaves"):
        hurst(np.ones(100))
    with pytest.raises(RequestInvalid, match="span_s"):
        dispersion(np.array([0.1, 0.2]), 1.0, 0.8)
    with pytest.raises(RequestInvalid, match="span_s"):
        dispersion(np.empty(0), 10.0, 1.0)


def test_counts_and_distance_by_hand() -> None:
    assert counts(np.array([0.0, 0.5, 1.0, 2.9]), 3.0, 1.0).tolist() == [2, 1, 1]
    assert ks_distance(np.array([0.5]), lambda t: t) == 0.5
    assert ks_distance(np.array([0.25, 0.75]), lambda t: t) == 0.25
