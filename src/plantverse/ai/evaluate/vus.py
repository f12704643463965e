"""Volume under the precision-recall surface: how well scores rank rows, whatever the limit, forgiving small shifts."""

import numpy as np
from numpy.typing import NDArray

from plantverse.ai.stretches import Flags, stretches

LONGEST_BUFFER = 20
"""Rows around an event that still count in part, at most."""
THRESHOLDS = 250


def vus_pr(score: NDArray[np.float64], truth: Flags, longest: int = LONGEST_BUFFER) -> float | None:
    """Return the mean area under the range-based precision-recall curve over buffers of 0 to `longest` rows, in [0, 1].

    Args:
        score: Higher is stranger, shape (time,); NaN counts as the lowest.
        truth: Whether the row is anomalous, shape (time,).
        longest: Widest buffer in rows, an even number.

    Returns:
        None where no row, or every row, is anomalous.

    Source:
        Paparrizos et al., VLDB 2022, "Volume under the surface", sections 3.2 to 3.4, with 250 thresholds as in their
        code; buffers grow in steps of two rows, half on each side.
    """
    if not truth.any() or truth.all():
        return None
    score = np.nan_to_num(score, nan=-np.inf, posinf=np.finfo(np.float64).max)
    order = np.argsort(-score, kind="stable")
    ranked = score[order]
    cuts = ranked[np.linspace(0, len(score) - 1, THRESHOLDS).astype(int)]
    beyond = np.searchsorted(-ranked, -cuts, side="right")
    areas = [_area(score, truth, order, cuts, beyond, width) for width in range(0, longest + 1, 2)]
    return float(np.mean(areas))


def _area(  # noqa: PLR0917  what is the same for every width, sorted once by the caller
    score: NDArray[np.float64],
    truth: Flags,
    order: NDArray[np.int64],
    cuts: NDArray[np.float64],
    beyond: NDArray[np.int64],
    width: int,
) -> float:
    label = _buffered(truth, width)
    hits = np.cumsum(label[order])[beyond - 1]
    positives = (truth.sum() + label.sum()) / 2
    peaks = np.sort([score[a:b].max() for a, b in stretches(label > 0)])
    existence = 1 - np.searchsorted(peaks, cuts, side="left") / len(peaks)
    recall = np.concatenate([[0.0], np.minimum(hits / positives, 1.0) * existence])
    return float((np.diff(recall) * (hits / beyond)).sum())


def _buffered(truth: Flags, width: int) -> NDArray[np.float64]:
    """Return labels in [0, 1] that fall off like sqrt(1 - distance / width) over half a width on both sides."""
    label = truth.astype(np.float64)
    for start, stop in stretches(truth):
        for distance in range(1, width // 2 + 1):
            part = np.sqrt(1 - distance / width)
            for at in (start - distance, stop - 1 + distance):
                if 0 <= at < len(label):
                    label[at] = max(label[at], part)
    return label
