"""What a place can deliver over its link, learned from how it does when it is late. Pure; the time is passed in.

A link that nobody fills shows only that it carries at least so much. While a place has work lying about, what it
delivers is what its link carries. Afterwards the figure rises slowly, so that a link that got better is found again.
"""

from collections import deque

LATE_S = 0.2
"""Work that has lain for longer has piled up."""
LOOKS = 3
"""So many looks in a row have to find it: a stall of a moment says nothing of the link."""
TAKEN_OVER = 0.3
"""Of a new measurement."""
RISE_PER_S = 0.005
"""It takes more than two minutes to double: what tries the link out again is one group every now and then."""


SERVER_LATE_S = 0.5
"""A round trip from the server to its broker so much longer than it was is one in a queue."""
WAYS = 60
"""Measured round trips of which the shortest is that without a queue."""


class Carrying:
    """The most that a place delivers.

    Args:
        late_s: Lateness above which work has piled up.

    Attributes:
        rows_s: Rows per second; inf as long as it was never found full.
        late: Whether work lies about now.
    """

    def __init__(self, *, late_s: float = LATE_S) -> None:
        self._late_s = late_s
        self._looks: deque[tuple[float, int, bool]] = deque(maxlen=LOOKS)
        self.rows_s = float("inf")
        self.late = False

    def note(self, now_s: float, *, delivered: int, lag_s: float) -> None:
        """Take a look.

        Args:
            now_s: When.
            delivered: Rows so far.
            lag_s: How long its oldest work has lain.
        """
        looks = self._looks
        passed_s = now_s - looks[-1][0] if looks else 0.0
        looks.append((now_s, delivered, lag_s > self._late_s))
        span_s = now_s - looks[0][0]
        if len(looks) < LOOKS or span_s <= 0:
            return
        rate = (delivered - looks[0][1]) / span_s
        self.late = all(late for _, _, late in looks)
        if not self.late:
            self.rows_s = max(self.rows_s * (1 + RISE_PER_S) ** passed_s, rate)
        elif self.rows_s == float("inf"):
            self.rows_s = rate
        else:
            self.rows_s += TAKEN_OVER * (rate - self.rows_s)

    def overlook(self) -> None:
        """Leave this moment out: what is slow now is not this place."""
        self._looks.clear()
        self.late = False


class Line:
    """The server's line to its broker: raw messages come over it, and a queue on it shows in the round trip."""

    def __init__(self) -> None:
        self._carrying = Carrying(late_s=SERVER_LATE_S)
        self._ways: deque[float] = deque(maxlen=WAYS)

    def note(self, now_s: float, *, delivered: int, rtt_s: float) -> tuple[float, bool]:
        """Return the rows per second that it carries, inf if it was never found full, and whether it is full now."""
        self._ways.append(rtt_s)
        self._carrying.note(now_s, delivered=delivered, lag_s=rtt_s - min(self._ways))
        return self._carrying.rows_s, self._carrying.late
