"""The smallest method of detection: how far the strangest column is from its mean, in standard deviations."""

from collections.abc import Sequence
from typing import ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from plantverse.ai.detectors.core import Arrays, Row, stepped


class LevelCore:
    kind: ClassVar[str] = "level"
    statistics: ClassVar[tuple[str, ...]] = ("distance",)

    def __init__(self, middle: Row) -> None:
        self._middle = middle
        self.reset()

    @classmethod
    def learn(cls, runs: Sequence[NDArray[np.float64]]) -> Self:
        return cls(np.nanmean(np.concatenate(runs), axis=0))

    @classmethod
    def of(cls, arrays: Arrays) -> Self:
        return cls(arrays["middle"])

    def arrays(self) -> Arrays:
        return {"middle": self._middle}

    def bound(self, limits: Row) -> None:
        assert limits.shape == (1,), "one statistic has one limit"

    def reset(self) -> None:
        self._distance = np.zeros(len(self._middle))

    def step(self, row: Row) -> Row:
        self._distance = np.nan_to_num(np.abs(row - self._middle))
        return self._distance.max(keepdims=True)

    def run(self, rows: NDArray[np.float64]) -> NDArray[np.float64]:
        return stepped(self, rows)

    def blame(self) -> Row:
        return self._distance

    def memory(self) -> Arrays:
        return {}

    def recall(self, memory: Arrays) -> None:
        assert memory == {}
