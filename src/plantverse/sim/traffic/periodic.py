"""Periodic traffic with jitter: polled devices, each on its own clock."""

import math
from dataclasses import dataclass

import numpy as np

from plantverse.errors import RequestInvalid
from plantverse.sim.traffic.events import F64, I32, positive
from plantverse.sim.traffic.poisson import check_topics


@dataclass(frozen=True, slots=True, kw_only=True)
class Periodic:
    """Devices that send every period, each with its own phase, clock error and jitter.

    Message k of device i leaves at (k + phase_i) * period * (1 + drift_i) + jitter * period * z, with phase_i uniform
    on [0, 1), drift_i and z normal. The jitter is about the schedule, so it does not add up: a gap has mean period and
    variance 2 (jitter * period)^2, and counts over many periods vary less than those of a Poisson process (index of
    dispersion towards 0). Superposing many such devices looks Poisson at scales far below a period only.

    Args:
        rate_per_s: Messages per second of all devices together; the period is topic_count / rate_per_s.
        topic_count: How many devices, each with its topic.
        jitter: Standard deviation in periods, 0 to 0.5.
        drift_ppm: Standard deviation of the clocks' errors, parts per million; a plain quartz has some 20.
        aligned: All devices start together, as after a power cut: the worst case for a broker.

    Source:
        Periodic flows of real IoT devices lie within 7 % of a quasi-periodic model: arXiv 2409.01932. Superposition:
        Cox and Smith, Biometrika 1954.
    """

    rate_per_s: float = 100.0
    topic_count: int = 100
    jitter: float = 0.02
    drift_ppm: float = 20.0
    aligned: bool = False

    def __post_init__(self) -> None:
        positive("rate_per_s", self.rate_per_s)
        check_topics(self.topic_count)
        if not 0 <= self.jitter <= 0.5:
            raise RequestInvalid("jitter", expected="0-0.5 periods", got=self.jitter)
        if not 0 <= self.drift_ppm <= 10_000:
            raise RequestInvalid("drift_ppm", expected="0-10000 parts per million", got=self.drift_ppm)

    @property
    def period_s(self) -> float:
        """Seconds between two messages of a device."""
        return self.topic_count / self.rate_per_s

    def arrivals(self, seconds: float, rng: np.random.Generator) -> tuple[F64, I32]:
        """Return ascending times in [0, seconds) and a topic number for each."""
        devices = self.topic_count
        phase = np.zeros(devices) if self.aligned else rng.random(devices)
        period_s = self.period_s * (1 + rng.normal(0, self.drift_ppm * 1e-6, devices).clip(-0.5, 0.5))
        # Messages just outside may be moved inside by the jitter.
        margin = math.ceil(6 * self.jitter)
        beats = np.arange(-margin, math.ceil(seconds / period_s.min()) + margin)
        due = (beats[:, None] + phase) * period_s
        due += rng.normal(0, 1, due.shape) * (self.jitter * self.period_s)
        flat = due.ravel()
        order = np.argsort(flat)
        at_s = flat[order]
        inside = slice(*np.searchsorted(at_s, (0.0, seconds)))
        return at_s[inside], (order[inside] % devices).astype(np.int32)
