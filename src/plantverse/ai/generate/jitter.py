"""Jitter: a training window plus white noise, as wide as makes windows that were left out most likely."""

from collections.abc import Sequence
from typing import ClassVar, Self

import numpy as np

from plantverse.ai.generate.condition import Labels
from plantverse.ai.generate.core import Arrays
from plantverse.ai.generate.pool import Pool
from plantverse.ai.generate.recordings import Cube

WIDTHS = (0.02, 0.05, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.7, 1.0)
"""Of the noise, in units of a column's spread."""
MOST_TRIED = 400
"""Windows that a width is tried on."""


class JitterCore:
    """Draws one of the training windows nearest to the condition, and noise."""

    kind: ClassVar[str] = "jitter"
    fills: ClassVar[bool] = False

    def __init__(self, pool: Pool, width: float) -> None:
        self._pool, self.width = pool, width

    @classmethod
    def learn(cls, windows: Cube, labels: Labels, *, seed: int, steps: int) -> Self:  # noqa: ARG003
        """Choose the width by the likelihood of every fifth window under a kernel density of the others.

        Windows are held out in stretches of the order given, so that neighbours that overlap seldom help each other.
        """
        held = np.arange(len(windows)) * 25 // len(windows) % 5 == 4
        rng = np.random.default_rng(seed)
        tried = rng.permutation(np.flatnonzero(held))[:MOST_TRIED]
        flat = windows.reshape(len(windows), -1)
        likely = np.zeros(len(WIDTHS))
        for k in tried:
            others = flat[~held & (labels.fault == labels.fault[k])]
            if len(others):
                square = ((others - flat[k]) ** 2).sum(1)
                likely += [_log_mean_exp(-square / (2 * w * w)) - flat.shape[1] * np.log(w) for w in WIDTHS]
        return cls(Pool(windows, labels), WIDTHS[int(likely.argmax())] if likely.any() else WIDTHS[2])

    @classmethod
    def of(cls, arrays: Arrays) -> Self:
        """Return what was saved."""
        return cls(Pool.kept(arrays), float(arrays["width"][0]))

    def arrays(self) -> Arrays:
        """Return the windows and the width."""
        return self._pool.arrays() | {"width": np.array([self.width])}

    def draw(self, labels: Labels, numbers: Sequence[np.random.Generator]) -> Cube:
        """Return a training window with noise per label."""
        windows = self._pool.windows
        drawn = [
            windows[rng.choice(self._pool.near(labels, k))] + self.width * rng.standard_normal(windows.shape[1:])
            for k, rng in enumerate(numbers)
        ]
        return np.stack(drawn)


def _log_mean_exp(values: np.ndarray) -> float:
    top = values.max()
    return float(top + np.log(np.exp(values - top).mean()))
