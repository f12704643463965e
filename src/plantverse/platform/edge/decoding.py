"""A group as a node decodes it: a small registry, rows under the server's slots, formulas where they are known."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from plantverse._clock import Clock
from plantverse.platform.derived import DerivedEngine
from plantverse.platform.edge.messages import Assign, EdgeTwin
from plantverse.twins.documents import StatePlane
from plantverse.twins.events import EventLog
from plantverse.twins.registry import Registry
from plantverse.twins.revision import Revision
from plantverse.twins.samples import SampleBatch
from plantverse.twins.specs import TwinSpec, TwinType
from plantverse.twins.telemetry import TelemetryPlane

LOG_ROWS = 1_024
"""Nobody reads the log of a node's plane."""
EVENTS_AT_ONCE = 100


class Decoder(Protocol):
    """The decoding half of ingestion, for one registry."""

    def feed(self, batch: Any, /) -> None:
        """Decode messages into rows."""

    def drain(self) -> SampleBatch | None:
        """Return the rows since the last call."""

    def filters(self) -> list[str]:
        """Return the topics that are read."""

    def counts(self) -> tuple[int, int, Mapping[str, int]]:
        """Return (received, accepted, rejected by cause) messages."""


@dataclass(frozen=True, slots=True)
class Planes:
    """Where a decoder puts what it reads."""

    registry: Registry
    state: StatePlane
    events: EventLog


MakeDecoder = Callable[[Planes], Decoder]


class GroupDecoding:
    """Decodes one group.

    Args:
        assign: What the group is.
        make: Makes the decoder.
        types: Twin types whose formulas are known here, by name.
        clock: Time.

    Attributes:
        derives: Whether everything that the group derives is computed here.
    """

    def __init__(self, assign: Assign, *, make: MakeDecoder, types: Mapping[str, TwinType], clock: Clock) -> None:
        revision = Revision()
        registry = Registry(revision)
        self._planes = Planes(registry, StatePlane(revision), EventLog(revision, kept=1_000))
        self._clock = clock
        kinds = {twin.kind: _local(twin, types) for twin in assign.twins}
        self.derives = any(twin.formulas for twin in assign.twins) and all(kind is not None for kind in kinds.values())
        slots: list[int] = []
        for twin in assign.twins:
            entry = registry.add(_spec(twin, kinds[twin.kind] if self.derives else None))
            slots += [twin.slots[registry.specs[slot].path] for slot in entry.slots.values()]
        self._slots: NDArray[np.uint32] = np.array(slots, np.uint32)
        self._decoder = make(self._planes)
        self._told_state = 0
        self._told_events = 0
        self._plane = TelemetryPlane(registry, revision, log_rows=LOG_ROWS)
        self._plane.ensure()
        self._derived = DerivedEngine(registry, self._plane, self._planes.events, clock) if self.derives else None

    def filters(self) -> list[str]:
        """Return the topics to subscribe."""
        return self._decoder.filters()

    def feed(self, messages: Any) -> None:
        """Decode messages."""
        self._decoder.feed(messages)

    def drain(self) -> list[tuple[SampleBatch, NDArray[np.uint32]]]:
        """Return the rows since the last call, and what follows from them, each with the server's slots."""
        rows = self._decoder.drain()
        if rows is None or not len(rows):
            return []
        found = [(rows, self._slots[rows.slot])]
        if self._derived is not None:
            committed = self._plane.commit(rows, self._clock.time_ns())
            derived = self._derived.process(committed)
            if derived is not None and len(derived):
                derived = self._plane.commit(derived, self._clock.time_ns())
                found.append((derived, self._slots[derived.slot]))
        return found

    def facts(self) -> tuple[dict[str, dict[str, Any]], list[tuple[str, str, float, dict[str, Any]]]]:
        """Return properties and events since the last call."""
        reported: dict[str, dict[str, Any]] = {}
        state, events = self._planes.state, self._planes.events
        if state.last_change > self._told_state:
            for twin, patch, _ in state.changes_since(self._told_state):
                reported.setdefault(twin, {}).update(patch.get("reported", {}))
            self._told_state = state.last_change
        happened, self._told_events, _ = events.read(self._told_events, EVENTS_AT_ONCE)
        return reported, [(e.kind, e.twin, e.at_ns / 1e3, e.body) for e in happened if e.kind == "counter_reset"]

    def counts(self) -> tuple[int, int, dict[str, int]]:
        """Return (received, accepted, rejected by cause) messages."""
        received, accepted, rejected = self._decoder.counts()
        return received, accepted, {cause: count for cause, count in rejected.items() if count}


def _local(twin: EdgeTwin, types: Mapping[str, TwinType]) -> TwinType | None:
    """Return the type as it is known here, if it derives exactly what the server's does."""
    wanted = set(twin.formulas)
    kind = types.get(twin.kind)
    if not wanted:
        return TwinType(name=twin.kind, signals=twin.signals, properties=twin.properties)
    if kind is None or {d.signal.path for d in kind.derived} != wanted:
        return None
    return TwinType(name=twin.kind, signals=twin.signals, properties=twin.properties, derived=kind.derived)


def _spec(twin: EdgeTwin, kind: TwinType | None) -> TwinSpec:
    plain = TwinType(name=twin.kind, signals=twin.signals, properties=twin.properties)
    return TwinSpec(id=twin.id, type=kind or plain, topic=twin.topic, bindings=twin.bindings, synthetic=twin.synthetic)
