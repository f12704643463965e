"""Readings that stand for several rows: windows as if every row had been read, and back.

An analyser that reports every fifth row makes steps. Which rows it reports in differs from window to window, and a
method that learns a distribution would have to learn all of them at once. So the rows between readings are filled by
what a reading there might have been, and a window that was made is read again only where an analyser would have.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from plantverse.ai.generate.recordings import Cube
from plantverse.ai.generate.rules import Rule

Phases = NDArray[np.int64]
"""Row of the first new reading in each window for each group of columns, 0 to hold - 1, shape (window, group)."""


def groups_of(rules: Sequence[Rule]) -> list[tuple[int, list[int]]]:
    """Return hold and columns of each group of columns that are read in the same rows."""
    found: dict[tuple[int, int], list[int]] = {}
    for k, rule in enumerate(rules):
        if rule.hold > 1:
            found.setdefault((rule.hold, rule.group), []).append(k)
    return [(hold, columns) for (hold, _), columns in found.items()]


def rhythm_of(rules: Sequence[Rule]) -> tuple[int, int | None]:
    """Return the shortest hold, and its group; controllers that act on readings act in that rhythm.

    A plant whose every row is read anew has the rhythm 1 and no group.
    """
    holds = [hold for hold, _ in groups_of(rules)]
    return (min(holds), holds.index(min(holds))) if holds else (1, None)


def phases_of(values: Cube, rules: Sequence[Rule]) -> Phases:
    """Return in which rows each window was read; one in which nothing of a group changes counts as read in row 0."""
    groups = groups_of(rules)
    found = np.zeros((len(values), len(groups)), np.int64)
    for g, (hold, columns) in enumerate(groups):
        changes = (np.diff(values[:, :, columns], axis=1) != 0).any(2)
        first = changes.argmax(1) + 1
        found[:, g] = np.where(changes.any(1), first, 0) % hold
    return found


def filled(values: Cube, rules: Sequence[Rule], phases: Phases, rng: np.random.Generator) -> Cube:
    """Return windows as if every row had been read.

    A row between two readings gets their linear mean, and as much noise as makes up for the spread that a mean of two
    readings lacks. How much that is, is taken from how far each reading lies from the mean of its neighbours: with
    white readings of variance v, at the share f of the way, 2 f (1 - f) v is lacking, and 1.5 v is found.
    """
    whole = values.copy()
    length = values.shape[1]
    row = np.arange(length)
    for g, (hold, some) in enumerate(groups_of(rules)):
        columns = np.array(some)
        for phase in range(hold):
            of = phases[:, g] == phase
            if not of.any():
                continue
            starts = np.unique(np.concatenate([[0], np.arange(phase, length, hold)]))
            readings = values[np.ix_(np.flatnonzero(of), starts, columns)]
            at = np.searchsorted(starts, row, "right") - 1
            after = np.minimum(at + 1, len(starts) - 1)
            share = np.where(after > at, (row - starts[at]) / np.maximum(starts[after] - starts[at], 1), 0.0)
            # After the last reading of a window nothing is known but that reading; before the first, likewise.
            loose = np.where(after > at, 2 * share * (1 - share), np.minimum((row - starts[at]) / hold, 0.5))
            middle = readings[:, 1:-1] - (readings[:, :-2] + readings[:, 2:]) / 2
            lacking = np.sqrt((middle**2).mean(1, keepdims=True) / 1.5) if middle.shape[1] else 0.0
            weight = share[None, :, None]
            mean = (1 - weight) * readings[:, at] + weight * readings[:, after]
            noise = rng.standard_normal(mean.shape)
            whole[np.ix_(np.flatnonzero(of), row, columns)] = mean + noise * np.sqrt(loose)[None, :, None] * lacking
    return whole


def held(values: Cube, rules: Sequence[Rule], phases: Phases) -> Cube:
    """Return windows in which each reading stands until the next one."""
    kept = values.copy()
    row = np.arange(values.shape[1])
    for g, (hold, some) in enumerate(groups_of(rules)):
        columns = np.array(some)
        for phase in range(hold):
            of = phases[:, g] == phase
            read = np.maximum(row - (row - phase) % hold, 0)
            kept[np.ix_(np.flatnonzero(of), row, columns)] = values[np.ix_(np.flatnonzero(of), read, columns)]
    return kept
