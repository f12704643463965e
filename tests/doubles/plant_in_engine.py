"""An ingest engine on a plant of one or more twins, fed message by message."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from plantverse._clock import ManualClock
from plantverse.ingest.engine import IngestEngine, IngestOptions
from plantverse.ingest.session_state import MessageBatch
from plantverse.twins import quality as q
from plantverse.twins.documents import StatePlane
from plantverse.twins.events import EventLog
from plantverse.twins.registry import Registry
from plantverse.twins.revision import Revision
from plantverse.twins.samples import Flag, SampleBatch
from plantverse.twins.specs import Availability, Binding, PropertySpec, SignalSpec, TwinSpec, TwinType

NOW_NS = 1_764_115_200_000_000_000
"""2025-11-26T00:00:00Z."""


class Row(NamedTuple):
    """One sample as people read it."""

    signal: str
    value: float
    quality: str
    observed_ns: int
    flags: Flag


class PlantInEngine:
    """An engine and everything that it writes to.

    Attributes:
        presence: What last-will topics said, as (twin, online).
    """

    def __init__(self, *twins: TwinSpec, options: IngestOptions | None = None) -> None:
        self.clock = ManualClock(NOW_NS)
        revision = Revision()
        self.registry = Registry(revision)
        self.state = StatePlane(revision)
        self.events = EventLog(revision)
        self.presence: list[tuple[str, bool]] = []
        for twin in twins:
            self.registry.add(twin)
        self.engine = IngestEngine(
            self.registry,
            state=self.state,
            events=self.events,
            clock=self.clock,
            on_presence=self._present,
            options=options,
        )
        self.engine.compile()

    def send(self, topic: str, *payloads: bytes | str, flags: int = 0, packet: int = 0) -> list[Row]:
        """Feed messages of one topic in one batch and return the rows of all of them."""
        self.feed(topic, *payloads, flags=flags, packet=packet)
        return self.rows()

    def feed(self, topic: str, *payloads: bytes | str, flags: int = 0, packet: int = 0) -> None:
        """Feed messages of one topic in one batch; the rows stay in the engine."""
        bodies = [p.encode() if isinstance(p, str) else p for p in payloads]
        n = len(bodies)
        batch = MessageBatch(1, self.clock.time_ns(), [topic.encode()] * n, bodies, [packet] * n, [flags] * n)
        self.engine.feed(batch)

    def rows(self) -> list[Row]:
        """Return the rows since the last call."""
        batch = self.engine.drain()
        return [] if batch is None else [self._row(batch, n) for n in range(len(batch))]

    def reported(self, twin: str = "p1") -> Mapping[str, Any]:
        """Return the properties that a twin reported."""
        found: Mapping[str, Any] = self.state.get(twin).get("reported", {})
        return found

    def letters(self) -> list[tuple[str, str]]:
        """Return (topic, cause) of the dead letters, newest first."""
        return [(letter["topic"], letter["cause"]) for letter in self.engine.dead_letters(1000)]

    def _present(self, twin: str, *, online: bool, now_ns: int) -> None:
        assert now_ns == self.clock.time_ns()
        self.presence.append((twin, online))

    def _row(self, batch: SampleBatch, n: int) -> Row:
        return Row(
            self.registry.names[batch.slot[n]].partition(":")[2],
            float(batch.value[n]),
            q.describe(int(batch.quality[n])),
            int(batch.observed_ns[n]),
            Flag(int(batch.flags[n])),
        )


def twin(
    *signals: SignalSpec | str,
    properties: Sequence[PropertySpec] = (),
    bindings: Sequence[Binding] = (),
    topic: str = "plant/p1",
    name: str = "p1",
    availability: Availability | None = None,
) -> TwinSpec:
    """Return a twin; a text stands for a float signal."""
    specs = tuple(SignalSpec(path=s) if isinstance(s, str) else s for s in signals)
    kind = TwinType(name="Machine", signals=specs, properties=tuple(properties))
    return TwinSpec(id=name, type=kind, topic=topic, bindings=tuple(bindings), availability=availability)


def plant(*signals: SignalSpec | str, **given: Any) -> PlantInEngine:
    """Return an engine with the one twin `p1`."""
    return PlantInEngine(twin(*signals, **given))
