"""SMOTE: a point between a training window and one of its nearest neighbours with the same fault.

Source:
    Chawla et al., SMOTE: synthetic minority over-sampling technique, JAIR 16, 2002; five neighbours are theirs.
"""

from collections.abc import Sequence
from typing import ClassVar, Self

import numpy as np

from plantverse.ai.generate.condition import Labels
from plantverse.ai.generate.core import Arrays
from plantverse.ai.generate.pool import Pool
from plantverse.ai.generate.recordings import Cube

NEIGHBOURS = 5


class SmoteCore:
    """Draws between two training windows near the condition."""

    kind: ClassVar[str] = "smote"
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
        """Return a point between two windows per label; where there is only one, that one."""
        windows = self._pool.windows
        drawn = []
        for k, rng in enumerate(numbers):
            near = self._pool.near(labels, k)
            one = windows[rng.choice(near)]
            # Among all of normal operation a neighbour is looked for in a sample, which keeps the cost bounded.
            others = windows[near if len(near) <= 200 else rng.choice(near, 200, replace=False)]
            far = ((others - one) ** 2).sum((1, 2))
            order = np.argsort(np.where(far > 0, far, np.inf), kind="stable")[:NEIGHBOURS]
            order = order[far[order] > 0]
            other = others[rng.choice(order)] if len(order) else one
            drawn.append(one + rng.random() * (other - one))
        return np.stack(drawn)
