"""Rows of what is known right now, for a detector that watches a running plant."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from plantverse.ai.detectors.core import Row

Columns = NDArray[np.intp]
Values = NDArray[np.float64]


class Latest:
    """Newest value by cell; several readers' columns may be cells of one store."""

    def __init__(self, count: int) -> None:
        self.at_us: Values = np.full(count, -np.inf)
        self.value: Values = np.full(count, np.nan)

    def take(self, cell: Columns, value: Values, at_us: Values) -> None:
        """Note many values at once, NaN for none to trust; the order does not matter, the newest of a cell stays."""
        order = np.argsort(at_us, kind="stable")
        cell, value, at_us = cell[order], value[order], at_us[order]
        newer = at_us >= self.at_us[cell]
        # Of repeated indices numpy keeps the last one.
        self.at_us[cell[newer]] = at_us[newer]
        self.value[cell[newer]] = value[newer]


class LiveRows:
    """Keeps the newest value of each column and gives rows as `grid` does, at the moment they are asked for.

    Its memory is one value per column: a reader that falls behind misses values in between, never the newest.
    """

    def __init__(self, names: Sequence[str], hold_s: float) -> None:
        self._columns = {name: column for column, name in enumerate(names)}
        self._hold_us = hold_s * 1e6
        self._at_us = np.full(len(names), -np.inf)
        self._value = np.full(len(names), np.nan)

    def take(self, name: str, value: float | None, at_us: float) -> None:
        """Note a value (None for none to trust) of that moment; an older one than is known changes nothing.

        Raises:
            KeyError: No such column.
        """
        column = self._columns[name]
        if at_us >= self._at_us[column]:
            self._at_us[column] = at_us
            self._value[column] = np.nan if value is None else value

    def share(self, latest: "Latest", first: int) -> None:
        """Keep the values in a part of a larger store from now on, so that many are noted there in one go."""
        part = slice(first, first + len(self._columns))
        latest.at_us[part], latest.value[part] = self._at_us, self._value
        self._at_us, self._value = latest.at_us[part], latest.value[part]

    def row(self, now_us: float) -> Row:
        """Return the row of this moment; NaN where the newest value is older than the hold, or there is none."""
        return np.where(now_us - self._at_us <= self._hold_us, self._value, np.nan)


class Steps:
    """Even moments, and how many of them went by unseen.

    Args:
        every_s: Seconds from step to step.
        start_us: Microseconds since 1970; the first step is the next one after it.
        phase: Share of a step, in [0, 1), by which steps come after the multiples of `every_s`; so that many readers
            do not all ask at the same moment.
    """

    def __init__(self, every_s: float, start_us: float, phase: float = 0.0) -> None:
        self._every_us = every_s * 1e6
        self._late_us = phase * self._every_us
        self._next = self._number(start_us) + 1
        self.skipped = 0

    def wait_s(self, now_us: float) -> float:
        """Return how long it is until the next step, 0 if it is due."""
        return max(self._next * self._every_us + self._late_us - now_us, 0.0) / 1e6

    def take(self, now_us: float) -> float | None:
        """Return the newest step that is due, counting those before it as skipped, or None where none is."""
        newest = self._number(now_us)
        if newest < self._next:
            return None
        self.skipped += newest - self._next
        self._next = newest + 1
        return newest * self._every_us + self._late_us

    def _number(self, now_us: float) -> int:
        return int((now_us - self._late_us) // self._every_us)
