"""Pareto ON-OFF traffic: bursts of every length, so that averaging over longer spans does not smooth it."""

from dataclasses import dataclass

import numpy as np

from plantverse.errors import RequestInvalid
from plantverse.sim.traffic.events import F64, I32, positive
from plantverse.sim.traffic.poisson import check_topics


@dataclass(frozen=True, slots=True, kw_only=True)
class ParetoOnOff:
    """Sources that send at a constant rate while ON, for Pareto-distributed times, and nothing while OFF.

    P(ON > t) = (m / t)^alpha for t >= m, with mean alpha m / (alpha - 1) and, for 1 < alpha < 2, infinite variance; OFF
    times are exponential. The sum of many such sources is asymptotically self-similar with Hurst exponent
    H = (3 - alpha) / 2, which the heavier of the two tails decides: the variance of the mean over spans t falls as
    t^(2H - 2) only, and the index of dispersion grows as t^(2H - 1) without a plateau. Silences of equal tail would
    give the same H, but so slowly that over 2^13 mean ON times 0.84 instead of 0.80 is found.

    Every source begins in equilibrium: ON with probability on / (on + off), and its first ON time has the residual law
    P(R <= x) = x / mean for x <= m, else 1 - (m / x)^(alpha - 1) / alpha. Without that, a run would begin with a burst
    that dies out only slowly. A source's messages are equally spaced in its ON time, with a random phase, so that its
    rate is exact.

    Args:
        rate_per_s: Messages per second of all sources together, on average.
        topic_count: How many sources, each with its topic.
        alpha: Tail exponent of the ON times, above 1 and below 2; 1.4 gives H = 0.8.
        on_s, off_s: Mean times.

    Source:
        Taqqu, Willinger and Sherman, ACM SIGCOMM CCR 27(2), 1997; Willinger et al., IEEE/ACM ToN 5(1),
        1997 (Ethernet sources are of this kind); Cox, Renewal Theory, 1962 (residual time).
    """

    rate_per_s: float = 100.0
    topic_count: int = 100
    alpha: float = 1.4
    on_s: float = 1.0
    off_s: float = 4.0

    def __post_init__(self) -> None:
        for name in ("rate_per_s", "on_s", "off_s"):
            positive(name, getattr(self, name))
        check_topics(self.topic_count)
        if not 1 < self.alpha < 2:
            raise RequestInvalid("alpha", expected="above 1 and below 2", got=self.alpha)

    @property
    def hurst(self) -> float:
        """The Hurst exponent of the sum, in (0.5, 1)."""
        return (3 - self.alpha) / 2

    @property
    def spacing_s(self) -> float:
        """Seconds between the messages of a source that is ON."""
        return self.topic_count / self.rate_per_s * self.on_s / (self.on_s + self.off_s)

    def arrivals(self, seconds: float, rng: np.random.Generator) -> tuple[F64, I32]:
        """Return ascending times in [0, seconds) and a topic number for each."""
        begin_s, length_s, owner = self._on_times(seconds, rng)
        # One clock that runs through the ON times of all sources, one after the other; it ticks every `spacing_s`.
        clock_s = np.cumsum(length_s)
        first = np.searchsorted(owner, np.arange(self.topic_count + 1))
        reached = np.concatenate(([0.0], clock_s))[first]
        phase = rng.random(self.topic_count)
        ticks = np.ceil(np.diff(reached) / self.spacing_s - phase).clip(0).astype(np.int64)
        source = np.repeat(np.arange(self.topic_count, dtype=np.int32), ticks)
        number = np.arange(len(source)) - np.repeat(np.cumsum(ticks) - ticks, ticks)
        at_clock_s = reached[source] + (number + phase[source]) * self.spacing_s
        interval = np.searchsorted(clock_s, at_clock_s, side="right").clip(max=max(0, len(clock_s) - 1))
        at_s = begin_s[interval] + at_clock_s - (clock_s[interval] - length_s[interval])
        order = np.argsort(at_s)
        at_s, source = at_s[order], source[order]
        inside = slice(0, int(np.searchsorted(at_s, seconds)))
        return at_s[inside], source[inside]

    def _on_times(self, seconds: float, rng: np.random.Generator) -> tuple[F64, F64, I32]:
        """Return begin, length (cut at the end of the run) and source of every ON time, by source, then time."""
        sources = self.topic_count
        is_on = rng.random(sources) < self.on_s / (self.on_s + self.off_s)
        # Columns are OFF, ON, OFF, ON ...; a source that begins ON has nothing in the first. The rest of an exponential
        # time is as long as a whole one.
        off_s = np.where(is_on, 0.0, rng.exponential(self.off_s, sources))
        rest_s = residual(self.on_s, self.alpha, sources, rng)
        held = [np.stack((off_s, np.where(is_on, rest_s, pareto(self.on_s, self.alpha, (sources,), rng))), axis=1)]
        reached = held[0].sum(axis=1)
        while reached.min() < seconds:
            turns = int((seconds - reached.min()) / (self.on_s + self.off_s) * 1.2) + 8
            turns = max(8, min(turns, 4_000_000 // sources))
            part = np.empty((sources, 2 * turns))
            part[:, 0::2] = rng.exponential(self.off_s, (sources, turns))
            part[:, 1::2] = pareto(self.on_s, self.alpha, (sources, turns), rng)
            held.append(part)
            reached += part.sum(axis=1)
        times_s = np.concatenate(held, axis=1)
        ends_s = np.cumsum(times_s, axis=1)[:, 1::2]
        begins_s = ends_s - times_s[:, 1::2]
        inside = begins_s < seconds
        owner = np.broadcast_to(np.arange(sources, dtype=np.int32)[:, None], inside.shape)[inside]
        return begins_s[inside], np.minimum(ends_s[inside], seconds) - begins_s[inside], owner


def pareto(mean: float, alpha: float, shape: tuple[int, ...], rng: np.random.Generator) -> F64:
    """Return Pareto-distributed times with that mean."""
    least = mean * (alpha - 1) / alpha
    return least * (1 - rng.random(shape)) ** (-1 / alpha)


def residual(mean: float, alpha: float, count: int, rng: np.random.Generator) -> F64:
    """Return how long a Pareto-distributed time with that mean still lasts, seen from a random moment within it."""
    least = mean * (alpha - 1) / alpha
    drawn = rng.random(count)
    short = drawn <= least / mean
    return np.where(short, drawn * mean, least * (alpha * (1 - drawn)) ** (-1 / (alpha - 1)))
