"""How much may be under way to the server: little enough that a heart-beat is not stuck behind it.

A thin link with deep buffers would otherwise delay heart-beats by seconds, and the node would be taken for dead for
doing its work. What does not fit waits here, grows into fewer and larger batches, and at last stays with the broker.

The link carries what is under way in the round trip of a heart-beat. So the window aims at the bytes that make this
`QUEUED_S` longer than it is on an empty link: it grows while heart-beats are quicker and shrinks when they are slower,
so far that the link is empty now and then, which shows again how long it is. Where shrinking helps
nothing, the link has got longer, and its new length counts.
"""

from collections import deque

FIRST = 16 << 10
"""A second at 128 kbit/s: on a thinner link the first rush of data may cost the lease."""
LEAST = 1 << 10
"""Half a second at 16 kbit/s."""
MOST = 4 << 20
LINGER_S = 0.01
"""Longer than in the server's own pipeline."""
THIN_LINGER_S = 0.05
THIN = 16 << 10
"""A window that had to shrink and is smaller is that of a thin link."""
QUEUED_S = 0.2
"""Waiting in the link's buffers beyond it shrinks the window: a seventh of the time after which a node is dead."""
FIRST_GROWTH, GROWTH, LEAST_GROWTH = 2.0, 1.5, 1.25
"""Per heart-beat that was answered in time: until it first shrinks, later, and at least, so that the limit is found."""
QUICKER = 0.8
"""A heart-beat that takes more than this share of the one for which the window shrank found no shorter queue."""
TOO_LONG_S = 0.7
"""Half the time after which a node is dead: what takes longer is a queue until all remembered heart-beats took it."""
SHOWS = 0.5
"""Round trips until the link has got rid of what was under way before a change."""
EMPTY = 0.9
"""Of what an empty link carries is left under way when the window shrinks, but at least half of what it was."""
REMEMBERED = 20
"""Heart-beats of which the quickest shows the link without waiting: ten seconds."""
OURS_S = 3.0
"""After the window was full or had to shrink, a slow heart-beat is one that waited behind our own data."""
WORTH_IT = 4
"""Room is used once it is so great a part of the window: many small batches would fill a link with their headers."""


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
        self._growth = FIRST_GROWTH
        self._late_s = 0.0
        self._shows_s = self._filled_s = float("-inf")
        self._rtts: deque[float] = deque(maxlen=REMEMBERED)

    @property
    def linger_s(self) -> float:
        """How long rows should wait for company: on a thin link a header for each would be the greater part."""
        return THIN_LINGER_S if self._growth == GROWTH and self.size < THIN else LINGER_S

    def way_s(self, now_s: float) -> float:
        """Return the newest round trip without what our own data adds to it, 0 while none is known."""
        if not self._rtts:
            return 0.0
        return min(self._rtts) if now_s - self._filled_s < OURS_S else self._rtts[-1]

    def room(self) -> int:
        """Return how many bytes may be sent now, 0 while it is not worth it."""
        free = self.size - self.open
        if free > 0 and free * WORTH_IT >= self.size:
            return free
        self._full = True
        return 0

    def answered(self, rtt_s: float, now_s: float) -> None:
        """A heart-beat was answered after so long; a window that was never filled says nothing and stays."""
        self._rtts.append(rtt_s)
        if self._says_nothing(rtt_s, now_s):
            return
        full, self._full = self._full, False
        if full:
            self._filled_s = now_s
        if rtt_s - min(self._rtts) > QUEUED_S:
            self._shrink(rtt_s, now_s)
            return
        self._late_s = 0.0
        if full:
            aimed = (min(self._rtts) + QUEUED_S) / max(rtt_s, 1e-6)
            self._resize(max(LEAST_GROWTH, min(self._growth, aimed)), now_s, rtt_s)

    def unanswered(self, for_s: float, now_s: float) -> None:
        """A heart-beat has waited for its answer for so long."""
        if self._late_s or not self._rtts or self._says_nothing(for_s, now_s):
            return
        if for_s - min(self._rtts) > QUEUED_S:
            self._shrink(for_s, now_s)

    def _shrink(self, rtt_s: float, now_s: float) -> None:
        if self._late_s and QUICKER * self._late_s < rtt_s < TOO_LONG_S:
            self._rtts.clear()
            self._rtts.append(rtt_s)
            self._late_s = 0.0
            return
        self._late_s, self._growth, self._filled_s = rtt_s, GROWTH, now_s
        self._resize(max(0.5, EMPTY * min(self._rtts) / rtt_s), now_s, rtt_s)

    def _says_nothing(self, for_s: float, now_s: float) -> bool:
        """Whether a heart-beat went out before a change of the window had shown in the link."""
        return now_s - for_s < self._shows_s

    def _resize(self, factor: float, now_s: float, rtt_s: float) -> None:
        self.size = max(LEAST, min(MOST, int(self.size * factor)))
        self._shows_s = now_s + SHOWS * rtt_s
