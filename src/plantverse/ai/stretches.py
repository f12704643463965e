"""Unbroken stretches of true rows: events, alarms, runs."""

import numpy as np
from numpy.typing import NDArray

Flags = NDArray[np.bool_]
"""One truth value per row, shape (time,)."""


def stretches(flags: Flags) -> list[tuple[int, int]]:
    """Return start and stop of each unbroken stretch of true rows.

    Example:
        >>> stretches(np.array([True, True, False, True]))
        [(0, 2), (3, 4)]
    """
    edges = np.flatnonzero(np.diff(np.concatenate([[False], flags, [False]]).astype(np.int8)))
    return [(int(a), int(b)) for a, b in edges.reshape(-1, 2)]
