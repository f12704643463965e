"""A linear law of motion for each fault: its mean, how a row follows from the two before it, and the shocks in between.

Where readings come in a rhythm, and controllers act on them, each row of the rhythm has a law of its own.

`apart` turns windows into the shocks that made them, which are white where the law holds; `together` lets shocks make
windows. Drawn from Gaussian shocks, that is a generator by itself (`var`); a learned flow draws better shocks (`flow`).
"""

from typing import Self

import numpy as np
from numpy.typing import NDArray

from plantverse.ai.generate.condition import Labels
from plantverse.ai.generate.core import Arrays
from plantverse.ai.generate.recordings import Cube

LAGS = 2
"""Rows that a row follows from."""
RIDGE = 30.0
"""Rows of prior evidence that severity and onset change no mean."""
PRIOR_ROWS = 100.0
"""Rows of prior evidence that a fault moves, spreads and is shocked as normal operation is."""
TRACES = (0.5, 4.0)
"""Windows after which a trace of the onset has decayed to 1/e."""
SHRINK = 0.01
"""Share of a covariance that is taken for independent."""
LARGEST_ROOT = 0.999
"""Of a law; one that grows would run away."""
LEAST = 1e-8
"""Variance below which nothing is divided by."""


class Law:
    """Turns windows into shocks and back; both have the shape (window, time, column)."""

    def __init__(self, arrays: Arrays) -> None:
        self._mean = arrays["law.mean"]
        """Shape (fault, feature, column), see `_basis`."""
        self._steps = arrays["law.steps"]
        """Shape (turn x fault, lag x column, column), the newest row first."""
        self._start, self._start_back = arrays["law.start"], np.linalg.inv(arrays["law.start"])
        """Factor of the covariance of the first rows, shape (turn x fault, lag x column, lag x column)."""
        self._noise, self._noise_back = arrays["law.noise"], np.linalg.inv(arrays["law.noise"])
        """Factor of the covariance of what the steps miss, shape (turn x fault, column, column)."""

    @classmethod
    def learn(cls, windows: Cube, labels: Labels) -> Self:
        """Learn from scaled windows of more than two rows."""
        faults, length = int(labels.fault.max()) + 1, windows.shape[1]
        whose, when = _law(labels, length), _round(labels, length)
        mean = _mean_law(windows, labels, whose, faults)
        deviation = windows - _means(labels, whose, mean)
        past = np.concatenate([deviation[:, LAGS - 1 - k : length - 1 - k] for k in range(LAGS)], 2)
        now = deviation[:, LAGS:]
        first = np.concatenate([deviation[:, k : length - LAGS + 1 + k] for k in range(LAGS)], 2)
        # Steps across an onset tell of neither law.
        steady = whose[:, LAGS:] == whose[:, :-LAGS]
        parts: dict[str, list[NDArray[np.float64]]] = {"steps": [], "start": [], "noise": []}
        for turn in range(labels.period):
            turned, begun = when[:, LAGS:] == turn, when[:, : length - LAGS + 1] == turn
            usual = np.ones_like(whose, np.bool_) if labels.normal < 0 else whose == labels.normal
            prior = _evidence(
                past, now, first, turned & steady & usual[:, LAGS:], begun & usual[:, : length - LAGS + 1]
            )
            for fault in range(faults):
                own = whose == fault
                evidence = _evidence(
                    past, now, first, turned & steady & own[:, LAGS:], begun & own[:, : length - LAGS + 1]
                )
                for name, part in _fitted(evidence, prior).items():
                    parts[name].append(part)
        return cls({"law.mean": mean} | {f"law.{name}": np.stack(part) for name, part in parts.items()})

    def arrays(self) -> Arrays:
        """Return all that was learned."""
        return {
            "law.mean": self._mean,
            "law.steps": self._steps,
            "law.start": self._start,
            "law.noise": self._noise,
        }

    def apart(self, windows: Cube, labels: Labels) -> Cube:
        """Return the shocks that made windows."""
        count, length, columns = windows.shape
        whose = _law(labels, length)
        law = self._at(whose, labels)
        deviation = windows - _means(labels, whose, self._mean)
        shocks = np.empty_like(windows)
        first = _by_law(deviation[:, :LAGS].reshape(count, -1), law[:, 0], self._start_back)
        shocks[:, :LAGS] = first.reshape(count, LAGS, columns)
        for t in range(LAGS, length):
            past = deviation[:, t - LAGS : t][:, ::-1].reshape(count, -1)
            missed = deviation[:, t] - _by_law(past, law[:, t], self._steps)
            shocks[:, t] = _by_law(missed, law[:, t], self._noise_back)
        return shocks

    def together(self, shocks: Cube, labels: Labels) -> Cube:
        """Return the windows that shocks make. Equally many windows are rounded equally, whatever their labels."""
        count, length, columns = shocks.shape
        whose = _law(labels, length)
        law = self._at(whose, labels)
        deviation = np.empty_like(shocks)
        first = _by_law(shocks[:, :LAGS].reshape(count, -1), law[:, 0], self._start)
        deviation[:, :LAGS] = first.reshape(count, LAGS, columns)
        for t in range(LAGS, length):
            past = deviation[:, t - LAGS : t][:, ::-1].reshape(count, -1)
            missed = _by_law(shocks[:, t], law[:, t], self._noise)
            deviation[:, t] = _by_law(past, law[:, t], self._steps) + missed
        return deviation + _means(labels, whose, self._mean)

    def _at(self, whose: NDArray[np.int64], labels: Labels) -> NDArray[np.int64]:
        """Return which of the maps holds in each row: by fault, and by turn in the rhythm of the readings."""
        return _round(labels, whose.shape[1]) * len(self._mean) + whose


Evidence = tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64], NDArray[np.float64], float]
"""Sums of squares of past, past by now, now, first rows; and how many rows they are of."""


def _evidence(past: Cube, now: Cube, pairs: Cube, there: NDArray[np.bool_], paired: NDArray[np.bool_]) -> Evidence:
    x, y, first = past[there], now[there], pairs[paired]
    scale = len(x) / max(len(first), 1)
    return x.T @ x, x.T @ y, y.T @ y, first.T @ first * scale, float(len(x))


def _fitted(own: Evidence, prior: Evidence) -> dict[str, NDArray[np.float64]]:
    """Return steps and factors from the evidence of a fault and as much of the prior as counts."""
    weight = PRIOR_ROWS / max(prior[4], 1.0)
    xx, xy, yy, first = (a + weight * b for a, b in zip(own[:4], prior[:4], strict=True))
    rows = own[4] + weight * prior[4]
    steps = np.asarray(np.linalg.solve(xx + np.eye(len(xx)), xy), np.float64)
    columns = steps.shape[1]
    size = float(np.abs(np.linalg.eigvals(_companion(steps, columns))).max())
    if size > LARGEST_ROOT:
        shrink = LARGEST_ROOT / size
        steps = np.asarray(steps * np.repeat(shrink ** np.arange(1, LAGS + 1), columns)[:, None], np.float64)
    missed = np.asarray(yy - steps.T @ xy - xy.T @ steps + steps.T @ xx @ steps, np.float64)
    return {"steps": steps, "start": _factor(first / rows), "noise": _factor(missed / rows)}


def _companion(steps: NDArray[np.float64], columns: int) -> NDArray[np.float64]:
    whole = np.zeros((LAGS * columns, LAGS * columns))
    whole[:, :columns] = steps
    whole[:-columns, columns:] = np.eye((LAGS - 1) * columns)
    return whole


def _factor(covariance: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return what turns independent shocks, as a row, into ones of this covariance."""
    covariance = (covariance + covariance.T) / 2
    independent = np.diag(np.maximum(np.diag(covariance), LEAST))
    value, vector = np.linalg.eigh((1 - SHRINK) * covariance + SHRINK * independent)
    # The symmetric root leaves a shock as near as can be to its own column.
    return np.asarray((vector * np.sqrt(np.maximum(value, LEAST))) @ vector.T)


def _mean_law(windows: Cube, labels: Labels, law: NDArray[np.int64], faults: int) -> Cube:
    """Return what the mean of each fault is made of, shape (fault, feature, column)."""
    basis = _basis(labels, law)
    mean = np.zeros((faults, basis.shape[2], windows.shape[2]))
    for fault in range(faults):
        there = law == fault
        if there.any():
            rows, features = windows[there], basis[there]
            penalty = np.diag([1e-6, *[RIDGE] * (features.shape[1] - 1)])
            mean[fault] = np.linalg.solve(features.T @ features + penalty, features.T @ rows)
    return mean


def _means(labels: Labels, law: NDArray[np.int64], mean: Cube) -> Cube:
    """Return the mean of each row, shape (window, time, column)."""
    return np.asarray(np.einsum("wtb,wtbc->wtc", _basis(labels, law), mean[law]))


def _law(labels: Labels, length: int) -> NDArray[np.int64]:
    """Return whose law each row obeys, shape (window, time): before the onset that of normal operation."""
    before = labels.normal if labels.normal >= 0 else labels.fault[:, None]
    return np.where(labels.active(length), labels.fault[:, None], before)


def _round(labels: Labels, length: int) -> NDArray[np.int64]:
    """Return the turn of each row in the rhythm of the readings, 0 to period - 1, shape (window, time)."""
    return np.asarray((np.arange(length)[None] - labels.phase[:, None]) % labels.period)


def _basis(labels: Labels, law: NDArray[np.int64]) -> Cube:
    """Return what a mean is linear in, shape (window, time, feature): one, severity, traces of the onset.

    In rows of normal operation only the one is left.
    """
    length = law.shape[1]
    age = np.maximum(np.arange(length)[None] - labels.onset[:, None], 0.0)
    traces = [np.exp(-age / (windows * length)) for windows in TRACES]
    severity = np.broadcast_to(labels.severity[:, None], age.shape)
    basis = np.stack([np.ones_like(age), severity, *traces], 2)
    basis[law == labels.normal, 1:] = 0.0
    return basis


def _by_law(rows: NDArray[np.float64], law: NDArray[np.int64], maps: Cube) -> NDArray[np.float64]:
    """Return each row through the map of its law. All rows go through each map, so that the sums run in one order."""
    laws = np.unique(law)
    out = rows @ maps[laws[0]]
    for other in laws[1:]:
        out = np.where((law == other)[:, None], rows @ maps[other], out)
    return np.asarray(out)
