"""VAR-Gaussian: each row follows linearly from the two before it, with Gaussian shocks; one such law for each fault."""

from collections.abc import Sequence
from typing import ClassVar, Self

import numpy as np

from plantverse.ai.generate.condition import Labels
from plantverse.ai.generate.core import Arrays
from plantverse.ai.generate.law import Law
from plantverse.ai.generate.recordings import Cube

BLOCK = 32
"""Windows that are made together, always so many, so that sums are rounded in one way."""


class VarCore:
    """Draws Gaussian shocks for the law of motion; rows before the onset obey that of normal operation."""

    kind: ClassVar[str] = "var-gaussian"
    fills: ClassVar[bool] = True
    block: ClassVar[int] = BLOCK

    def __init__(self, law: Law, length: int, columns: int) -> None:
        self._law, self._shape = law, (length, columns)

    @classmethod
    def learn(cls, windows: Cube, labels: Labels, *, seed: int, steps: int) -> Self:  # noqa: ARG003
        """Fit the laws."""
        return cls(Law.learn(windows, labels), *windows.shape[1:])

    @classmethod
    def of(cls, arrays: Arrays) -> Self:
        """Return what was saved."""
        length, columns = map(int, arrays["shape"])
        return cls(Law(arrays), length, columns)

    def arrays(self) -> Arrays:
        """Return the laws."""
        return self._law.arrays() | {"shape": np.array(self._shape)}

    def draw(self, labels: Labels, numbers: Sequence[np.random.Generator]) -> Cube:
        """Return what the law makes of Gaussian shocks, for each label."""
        shocks = np.stack([rng.standard_normal(self._shape) for rng in numbers])
        starts = range(0, len(labels), BLOCK)
        parts = [self._law.together(shocks[k : k + BLOCK], labels.take(slice(k, k + BLOCK))) for k in starts]
        return np.concatenate(parts)
