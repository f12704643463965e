"""Ridge regression with its penalty chosen by leaving one row out, as classifier and as regressor."""

import numpy as np
from numpy.typing import NDArray

from plantverse.ai.generate.evaluate.features import Scale, Table

PENALTIES = np.logspace(-1, 5, 13)


class Ridge:
    """A linear map from features to numbers.

    Args:
        table: Features, shape (row, feature).
        targets: Shape (row, target).

    Source:
        The leave-one-out error of ridge regression in closed form: Golub et al., Technometrics 21, 1979.
    """

    def __init__(self, table: Table, targets: NDArray[np.float64]) -> None:
        self._scale = Scale.of(table)
        x = self._scale(table)
        self._mean = targets.mean(0)
        y = targets - self._mean
        u, size, v = np.linalg.svd(x, full_matrices=False)
        turned = u.T @ y
        errors = []
        for penalty in PENALTIES:
            shrink = size**2 / (size**2 + penalty)
            missed = (y - u @ (shrink[:, None] * turned)) / (1 - (u**2 @ shrink) - 1 / len(x)).clip(1e-6)[:, None]
            errors.append((missed**2).mean())
        penalty = PENALTIES[int(np.argmin(errors))]
        self._weights = v.T @ ((size / (size**2 + penalty))[:, None] * turned)

    def __call__(self, table: Table) -> NDArray[np.float64]:
        """Return what it makes of rows, shape (row, target)."""
        return np.asarray(self._scale(table) @ self._weights + self._mean)


class RidgeClasses:
    """Classifies by the largest of one regression per class."""

    def __init__(self, table: Table, classes: NDArray[np.int64]) -> None:
        self._ridge = Ridge(table, 2.0 * np.eye(int(classes.max()) + 1)[classes] - 1.0)

    def classes(self, table: Table) -> NDArray[np.int64]:
        """Return the likeliest class of each row."""
        return np.asarray(self._ridge(table).argmax(1))
