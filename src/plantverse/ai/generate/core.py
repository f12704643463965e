"""What one method of generation has to offer; everything else of a generator is the same for all of them."""

from collections.abc import Sequence
from typing import Any, ClassVar, Protocol, Self

import numpy as np
from numpy.typing import NDArray

from plantverse.ai.generate.condition import Labels
from plantverse.ai.generate.recordings import Cube

Arrays = dict[str, NDArray[Any]]


class Core(Protocol):
    """Learns scaled windows (mean 0, spread 1 in every column) with their labels and draws others like them."""

    kind: ClassVar[str]
    """Name of the method, as it is saved."""
    fills: ClassVar[bool]
    """Whether it learns windows as if every row had been read (see `holds`); a method that copies windows does not."""

    @classmethod
    def learn(cls, windows: Cube, labels: Labels, *, seed: int, steps: int) -> Self:
        """Learn from scaled windows without missing values.

        Args:
            windows: Shape (window, time, column).
            labels: One per window.
            seed: Of whatever is drawn while learning.
            steps: Of training, for a method that trains in steps; 0 takes its own choice.
        """
        ...

    @classmethod
    def of(cls, arrays: Arrays) -> Self:
        """Return what was saved."""
        ...

    def arrays(self) -> Arrays:
        """Return all that was learned."""
        ...

    def draw(self, labels: Labels, numbers: Sequence[np.random.Generator]) -> Cube:
        """Return one scaled window per label, each from its own random numbers alone."""
        ...
