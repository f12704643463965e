"""The age of twins: how old the newest delivered update is, over time."""

from math import inf

import numpy as np


class Ages:
    """Collects deliveries per twin; updates that are older than what is already there change nothing.

    Args:
        twins: How many twins there are.
    """

    def __init__(self, twins: int) -> None:
        self._deliveries: list[list[tuple[float, float]]] = [[] for _ in range(twins)]

    def deliver(self, twin: int, generated_s: float, latency_s: float) -> None:
        """Take note of an update, in any order."""
        self._deliveries[twin].append((generated_s + latency_s, generated_s))

    def summary(self, end_s: float) -> tuple[float, float]:
        """Return the mean age over time and twins, and the 99th percentile of the age just before a delivery.

        The time before a twin's first delivery and after `end_s` does not count. Both are inf without two deliveries.
        """
        area = span = 0.0
        peaks = []
        for deliveries in self._deliveries:
            if len(deliveries) < 2:
                continue
            at, generated = np.array(sorted(deliveries)).T
            newest = np.maximum.accumulate(generated)
            keep = (at <= end_s) & np.concatenate([[True], newest[1:] > newest[:-1]])
            at, newest = at[keep], newest[keep]
            if len(at) < 2:
                continue
            low, high = at[:-1] - newest[:-1], at[1:] - newest[:-1]
            area += float(((low + high) / 2 * np.diff(at)).sum())
            span += float(at[-1] - at[0])
            peaks.append(high)
        if not peaks:
            return inf, inf
        return area / span, float(np.quantile(np.concatenate(peaks), 0.99))
