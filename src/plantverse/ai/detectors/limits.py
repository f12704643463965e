"""Limits that keep the false-alarm rate that was asked for, from statistics of normal rows that were not fitted."""

import numpy as np
from numpy.typing import NDArray

ENOUGH = 10
"""Expected rows beyond the limit from which on the plain quantile is used."""
TAIL = 0.1
"""Share of the rows that the tail is fitted on otherwise."""


def limit_of(normal: NDArray[np.float64], rate: float) -> float:
    """Return the value that a normal row exceeds with probability `rate`.

    Where the rows are many enough it is their conformal quantile. Where they are not, the tail beyond their 90 % point
    is taken as generalised Pareto (shape between 0 and 0.5, by moments) and read at the wanted rate.

    Args:
        normal: Statistics of normal rows, shape (time,), not of the rows that the model was fitted on.
        rate: Wanted share of normal rows beyond the limit, in (0, 1).

    Source:
        Vovk et al. 2005 (conformal quantile); Hosking and Wallis 1987, section 3 (moments).
    """
    ordered = np.sort(normal)
    count = len(ordered)
    if count * rate >= ENOUGH:
        return float(ordered[min(int(np.ceil((count + 1) * (1 - rate))) - 1, count - 1)])
    share = max(TAIL, rate)
    start = float(np.quantile(ordered, 1 - share))
    beyond = ordered[ordered > start] - start
    if len(beyond) < 2 or not np.isfinite(spread := float(beyond.var())) or spread == 0:
        return float(ordered[-1])
    mean = float(beyond.mean())
    shape = float(np.clip(0.5 * (1 - mean**2 / spread), 0.0, 0.5))
    scale = mean * (1 - shape)
    ratio = share / rate
    grown = np.log(ratio) if shape < 1e-6 else (ratio**shape - 1) / shape
    return start + scale * float(grown)
