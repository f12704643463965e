"""A group as a node decodes it: a small registry, rows under the server's slots, formulas where they are known."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from plantverse._clock import Clock
from plantverse.platform.derived import DerivedEngine
from plantverse.platform.edge.detecting import ANOMALY, Detectors, DetectPlanes, GroupDetection, anomaly, standing
from plantverse.platform.edge.detecting import LOG_ROWS as DETECT_LOG_ROWS
from plantverse.platform.edge.messages import Assign, EdgeTwin, Facts
from plantverse.twins.documents import StatePlane
from plantverse.twins.events import EventLog
from plantverse.twins.registry import Registry
from plantverse.twins.revision import Revision
from plantverse.twins.samples import SampleBatch
from plantverse.twins.specs import DetectorSpec, TwinSpec, TwinType
from plantverse.twins.telemetry import TelemetryPlane

LOG_ROWS = 1_024
"""Nobody reads the log of a node's plane but detectors."""
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
        detectors: Of the node; None runs none.

    Attributes:
        derives: Whether everything that the group derives is computed here.
        detects: "" or why one does not run here, of each detector that was asked for.
    """

    def __init__(
        self,
        assign: Assign,
        *,
        make: MakeDecoder,
        types: Mapping[str, TwinType],
        clock: Clock,
        detectors: Detectors | None = None,
    ) -> None:
        self._group, self._token = assign.group, assign.token
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
        wanted = assign.detectors if detectors is not None else []
        self._plane = TelemetryPlane(registry, revision, log_rows=DETECT_LOG_ROWS if wanted else LOG_ROWS)
        self._plane.ensure()
        self._derived = DerivedEngine(registry, self._plane, self._planes.events, clock) if self.derives else None
        self._detection = self._detect(detectors, wanted) if detectors is not None and wanted else None
        no_worker = dict.fromkeys((spec.id for spec in assign.detectors), "this node runs no detectors")
        self.detects = self._detection.detects if self._detection is not None else no_worker

    def close(self) -> None:
        """Stop what runs beside it."""
        if self._detection is not None:
            self._detection.close()

    def detect(self) -> bool:
        """Let detectors go on; returns whether there is something to send."""
        return self._detection is not None and (
            self._detection.tick() or self._planes.state.last_change > self._told_state
        )

    def filters(self) -> list[str]:
        """Return the topics to subscribe."""
        return self._decoder.filters()

    def feed(self, messages: Any) -> None:
        """Decode messages."""
        self._decoder.feed(messages)

    def drain(self) -> list[tuple[SampleBatch, NDArray[np.uint32]]]:
        """Return the rows since the last call, and what follows from them, each with the server's slots."""
        found = self._detection.drain() if self._detection is not None else []
        rows = self._decoder.drain()
        if rows is None or not len(rows):
            return found
        found.append((rows, self._slots[rows.slot]))
        if self._derived is None and self._detection is None:
            return found
        committed = self._plane.commit(rows, self._clock.time_ns())
        derived = self._derived.process(committed) if self._derived is not None else None
        if derived is not None and len(derived):
            derived = self._plane.commit(derived, self._clock.time_ns())
            found.append((derived, self._slots[derived.slot]))
        return found

    def facts(self) -> Facts | None:
        """Return what there is besides numbers since the last call, None for nothing."""
        facts = Facts(group=self._group, token=self._token, reported={}, events=[], detectors={}, anomalies=[])
        state, events = self._planes.state, self._planes.events
        if state.last_change > self._told_state:
            for twin, patch, _ in state.changes_since(self._told_state):
                if "reported" in patch:
                    facts.reported.setdefault(twin, {}).update(patch["reported"])
                if "detectors" in patch:
                    facts.detectors.update(standing(twin, state.get(twin).get("detectors", {}), patch["detectors"]))
            self._told_state = state.last_change
        happened, self._told_events, _ = events.read(self._told_events, EVENTS_AT_ONCE)
        for event in happened:
            if event.kind == "counter_reset":
                facts.events.append((event.kind, event.twin, event.at_ns / 1e3, event.body))
            elif event.kind == ANOMALY:
                facts.anomalies.append((event.body["detector"], event.at_ns / 1e3, anomaly(event.body)))
        return facts if facts.reported or facts.events or facts.detectors or facts.anomalies else None

    def _detect(self, detectors: Detectors, wanted: list[DetectorSpec]) -> GroupDetection:
        planes = DetectPlanes(
            registry=self._planes.registry,
            telemetry=self._plane,
            state=self._planes.state,
            events=self._planes.events,
            clock=self._clock,
        )
        return GroupDetection(planes, self._slots, detectors, wanted)

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
