"""The event log: what happened, each event delivered, none merged; bounded, read by revision."""

from bisect import bisect_right
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from plantverse.twins.revision import Revision

DEFAULT_EVENTS_KEPT = 20_000
"""Four floods of 5,000 alarms; 10 MB at most. Older ones are in history."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """Something that happened.

    Attributes:
        revision: The server's revision.
        at_ns: When, ns since the Unix epoch.
        kind: `alarm`, `anomaly`, `command`, `desired`, `birth`, `death`, `structure`, `counter_reset`, `history` or
            `system`.
        twin: Twin id, "" for the plant as a whole.
        body: JSON-like facts; see docs/reference/events.md.
    """

    revision: int
    at_ns: int
    kind: str
    twin: str
    body: dict[str, Any]


class EventLog:
    """The newest events in order; readers keep a position, which counts events since the start.

    Args:
        revision: Numbers the events.
        kept: How many.
        is_synthetic: Whether a twin is synthetic; the body of its events says so.
    """

    def __init__(
        self,
        revision: Revision,
        *,
        kept: int = DEFAULT_EVENTS_KEPT,
        is_synthetic: Callable[[str], bool] = lambda _: False,
    ) -> None:
        self._revision = revision
        self._is_synthetic = is_synthetic
        self._kept = kept
        self._events: list[Event] = []
        self._revisions: list[int] = []
        self._first = 0
        self.last_change = 0

    @property
    def position(self) -> int:
        """The position after the newest event."""
        return self._first + len(self._events)

    def append(self, kind: str, twin: str, at_ns: int, body: dict[str, Any]) -> Event:
        """Record an event and return it with its revision."""
        if twin and self._is_synthetic(twin):
            body = {**body, "synthetic": True}
        event = Event(revision=self._revision.take(), at_ns=at_ns, kind=kind, twin=twin, body=body)
        self._events.append(event)
        self._revisions.append(event.revision)
        self.last_change = event.revision
        if len(self._events) > self._kept + self._kept // 4:
            surplus = len(self._events) - self._kept
            self._first += surplus
            del self._events[:surplus]
            del self._revisions[:surplus]
        return event

    def position_after(self, revision: int) -> int:
        """Return the position of the first event after a revision; one too low when events before it were dropped."""
        at = bisect_right(self._revisions, revision)
        return self._first + at - (1 if at == 0 and self._first else 0)

    def read(self, position: int, limit: int) -> tuple[list[Event], int, int]:
        """Return (at most `limit` events from a position on, the next position, events lost in between)."""
        missed = max(0, self._first - position)
        at = position + missed - self._first
        events = self._events[at : at + limit]
        return events, position + missed + len(events), missed
