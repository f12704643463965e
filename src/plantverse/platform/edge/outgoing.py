"""Rows that a node decoded and has not sent, in order, with the messages that are confirmed once their rows are safe.

They are sent in parts, as many rows as the link takes. A message belongs to the part that holds its last row. Pure.
"""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from plantverse.platform.edge.columns import MOST_ROWS
from plantverse.twins.samples import SampleBatch

Waiting = list[tuple[int, list[int]]]
"""Packet ids by the generation of the session that brought them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """What goes out as one batch.

    Attributes:
        rows: At most `MOST_ROWS`, maybe none.
        slots: uint32, the server's slot of each.
        messages: To be confirmed to the broker when the server has the batch safe.
    """

    rows: SampleBatch
    slots: NDArray[np.uint32]
    messages: Waiting


class Outgoing:
    """All that was drained at one time.

    Args:
        drained: Rows with their slots; those behind the first entry follow from it.
        messages: That they came from; those without a row go with the first part.

    Attributes:
        rows: Rows left.
    """

    def __init__(self, drained: Sequence[tuple[SampleBatch, NDArray[np.uint32]]], messages: Waiting) -> None:
        self._left = deque(drained)
        self._at = self._taken = 0
        self.rows = sum(len(rows) for rows, _ in drained)
        # What is derived belongs to messages that it does not name: with it everything waits for the last part.
        last = {p: row for row, p in enumerate(drained[0][0].packet.tolist())} if len(drained) == 1 else {}
        nowhere = self.rows - 1 if len(drained) > 1 else -1
        ends = [(last.get(packet, nowhere), generation, packet) for generation, ids in messages for packet in ids]
        self._ends = deque(sorted(ends, key=lambda end: end[0]))

    def __bool__(self) -> bool:
        """Whether anything is left."""
        return bool(self._left or self._ends)

    def take(self, most: int) -> Part:
        """Return the next part of at most so many rows, at least one where there is one."""
        if not self._left:
            return Part(rows=_NO_ROWS, slots=_NO_SLOTS, messages=self._done())
        rows, slots = self._left[0]
        part = np.arange(self._at, self._at + min(len(rows) - self._at, max(1, most), MOST_ROWS))
        self._at += len(part)
        self._taken += len(part)
        self.rows -= len(part)
        if self._at == len(rows):
            self._left.popleft()
            self._at = 0
        return Part(rows=rows.take(part), slots=slots[part], messages=self._done())

    def _done(self) -> Waiting:
        """Return the messages whose last row was taken."""
        done: dict[int, list[int]] = {}
        while self._ends and self._ends[0][0] < self._taken:
            _, generation, packet = self._ends.popleft()
            done.setdefault(generation, []).append(packet)
        return list(done.items())


_NO_ROWS = SampleBatch.of([], [], [])
_NO_SLOTS: NDArray[np.uint32] = np.zeros(0, np.uint32)
