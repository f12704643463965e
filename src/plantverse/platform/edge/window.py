"""How much may be under way to the server: little enough that a heart-beat is not stuck behind it.

A thin link with deep buffers would otherwise delay heart-beats by seconds, and the node would be taken for dead for
doing its work. What does not fit waits here, grows into fewer and larger batches, and at last stays with the broker.
"""

from collections import deque

FIRST = 32 << 10
LEAST = 16 << 10
"""A third of a second at 400 kbit/s."""
MOST = 4 << 20
QUEUED_S = 0.3
"""Waiting in the link's buffers beyond it halves the window: a fifth of the time after which a node is dead."""
GROWTH = 1.25
"""Per heart-beat that was answered in time."""
REMEMBERED = 20
"""Heart-beats of which the quickest shows the link without waiting: ten seconds."""


class Window:
    """Bytes that were sent and not confirmed, and how many there may be.

    Attributes:
        size: Bytes allowed.
        open: Bytes under way.
    """

    def __init__(self) -> None:
        self.size = FIRST
        self.open = 0
        self._full = False
        self._rtts: deque[float] = deque(maxlen=REMEMBERED)

    @property
    def room(self) -> bool:
        """Whether another batch may be sent."""
        self._full = self._full or self.open >= self.size
        return self.open < self.size

    def answered(self, rtt_s: float) -> None:
        """A heart-beat was answered after so long; a window that was never filled says nothing and stays."""
        self._rtts.append(rtt_s)
        if rtt_s - min(self._rtts) > QUEUED_S:
            self.size = max(LEAST, self.size // 2)
        elif self._full:
            self.size = min(MOST, int(self.size * GROWTH))
        self._full = False
