"""Tells viewers which stored spans changed when old samples came in."""

from plantverse.twins.events import EventLog
from plantverse.twins.registry import Registry
from plantverse.twins.samples import Flag, SampleBatch

_LATE = int(Flag.LATE)
QUIET_NS = 1_000_000_000
"""A burst of buffered samples is told once it has paused for a second."""


class LateNews:
    """Gathers late samples per signal, and makes one `history` event of each burst."""

    def __init__(self, registry: Registry, events: EventLog) -> None:
        self._registry = registry
        self._events = events
        self._spans: dict[int, tuple[int, int]] = {}
        self._last_ns = 0

    def process(self, batch: SampleBatch, now_ns: int) -> None:
        """Take note of late rows."""
        late = (batch.flags & _LATE).nonzero()[0]
        if not len(late):
            return
        self._last_ns = now_ns
        for slot, at in zip(batch.slot[late].tolist(), batch.observed_ns[late].tolist(), strict=True):
            low, high = self._spans.get(slot, (at, at))
            self._spans[slot] = (min(low, at), max(high, at))

    def tick(self, now_ns: int) -> None:
        """Tell of bursts that are over."""
        if not self._spans or now_ns - self._last_ns < QUIET_NS:
            return
        spans, self._spans = self._spans, {}
        for slot, (low, high) in spans.items():
            name = self._registry.names[slot]
            twin = self._registry.at(int(self._registry.twin_index[slot])).spec.id
            body = {"signal": name, "start_us": low / 1e3, "end_us": high / 1e3}
            self._events.append("history", twin, now_ns, body)
