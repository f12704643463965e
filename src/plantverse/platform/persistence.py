"""What survives a restart: history keys of signals, the last values, documents and events."""

import logging
from typing import Protocol

import msgspec
import numpy as np
from numpy.typing import NDArray

from plantverse.errors import HistoryUnavailable, PlantverseError
from plantverse.platform.history.store import HistoryStore, StoredEvent
from plantverse.twins.documents import StatePlane
from plantverse.twins.events import EventLog
from plantverse.twins.identity import signal_id
from plantverse.twins.registry import Registry
from plantverse.twins.specs import TwinSpec
from plantverse.twins.synthetic import stored_name
from plantverse.twins.telemetry import TelemetryPlane

_log = logging.getLogger(__name__)

EVENTS_PER_TURN = 2_000
"""A flood of 5,000 alarms is written in three turns; each is one commit."""


def stored_signal(registry: Registry, slot: int) -> str:
    """Return the name under which history keeps a signal."""
    return stored_name(registry.at(int(registry.twin_index[slot])).spec, registry.names[slot])


class StateWriter(Protocol):
    """Takes events and documents for history, in order."""

    def submit_events(self, events: list[StoredEvent]) -> None:
        """Take events."""

    def submit_documents(self, documents: list[tuple[str, str, int]]) -> None:
        """Take the newest documents: (twin id, JSON text, revision)."""


class KeySink(Protocol):
    """Learns which history key a slot has."""

    def set_keys(self, slots: list[int], keys: NDArray[np.int64]) -> None:
        """Tie slots to keys."""


class Persistence:
    """Ties the planes of one epoch to the history of all.

    Args:
        store: Asked for keys and for the last state.
        writer: Takes events and documents.
        sink: Takes the keys.
    """

    def __init__(
        self,
        *,
        store: HistoryStore,
        writer: StateWriter,
        sink: KeySink,
        registry: Registry,
        telemetry: TelemetryPlane,
        state: StatePlane,
        events: EventLog,
        epoch: int,
    ) -> None:
        self._store = store
        self._writer = writer
        self._sink = sink
        self._registry = registry
        self._telemetry = telemetry
        self._state = state
        self._events = events
        self._epoch = epoch
        self._tied = 0
        self._known: set[str] = set(store.signals())
        self._event_position = events.position
        self._state_revision = 0
        self._last = store.newest()

    def tie(self) -> None:
        """Give every new slot its history key, and its last value where history has one; later if that fails now."""
        count = self._registry.slot_count
        if count == self._tied:
            return
        slots = list(range(self._tied, count))
        names = [stored_signal(self._registry, slot) for slot in slots]
        self._follow_former_ids(slots)
        try:
            keys = self._store.keys(names)
        except HistoryUnavailable as exc:
            _log.error("%d new signals are not recorded until history can be written: %s", len(slots), exc)
            return
        self._tied = count
        self._known.update(names)
        self._sink.set_keys(slots, keys)
        self._restore_values(np.array(slots, np.intp), keys)

    def restore_documents(self) -> None:
        """Bring back what devices reported and what is desired; who is online shows anew."""
        kept_as = {stored_name(entry.spec, entry.spec.id): entry.spec.id for entry in self._registry}
        for name, text, _ in self._store.documents():
            twin_id = kept_as.get(name)
            if twin_id is None:
                continue
            try:
                document = msgspec.json.decode(text, type=dict)
            except msgspec.DecodeError as exc:
                _log.error("the kept document of %s cannot be read, it starts empty: %s", twin_id, exc)
                continue
            document.pop("connectivity", None)
            if document:
                self._state.restore(twin_id, document)
        self._state_revision = self._state.last_change

    def rename(self, old: str, spec: TwinSpec) -> None:
        """History of a renamed twin goes on under its new id."""
        self._move(old, spec)

    def tick(self) -> None:
        """Hand on what happened since the last call."""
        self.tie()
        events, self._event_position, missed = self._events.read(self._event_position, EVENTS_PER_TURN)
        if missed:
            _log.error("%d events left memory before they were written to history", missed)
        if events:
            self._writer.submit_events(
                [
                    StoredEvent(
                        revision=e.revision,
                        epoch=self._epoch,
                        at_ns=e.at_ns,
                        kind=e.kind,
                        twin=e.twin,
                        body=msgspec.json.encode(e.body).decode(),
                    )
                    for e in events
                ]
            )
        if self._state.last_change > self._state_revision:
            changed = {twin_id for twin_id, _, _ in self._state.changes_since(self._state_revision)}
            self._state_revision = self._state.last_change
            self._writer.submit_documents(
                [
                    (self._kept_as(t), msgspec.json.encode(self._state.get(t)).decode(), self._state.revision_of(t))
                    for t in sorted(changed)
                ]
            )

    def _kept_as(self, twin_id: str) -> str:
        return stored_name(self._registry.get(twin_id).spec, twin_id) if twin_id in self._registry else twin_id

    def _follow_former_ids(self, slots: list[int]) -> None:
        for index in sorted({int(self._registry.twin_index[slot]) for slot in slots}):
            spec = self._registry.at(index).spec
            for former in spec.formerly:
                self._move(former, spec)

    def _move(self, old: str, spec: TwinSpec) -> None:
        for signal in spec.signals():
            # Both names bear the mark or neither does: under a former id, too, synthetic data stays what it is.
            before = stored_name(spec, signal_id(old, signal.path))
            after = stored_name(spec, signal_id(spec.id, signal.path))
            if before not in self._known or after in self._known:
                continue
            try:
                self._store.rename(before, after)
            except PlantverseError as exc:
                _log.error("history of %s could not be moved to %s: %s", before, after, exc)
                continue
            self._known.discard(before)
            self._known.add(after)

    def _restore_values(self, slots: NDArray[np.intp], keys: NDArray[np.int64]) -> None:
        last = self._last
        if not len(last.keys) or not len(slots):
            return
        at = np.searchsorted(last.keys, keys).clip(max=len(last.keys) - 1)
        found = (last.keys[at] == keys) & (self._telemetry.revision[slots] == 0)
        if not found.any():
            return
        rows = at[found]
        self._telemetry.restore(
            slots[found],
            last.value[rows],
            last.observed_ns[rows],
            exact=last.exact[rows],
            has_exact=last.has_exact[rows],
        )
