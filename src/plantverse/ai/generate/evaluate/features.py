"""What the judges look at: statistics and spectra of a window, and random convolutions."""

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

Cube = NDArray[np.float64]
Table = NDArray[np.float64]
"""Features, shape (window, feature)."""
BANDS = 4
KERNELS = 400
MOST_CHANNELS = 4
BATCH = 512


@dataclass(frozen=True, slots=True, kw_only=True)
class Scale:
    """Mean and spread of columns or features, so that none outweighs the others."""

    mean: NDArray[np.float64]
    spread: NDArray[np.float64]

    @classmethod
    def of(cls, values: NDArray[np.float64]) -> Self:
        """Return mean and spread over all axes but the last; the spread of what stands still is 1."""
        axes = tuple(range(values.ndim - 1))
        spread = values.std(axes)
        return cls(mean=values.mean(axes), spread=np.where(spread > 1e-9, spread, 1.0))

    def __call__(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return scaled values."""
        return np.asarray((values - self.mean) / self.spread)


def statistics(windows: Cube) -> Table:
    """Return figures of each column of each window: level, spread, ends, roughness, memory, spectrum.

    Args:
        windows: Scaled, shape (window, time, column).
    """
    centred = windows - windows.mean(1, keepdims=True)
    steps = np.diff(windows, axis=1)
    variance = (centred**2).mean(1)
    memory = (centred[:, 1:] * centred[:, :-1]).mean(1) / (variance + 1e-6)
    power = np.abs(np.fft.rfft(centred, axis=1)[:, 1:]) ** 2 / windows.shape[1]
    bands = [np.log(part.mean(1) + 1e-6) for part in np.array_split(power, min(BANDS, power.shape[1]), axis=1)]
    parts = [
        windows.mean(1),
        np.log(variance + 1e-6),
        windows.min(1),
        windows.max(1),
        windows[:, -1] - windows[:, 0],
        np.abs(steps).mean(1),
        np.abs(steps).max(1),
        (np.abs(steps) < 1e-9).mean(1),
        memory,
        *bands,
    ]
    return np.concatenate(parts, 1)


class Convolutions:
    """Random convolutions: for each, its largest answer and the share of rows in which it answers above 0.

    Args:
        length: Rows of a window.
        columns: Of a window.
        seed: Of the kernels.

    Source:
        Dempster et al., ROCKET, Data Mining and Knowledge Discovery 34, 2020.
    """

    def __init__(self, length: int, columns: int, seed: int) -> None:
        rng = np.random.default_rng(seed)
        self._kernels = []
        for _ in range(KERNELS):
            size = int(rng.choice([s for s in (3, 5, 7, 9) if s < length] or [2]))
            reach = max(1, (length - 1) // (size - 1))
            dilation = int(2 ** rng.uniform(0, np.log2(reach + 0.99)))
            dilation = min(dilation, reach)
            channels = rng.choice(columns, min(columns, int(rng.integers(1, MOST_CHANNELS + 1))), replace=False)
            weights = rng.normal(size=(size, len(channels)))
            weights -= weights.mean(0)
            if rng.random() < 0.3:
                weights += rng.normal()
            self._kernels.append((dilation, channels, weights, float(rng.uniform(-1, 1))))

    def __call__(self, windows: Cube) -> Table:
        """Return the features of scaled windows."""
        tables = [self._some(windows[k : k + BATCH]) for k in range(0, len(windows), BATCH)]
        return np.concatenate(tables)

    def _some(self, windows: Cube) -> Table:
        length = windows.shape[1]
        found = np.empty((len(windows), 2 * len(self._kernels)))
        for k, (dilation, channels, weights, bias) in enumerate(self._kernels):
            seen = windows[:, :, channels]
            span = (len(weights) - 1) * dilation
            answer = np.full((len(windows), length - span), bias)
            for tap, weight in enumerate(weights):
                answer += seen[:, tap * dilation : length - span + tap * dilation] @ weight
            found[:, 2 * k] = answer.max(1)
            found[:, 2 * k + 1] = (answer > 0).mean(1)
        return found
