"""Limits keep the rate that was asked for, on the quantile and on the tail."""

import numpy as np
import pytest

from plantverse.ai.detectors.limits import limit_of


@pytest.mark.parametrize("rate", [0.2, 0.05, 0.01])
def test_many_rows_give_the_conformal_quantile(rate: float) -> None:
    normal = np.random.default_rng(1).permutation(np.arange(2000.0))
    limit = limit_of(normal, rate)
    assert rate - 2 / 2000 <= (normal > limit).mean() <= rate


@pytest.mark.parametrize("draw", ["exponential", "chisquare"])
def test_few_rows_reach_beyond_what_was_seen_as_far_as_the_tail_goes(draw: str) -> None:
    rng = np.random.default_rng(2)
    sample = (lambda n: rng.chisquare(5, n)) if draw == "chisquare" else lambda n: getattr(rng, draw)(size=n)
    truth = sample(1_000_000)
    reached = [(truth > limit_of(sample(400), 0.001)).mean() for _ in range(40)]
    assert 0.0003 < np.median(reached) < 0.003


def test_a_limit_of_rows_all_alike_is_their_value() -> None:
    assert limit_of(np.full(50, 3.0), 0.001) == 3.0


def test_a_lower_rate_never_has_a_lower_limit() -> None:
    normal = np.random.default_rng(3).exponential(size=500)
    limits = [limit_of(normal, rate) for rate in (0.5, 0.1, 0.05, 0.02, 0.01, 0.001, 1e-4, 1e-6)]
    assert limits == sorted(limits)
