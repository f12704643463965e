"""The planes of one run, and the plant that they hold."""

from dataclasses import dataclass
from pathlib import Path
from typing import Self

from plantverse._clock import Clock
from plantverse.platform.audit import AuditLog
from plantverse.platform.config import Settings, SyncSettings
from plantverse.platform.geometry import GeometryShelf
from plantverse.platform.ghosts import Ghosts
from plantverse.platform.plant_host import PlantHost
from plantverse.platform.readings import Readings
from plantverse.platform.requests import Publish, Requests
from plantverse.twins.documents import StatePlane
from plantverse.twins.events import EventLog
from plantverse.twins.registry import Registry
from plantverse.twins.revision import Revision
from plantverse.twins.sync.publisher import SyncOptions, SyncPublisher
from plantverse.twins.telemetry import TelemetryPlane


@dataclass(frozen=True, slots=True, kw_only=True)
class Core:
    """State in memory; everything else reads or writes it."""

    clock: Clock
    revision: Revision
    registry: Registry
    telemetry: TelemetryPlane
    state: StatePlane
    events: EventLog
    readings: Readings
    host: PlantHost
    ghosts: Ghosts

    @classmethod
    def build(cls, settings: Settings, path: Path | None, clock: Clock) -> Self:
        """Return empty planes of the sizes that the settings give."""
        revision = Revision()
        registry = Registry(revision, default_max_age_s=settings.time.stale_after_s)
        telemetry = TelemetryPlane(registry, revision, log_rows=settings.limits.sample_log_rows)
        state = StatePlane(revision)
        events = EventLog(revision, kept=settings.limits.events, is_synthetic=registry.is_synthetic)
        shelf = GeometryShelf(settings.state_dir / "geometry", clock)
        host = PlantHost(
            registry=registry,
            telemetry=telemetry,
            state=state,
            events=events,
            clock=clock,
            path=path,
            shelf=shelf,
        )
        ghosts = Ghosts(registry, host)
        host.on_change.append(ghosts.follow)
        return cls(
            clock=clock,
            revision=revision,
            registry=registry,
            telemetry=telemetry,
            state=state,
            events=events,
            readings=Readings(registry, telemetry, clock),
            host=host,
            ghosts=ghosts,
        )

    def publisher(self, sync: SyncSettings, *, origin: str, epoch: int, plant: str) -> SyncPublisher:
        """Return what makes frames of these planes."""
        return SyncPublisher(
            registry=self.registry,
            telemetry=self.telemetry,
            state=self.state,
            events=self.events,
            revision=self.revision,
            clock=self.clock,
            origin=origin,
            epoch=epoch,
            plant=plant,
            meshes=self.host.shelf.offer,
            options=SyncOptions(
                tick_ms=sync.tick_ms,
                ack_window=sync.max_unacked_frames,
                ack_timeout_s=sync.ack_timeout_s,
                max_subscriptions=sync.max_subscriptions_per_client,
            ),
        )

    def requests(self, kind: str, *, audit: AuditLog, publish: Publish, limit: int) -> Requests:
        """Return what asks devices for something of that kind and waits for their answers."""
        return Requests(
            kind=kind,
            registry=self.registry,
            telemetry=self.telemetry,
            state=self.state,
            events=self.events,
            audit=audit,
            publish=publish,
            clock=self.clock,
            limit=limit,
        )
