"""Vector autoregression with CUSUM on its innovations: what the plant does that its own past does not explain."""

from collections.abc import Sequence
from typing import ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from plantverse.ai.detectors.core import Arrays, Row, stepped

RIDGE = 0.1
"""Of the number of rows: weight of the penalty on coefficients of standardised columns."""


class VarCusumCore:
    """Predicts each row from the last ones and adds up, per column and direction, what the prediction misses.

    The innovations of a well predicted column are small and independent, so their cumulative sum shows a lasting shift
    soon and names its column by construction. A second statistic, the sum of squared innovations, sees a sudden one.

    Source:
        Page 1954 (CUSUM, reference value 0.5 for a shift of one standard deviation); Pan and Jarrett 2012 (VAR charts).
    """

    kind: ClassVar[str] = "var-cusum"
    statistics: ClassVar[tuple[str, ...]] = ("CUSUM", "chi2")
    lags: ClassVar[int] = 2
    reference: ClassVar[float] = 0.5
    """Standard deviations that are taken off each innovation before it is added."""
    ceiling: ClassVar[float] = 1.25
    """Of the limit: a sum grows no further, so that an alarm ends soon after its cause."""

    def __init__(self, coefficients: NDArray[np.float64], spread: Row) -> None:
        if spread.ndim != 1 or coefficients.shape != (self.lags * len(spread), len(spread)):
            raise ValueError(f"coefficients {coefficients.shape}, spread {spread.shape}")
        self._coefficients, self._spread = coefficients, spread
        self._limits = np.full(2, np.inf)
        self.reset()

    @classmethod
    def learn(cls, runs: Sequence[NDArray[np.float64]]) -> Self:
        """Fit coefficients by ridge regression over all runs, and the spread of what is left."""
        pasts, nows = zip(*(cls._pairs(run) for run in runs), strict=True)
        past, now = np.concatenate(pasts), np.concatenate(nows)
        gram = past.T @ past
        gram[np.diag_indices_from(gram)] += RIDGE * max(len(past), 1)
        coefficients = np.linalg.solve(gram, past.T @ now)
        left = now - past @ coefficients
        spread = np.maximum(np.sqrt((left**2).mean(0)), 1e-6)
        return cls(coefficients, spread)

    @classmethod
    def _pairs(cls, run: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        filled = _held(run)
        past = np.hstack([filled[cls.lags - 1 - lag : len(filled) - 1 - lag] for lag in range(cls.lags)])
        return past, filled[cls.lags :]

    @classmethod
    def of(cls, arrays: Arrays) -> Self:
        """Return what was saved."""
        return cls(arrays["coefficients"], arrays["spread"])

    def arrays(self) -> Arrays:
        """Return coefficients and spread."""
        return {"coefficients": self._coefficients, "spread": self._spread}

    def bound(self, limits: Row) -> None:
        """Let no sum grow far beyond its limit."""
        self._limits = limits

    def reset(self) -> None:
        """Start without a past."""
        width = len(self._spread)
        self._past: NDArray[np.float64] | None = None
        self._up, self._down = np.zeros(width), np.zeros(width)
        self._innovation = np.zeros(width)

    def step(self, row: Row) -> Row:
        """Return the largest sum and the mean squared innovation; a missing value is taken as predicted."""
        if self._past is None:
            self._past = np.tile(np.nan_to_num(row), (self.lags, 1))
            return np.zeros(2)
        predicted = self._past.ravel() @ self._coefficients
        innovation = (row - predicted) / self._spread
        missing = np.isnan(innovation)
        innovation[missing] = 0.0
        self._innovation = innovation
        most = self.ceiling * self._limits[0]
        self._up = np.minimum(np.maximum(self._up + innovation - self.reference, 0.0), most)
        self._down = np.minimum(np.maximum(self._down - innovation - self.reference, 0.0), most)
        self._past = np.vstack([np.where(missing, predicted, row), self._past[:-1]])
        return np.array([max(self._up.max(), self._down.max()), float(innovation @ innovation) / len(innovation)])

    def run(self, rows: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the statistics of each row."""
        return stepped(self, rows)

    def blame(self) -> Row:
        """Return the larger of sum and squared innovation of each column, each in units of its limit."""
        sums = np.maximum(self._up, self._down) / self._limits[0]
        shocks = self._innovation**2 / (self._limits[1] * len(self._innovation))
        return np.asarray(np.maximum(sums, shocks))

    def memory(self) -> Arrays:
        """Return past rows and sums."""
        return {"up": self._up, "down": self._down} | ({} if self._past is None else {"past": self._past})

    def recall(self, memory: Arrays) -> None:
        """Go on from past rows and sums."""
        self._up, self._down, self._past = memory["up"], memory["down"], memory.get("past")


def _held(run: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the run with each gap filled by the value before it, or the mean (0) at the beginning."""
    known = np.isfinite(run)
    last = np.maximum.accumulate(np.where(known, np.arange(len(run))[:, None], -1), axis=0)
    held = np.take_along_axis(run, np.maximum(last, 0), axis=0)
    return np.where(last >= 0, held, 0.0)
