"""PCA with T2 and SPE on smoothed rows: the workhorse of process monitoring, and the baseline for everything else."""

from collections.abc import Sequence
from typing import ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from plantverse.ai.detectors.core import Arrays, Row, stepped

LEAST_VARIANCE = 1e-6
"""Directions with less than this share of the mean variance count as noise of that variance: T2 stays finite."""


class PcaCore:
    """T2 in the plane of the principal components, SPE off the plane, both on rows smoothed over time and lagged.

    Smoothing (EWMA) makes small lasting shifts visible, lags let the components see the dynamics (dynamic PCA).
    Contributions are reconstruction-based: how far the combined index falls when that one column is put right, which
    smears less over the neighbours than plain contributions do.

    Source:
        Jackson and Mudholkar 1979 (SPE); Ku, Storer and Georgakis 1995 (lags); Alcala and Qin 2009 (contributions);
        the combined index is that of Yue and Qin 2001 with our limits in it.
    """

    kind: ClassVar[str] = "pca-ewma"
    statistics: ClassVar[tuple[str, ...]] = ("T2", "SPE")
    smoothing: ClassVar[float] = 0.1
    """Weight of the newest row, (0, 1]; 1 does not smooth."""
    lags: ClassVar[int] = 0
    """Earlier rows that are looked at together with the newest."""
    share: ClassVar[float] = 0.9
    """Of the variance, held by the plane; 1 keeps every component, so that there is no SPE."""

    def __init__(self, center: Row, axes: NDArray[np.float64], variance: Row, noise: Row) -> None:
        if axes.shape != (len(center), len(variance)) or len(center) % (self.lags + 1) or noise.shape != (1,):
            raise ValueError(
                f"center {center.shape}, axes {axes.shape}, variance {variance.shape}, noise {noise.shape}"
            )
        self._center, self._axes, self._variance, self._noise = center, axes, variance, noise
        self._width = len(center) // (self.lags + 1)
        self._plane = (axes / variance) @ axes.T
        self._rest = np.eye(len(center)) - axes @ axes.T
        self._precision = self._plane + self._rest / noise[0]
        self.bound(np.ones(len(self.statistics)))
        self.reset()

    @classmethod
    def learn(cls, runs: Sequence[NDArray[np.float64]]) -> Self:
        """Find plane and variances of the smoothed runs."""
        rows = np.concatenate([cls._prepared(run) for run in runs])
        center = rows.mean(0)
        off = rows - center
        variance, axes = np.linalg.eigh(off.T @ off / max(len(rows) - 1, 1))
        variance, axes = np.maximum(variance[::-1], 0.0), axes[:, ::-1]
        variance = np.maximum(variance, LEAST_VARIANCE * variance.mean())
        kept = len(variance)
        if cls.share < 1:
            kept = min(int(np.searchsorted(np.cumsum(variance) / variance.sum(), cls.share)) + 1, kept)
        noise = variance[kept:].mean(keepdims=True) if kept < len(variance) else variance[-1:]
        return cls(center, np.ascontiguousarray(axes[:, :kept]), variance[:kept], noise)

    @classmethod
    def _prepared(cls, run: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return what `step` would have seen of this run, shape (time, column x (lags + 1))."""
        out = _all_smoothed(np.zeros(run.shape[1]), run, cls.smoothing)
        before = [np.vstack([np.repeat(out[:1], lag, 0), out[: len(out) - lag]]) for lag in range(1, cls.lags + 1)]
        return np.hstack([out, *before])

    @classmethod
    def of(cls, arrays: Arrays) -> Self:
        """Return what was saved."""
        return cls(arrays["center"], arrays["axes"], arrays["variance"], arrays["noise"])

    def arrays(self) -> Arrays:
        """Return center, axes, variances in the plane and mean variance off it."""
        return {"center": self._center, "axes": self._axes, "variance": self._variance, "noise": self._noise}

    def bound(self, limits: Row) -> None:
        """Weigh T2 and SPE by their limits in the combined index that contributions come from."""
        self._index = self._plane / limits[0]
        if self.share < 1:
            self._index += self._rest / limits[1]
        self._diagonal = np.maximum(np.diag(self._index), 1e-12)

    def reset(self) -> None:
        """Start at the mean of normal operation."""
        self._smooth = np.zeros(self._width)
        self._before: NDArray[np.float64] | None = None
        self._off = np.zeros(len(self._center))

    def step(self, row: Row) -> Row:
        """Return T2, and SPE where there is one; a missing value is taken as the others make it likely."""
        missing = np.isnan(row)
        if missing.any():
            row = self._completed(row, missing)
        self._smooth = _smoothed(self._smooth, row, self.smoothing)
        seen = self._smooth
        if self.lags:
            if self._before is None:
                self._before = np.tile(seen, (self.lags, 1))
            seen = np.concatenate([seen, self._before.ravel()])
            self._before = np.vstack([self._smooth, self._before[:-1]])
        self._off = off = seen - self._center
        part = off @ self._axes
        inside = part @ (part / self._variance)
        return np.array([inside] if self.share >= 1 else [inside, max(off @ off - part @ part, 0.0)])

    def run(self, rows: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the statistics of each row; all of them at once where rows are not lagged."""
        if self.lags or not len(rows):
            return stepped(self, rows)
        missing = np.isnan(rows)
        gaps = np.flatnonzero(missing.any(1) & ~missing.all(1))
        if len(gaps):
            rows = rows.copy()
            for t in gaps:
                rows[t] = self._completed(rows[t], missing[t])
        seen = _all_smoothed(self._smooth, rows, self.smoothing)
        self._smooth = seen[-1].copy()
        off = seen - self._center
        self._off = off[-1].copy()
        part = off @ self._axes
        inside: NDArray[np.float64] = (part**2 / self._variance).sum(1)
        if self.share >= 1:
            return inside[:, None]
        return np.column_stack([inside, np.maximum((off**2).sum(1) - (part**2).sum(1), 0.0)])

    def _completed(self, row: Row, missing: NDArray[np.bool_]) -> Row:
        """Return the row with its gaps at their conditional mean given the rest, by the learned covariance."""
        if missing.all():
            return self._smooth
        lags = self._center[self._width :] if self._before is None else self._before.ravel()
        off = np.concatenate([row, lags]) - self._center
        gaps = np.flatnonzero(missing)
        off[gaps] = 0.0
        inner = self._precision[np.ix_(gaps, gaps)]
        filled = row.copy()
        filled[gaps] = self._center[gaps] - np.linalg.solve(inner, self._precision[gaps] @ off)
        return filled

    def blame(self) -> Row:
        """Return the reconstruction-based contribution of each column, the largest over its lags."""
        each = (self._index @ self._off) ** 2 / self._diagonal
        return np.asarray(each.reshape(self.lags + 1, self._width).max(0))

    def memory(self) -> Arrays:
        """Return smoothed row and lags."""
        return {"smooth": self._smooth} | ({} if self._before is None else {"before": self._before})

    def recall(self, memory: Arrays) -> None:
        """Go on from smoothed row and lags."""
        self._smooth, self._before = memory["smooth"], memory.get("before")


class PlainPcaCore(PcaCore):
    """PCA of the newest row alone."""

    kind = "pca"
    smoothing = 1.0


class DynamicPcaCore(PcaCore):
    """PCA of the newest three rows."""

    kind = "dpca"
    smoothing = 1.0
    lags = 2


class MewmaCore(PcaCore):
    """Multivariate EWMA chart: T2 of the smoothed row over all components. The default, see the explanation page.

    Source:
        Lowry, Woodall, Champ and Rigdon 1992.
    """

    kind = "mewma"
    statistics = ("T2",)
    share = 1.0


def _all_smoothed(before: Row, rows: NDArray[np.float64], weight: float) -> NDArray[np.float64]:
    out = np.empty(rows.shape)
    for t, row in enumerate(rows):
        out[t] = before = _smoothed(before, row, weight)
    return out


def _smoothed(before: Row, row: Row, weight: float) -> Row:
    change = row - before
    change[np.isnan(change)] = 0.0
    return before + weight * change
