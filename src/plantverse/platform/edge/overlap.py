"""What the server itself read of a group while a node began to: the node's copies of it are discarded.

When a group gets a broker session of its own for the first time, messages of a moment come by both sessions. The server
keeps what it took in that moment; each entry cancels one equal row of the node.
"""

from collections import Counter

import numpy as np
from numpy.typing import NDArray

from plantverse.twins.samples import Flag, SampleBatch

MOST_ROWS = 500_000
"""Rows kept at most, 60 MB: ten seconds at 50,000 rows/s. What is beyond comes twice, and is counted."""


class Overlap:
    """Rows of one group that came by the server's own session.

    Args:
        own: bool by slot, the group's.

    Attributes:
        lost: Rows that were not kept for lack of room.
    """

    def __init__(self, own: NDArray[np.bool_]) -> None:
        self._own = own
        self._seen: Counter[tuple[int, int, int]] = Counter()
        self._cancelled: set[tuple[int, int, int]] = set()
        self._size = 0
        self.lost = 0

    def note(self, batch: SampleBatch) -> None:
        """Keep the group's rows of a batch that the server decoded."""
        mine = self._mine(batch)
        if not mine.any():
            return
        rows = batch.take(mine)
        room = MOST_ROWS - self._size
        self.lost += max(0, len(rows) - room)
        keys = _keys(rows)[: max(0, room)]
        self._seen.update(keys)
        self._size += len(keys)

    def fresh(self, rows: SampleBatch) -> SampleBatch:
        """Return the rows of a node that the server had not taken itself; those of other groups stay."""
        mine = self._mine(rows) if self._size else np.zeros(0, np.bool_)
        if not mine.any():
            return rows
        keep = np.ones(len(rows), np.bool_)
        again = (rows.flags[mine] & Flag.REDELIVERED) != 0
        places = np.flatnonzero(mine).tolist()
        for position, key, repeated in zip(places, _keys(rows.take(mine)), again.tolist(), strict=True):
            if self._seen.get(key, 0):
                self._seen[key] -= 1
                self._cancelled.add(key)
                keep[position] = False
            elif repeated and key in self._cancelled:
                # Its first holder died before it could acknowledge what was cancelled.
                keep[position] = False
        return rows.take(keep)

    def _mine(self, rows: SampleBatch) -> NDArray[np.bool_]:
        mine: NDArray[np.bool_] = rows.slot < len(self._own)
        mine[mine] = self._own[rows.slot[mine]]
        return mine


def _keys(rows: SampleBatch) -> list[tuple[int, int, int]]:
    """Slot, the device's stamp and the bits of the value; without a stamp the value alone has to tell."""
    value = np.where(np.isnan(rows.value), np.nan, rows.value).view(np.int64)
    return list(zip(rows.slot.tolist(), rows.stamp_ns.tolist(), value.tolist(), strict=True))
