"""How many rows come to each group of a node, whether its link takes them or not: told by its counters. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass

from plantverse.platform.edge.messages import GroupCount

SETTLED_S = 1.5
"""After a hand-over the broker sends what it has kept; that is no rate."""
TAKEN_OVER = 0.4
"""Of a new measurement, at every heart-beat."""


@dataclass(slots=True)
class _Count:
    token: int
    since_s: float
    at_s: float
    rows: int
    rate: float | None = None


class Offered:
    """Rows per second by group."""

    def __init__(self) -> None:
        self._counts: dict[str, _Count] = {}

    def of(self, group: str) -> float | None:
        """Return the rate of a group, None as long as it is not known."""
        count = self._counts.get(group)
        return None if count is None else count.rate

    def note(self, at_s: float, counts: Sequence[GroupCount]) -> None:
        """Take a heart-beat's counters.

        Args:
            at_s: When it was sent, on the node's clock.
            counts: Of all groups that it holds.
        """
        found: dict[str, _Count] = {}
        for count in counts:
            rows = count.rows + count.waiting
            known = self._counts.get(count.group)
            if known is None or known.token != count.token:
                known = _Count(token=count.token, since_s=at_s, at_s=at_s, rows=rows)
            elif at_s > known.at_s:
                if known.at_s - known.since_s >= SETTLED_S:
                    rate = max(0, rows - known.rows) / (at_s - known.at_s)
                    known.rate = rate if known.rate is None else known.rate + TAKEN_OVER * (rate - known.rate)
                known.at_s, known.rows = at_s, rows
            found[count.group] = known
        self._counts = found
