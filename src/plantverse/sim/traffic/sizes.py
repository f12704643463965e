"""Laws of payload sizes: all equal, or log-normal between bounds."""

import math
from dataclasses import dataclass

import numpy as np

from plantverse.errors import RequestInvalid
from plantverse.sim.traffic.events import I32, positive

LARGEST = 1 << 20
"""Bytes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EqualSizes:
    """Every payload has `size` bytes."""

    size: int = 100

    def __post_init__(self) -> None:
        if not 1 <= self.size <= LARGEST:
            raise RequestInvalid("size", expected=f"1-{LARGEST} bytes", got=self.size)

    def draw(self, count: int, rng: np.random.Generator) -> I32:  # noqa: ARG002 -- as the Protocol
        """Return `count` times the same."""
        return np.full(count, self.size, np.int32)


@dataclass(frozen=True, slots=True, kw_only=True)
class LogNormalSizes:
    """Sizes exp(N(ln median, sigma^2)), rounded, then clipped to [low, high]: many small ones and a few large ones.

    Before clipping, the mean is median * exp(sigma^2 / 2) (moments of the log-normal law). The defaults are a choice
    of this project, not a measurement: most messages of a machine fit into one packet, a batch or a spectrum does not.

    Args:
        median: Bytes.
        sigma: Standard deviation of the logarithm.
        low, high: Bounds in bytes.
    """

    median: float = 120.0
    sigma: float = 0.7
    low: int = 40
    high: int = 65_536

    def __post_init__(self) -> None:
        positive("median", self.median)
        positive("sigma", self.sigma)
        if not 1 <= self.low <= self.high <= LARGEST:
            raise RequestInvalid("low", expected=f"1 <= low <= high <= {LARGEST} bytes", got=(self.low, self.high))

    def draw(self, count: int, rng: np.random.Generator) -> I32:
        """Return `count` sizes."""
        drawn = np.exp(rng.normal(math.log(self.median), self.sigma, count))
        sizes: I32 = np.rint(drawn.clip(self.low, self.high)).astype(np.int32)
        return sizes
