"""Extremely randomised trees, for judges that look at statistics and spectra.

Source:
    Geurts et al., Extremely randomized trees, Machine Learning 63, 2006. The square root of the number of features is
    tried at each node, with one random cut for each, as they do for classification.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Table = NDArray[np.float64]
LEAST_LEAF = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class _Tree:
    """Nodes in one array each; a leaf has feature -1."""

    feature: NDArray[np.int64]
    cut: NDArray[np.float64]
    left: NDArray[np.int64]
    share: NDArray[np.float64]

    def shares(self, table: Table) -> NDArray[np.float64]:
        at = np.zeros(len(table), np.int64)
        while True:
            feature = self.feature[at]
            inner = feature >= 0
            if not inner.any():
                return self.share[at]
            rows = np.flatnonzero(inner)
            right = table[rows, feature[rows]] > self.cut[at[rows]]
            at[rows] = self.left[at[rows]] + right


class ExtraTrees:
    """A forest that classifies.

    Args:
        table: Features, shape (row, feature).
        classes: int64 from 0 on, shape (row,).
        seed: Of the cuts.
        trees: How many.

    Example:
        >>> table = np.random.default_rng(1).normal(size=(200, 3))
        >>> forest = ExtraTrees(table, (table[:, 1] > 0).astype(np.int64), seed=1)
        >>> float((forest.classes(table) == (table[:, 1] > 0)).mean()) > 0.95
        True
    """

    def __init__(self, table: Table, classes: NDArray[np.int64], *, seed: int, trees: int = 60) -> None:
        rng = np.random.default_rng(seed)
        self._trees = [_grown(table, classes, int(classes.max()) + 1, rng) for _ in range(trees)]

    def shares(self, table: Table) -> NDArray[np.float64]:
        """Return how likely each class is, shape (row, class)."""
        return np.asarray(np.mean([tree.shares(table) for tree in self._trees], 0))

    def classes(self, table: Table) -> NDArray[np.int64]:
        """Return the likeliest class of each row."""
        return np.asarray(self.shares(table).argmax(1), np.int64)


def _grown(table: Table, classes: NDArray[np.int64], count: int, rng: np.random.Generator) -> _Tree:
    tried = max(1, round(np.sqrt(table.shape[1])))
    one_hot = np.eye(count)[classes]
    feature, cut, left, share = [-1], [0.0], [0], [one_hot.mean(0)]
    open_nodes = [(0, np.arange(len(table)))]
    while open_nodes:
        node, rows = open_nodes.pop()
        share[node] = one_hot[rows].mean(0)
        if len(rows) < 2 * LEAST_LEAF or share[node].max() == 1.0:
            continue
        some = rng.choice(table.shape[1], tried, replace=False)
        seen = table[np.ix_(rows, some)]
        low, high = seen.min(0), seen.max(0)
        cuts = low + rng.random(tried) * (high - low)
        right = seen > cuts
        many = right.sum(0)
        # Gini impurity after the cut, less what does not depend on the cut: the larger the better.
        of_right = right.T.astype(np.float64) @ one_hot[rows]
        of_left = one_hot[rows].sum(0) - of_right
        with np.errstate(invalid="ignore", divide="ignore"):
            gain = (of_right**2).sum(1) / many + (of_left**2).sum(1) / (len(rows) - many)
        gain[(many < 1) | (many > len(rows) - 1)] = -np.inf
        best = int(gain.argmax())
        if not np.isfinite(gain[best]):
            continue
        feature[node], cut[node], left[node] = int(some[best]), float(cuts[best]), len(feature)
        for side in (rows[~right[:, best]], rows[right[:, best]]):
            open_nodes.append((len(feature), side))
            feature.append(-1)
            cut.append(0.0)
            left.append(0)
            share.append(share[node])
    return _Tree(feature=np.array(feature), cut=np.array(cut), left=np.array(left), share=np.stack(share))
