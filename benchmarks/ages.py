"""A histogram of latencies that costs a few nanoseconds per value and nothing per value of memory."""

import math

import numpy as np
from numpy.typing import NDArray

_LOW_US = 10.0
_HIGH_US = 1e9
_PER_DECADE = 200
"""Bins of 1.16 %, finer than two runs of anything agree."""
_BINS = int(math.log10(_HIGH_US / _LOW_US) * _PER_DECADE) + 1


class Ages:
    """Counts of ages in microseconds, on a logarithmic scale from 10 us to 1,000 s."""

    def __init__(self) -> None:
        self.counts = np.zeros(_BINS, np.int64)
        self.max_us = 0.0

    def add(self, ages_us: NDArray[np.float64]) -> None:
        """Count ages."""
        if not len(ages_us):
            return
        self.max_us = max(self.max_us, float(ages_us.max()))
        bins = (np.log10(np.maximum(ages_us, _LOW_US) / _LOW_US) * _PER_DECADE).astype(np.int64)
        self.counts += np.bincount(np.minimum(bins, _BINS - 1), minlength=_BINS)

    def merge(self, counts: list[int], max_us: float) -> None:
        """Add the counts of another process."""
        self.counts += np.array(counts, np.int64)
        self.max_us = max(self.max_us, max_us)

    def percentile_ms(self, percent: float) -> float:
        """Return the age below which that part lies, milliseconds; NaN without any."""
        total = int(self.counts.sum())
        if not total:
            return math.nan
        at = int(np.searchsorted(np.cumsum(self.counts), total * percent / 100.0))
        return round(_LOW_US * 10 ** ((at + 0.5) / _PER_DECADE) / 1e3, 2)
