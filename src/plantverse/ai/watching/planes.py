"""What detection needs of a running plant, or of the part of one that an edge node decodes."""

from typing import Protocol

from plantverse._clock import Clock
from plantverse.twins.documents import StatePlane
from plantverse.twins.events import EventLog
from plantverse.twins.registry import Registry
from plantverse.twins.telemetry import TelemetryPlane


class Planes(Protocol):
    """State of a running plant."""

    @property
    def registry(self) -> Registry:
        """Twins and slots."""

    @property
    def telemetry(self) -> TelemetryPlane:
        """Newest values and the sample log."""

    @property
    def state(self) -> StatePlane:
        """Documents."""

    @property
    def events(self) -> EventLog:
        """What happened."""

    @property
    def clock(self) -> Clock:
        """Time."""
