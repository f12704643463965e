"""The planes of one run, and the plant that they hold."""

from dataclasses import dataclass
from pathlib import Path
from typing import Self

from plantverse._clock import Clock
from plantverse.platform.config import Settings
from plantverse.platform.plant_host import PlantHost
from plantverse.platform.readings import Readings
from plantverse.twins.documents import StatePlane
from plantverse.twins.events import EventLog
from plantverse.twins.registry import Registry
from plantverse.twins.revision import Revision
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

    @classmethod
    def build(cls, settings: Settings, path: Path | None, clock: Clock) -> Self:
        """Return empty planes of the sizes that the settings give."""
        revision = Revision()
        registry = Registry(revision, default_max_age_s=settings.time.stale_after_s)
        telemetry = TelemetryPlane(registry, revision, log_rows=settings.limits.sample_log_rows)
        state = StatePlane(revision)
        events = EventLog(revision, kept=settings.limits.events)
        return cls(
            clock=clock,
            revision=revision,
            registry=registry,
            telemetry=telemetry,
            state=state,
            events=events,
            readings=Readings(registry, telemetry, clock),
            host=PlantHost(registry=registry, telemetry=telemetry, state=state, events=events, clock=clock, path=path),
        )
