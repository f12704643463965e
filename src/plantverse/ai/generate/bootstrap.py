"""Block bootstrap: stretches of training windows, each at its place in the window, put together.

Source:
    Künsch, The jackknife and the bootstrap for general stationary observations, Annals of Statistics 17, 1989.
"""

from collections.abc import Sequence
from typing import ClassVar, Self

import numpy as np

from plantverse.ai.generate.condition import Labels
from plantverse.ai.generate.core import Arrays
from plantverse.ai.generate.pool import Pool
from plantverse.ai.generate.recordings import Cube

BLOCKS = 3
"""Stretches in a window."""


class BootstrapCore:
    """Draws each third of a window from another training window near the condition."""

    kind: ClassVar[str] = "block-bootstrap"
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
        """Return stretches of training windows per label."""
        windows = self._pool.windows
        edges = np.linspace(0, windows.shape[1], BLOCKS + 1).round().astype(int)
        drawn = []
        for k, rng in enumerate(numbers):
            chosen = rng.choice(self._pool.near(labels, k), BLOCKS)
            parts = [windows[w, a:b] for w, a, b in zip(chosen, edges[:-1], edges[1:], strict=True)]
            drawn.append(np.concatenate(parts))
        return np.stack(drawn)
