"""The smallest method of generation: the mean window of a fault and some noise. Shows what a new one has to write."""

from collections.abc import Sequence
from typing import ClassVar, Self

import numpy as np

from plantverse.ai.generate.condition import Labels
from plantverse.ai.generate.core import Arrays
from plantverse.ai.generate.recordings import Cube


class MeanCore:
    kind: ClassVar[str] = "mean"
    fills: ClassVar[bool] = False

    def __init__(self, means: Cube) -> None:
        self._means = means

    @classmethod
    def learn(cls, windows: Cube, labels: Labels, *, seed: int, steps: int) -> Self:
        return cls(np.stack([windows[labels.fault == k].mean(0) for k in range(int(labels.fault.max()) + 1)]))

    @classmethod
    def of(cls, arrays: Arrays) -> Self:
        return cls(arrays["means"])

    def arrays(self) -> Arrays:
        return {"means": self._means}

    def draw(self, labels: Labels, numbers: Sequence[np.random.Generator]) -> Cube:
        noise = np.stack([rng.standard_normal(self._means.shape[1:]) for rng in numbers])
        return self._means[labels.fault] + 0.5 * noise
