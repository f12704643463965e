"""Judges that try to tell generated windows from real ones. The one that does best is the verdict.

They are frozen: no generator may import them (a rule of the import linter), and none was chosen by how one fared.
"""

from collections.abc import Callable, Mapping

import numpy as np
from numpy.typing import NDArray

from plantverse.ai.generate.evaluate.features import Convolutions, Cube, Scale, statistics
from plantverse.ai.generate.evaluate.ridge import RidgeClasses
from plantverse.ai.generate.evaluate.trees import ExtraTrees

Classes = NDArray[np.int64]
Judge = Callable[[Cube, Classes, Cube, int], Classes]
"""Takes windows to learn from, their classes, windows to judge and a seed; returns the classes it gives them."""


def _convolutions(learn: Cube, classes: Classes, judge: Cube, seed: int) -> Classes:
    features = Convolutions(learn.shape[1], learn.shape[2], seed)
    return RidgeClasses(features(learn), classes).classes(features(judge))


def _trees(learn: Cube, classes: Classes, judge: Cube, seed: int) -> Classes:
    return ExtraTrees(statistics(learn), classes, seed=seed).classes(statistics(judge))


def _neighbour(learn: Cube, classes: Classes, judge: Cube, seed: int) -> Classes:  # noqa: ARG001
    return classes[nearest(judge.reshape(len(judge), -1), learn.reshape(len(learn), -1))[1]]


def _gru(learn: Cube, classes: Classes, judge: Cube, seed: int) -> Classes:
    from plantverse.ai.generate.evaluate.gru import Gru

    return Gru(learn, classes, seed=seed).classes(judge)


JUDGES: dict[str, Judge] = {
    "convolutions": _convolutions,
    "trees": _trees,
    "neighbour": _neighbour,
    "gru": _gru,
}
"""Every judge by name."""


def accuracies(
    real: tuple[Cube, Cube], generated: tuple[Cube, Cube], *, seed: int, judges: Mapping[str, Judge] = JUDGES
) -> dict[str, float]:
    """Return how often each judge is right about windows it has not seen; .5 is a coin.

    Args:
        real: Windows that no generator has seen: to learn from, and to judge.
        generated: As many for each.
        seed: Of the judges.
        judges: By name.
    """
    scale = Scale.of(real[0])
    learn, judge = (scale(np.concatenate([r, g])) for r, g in zip(real, generated, strict=True))
    known, truth = (
        np.repeat(np.array([0, 1], np.int64), [len(r), len(g)]) for r, g in zip(real, generated, strict=True)
    )
    found = {}
    for name, ask in judges.items():
        right = ask(learn, known, judge, seed) == truth
        # The mean over both kinds, so that an answer that is always the same scores .5.
        found[name] = float(np.mean([right[truth == kind].mean() for kind in (0, 1)]))
    return found


def nearest(points: Cube, among: Cube) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Return squared distance and index of the nearest other point of each, shapes (point,)."""
    distances, at = [], []
    squares = (among**2).sum(1)
    for k in range(0, len(points), 256):
        some = points[k : k + 256]
        square = (some**2).sum(1)[:, None] - 2 * some @ among.T + squares
        best = square.argmin(1)
        # Once more by difference: the other formula cannot tell a copy from a near miss.
        distances.append(((some - among[best]) ** 2).sum(1))
        at.append(best)
    return np.concatenate(distances), np.concatenate(at)
