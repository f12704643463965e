"""Replicas come to the server's picture whatever is cut, delayed or restarted in between."""

from typing import Any

import hypothesis.strategies as st
from hypothesis import settings
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from doubles.plant_state import PUMP, SENSOR, PlantState
from plantverse.twins.samples import SampleBatch
from plantverse.twins.selectors import parse
from plantverse.twins.specs import TwinSpec
from plantverse.twins.sync.messages import Hello, decode_client
from plantverse.twins.sync.replica import SyncReplica
from plantverse.twins.sync.session import ServerSession

TWINS = ("a/p1", "a/p2", "b/p1", "b/t1")
SELECTORS = ("*", "a/*", "type:Sensor")


class _Link:
    """One client, its connection (or none), and what is on the wire in each direction."""

    def __init__(self, selector: str, mode: str = "latest") -> None:
        self.replica = SyncReplica()
        self.selector = selector
        self.replica.subscribe(selector)
        self.session: ServerSession | None = None
        self.down: list[bytes] = []
        self.up: list[bytes] = []
        self.events: list[int] = []
        self.replica.on_event = lambda e: self.events.append(e.body["n"])

    def connect(self, plant: PlantState) -> None:
        self.cut()
        self.session = ServerSession(plant.publisher, plant.now_s)
        self.up = [self.replica.hello()]

    def cut(self) -> None:
        if self.session is not None:
            self.session.gone()
        self.session = None
        self.down, self.up = [], []
        self.replica.disconnected()

    def deliver_up(self, plant: PlantState, count: int) -> None:
        for _ in range(min(count, len(self.up))):
            data = self.up.pop(0)
            assert self.session is not None
            self.session.receive(data, plant.now_s)
            if isinstance(decode_client(data), Hello):
                self.session.accept("user", "operator")
                self.session.requests()

    def deliver_down(self, count: int) -> None:
        for _ in range(min(count, len(self.down))):
            self.replica.receive(self.down.pop(0), 0.0)
            self.up += self.replica.to_send()


class Convergence(RuleBasedStateMachine):
    @initialize()
    def start(self) -> None:
        self.epoch = 1
        self.plant = PlantState()
        self.links = [_Link(s) for s in SELECTORS]
        self.number = 0
        self.plant.add("a/p1")
        for link in self.links:
            link.connect(self.plant)

    @rule(twin=st.sampled_from(TWINS), value=st.floats(-10, 10), back_s=st.floats(0, 2))
    def sample(self, twin: str, value: float, back_s: float) -> None:
        if twin in self.plant.registry:
            slot = next(iter(self.plant.registry.get(twin).slots.values()))
            at_ns = self.plant.clock.time_ns() - round(back_s * 1e9)
            self.plant.telemetry.commit(SampleBatch.of(slot, value, at_ns), self.plant.clock.time_ns())

    @rule(twin=st.sampled_from(TWINS), key=st.sampled_from("xyz"), value=st.one_of(st.none(), st.integers(0, 3)))
    def patch(self, twin: str, key: str, value: int | None) -> None:
        if twin in self.plant.registry:
            self.plant.state.patch(twin, {"reported": {key: value}})

    @rule(twin=st.sampled_from(TWINS))
    def come_or_go(self, twin: str) -> None:
        if twin in self.plant.registry:
            self.plant.registry.remove(twin)
            self.plant.state.remove(twin)
            self.plant.publisher.forget(twin)
        else:
            self.plant.add(twin, SENSOR if "t" in twin else PUMP)

    @rule(twin=st.sampled_from(TWINS), area=st.sampled_from(["north", "south"]))
    def change(self, twin: str, area: str) -> None:
        if twin in self.plant.registry:
            spec = self.plant.registry.get(twin).spec
            self.plant.registry.replace(TwinSpec(id=twin, type=spec.type, area=area))
            self.plant.telemetry.ensure()

    @rule()
    def happen(self) -> None:
        self.number += 1
        self.plant.events.append("system", "", self.plant.clock.time_ns(), {"n": self.number})

    @rule(link=st.integers(0, 2), up=st.integers(0, 5), down=st.integers(0, 5))
    def travel(self, link: int, up: int, down: int) -> None:
        self.links[link].deliver_up(self.plant, up)
        self.links[link].deliver_down(down)

    @rule(seconds=st.floats(0.01, 1.5))
    def tick(self, seconds: float) -> None:
        self.plant.clock.advance(seconds)
        for link in self.links:
            if link.session is not None:
                link.down += link.session.to_send(self.plant.now_s)

    @rule(link=st.integers(0, 2))
    def reconnect(self, link: int) -> None:
        self.links[link].connect(self.plant)

    @rule(link=st.integers(0, 2))
    def cut(self, link: int) -> None:
        self.links[link].cut()

    @rule()
    def restart(self) -> None:
        """Another epoch: fewer revisions, other slots, one twin."""
        self.epoch += 1
        self.plant = PlantState(epoch=self.epoch)
        self.plant.add("b/t1", SENSOR)
        for link in self.links:
            link.cut()

    @invariant()
    def events_come_once_and_in_order(self) -> None:
        for link in getattr(self, "links", []):
            assert link.events == sorted(set(link.events))

    def teardown(self) -> None:
        if not hasattr(self, "links"):
            return
        for link in self.links:
            if link.session is None or link.session.closed is not None:
                link.connect(self.plant)
        for _ in range(30):
            self.plant.clock.advance(0.1)
            for link in self.links:
                link.deliver_up(self.plant, 1_000)
                assert link.session is not None
                link.down += link.session.to_send(self.plant.now_s)
                link.deliver_down(1_000)
        for link in self.links:
            assert link.replica.picture() == self.expected(link.selector)

    def expected(self, selector: str) -> dict[str, Any]:
        plant, chosen = self.plant, parse(selector)
        entries = [e for e in plant.registry if chosen.matches(e.spec)]
        telemetry = plant.telemetry
        documents = {e.spec.id: plant.state.get(e.spec.id) for e in entries}
        return {
            "twins": {e.spec.id: plant.publisher.info(e) for e in entries},
            "documents": {t: d for t, d in documents.items() if d},
            "values": {
                plant.registry.names[slot]: _comparable(
                    float(telemetry.value[slot]), telemetry.observed_ns[slot] / 1e3, int(telemetry.quality[slot])
                )
                for e in entries
                for slot in e.slots.values()
            },
        }


class _Never(float):
    """NaN that equals NaN."""

    def __eq__(self, other: object) -> bool:
        return isinstance(other, float) and other != other

    __hash__ = float.__hash__


def _comparable(value: float, observed_us: float, quality: int) -> tuple[float, float, int]:
    return (_Never("nan") if value != value else value, float(observed_us), quality)


TestConvergence = Convergence.TestCase
TestConvergence.settings = settings(max_examples=60, stateful_step_count=60, deadline=None)
