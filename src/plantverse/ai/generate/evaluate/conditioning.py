"""Whether windows show what was asked for, in the eyes of judges that learned from real windows only."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from plantverse.ai.generate.condition import NORMAL, Condition
from plantverse.ai.generate.evaluate.features import Convolutions, Cube, Scale, statistics
from plantverse.ai.generate.evaluate.ridge import Ridge, RidgeClasses
from plantverse.ai.generate.recordings import Windows

LEAST = 20
"""Windows below which a figure is not given."""
Figures = dict[str, float | None]


def conditioning(training: Windows, unseen: Windows, generated: Cube, *, seed: int) -> Figures:
    """Return how well type, severity and onset are read off real and off generated windows.

    Args:
        training: Real windows that the judges learn from.
        unseen: Real windows that they did not learn from.
        generated: As many, with the conditions of `unseen`.
        seed: Of the judges.

    Returns:
        Accuracy of the fault read off real and generated windows and their ratio; rank correlation and slope of
        severity, and mean error of the onset in rows (of windows with the onset inside) likewise. Left out where
        there is too little to read.
    """
    scale = Scale.of(training.values)
    look = Convolutions(training.length, len(training.columns), seed)
    names = sorted({c.fault for c in training.conditions})
    kinds, asked = (_kinds(w.conditions, names) for w in (training, unseen))
    tables = [
        np.concatenate([look(scale(cube)), statistics(scale(cube))], 1)
        for cube in (training.values, unseen.values, generated)
    ]
    judge = RidgeClasses(tables[0], kinds)
    real, made = (float((judge.classes(t) == asked).mean()) for t in tables[1:])
    found: Figures = {"type_real": real, "type_generated": made, "type_ratio": made / real if real else None}
    found |= _read(tables, training.conditions, unseen.conditions, "severity", names)
    return found | _read(tables, training.conditions, unseen.conditions, "onset", names)


def _kinds(conditions: Sequence[Condition], names: list[str]) -> NDArray[np.int64]:
    return np.array([names.index(c.fault) if c.fault in names else -1 for c in conditions], np.int64)


def _read(
    tables: list[NDArray[np.float64]],
    known: Sequence[Condition],
    asked: Sequence[Condition],
    what: str,
    names: list[str],
) -> Figures:
    """Read a number off windows, by a regression of its own for each fault."""
    truth: list[float] = []
    real: list[float] = []
    made: list[float] = []
    for name in names:
        learn, judge = (np.array([_has(c, name, what) for c in those], np.bool_) for those in (known, asked))
        wanted = np.array([getattr(c, what) for c in known])[learn]
        if name == NORMAL or learn.sum() < LEAST or not judge.any() or np.ptp(wanted) == 0:
            continue
        ridge = Ridge(tables[0][learn], wanted[:, None])
        truth += [getattr(c, what) for c, keep in zip(asked, judge, strict=True) if keep]
        real += ridge(tables[1][judge])[:, 0].tolist()
        made += ridge(tables[2][judge])[:, 0].tolist()
    if len(truth) < LEAST:
        return {}
    if what == "onset":
        return {
            f"onset_error_{who}": float(np.abs(np.array(read) - truth).mean())
            for who, read in (("real", real), ("generated", made))
        }
    figures: Figures = {}
    for who, read in (("real", real), ("generated", made)):
        figures[f"severity_rank_{who}"] = _rank_correlation(np.array(truth), np.array(read))
        figures[f"severity_slope_{who}"] = float(np.polyfit(truth, read, 1)[0])
    return figures


def _has(condition: Condition, name: str, what: str) -> bool:
    """Return whether a number can be read off a window: severity once the fault is there, onset where it is inside."""
    return condition.fault == name and (condition.onset > 0 if what == "onset" else condition.onset <= 0)


def _rank_correlation(one: NDArray[np.float64], other: NDArray[np.float64]) -> float:
    ranks = [np.argsort(np.argsort(v, kind="stable"), kind="stable") for v in (one, other)]
    return float(np.corrcoef(ranks[0], ranks[1])[0, 1])
