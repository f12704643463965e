"""Watchers that know nothing. What they reach, a detector has to beat; what they beat, is no result."""

from collections.abc import Sequence
from typing import Protocol

import numpy as np

from plantverse.ai.detectors import Verdict
from plantverse.ai.detectors.core import Row


class Watcher(Protocol):
    """What can be judged: a detector, or a control."""

    def update(self, row: Row) -> Verdict:
        """Judge the next row."""
        ...

    def reset(self) -> None:
        """Forget the rows so far."""
        ...


class AllPositive:
    """Calls every row an anomaly."""

    def __init__(self, names: Sequence[str]) -> None:
        self._blame = np.full(len(names), 1 / len(names))

    def update(self, row: Row) -> Verdict:  # noqa: ARG002  that it does not look is the point
        """Raise the alarm."""
        return Verdict(score=2.0, alarm=True, contributions=self._blame)

    def reset(self) -> None:
        """There is nothing to forget."""


class RandomAlarm:
    """Draws its scores, with the false-alarm rate that was asked for."""

    def __init__(self, names: Sequence[str], rate: float, seed: int) -> None:
        self._rng = np.random.default_rng(seed)
        self._width, self._rate = len(names), rate

    def update(self, row: Row) -> Verdict:  # noqa: ARG002  that it does not look is the point
        """Draw score and blame."""
        score = float(self._rng.random() / (1 - self._rate))
        return Verdict(score=score, alarm=score > 1, contributions=self._rng.dirichlet(np.ones(self._width)))

    def reset(self) -> None:
        """Draws do not depend on what came before."""
