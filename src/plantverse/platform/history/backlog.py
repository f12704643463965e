"""What waits to be written: filled by the event loop, emptied by the writer thread in portions of one commit."""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field

from plantverse.platform.history.store import StoredEvent
from plantverse.twins.samples import I64, SampleBatch

Document = tuple[str, str, int]
"""(twin id, JSON text, revision)."""


@dataclass(frozen=True, slots=True)
class Submission:
    """Samples as they were submitted, and who wants to know when they are durable."""

    batch: SampleBatch
    keys: I64
    on_committed: Callable[[], None]


@dataclass(slots=True)
class Portion:
    """What one commit writes; a part is emptied once it is durable, so that a second try leaves it out."""

    submissions: list[Submission] = field(default_factory=list)
    events: list[StoredEvent] = field(default_factory=list)
    documents: list[Document] = field(default_factory=list)


class Backlog:
    """Submissions in order, events in order, and the newest document per twin.

    Args:
        max_events: Events kept while nothing can be written; beyond that the oldest go.
    """

    def __init__(self, max_events: int) -> None:
        self._max_events = max_events
        self._ready = threading.Condition()
        self._submissions: list[Submission] = []
        self._events: list[StoredEvent] = []
        self._documents: dict[str, Document] = {}
        self._asleep = False
        self._closing = threading.Event()
        self.dropped_events = 0

    @property
    def closing(self) -> bool:
        """Whether `close` was called."""
        return self._closing.is_set()

    def add(self, submission: Submission) -> None:
        """Queue samples."""
        with self._ready:
            self._submissions.append(submission)
            self._wake()

    def add_events(self, events: list[StoredEvent]) -> None:
        """Queue events."""
        with self._ready:
            self._events += events
            surplus = len(self._events) - self._max_events
            if surplus > 0:
                self.dropped_events += surplus
                del self._events[:surplus]
            self._wake()

    def add_documents(self, documents: list[Document]) -> None:
        """Queue documents; one replaces an older one of its twin."""
        with self._ready:
            self._documents.update((document[0], document) for document in documents)
            self._wake()

    def wait(self, timeout_s: float) -> bool:
        """Sleep until there is something, `close` is called or the time is over; say whether there is something."""
        with self._ready:
            if not self._something() and not self.closing:
                self._asleep = True
                self._ready.wait(timeout_s)
                self._asleep = False
            return self._something()

    def linger(self, seconds: float) -> None:
        """Let more come together; new arrivals don't cut it short, `close` does."""
        self._closing.wait(seconds)

    def take(self, max_rows: int) -> Portion:
        """Return the oldest submissions up to about so many rows, with all events and documents."""
        with self._ready:
            rows = count = 0
            while count < len(self._submissions) and rows < max_rows:
                rows += len(self._submissions[count].batch)
                count += 1
            portion = Portion(self._submissions[:count], self._events, list(self._documents.values()))
            del self._submissions[:count]
            self._events, self._documents = [], {}
            return portion

    def close(self) -> None:
        """Wake the writer for the last time."""
        with self._ready:
            self._closing.set()
            self._ready.notify_all()

    def _something(self) -> bool:
        return bool(self._submissions or self._events or self._documents)

    def _wake(self) -> None:
        # A writer that lingers or commits looks again by itself; waking it for every submission would cost two
        # switches of threads each.
        if self._asleep:
            self._ready.notify()
