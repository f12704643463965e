"""Replay: returns a training window as it was. A control, which the test of memorisation has to catch."""

from collections.abc import Sequence
from typing import ClassVar, Self

import numpy as np

from plantverse.ai.generate.condition import Labels
from plantverse.ai.generate.core import Arrays
from plantverse.ai.generate.pool import Pool
from plantverse.ai.generate.recordings import Cube


class ReplayCore:
    """Draws one of the training windows nearest to the condition."""

    kind: ClassVar[str] = "replay"
    fills: ClassVar[bool] = False

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    @classmethod
    def learn(cls, windows: Cube, labels: Labels, *, seed: int, steps: int) -> Self:  # noqa: ARG003
        """Keep the windows."""
        return cls(Pool(windows, labels))

    @classmethod
    def of(cls, arrays: Arrays) -> Self:
        """Return what was saved."""
        return cls(Pool.kept(arrays))

    def arrays(self) -> Arrays:
        """Return the windows."""
        return self._pool.arrays()

    def draw(self, labels: Labels, numbers: Sequence[np.random.Generator]) -> Cube:
        """Return a training window per label."""
        chosen = [rng.choice(self._pool.near(labels, k)) for k, rng in enumerate(numbers)]
        return self._pool.windows[chosen]
