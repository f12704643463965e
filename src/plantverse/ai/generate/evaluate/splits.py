"""Cuts runs into parts that share no row and lie at least a window apart."""

from collections.abc import Sequence

from plantverse.ai.generate.recordings import Recording


def halves(
    runs: Sequence[Recording], length: int, *, windows: int = 4, flip: bool = False
) -> tuple[list[Recording], list[Recording]]:
    """Return two halves of each run: blocks of rows in turn, with a gap of a window between any two.

    Args:
        runs: Whole runs.
        length: Rows of a window.
        windows: In a block.
        flip: Which half comes first.
    """
    sides: tuple[list[Recording], list[Recording]] = ([], [])
    for run in runs:
        block = windows * length
        for k, start in enumerate(range(0, len(run.rows) - length + 1, block + length)):
            sides[(k + flip) % 2].append(run.part(start, min(start + block, len(run.rows))))
    return sides


def whole(runs: Sequence[Recording], *, flip: bool = False) -> tuple[list[Recording], list[Recording]]:
    """Return two halves of the runs of each fault, every run whole in one of them."""
    sides: tuple[list[Recording], list[Recording]] = ([], [])
    seen: dict[str, int] = {}
    for run in runs:
        turn = seen[run.fault] = seen.get(run.fault, -1) + 1
        sides[(turn + flip) % 2].append(run)
    return sides
