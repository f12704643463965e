"""Markov-modulated Poisson traffic: calm and burst take turns."""

import math
from dataclasses import dataclass

import numpy as np

from plantverse.errors import RequestInvalid
from plantverse.sim.traffic.events import F64, I32, positive, spread
from plantverse.sim.traffic.poisson import check_topics, unit_arrivals


@dataclass(frozen=True, slots=True, kw_only=True)
class MarkovModulated:
    """A Poisson process whose rate jumps between a calm and a burst state, each held for an exponential time.

    With r the burst's rate over the calm's, c and b the mean holding times and p = b / (b + c), the calm rate is
    rate / (1 - p + p r). For rates l1, l2 and jump rates s1 = 1 / c, s2 = 1 / b the index of dispersion of counts is

        I(t) = 1 + 2 (l1 - l2)^2 s1 s2 / ((s1 + s2)^2 (l1 s2 + l2 s1)) * (1 - (1 - exp(-(s1 + s2) t)) / ((s1 + s2) t))

    which grows from 1 to a plateau: bursty up to a scale of the holding times, Poisson-like beyond it. Arrivals come
    from the time-change theorem: events of a unit-rate process, moved through the inverse of the integrated rate.

    Args:
        rate_per_s: Messages per second of all topics together, on average.
        topic_count: How many topics; each message takes one of them at random.
        burst: The burst's rate in units of the calm's, 1 to 1,000.
        calm_s, burst_s: Mean holding times.

    Source:
        Heffes and Lucantoni, IEEE JSAC 4(6), 1986 (counts); Cinlar, Introduction to Stochastic Processes, 1975, ch. 4
        (time change).
    """

    rate_per_s: float = 100.0
    topic_count: int = 100
    burst: float = 10.0
    calm_s: float = 9.0
    burst_s: float = 1.0

    def __post_init__(self) -> None:
        for name in ("rate_per_s", "calm_s", "burst_s"):
            positive(name, getattr(self, name))
        check_topics(self.topic_count)
        if not 1 <= self.burst <= 1_000:
            raise RequestInvalid("burst", expected="1-1000 times the calm rate", got=self.burst)

    @property
    def rates_per_s(self) -> tuple[float, float]:
        """Messages per second while calm and in a burst."""
        share = self.burst_s / (self.burst_s + self.calm_s)
        calm = self.rate_per_s / (1 - share + share * self.burst)
        return calm, calm * self.burst

    def dispersion(self, span_s: float) -> float:
        """Return the index of dispersion of counts over a span: variance over mean."""
        (low, high), s1, s2 = self.rates_per_s, 1 / self.calm_s, 1 / self.burst_s
        total = s1 + s2
        plateau = 2 * (low - high) ** 2 * s1 * s2 / (total**2 * (low * s2 + high * s1))
        return 1 + plateau * (1 + math.expm1(-total * span_s) / (total * span_s))

    def arrivals(self, seconds: float, rng: np.random.Generator) -> tuple[F64, I32]:
        """Return ascending times in [0, seconds) and a topic number for each."""
        bursting = bool(rng.random() < self.burst_s / (self.burst_s + self.calm_s))
        # The process begins in equilibrium, and the rest of an exponential time is as long as a whole one.
        means_s = (self.burst_s, self.calm_s) if bursting else (self.calm_s, self.burst_s)
        rates = self.rates_per_s[::-1] if bursting else self.rates_per_s
        held, reached = [], 0.0
        while reached < seconds:
            turns = int((seconds - reached) / sum(means_s) * 1.2) + 8
            part = rng.exponential(size=(turns, 2)) * means_s
            held.append(part)
            reached += float(part.sum())
        turns_s = np.concatenate(held)
        edges_s = np.concatenate(([0.0], np.cumsum(turns_s.ravel())))
        integrated = np.concatenate(([0.0], np.cumsum((turns_s * rates).ravel())))
        whole = float(np.interp(seconds, edges_s, integrated))
        at_s = np.interp(unit_arrivals(whole, rng), integrated, edges_s)
        at_s = at_s[at_s < seconds]
        return at_s, spread(len(at_s), self.topic_count, rng)
