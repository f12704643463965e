"""What traffic is judged by: dispersion over scales, Hurst exponent, gaps, and the delay it causes in a queue."""

from collections.abc import Callable

import numpy as np

from plantverse.errors import RequestInvalid
from plantverse.sim.traffic.events import F64


def counts(at_s: F64, seconds: float, span_s: float) -> F64:
    """Return messages per whole span of `span_s` within [0, seconds); float64, shape (spans,)."""
    spans = int(seconds / span_s + 1e-9)
    edges = np.searchsorted(at_s, np.arange(spans + 1) * span_s)
    return np.diff(edges).astype(np.float64)


def dispersion(at_s: F64, seconds: float, span_s: float) -> float:
    """Return variance over mean of the counts in spans of `span_s`: 1 for Poisson, more for bursts.

    Raises:
        RequestInvalid: Fewer than two spans fit.
    """
    found = counts(at_s, seconds, span_s)
    if len(found) < 2 or not found.any():
        raise RequestInvalid("span_s", expected="at least two spans and one message", got=span_s)
    return float(found.var(ddof=1) / found.mean())


def hurst(series: F64, *, first_octave: int = 4, least: int = 16) -> tuple[float, float]:
    """Return the Hurst exponent of counts in equal spans, and its standard error.

    Haar wavelet details d(j, k) of octave j have E d^2 ~ 2^(j (2H - 1)). The slope of log2 of their mean over j is
    fitted with weights n_j, the number of details of an octave; the bias of log2 of a mean of n_j squares,
    psi(n_j / 2) / ln 2 - log2(n_j / 2) ~ -1 / (n_j ln 2), is taken off.

    Args:
        series: float64, shape (n,): counts per span.
        first_octave: Finer scales are left out: there a process looks like its sources, not like its limit.
        least: Details that an octave must have.

    Raises:
        RequestInvalid: Fewer than three octaves remain.

    Source:
        Abry and Veitch, IEEE Trans. Information Theory 44(1), 1998.
    """
    octaves, energies, weights = [], [], []
    level, octave = np.asarray(series, np.float64), 0
    while len(level) >= 2 * least:
        octave += 1
        pairs = level[: len(level) // 2 * 2].reshape(-1, 2)
        detail = (pairs[:, 0] - pairs[:, 1]) / np.sqrt(2)
        level = pairs.sum(axis=1) / np.sqrt(2)
        energy = float((detail**2).mean())
        if octave >= first_octave and energy > 0:
            octaves.append(octave)
            energies.append(np.log2(energy) + 1 / (len(detail) * np.log(2)))
            weights.append(len(detail))
    if len(octaves) < 3:
        raise RequestInvalid("series", expected=f"at least three octaves from {first_octave} on", got=len(series))
    x, y, w = np.array(octaves, np.float64), np.array(energies), np.array(weights, np.float64)
    centre = (w * x).sum() / w.sum()
    spread = (w * (x - centre) ** 2).sum()
    slope = float((w * (x - centre) * y).sum() / spread)
    # The variance of log2 of a mean of n squares is near 2 / n, divided by ln 2 twice; the fit is weighted by these n.
    error = float(np.sqrt(2 / np.log(2) ** 2 / spread))
    return (slope + 1) / 2, error / 2


def ks_distance(sample: F64, law: Callable[[F64], F64]) -> float:
    """Return the largest distance between the sample's distribution and a law's, in [0, 1] (Kolmogorov-Smirnov)."""
    ordered = np.sort(sample)
    n = len(ordered)
    expected = law(ordered)
    above = np.arange(1, n + 1) / n - expected
    below = expected - np.arange(n) / n
    return float(max(above.max(), below.max()))


def waits(at_s: F64, service_s: F64) -> F64:
    """Return how long each message waits before one server that takes them in order; seconds, shape (n,).

    W(0) = 0, W(k + 1) = max(0, W(k) + S(k) - gap(k)), solved at once: with U the running sum of S - gap,
    W = U - min(0, running minimum of U).

    Source:
        Lindley, Proc. Cambridge Phil. Soc. 48, 1952.
    """
    if not len(at_s):
        return np.empty(0)
    steps = np.concatenate(([0.0], np.cumsum(service_s[:-1] - np.diff(at_s))))
    waited: F64 = steps - np.minimum.accumulate(steps)
    return waited
