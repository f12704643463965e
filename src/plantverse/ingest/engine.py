"""Messages in, columns out: every message is decoded by its topic's route, checked, and counted.

`feed` never raises for what is in a message. The commonest form takes the fast path in `feed` itself; everything else
goes through `message.MessageReader`.
"""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol

from plantverse._clock import Clock
from plantverse.ingest.dead_letters import DeadLetters
from plantverse.ingest.explain import explained
from plantverse.ingest.message import MessageReader
from plantverse.ingest.mqtt import DUP, REDELIVERED, RETAIN, SYNTHETIC
from plantverse.ingest.payloads import DEFAULT_UNPACKED_LIMIT
from plantverse.ingest.rows import NO_STAMP, Rows
from plantverse.ingest.session_state import MessageBatch
from plantverse.ingest.stats import IngestStats
from plantverse.ingest.topic_map import Route, compile_routes
from plantverse.ingest.unknown_topics import UnknownTopics
from plantverse.twins.documents import StatePlane
from plantverse.twins.events import EventLog
from plantverse.twins.registry import Registry
from plantverse.twins.samples import EXACT_LIMIT, Flag, SampleBatch

_log = logging.getLogger(__name__)

NS_STAMPS_FROM = 9e15
"""An epoch above it counts nanoseconds, which a double does not hold; the general way reads those."""

# Index: the session's bits; a repetition may have been stored, whether the broker says DUP or we suspect it.
_FLAGS = tuple(
    int((Flag.RETAINED if bits & RETAIN else 0) | (Flag.REDELIVERED if bits & (DUP | REDELIVERED) else 0))
    for bits in range(8)
)


class Presence(Protocol):
    """Learns that a twin's device is there or gone."""

    def __call__(self, twin: str, *, online: bool, now_ns: int) -> None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class IngestOptions:
    """Limits.

    Attributes:
        clock_tolerance_s: How far a stamp may lie in the future.
        past_limit_s: How far in the past.
        dead_letters: Rejected messages kept.
        unknown_topics: Topics offered for binding.
        unpacked_limit: Bytes of a payload once unpacked.
    """

    clock_tolerance_s: float = 5.0
    past_limit_s: float = 30 * 86_400.0
    dead_letters: int = 1_000
    unknown_topics: int = 2_000
    unpacked_limit: int = DEFAULT_UNPACKED_LIMIT


class IngestEngine:
    """The decoding half of ingestion.

    Args:
        registry: The plant; call `compile` after every change of it.
        state: Takes texts and other properties.
        events: Takes counter resets and wrong bindings.
        clock: Monotonic time for sources, wall time for dead letters.
        on_presence: Told what last-will topics say.
        options: Limits.

    Attributes:
        stats: Counters; the object stays the same.
        problems: What is wrong with bindings that are left out.
    """

    def __init__(
        self,
        registry: Registry,
        *,
        state: StatePlane,
        events: EventLog,
        clock: Clock,
        on_presence: Presence,
        options: IngestOptions | None = None,
    ) -> None:
        self._registry = registry
        self._state = state
        self._events = events
        self._clock = clock
        self._options = options or IngestOptions()
        self.stats = IngestStats()
        self.problems: list[str] = []
        self.unknown = UnknownTopics(self._options.unknown_topics)
        self._letters = DeadLetters(self._options.dead_letters)
        self._rows = Rows()
        self._routes: dict[bytes, Route] = {}
        self._reported: dict[str, dict[str, Any]] = {}
        self._reader = MessageReader(
            registry=registry,
            rows=self._rows,
            reported=self._reported,
            stats=self.stats,
            letters=self._letters,
            events=events,
            clock=clock,
            on_presence=on_presence,
            unpacked_limit=self._options.unpacked_limit,
        )

    def compile(self) -> None:
        """Work out the routes of the present plant; bindings that are wrong are left out and told as events."""
        self._routes, problems = compile_routes(self._registry)
        for problem in problems:
            if problem not in self.problems:
                _log.warning("binding is left out: %s", problem)
                body = {"level": "warning", "message": f"binding is left out: {problem}"}
                self._events.append("system", "", self._clock.time_ns(), body)
        self.problems = problems
        self.unknown.forget(iter(self._routes))

    def filters(self) -> list[str]:
        """Return the topics that the plant reads."""
        return [topic.decode() for topic in self._routes]

    def reads(self) -> tuple[dict[str, set[str]], set[str]]:
        """Return the topics that feed signals and properties, by twin, and those that say whose device is there."""
        fed: dict[str, set[str]] = {}
        presence: set[str] = set()
        for route in self._routes.values():
            for target in route.targets:
                fed.setdefault(target.twin, set()).add(route.name)
            if route.availability:
                presence.add(route.name)
        return fed, presence

    def feed(self, batch: MessageBatch, /) -> None:
        """Read messages into rows and properties."""
        if batch.marked:
            batch = self._take_marked(batch)
        rows, routes = self._rows, self._routes
        slot, value, stamp = rows.slot.append, rows.value.append, rows.stamp.append
        flags, packets = rows.flags.append, rows.packet.append
        fast_taken = 0
        for topic, payload, packet, bits in zip(batch.topics, batch.payloads, batch.packets, batch.flags, strict=True):
            route = routes.get(topic)
            if route is not None and route.fast is not None:
                try:
                    message = route.fast(payload)
                except Exception:
                    message = None
                if message is not None:
                    number, at = message.value, message.stamp
                    if at is None:
                        at = message.stamp2 if message.stamp2 is not None else message.stamp3
                    if -EXACT_LIMIT <= number <= EXACT_LIMIT and (at is None or 0 < at < NS_STAMPS_FROM):
                        target = route.targets[0]
                        slot(target.slot)
                        value(number * target.factor + target.offset)
                        stamp(NO_STAMP if at is None else at)
                        flags(_FLAGS[bits])
                        packets(packet)
                        fast_taken += 1
                        continue
            if route is None:
                self._take_unknown(topic, payload, batch.received_ns)
            else:
                self._read(route, payload, packet, _FLAGS[bits], batch.received_ns)
        rows.received(batch.received_ns)
        self.stats.received += len(batch.topics)
        self.stats.accepted += fast_taken
        self.stats.values += fast_taken
        if self._reported:
            self._patch()

    def drain(self) -> SampleBatch | None:
        """Return the rows since the last call, through the quality gate; None where there are none."""
        return self._rows.drain(
            self._registry,
            future_ns=round(self._options.clock_tolerance_s * 1e9),
            past_ns=round(self._options.past_limit_s * 1e9),
        )

    def counts(self) -> tuple[int, int, Mapping[str, int]]:
        """Return (received, accepted, rejected by cause) messages."""
        return self.stats.received, self.stats.accepted, self.stats.rejected

    def dead_letters(self, limit: int) -> Sequence[Mapping[str, Any]]:
        """Return the newest rejected messages, newest first."""
        return self._letters.newest(limit)

    def topics(self) -> Sequence[Mapping[str, Any]]:
        """Return the topics that nothing reads, with a suggestion each."""
        return self.unknown.listed()

    def suggestion(self, topic: str) -> Mapping[str, Any] | None:
        """Return what a twin for an unknown topic could look like."""
        return self.unknown.suggestion(topic)

    def explain(self, topic: str, payload: bytes) -> Mapping[str, Any]:
        """Return what a message would do, without doing it."""
        return explained(self._routes.get(topic.encode()), topic, payload, self._registry, self._options.unpacked_limit)

    def fresh(self) -> Sequence[str]:
        """Return unknown topics that came up since the last call."""
        return self.unknown.fresh()

    def keep(self, topics: Sequence[str]) -> Mapping[str, bytes]:
        """Return the newest payload of unknown topics, as far as they are whole."""
        return self.unknown.keep(topics)

    def read_again(self, topic: str, payload: bytes) -> None:
        """Read a message that nothing read when it came; it is counted once, as what becomes of it now."""
        route = self._routes.get(topic.encode())
        if route is None:
            return
        now_ns = self._clock.time_ns()
        self.stats.rejected["unmapped"] -= 1
        self._read(route, payload, 0, 0, now_ns)
        self._rows.received(now_ns)
        if self._reported:
            self._patch()

    def is_known(self, topic: str) -> bool:
        """Return whether something reads a topic."""
        return topic.encode() in self._routes

    def sample(self, topic: str) -> str:
        """Return the newest payload of an unknown topic as text, cut."""
        return self.unknown.sample(topic)

    def _read(self, route: Route, payload: bytes, packet: int, flags: int, received_ns: int) -> None:
        try:
            self._reader.read(route, payload, packet, flags, received_ns)
        except Exception as exc:
            # One message must not take the connection with it, and with that everything else that waits to be stored.
            self.stats.rejected["failed"] += 1
            if self.stats.rejected["failed"] == 1:
                _log.exception("message could not be read: topic=%s", route.name)
            reason = f"{type(exc).__name__}: {exc}"
            hint = "a fault of plantverse: please report the payload"
            self._letters.add(self._clock.time_ns(), route.name, "failed", reason, hint, payload)

    def _take_marked(self, batch: MessageBatch) -> MessageBatch:
        """Read the messages that bear a mark beside their payload, and return the others."""
        rest = [row for row, bits in enumerate(batch.flags) if not bits & SYNTHETIC]
        for row, bits in enumerate(batch.flags):
            if not bits & SYNTHETIC:
                continue
            self.stats.received += 1
            route, payload = self._routes.get(batch.topics[row]), batch.payloads[row]
            if route is None:
                # Whatever twin this topic gets one day, this message is not for it.
                self.stats.rejected["unmapped"] += 1
            elif route.real:
                self._reader.refuse(route, payload)
            else:
                self._read(route, payload, batch.packets[row], _FLAGS[bits & ~SYNTHETIC], batch.received_ns)
        return replace(
            batch,
            topics=[batch.topics[row] for row in rest],
            payloads=[batch.payloads[row] for row in rest],
            packets=[batch.packets[row] for row in rest],
            flags=[batch.flags[row] for row in rest],
            marked=False,
        )

    def _take_unknown(self, topic: bytes, payload: bytes, now_ns: int) -> None:
        self.stats.rejected["unmapped"] += 1
        self.unknown.add(topic, payload, now_ns)

    def _patch(self) -> None:
        for twin, reported in self._reported.items():
            self._state.patch(twin, {"reported": reported})
        self._reported.clear()
