"""A bank of MEWMA charts with weights from slow to quick: nobody has to know how fast a fault shows."""

from collections.abc import Sequence
from typing import ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from plantverse.ai.detectors.core import Arrays, Row
from plantverse.ai.detectors.pca import MewmaCore


class SlowCore(MewmaCore):
    """Remembers some sixty rows."""

    smoothing = 0.05


class QuickCore(MewmaCore):
    """Remembers some ten rows."""

    smoothing = 0.3


class BankCore:
    """T2 of the row smoothed at three time scales; each has its own limit, and the wanted rate is shared by them.

    Source:
        Lowry, Woodall, Champ and Rigdon 1992 for one chart; Sparks 2000 for several charts side by side.
    """

    kind: ClassVar[str] = "mewma-bank"
    statistics: ClassVar[tuple[str, ...]] = ("T2 slow", "T2", "T2 quick")
    charts: ClassVar[tuple[type[MewmaCore], ...]] = (SlowCore, MewmaCore, QuickCore)

    def __init__(self, parts: Sequence[MewmaCore]) -> None:
        if len(parts) != len(self.charts):
            raise ValueError(f"{len(parts)} charts, expected {len(self.charts)}")
        self._parts = parts
        self._limits = np.ones(len(parts))
        self._found = np.zeros(len(parts))

    @classmethod
    def learn(cls, runs: Sequence[NDArray[np.float64]]) -> Self:
        """Learn each chart from the same runs."""
        return cls([chart.learn(runs) for chart in cls.charts])

    @classmethod
    def of(cls, arrays: Arrays) -> Self:
        """Return what was saved."""
        names = {name.partition(".")[2] for name in arrays}
        return cls([chart.of({name: arrays[f"{k}.{name}"] for name in names}) for k, chart in enumerate(cls.charts)])

    def arrays(self) -> Arrays:
        """Return what each chart learned."""
        return {f"{k}.{name}": array for k, part in enumerate(self._parts) for name, array in part.arrays().items()}

    def bound(self, limits: Row) -> None:
        """Take the limit of each chart."""
        self._limits = limits
        for part, limit in zip(self._parts, limits, strict=True):
            part.bound(np.array([limit]))

    def reset(self) -> None:
        """Start at the mean of normal operation."""
        self._found = np.zeros(len(self._parts))
        for part in self._parts:
            part.reset()

    def step(self, row: Row) -> Row:
        """Return T2 of each chart."""
        self._found = np.array([part.step(row)[0] for part in self._parts])
        return self._found

    def run(self, rows: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return T2 of each chart and row."""
        found = np.column_stack([part.run(rows)[:, 0] for part in self._parts])
        if len(found):
            self._found = found[-1]
        return found

    def blame(self) -> Row:
        """Return the contributions of the chart that is farthest beyond its limit."""
        return self._parts[int(np.argmax(self._found / self._limits))].blame()

    def memory(self) -> Arrays:
        """Return the smoothed row of each chart."""
        return {f"{k}.{name}": array for k, part in enumerate(self._parts) for name, array in part.memory().items()}

    def recall(self, memory: Arrays) -> None:
        """Go on from the smoothed rows."""
        for k, part in enumerate(self._parts):
            prefix = f"{k}."
            part.recall({n.removeprefix(prefix): array for n, array in memory.items() if n.startswith(prefix)})
