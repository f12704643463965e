"""A small server state without a server: registry, planes and publisher on a manual clock."""

from plantverse._clock import ManualClock
from plantverse.twins.documents import StatePlane
from plantverse.twins.events import EventLog
from plantverse.twins.registry import Registry
from plantverse.twins.revision import Revision
from plantverse.twins.specs import SignalSpec, TwinSpec, TwinType
from plantverse.twins.sync.publisher import SyncOptions, SyncPublisher
from plantverse.twins.telemetry import TelemetryPlane

PUMP = TwinType(name="Pump", signals=(SignalSpec(path="flow", unit="m3/h"), SignalSpec(path="starts", kind="int")))
SENSOR = TwinType(name="Sensor", signals=(SignalSpec(path="temperature", unit="Cel"),))


class PlantState:
    """What a server holds, and a way to make another epoch of it."""

    def __init__(self, *, epoch: int = 1, options: SyncOptions | None = None, events_kept: int = 1_000) -> None:
        self.clock = ManualClock()
        self.revision = Revision()
        self.registry = Registry(self.revision)
        self.telemetry = TelemetryPlane(self.registry, self.revision, log_rows=4_096)
        self.state = StatePlane(self.revision, patches_kept=64)
        self.events = EventLog(self.revision, kept=events_kept)
        self.publisher = SyncPublisher(
            registry=self.registry,
            telemetry=self.telemetry,
            state=self.state,
            events=self.events,
            revision=self.revision,
            clock=self.clock,
            origin="plant-1",
            epoch=epoch,
            plant="test",
            options=options or SyncOptions(),
        )

    @property
    def now_s(self) -> float:
        return self.clock.monotonic_ns() / 1e9

    def add(self, twin_id: str, twin_type: TwinType = PUMP, *, area: str = "") -> None:
        self.registry.add(TwinSpec(id=twin_id, type=twin_type, area=area))
        self.telemetry.ensure()
