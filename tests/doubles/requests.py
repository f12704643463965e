"""A plant with commands and writable properties, and a broker and an audit log that only remember."""

import json
from collections.abc import Mapping
from typing import Any

import numpy as np

from doubles.plant_state import PlantState
from plantverse.errors import PlantverseError
from plantverse.platform.access import User
from plantverse.platform.commands import CommandService
from plantverse.platform.desired import DesiredService
from plantverse.platform.requests import Requests
from plantverse.platform.users import Role
from plantverse.twins.samples import SampleBatch
from plantverse.twins.specs import CommandSpec, ParameterSpec, PropertySpec, SignalSpec, TwinSpec, TwinType

VALVE = TwinType(
    name="Valve",
    signals=(SignalSpec(path="position", max_age_s=10.0),),
    properties=(
        PropertySpec(path="mode", kind="enum", choices=("auto", "hand"), writable=True),
        PropertySpec(path="limit", kind="float", range=(0, 100), writable=True, role="engineer"),
        PropertySpec(path="serial"),
    ),
    commands=(
        CommandSpec(name="open", timeout_s=5.0),
        CommandSpec(
            name="move",
            parameters=(
                ParameterSpec(name="to", kind="float", unit="%", range=(0, 100)),
                ParameterSpec(name="gently", kind="bool", required=False),
            ),
        ),
        CommandSpec(name="calibrate", role="engineer"),
    ),
)
OPERATOR = User("olga", Role.OPERATOR)
ENGINEER = User("emil", Role.ENGINEER)
VIEWER = User("vera", Role.VIEWER)


class Broker:
    """Remembers what was published; `refuses` makes it fail."""

    def __init__(self) -> None:
        self.sent: list[tuple[str, dict[str, Any], int]] = []
        self.refuses: PlantverseError | None = None

    async def publish(self, topic: str, payload: bytes, expiry_s: int) -> None:
        if self.refuses is not None:
            raise self.refuses
        self.sent.append((topic, json.loads(payload), expiry_s))


class Log:
    """An audit log in memory."""

    def __init__(self) -> None:
        self.records: list[tuple[str, str, str, Mapping[str, Any]]] = []
        self.fails: PlantverseError | None = None

    def append(
        self, *, user: str, role: str, action: str, target: str = "", detail: Mapping[str, Any] | None = None
    ) -> None:
        if self.fails is not None:
            raise self.fails
        self.records.append((user, action, target, detail or {}))

    @property
    def actions(self) -> list[str]:
        return [action for _, action, _, _ in self.records]


class Desk:
    """Both services over one plant with the twin `v1`."""

    def __init__(self) -> None:
        self.plant = PlantState()
        self.plant.registry.add(TwinSpec(id="v1", type=VALVE, topic="plant/v1"))
        self.plant.registry.add(TwinSpec(id="mute", type=VALVE))
        self.plant.telemetry.ensure()
        self.broker, self.log = Broker(), Log()
        self.commands = CommandService(self.plant.registry, self._requests("command"))
        self.desired = DesiredService(
            self.plant.registry, self.plant.state, self._requests("desired"), self.plant.clock
        )
        self.live()

    def live(self) -> None:
        """Let the devices send a sample now."""
        slots = np.flatnonzero(self.plant.registry.alive)
        self.plant.telemetry.commit(SampleBatch.of(slots, 1.0, self.plant.clock.time_ns()), 0)

    def events(self, kind: str) -> list[str]:
        found, _, _ = self.plant.events.read(0, 1_000)
        return [e.body["status"] for e in found if e.kind == kind]

    def _requests(self, kind: str) -> Requests:
        plant = self.plant
        return Requests(
            kind=kind,
            registry=plant.registry,
            telemetry=plant.telemetry,
            state=plant.state,
            events=plant.events,
            audit=self.log,
            publish=self.broker.publish,
            clock=plant.clock,
            limit=3,
        )
