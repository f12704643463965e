"""What one method of detection has to offer; everything else of a detector is the same for all of them."""

from collections.abc import Sequence
from typing import ClassVar, Protocol, Self

import numpy as np
from numpy.typing import NDArray

Row = NDArray[np.float64]
Arrays = dict[str, NDArray[np.float64]]


def stepped(core: "Core", rows: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the statistics of each row by `step`: `run` for a core that has no faster way."""
    return np.array([core.step(row) for row in rows]).reshape(len(rows), len(core.statistics))


class Core(Protocol):
    """Turns scaled rows into a few statistics that grow with strangeness; knows no limit until it is given one."""

    kind: ClassVar[str]
    """Name of the method, as it is saved."""
    statistics: ClassVar[tuple[str, ...]]
    """Name of each statistic, for example T2 and SPE."""

    @classmethod
    def learn(cls, runs: Sequence[NDArray[np.float64]]) -> Self:
        """Learn from runs of normal scaled rows, each in order of time, NaN where a value is missing."""
        ...

    @classmethod
    def of(cls, arrays: Arrays) -> Self:
        """Return what was saved."""
        ...

    def arrays(self) -> Arrays:
        """Return all that was learned."""
        ...

    def bound(self, limits: Row) -> None:
        """Take the limits, shape (statistic,), that scores and contributions are measured by."""
        ...

    def reset(self) -> None:
        """Forget the rows seen; what was learned stays."""
        ...

    def step(self, row: Row) -> Row:
        """Take one scaled row, NaN where missing, and return the statistics, shape (statistic,), >= 0."""
        ...

    def run(self, rows: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return what `step` would of each row in turn, shape (time, statistic), to within rounding."""
        ...

    def blame(self) -> Row:
        """Return how much each column had to do with the last step, shape (column,), >= 0."""
        ...

    def memory(self) -> Arrays:
        """Return what it carries from row to row."""
        ...

    def recall(self, memory: Arrays) -> None:
        """Go on from there."""
        ...
