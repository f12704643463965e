"""Whether a generator repeats what it learned from, and whether it covers what it did not."""

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from plantverse.ai.generate.evaluate.features import Cube, Scale
from plantverse.ai.generate.evaluate.judges import nearest

FAIR_SHARE = 0.52
"""Of windows nearer to the training half than to the other; a generator that learned a law and no windows has .5."""
NEIGHBOURS = 5
DIRECTIONS = 24
"""Principal components in which windows are compared for coverage."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Memorisation:
    """Whether generated windows are nearer to those learned from than to as many that were not.

    Attributes:
        share: Nearer to training; ties count half.
        margin: Two standard errors of a fair share of as many draws as stretches were held out: windows of one stretch
            are alike, so they count as one.
        copies: Share that is a training window, to the last digit but rounding.
        passed: Whether the share is at most .52 plus the margin, and fewer than 1 % are copies.
    """

    share: float
    margin: float
    copies: float
    passed: bool

    def facts(self) -> dict[str, Any]:
        """Return it as plain JSON."""
        return asdict(self)


def memorisation(
    generated: tuple[Cube, NDArray[np.int64]],
    training: tuple[Cube, NDArray[np.int64]],
    held_out: tuple[Cube, NDArray[np.int64]],
    *,
    stretches: int,
    seed: int,
) -> Memorisation:
    """Return the verdict of the memorisation test.

    Each generated window is compared with windows of its own fault, of which as many are taken from either side.

    Args:
        generated: Windows and the fault of each, as an index.
        training: What was learned from, likewise.
        held_out: What was not, likewise.
        stretches: Runs, or blocks of rows, that were held out.
        seed: Of the draw that makes both sides equal.
    """
    rng = np.random.default_rng(seed)
    scale = Scale.of(np.concatenate([training[0], held_out[0]]))
    nearer, copies = [], []
    for fault in np.unique(generated[1]):
        made, known, fresh = (
            scale(cube[kinds == fault]).reshape(int((kinds == fault).sum()), -1)
            for cube, kinds in (generated, training, held_out)
        )
        size = min(len(known), len(fresh))
        if not size:
            continue
        # Copies are looked for among all that was learned, nearness among equally many.
        copied = nearest(made, known)[0] < 1e-9 * known.shape[1]
        to_known = nearest(made, known[rng.permutation(len(known))[:size]])[0]
        to_fresh = nearest(made, fresh[rng.permutation(len(fresh))[:size]])[0]
        nearer.append((to_known < to_fresh) + 0.5 * (to_known == to_fresh))
        copies.append(copied)
    share, copied_share = float(np.concatenate(nearer).mean()), float(np.concatenate(copies).mean())
    margin = float(2 * np.sqrt(0.25 / stretches))
    return Memorisation(
        share=share, margin=margin, copies=copied_share, passed=share <= FAIR_SHARE + margin and copied_share < 0.01
    )


def coverage(generated: Cube, real: Cube) -> dict[str, float]:
    """Return precision and recall: shares that lie within the neighbourhoods of the other kind.

    Args:
        generated: Shape (window, time, column).
        real: As many that no generator has seen.

    Source:
        Kynkäänniemi et al., Improved precision and recall metric for assessing generative models, NeurIPS 2019.
    """
    scale = Scale.of(real)
    flat_real, flat_made = (scale(cube).reshape(len(cube), -1) for cube in (real, generated))
    centre = flat_real.mean(0)
    _, size, directions = np.linalg.svd(flat_real - centre, full_matrices=False)
    top = directions[: min(DIRECTIONS, len(size))].T
    points_real, points_made = (flat_real - centre) @ top, (flat_made - centre) @ top
    return {
        "precision": _inside(points_made, points_real),
        "recall": _inside(points_real, points_made),
    }


def _inside(points: Cube, of: Cube) -> float:
    """Return the share of points within the distance of some other point to its k-th neighbour."""
    own = np.sqrt(((of[:, None] - of[None]) ** 2).sum(2))
    reach = np.sort(own, 1)[:, min(NEIGHBOURS, len(of) - 1)]
    far = np.sqrt(((points[:, None] - of[None]) ** 2).sum(2))
    return float((far <= reach).any(1).mean())
