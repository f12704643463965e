"""What a running server consists of, as its outside (REST, sync sessions, metrics) sees it."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from plantverse._clock import Clock
from plantverse.platform.access import Access, User
from plantverse.platform.alarm_desk import AlarmDesk
from plantverse.platform.alarms import AlarmEngine
from plantverse.platform.audit import AuditLog
from plantverse.platform.commands import CommandService
from plantverse.platform.config import Settings
from plantverse.platform.desired import DesiredService
from plantverse.platform.detection import Detection
from plantverse.platform.edge.desk import EdgeDesk
from plantverse.platform.ghosts import Ghosts
from plantverse.platform.history.store import HistoryStore
from plantverse.platform.metrics import Metrics
from plantverse.platform.plant_host import PlantHost
from plantverse.platform.readings import Readings
from plantverse.twins.documents import StatePlane
from plantverse.twins.events import EventLog
from plantverse.twins.registry import Registry
from plantverse.twins.revision import Revision
from plantverse.twins.sync.publisher import SyncPublisher
from plantverse.twins.telemetry import TelemetryPlane


class IngestView(Protocol):
    """What ingestion tells about itself."""

    def counts(self) -> tuple[int, int, Mapping[str, int]]:
        """Return (received, accepted, rejected by cause) messages."""

    def dead_letters(self, limit: int) -> Sequence[Mapping[str, Any]]:
        """Return the newest rejected messages, newest first."""

    def topics(self) -> Sequence[Mapping[str, Any]]:
        """Return topics that nothing reads, with a suggestion each."""

    def suggestion(self, topic: str) -> Mapping[str, Any] | None:
        """Return what a twin for an unknown topic could look like."""

    def explain(self, topic: str, payload: bytes) -> Mapping[str, Any]:
        """Return what a message would do."""


@dataclass(slots=True)
class Status:
    """States of the parts that can fail on their own; in words for people.

    Attributes:
        broker: `connecting`, `connected`, `waiting`, `refused` or `closed`.
        rate: Samples per second over the last few seconds.
    """

    broker_url: str = ""
    broker: str = "connecting"
    broker_message: str = ""
    rate: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Services:
    """Everything of one server; wired by `app.py`."""

    settings: Settings
    clock: Clock
    revision: Revision
    registry: Registry
    telemetry: TelemetryPlane
    state: StatePlane
    events: EventLog
    readings: Readings
    host: PlantHost
    ghosts: Ghosts
    access: Access
    alarms: AlarmEngine
    alarm_desk: AlarmDesk
    commands: CommandService
    desired: DesiredService
    detection: Detection
    store: HistoryStore
    publisher: SyncPublisher
    ingest: IngestView
    metrics: Metrics
    audit: AuditLog
    history_state: Callable[[], Mapping[str, Any]]
    viewers: Callable[[], int]
    edge: EdgeDesk
    status: Status = field(default_factory=Status)

    async def note(self, user: User, action: str, target: str, detail: Mapping[str, Any]) -> None:
        """Write into the audit log before something is done.

        Raises:
            AuditUnavailable: It is not written, and the thing must not be done.
        """
        await asyncio.to_thread(
            self.audit.append, user=user.name, role=user.role.label, action=action, target=target, detail=detail
        )
