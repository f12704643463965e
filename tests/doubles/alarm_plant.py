"""A plant with alarms, rules and derived signals, and no server around it."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from plantverse._clock import ManualClock
from plantverse.platform.alarms import AlarmEngine
from plantverse.platform.config import AlarmSettings
from plantverse.platform.derived import DerivedEngine
from plantverse.platform.rules import RuleEngine
from plantverse.twins.documents import StatePlane
from plantverse.twins.events import EventLog
from plantverse.twins.registry import Registry
from plantverse.twins.revision import Revision
from plantverse.twins.samples import Flag, SampleBatch
from plantverse.twins.specs import TwinSpec
from plantverse.twins.telemetry import TelemetryPlane


class AlarmPlant:
    def __init__(self, *twins: TwinSpec, settings: AlarmSettings | None = None) -> None:
        self.clock = ManualClock()
        self.revision = Revision()
        self.registry = Registry(self.revision)
        self.telemetry = TelemetryPlane(self.registry, self.revision, log_rows=4_096)
        self.state = StatePlane(self.revision)
        self.events = EventLog(self.revision)
        for twin in twins:
            self.registry.add(twin)
        self.settings = settings or AlarmSettings(deadband_percent=0.0)
        self.start()

    def restart(self) -> None:
        """Fresh engines, with values and documents read back."""
        seen = np.flatnonzero(self.telemetry.revision)
        self.telemetry.restore(seen, self.telemetry.value[seen], self.telemetry.observed_ns[seen])
        self.start()
        self.alarms.restore()

    def start(self) -> None:
        self.alarms = AlarmEngine(self.registry, self.telemetry, self.state, self.events, self.clock, self.settings)
        self.derived = DerivedEngine(self.registry, self.telemetry, self.events, self.clock)
        self.rules = RuleEngine(self.registry, self.telemetry, self.alarms)
        self.rebuild()

    def rebuild(self) -> None:
        self.alarms.rebuild()
        self.derived.rebuild()
        self.rules.rebuild()

    def feed(
        self,
        signals: str | Sequence[str],
        values: float | Sequence[float],
        *,
        at_s: Sequence[float] | None = None,
        flags: int = Flag.STAMPED,
        quality: int = 0,
    ) -> SampleBatch | None:
        """Commit one batch as the pipeline does and return the derived rows.

        Args:
            at_s: Observations relative to now; by default a microsecond apart, so that they are in order.
        """
        names = [signals] if isinstance(signals, str) else list(signals)
        given = [values] * len(names) if isinstance(values, int | float) else list(values)
        names = names * len(given) if len(names) == 1 else names
        self.clock.advance(0.001)
        now_ns = self.clock.time_ns()
        offsets = np.arange(len(names)) * 1_000 if at_s is None else np.array([round(s * 1e9) for s in at_s])
        slots = [self.registry.slot(name) for name in names]
        batch = SampleBatch.of(slots, given, now_ns + offsets, flags=flags, quality=quality)
        derived = None
        for _ in range(2):
            batch = self.telemetry.commit(batch, now_ns)
            self.alarms.process(batch, now_ns)
            self.rules.process(batch, now_ns)
            if derived is not None:
                break
            derived = self.derived.process(batch)
            if derived is None:
                break
            batch = derived
        return derived

    def wait(self, seconds: float) -> None:
        self.clock.advance(seconds)
        self.alarms.tick(self.clock.time_ns())

    def actions(self, alarm: str = "") -> list[str]:
        """What was told so far, of one alarm or of all."""
        return [body["action"] for body in self.bodies("alarm") if not alarm or body["alarm"] == alarm]

    def bodies(self, kind: str) -> list[dict[str, Any]]:
        return [event.body for event in self.events.read(0, 100_000)[0] if event.kind == kind]

    def documents(self, twin: str) -> dict[str, Any]:
        return dict(self.state.get(twin).get("alarms", {}))
