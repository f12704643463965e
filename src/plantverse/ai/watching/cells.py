"""From samples of the log to the columns of all detectors at once: what it costs hangs on the samples alone."""

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from plantverse.ai.live import Latest, Values
from plantverse.ai.watching.bound import Bound

Slots = NDArray[np.int32]


class Cells:
    """One store for the newest values of every column of every detector.

    Args:
        bounds: The detectors; their rows are kept here from now on.
    """

    def __init__(self, bounds: Iterable[Bound]) -> None:
        bounds = list(bounds)
        slots = np.concatenate([bound.slots for bound in bounds] or [np.zeros(0, np.int32)])
        self._latest = Latest(len(slots))
        first = 0
        for bound in bounds:
            bound.rows.share(self._latest, first)
            first += len(bound.slots)
        self._cells = np.argsort(slots, kind="stable")
        self._slots = slots[self._cells]

    def take(self, slot: Slots, value: Values, at_us: Values) -> None:
        """Note values of signals; one that several detectors read is noted for each, one that none reads for none."""
        first = np.searchsorted(self._slots, slot, "left")
        count = np.searchsorted(self._slots, slot, "right") - first
        total = int(count.sum())
        if not total:
            return
        row = np.repeat(np.arange(len(slot)), count)
        # Counts on from the first cell of each row.
        within = np.arange(total) - np.repeat(np.cumsum(count) - count, count)
        self._latest.take(self._cells[first[row] + within], value[row], at_us[row])
