"""A server's edge desk on a clock that stands still, with a broker and connections that do what the test says."""

from collections.abc import Callable, Collection, Mapping, Sequence
from pathlib import Path
from typing import Any, cast

from plantverse._clock import ManualClock
from plantverse.offload.registry import make_policy
from plantverse.platform.config import Settings
from plantverse.platform.core import Core
from plantverse.platform.detection import Detection
from plantverse.platform.edge import messages as m
from plantverse.platform.edge.around import Around, EdgeOptions
from plantverse.platform.edge.columns import encode_batch, group_check
from plantverse.platform.edge.desk import TICK_S, EdgeDesk
from plantverse.platform.edge.leases import BEAT_S, SERVER
from plantverse.platform.edge.nodes import Node
from plantverse.platform.edge.placement import Placement
from plantverse.twins.samples import SampleBatch
from plantverse.twins.specs import DetectorSpec, SignalSpec, TwinSpec, TwinType

KIND = TwinType(
    name="Machine", signals=(SignalSpec(path="x", range=(0.0, 100.0), max_age_s=0.5), SignalSpec(path="n", kind="int"))
)


class FakeBroker:
    """Part of `GroupBroker`; `cuts`, `opening` and `forgetting` wait until the test goes on with them."""

    def __init__(self) -> None:
        self.split_topics: frozenset[str] = frozenset()
        self.cuts: list[Callable[[], None]] = []
        self.opening: dict[str, Callable[[], None]] = {}
        self.open_groups: set[str] = set()
        self.forgetting: list[tuple[str, Callable[[], None]]] = []

    def cut(self, done: Callable[[], None]) -> None:
        self.cuts.append(done)

    def split(self, topics: frozenset[str]) -> None:
        self.split_topics = topics

    def open(self, group: str, client_id: str, topics: Sequence[str], ready: Callable[[], None]) -> None:
        self.opening[group] = ready

    def close(self, group: str, done: Callable[[], None]) -> None:
        self.open_groups.discard(group)
        self.opening.pop(group, None)
        done()

    def forget(self, client_id: str, done: Callable[[], None]) -> None:
        self.forgetting.append((client_id, done))

    def finish_cuts(self) -> None:
        cuts, self.cuts = self.cuts, []
        for done in cuts:
            done()

    def finish_opening(self) -> None:
        opening, self.opening = self.opening, {}
        for group, ready in opening.items():
            self.open_groups.add(group)
            ready()


class FakeDetection:
    """Part of `platform.detection.Detection`: what the desk asks of it, as the test says, and what it was told."""

    def __init__(self) -> None:
        self.found: list[tuple[DetectorSpec, tuple[Path, Path]]] = []
        self.slots: dict[str, tuple[int, ...]] = {}
        self.places: dict[str, str] = {}
        self.heard: list[tuple[str, str, dict[str, Any]]] = []

    def portable(self, twins: Collection[str]) -> list[tuple[DetectorSpec, tuple[Path, Path]]]:
        return [(spec, files) for spec, files in self.found if spec.twin in twins]

    def outputs(self, detector: str) -> tuple[int, ...]:
        return self.slots.get(detector, ())

    def leave_to(self, places: Mapping[str, str]) -> None:
        self.places = dict(places)

    def hear(self, detector: str, place: str, heard: Mapping[str, Any]) -> None:
        self.heard.append((detector, place, dict(heard)))


class FakeNode:
    """The other end of a connection: keeps what the server sent, and sends what the test wants."""

    def __init__(
        self, bench: "EdgeBench", name: str, boot: str = "1", *, faults: bool = False, models: tuple[str, ...] = ()
    ) -> None:
        self.bench, self.name = bench, name
        self.got: list[m.ServerMessage] = []
        self.closed = False
        self.numbers = 0
        self.held: dict[str, m.Assign] = {}
        hello = m.Hello(versions=(m.PROTOCOL,), name=name, boot=boot, speed=100_000.0, faults=faults, models=models)
        self.node: Node = bench.desk.join(hello, self, user="test")
        self.beat()

    def send(self, data: bytes) -> None:
        message = m.decode_server(data)
        self.got.append(message)
        if isinstance(message, m.Assign):
            self.held[message.group] = message

    def close(self) -> None:
        self.closed = True

    def of(self, kind: type) -> list[m.ServerMessage]:
        return [message for message in self.got if isinstance(message, kind)]

    def say(self, message: m.NodeMessage | bytes) -> None:
        self.bench.desk.receive(self.node, message if isinstance(message, bytes) else m.encode(message))

    def beat(self, *, ahead_s: float = 0.0, rtt_s: float = 0.001, load: float = 0.1, lag_s: float = 0.0) -> None:
        now_us = self.bench.clock.time_ns() / 1e3 + ahead_s * 1e6
        self.numbers += 1
        self.say(m.Beat(number=self.numbers, time_us=now_us, rtt_us=rtt_s * 1e6, load=load, lag_us=lag_s * 1e6))

    def ready(self, group: str, **others: object) -> None:
        self.say(m.Ready(group=group, token=self.held[group].token, **others))  # type: ignore[arg-type]

    def give_back(self, group: str) -> None:
        self.say(m.Released(group=group, token=self.held.pop(group).token))

    def rows(self, group: str, rows: SampleBatch, *, token: int | None = None) -> None:
        self.numbers += 1
        given = self.held[group].token if token is None else token
        self.say(
            encode_batch(rows, slots=rows.slot.astype("u4"), number=self.numbers, token=given, group=group_check(group))
        )


class EdgeBench:
    """A desk over two groups, `line` (line/a, line/b) and `tank` (tank/c)."""

    def __init__(self, *, qos: int = 1, policy: str = "jsec", kept: Sequence[str] = (), epoch: int = 1) -> None:
        self.clock = ManualClock()
        self.core = Core.build(Settings(), Path("plant.toml"), self.clock)
        for twin in ("line/a", "line/b", "tank/c"):
            self.core.registry.add(TwinSpec(id=twin, type=KIND, topic=f"t/{twin}"))
        self.core.telemetry.ensure()
        self.broker = FakeBroker()
        self.committed: list[SampleBatch] = []
        self.kept: tuple[str, ...] = tuple(kept)
        self.detection = FakeDetection()
        self.shown: list[tuple[str, str]] = []
        self.desk = EdgeDesk(
            self.core,
            placement=Placement(make_policy(policy), fallback=SERVER),
            broker=self.broker,
            around=Around(
                commit=self._commit,
                flush=lambda: None,
                topics=self._topics,
                speed=lambda: 100_000.0,
                lag_s=lambda: 0.0,
                rtt_s=lambda: 0.0,
                load=lambda: 0.1,
                broker_url=lambda: "mqtt://b",
                show=lambda node: self.shown.append((node.name, node.phase)),
                keep=lambda names: setattr(self, "kept", tuple(names)),
                kept=kept,
                detection=cast("Detection", self.detection),
            ),
            options=EdgeOptions(epoch=epoch, qos=qos),
        )
        self.nodes: list[FakeNode] = []
        self.desk.rebuild()

    def node(self, name: str, boot: str = "1", *, faults: bool = False, models: tuple[str, ...] = ()) -> FakeNode:
        made = FakeNode(self, name, boot, faults=faults, models=models)
        self.nodes.append(made)
        return made

    def served(self, *values: float, twin: str = "line/a", stamp_s: float = 0.0) -> None:
        """The server decodes samples of a twin itself."""
        self._pass(self.sample(*values, twin=twin, stamp_s=stamp_s))

    def sample(self, *values: float, twin: str = "line/a", stamp_s: float = 0.0) -> SampleBatch:
        slot = self.core.registry.get(twin).slots["x"]
        at = self.clock.time_ns() + round(stamp_s * 1e9)
        return SampleBatch.of([slot] * len(values), values, [at + k for k in range(len(values))], self.clock.time_ns())

    def pass_time(self, seconds: float, *, beating: Sequence[FakeNode] = ()) -> None:
        """Let time pass in ticks, these nodes alive."""
        steps = round(seconds / TICK_S)
        for step in range(steps):
            self.clock.advance(TICK_S)
            if step % round(BEAT_S / TICK_S) == 0:
                for node in beating:
                    node.beat()
            self.desk.tick()

    def places(self) -> dict[str, str]:
        return {name: lease.holder for name in self.desk.handover.lives if (lease := self.desk.lease(name)) is not None}

    def values(self, twin: str = "line/a") -> list[float]:
        slot = self.core.registry.get(twin).slots["x"]
        return [v for batch in self.committed for v in batch.value[batch.slot == slot].tolist()]

    def changes(self, *kinds: str) -> list[dict[str, object]]:
        events, _, _ = self.core.events.read(0, 100_000)
        return [e.body for e in events if e.kind == "edge" and (not kinds or e.body["change"] in kinds)]

    def _topics(self) -> tuple[dict[str, set[str]], set[str]]:
        return {t: {f"t/{t}"} for t in ("line/a", "line/b", "tank/c")}, {"t/status"}

    def _commit(self, rows: SampleBatch, *, link: int, number: int, derive: bool) -> None:
        self._pass(rows)
        self.desk.acknowledged(link, [number])

    def _pass(self, rows: SampleBatch) -> None:
        committed = self.core.telemetry.commit(rows, self.clock.time_ns())
        self.committed.append(committed)
        self.desk.process(committed, self.clock.time_ns())


def running(bench: EdgeBench, *nodes: FakeNode) -> None:
    """Let every group be taken, subscribed and cut over."""
    bench.pass_time(0.1)
    for node in nodes:
        for group in node.held:
            node.ready(group)
    bench.broker.finish_cuts()
    bench.pass_time(0.1)
