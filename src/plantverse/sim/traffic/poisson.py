"""Poisson traffic: gaps without memory."""

from dataclasses import dataclass

import numpy as np

from plantverse.errors import RequestInvalid
from plantverse.sim.traffic.events import F64, I32, positive, spread


@dataclass(frozen=True, slots=True, kw_only=True)
class Poisson:
    """Independent events at a constant mean rate: what alarms, door contacts and people do.

    Gaps are exponential, P(gap > t) = exp(-rate t); counts over t have mean and variance rate * t, so the index of
    dispersion is 1 at every scale. In measured IoT traffic only event-driven parts come near this law.

    Args:
        rate_per_s: Messages per second of all topics together.
        topic_count: How many topics; each message takes one of them at random, so that each topic is Poisson as well.

    Source:
        Kingman, Poisson Processes, 1993 (gaps; colouring theorem).
    """

    rate_per_s: float = 100.0
    topic_count: int = 100

    def __post_init__(self) -> None:
        positive("rate_per_s", self.rate_per_s)
        check_topics(self.topic_count)

    def arrivals(self, seconds: float, rng: np.random.Generator) -> tuple[F64, I32]:
        """Return ascending times in [0, seconds) and a topic number for each."""
        at_s = unit_arrivals(self.rate_per_s * seconds, rng) / self.rate_per_s
        at_s = at_s[at_s < seconds]
        return at_s, spread(len(at_s), self.topic_count, rng)


def unit_arrivals(length: float, rng: np.random.Generator) -> F64:
    """Return the events of a Poisson process of rate 1 in [0, length)."""
    parts, reached = [], 0.0
    while reached < length:
        left = length - reached
        # Six standard deviations more than expected: a second round is rare.
        gaps = rng.exponential(size=int(left + 6 * left**0.5) + 16)
        part = np.cumsum(gaps)
        part += reached
        parts.append(part)
        reached = float(part[-1])
    events = parts[0] if len(parts) == 1 else np.concatenate(parts)
    return events[: np.searchsorted(events, length)]


def check_topics(count: int) -> None:
    """Pass if that many topics can be.

    Raises:
        RequestInvalid: They cannot.
    """
    if not 1 <= count <= 1_000_000:
        raise RequestInvalid("topic_count", expected="1-1000000 topics", got=count)
