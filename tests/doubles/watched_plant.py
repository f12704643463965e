"""A plant with detectors on a manual clock: the supervisor and the worker's own half, joined without a process."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from doubles.plant_state import PlantState
from doubles.worker_inside import work
from plantverse.ai.detectors import fit, save_detector
from plantverse.ai.models import ModelRegistry
from plantverse.ai.watching import Detection
from plantverse.ai.worker.kinds import KINDS
from plantverse.ai.worker.serving import Serving
from plantverse.platform.alarms import AlarmEngine
from plantverse.platform.config import AlarmSettings
from plantverse.platform.geometry import GeometryShelf
from plantverse.platform.plant_host import PlantHost
from plantverse.twins.interop import read_plant
from plantverse.twins.samples import SampleBatch

PLANT = """\
[plant]
name = "demo"

[[twin]]
id = "hall/pump-1"
[twin.signals]
flow = { unit = "m3/h" }
speed = { unit = "rpm" }
spare = { unit = "bar" }

[[twin]]
id = "hall/pump-2"
[twin.signals]
flow = { unit = "m3/h" }
"""
BOUND = """
[[detector]]
twin = "hall/pump-1"
model = "pump"
on_delay_s = 2
off_delay_s = 2
"""
SIGNALS = ("hall/pump-1:flow", "hall/pump-1:speed")
NORMAL, STRANGE = {"flow": 10.0, "speed": 1000.0}, {"flow": 6.0, "speed": 1000.0}


def save_model(folder: Path, signals: tuple[str, ...] = SIGNALS, name: str = "pump") -> str:
    rng = np.random.default_rng(1)
    speed = 1000 + 100 * rng.normal(size=600)
    rows = [speed / 100 + 0.1 * rng.normal(size=600), speed, rng.normal(size=600)]
    detector = fit("mewma", [np.column_stack(rows[: len(signals)])], signals, rate=0.001)
    return ModelRegistry(folder).save(name, save_detector(detector, {"every_s": 1.0, "hold_s": 10.0})).hash


class WatchedPlant:
    """Everything between plant file and documents; `alive` false is a worker that never answers."""

    def __init__(self, folder: Path, text: str = PLANT + BOUND, kinds: Mapping[str, str] = KINDS) -> None:
        self.plant = PlantState()
        self.folder, self.path, self.models = folder, folder / "plant.toml", folder / "models"
        self.path.write_text(text)
        self.clock = self.plant.clock
        core = self.plant
        self.host = PlantHost(
            registry=core.registry,
            telemetry=core.telemetry,
            state=core.state,
            events=core.events,
            clock=core.clock,
            path=self.path,
            shelf=GeometryShelf(folder / "geometry", core.clock),
        )
        self.alarms = AlarmEngine(core.registry, core.telemetry, core.state, core.events, core.clock, AlarmSettings())
        self.detection = Detection(core, commit=self.commit, refresh=self.host.refresh, models=self.models)
        self.host.equipment = self.detection
        self.host.on_change.append(self.alarms.rebuild)
        self.serving = Serving(self.clock, kinds)
        self.alive = True
        self.host.load(read_plant(self.path))

    def commit(self, batch: SampleBatch) -> None:
        self.plant.telemetry.ensure()
        batch = self.plant.telemetry.commit(batch, self.clock.time_ns())
        self.alarms.process(batch, self.clock.time_ns())

    def feed(self, twin: str = "hall/pump-1", **values: float) -> None:
        slots = [self.plant.registry.slot(f"{twin}:{path}") for path in values]
        self.commit(SampleBatch.of(slots, list(values.values()), self.clock.time_ns()))

    def go(self, seconds: float = 1.0, **values: float) -> None:
        """Let time pass in steps of half a second, with fresh values of pump 1 if there are any."""
        for _ in range(max(1, round(seconds / 0.5))):
            self.clock.advance(0.5)
            if values:
                self.feed(**values)
            self.detection.tick()
            self.work()
            self.alarms.tick(self.clock.time_ns())

    def work(self) -> None:
        supervisor = self.detection.supervisor
        work(supervisor, self.serving, self.clock.monotonic_ns(), answers=self.alive)
        self.detection.take(supervisor.events())

    def rewrite(self, text: str) -> None:
        self.path.write_text(text)
        self.host.load(read_plant(self.path))

    @property
    def listed(self) -> dict[str, Any]:
        (found,) = self.detection.listed()
        return found

    @property
    def state(self) -> str:
        return str(self.listed["state"])

    def document(self, twin: str = "hall/pump-1") -> dict[str, Any]:
        found: dict[str, Any] = self.plant.state.get(twin).get("detectors", {}).get("anomaly", {})
        return found

    def score(self) -> float:
        return float(self.plant.telemetry.value[self.plant.registry.slot("hall/pump-1:anomaly.score")])
