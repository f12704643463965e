"""The server half of one sync session, sans-IO.

The shell hands in bytes with `receive`, takes `requests()` (to authenticate, to invoke, ...), and sends what
`to_send()` returns. Bad input from the peer becomes a `bye`, never an exception.
"""

import math
from collections import OrderedDict
from dataclasses import dataclass

import msgspec
import numpy as np

from plantverse.errors import SelectorInvalid
from plantverse.twins.samples import LogReader
from plantverse.twins.sync.frames import address
from plantverse.twins.sync.messages import (
    MAX_MESSAGE,
    PROTOCOL,
    Ack,
    AlarmAction,
    Bye,
    ClientMessage,
    EventInfo,
    Events,
    Hello,
    Invoke,
    Lag,
    Patch,
    People,
    Ping,
    Pong,
    Presence,
    Reply,
    Schema,
    ServerMessage,
    SetDesired,
    Subscribe,
    Unsubscribe,
    Welcome,
    decode_client,
    encode,
)
from plantverse.twins.sync.publisher import SyncPublisher

HELLO_TIMEOUT_S = 10.0
"""Rule S1."""
PEOPLE_INTERVAL_S = 0.1
"""Presence travels at 10 Hz: poses are interpolated about 100 ms behind."""
REQUESTS_REMEMBERED = 1_000
"""Per session, for rule E3."""
OUTBOX_LIMIT = 2_000
"""Control messages that wait for a client which asks faster than it reads."""
BATCH_ROWS = 16_384
"""Rows of one batch frame."""

Request = Hello | Invoke | SetDesired | AlarmAction


@dataclass(slots=True)
class _Subscription:
    id: int
    selector: str
    interval_s: float
    cursor: int
    reader: LogReader | None
    events: bool
    due_s: float = 0.0
    sent_s: float = -1e9


class ServerSession:
    """One client's session.

    Attributes:
        client: Its number, unique in this run of the server.
        user, role: Set by `accept`.
        closed: The `Bye` that ended the session, once it was queued.
    """

    def __init__(self, publisher: SyncPublisher, now_s: float) -> None:
        self.client = publisher.new_client()
        self.user = ""
        self.role = ""
        self.closed: Bye | None = None
        self.frames_sent = 0
        self.acked = 0
        self._publisher = publisher
        self._opened_s = now_s
        self._outbox: list[bytes] = []
        self._requests: list[Request] = []
        self._hello: Hello | None = None
        self._welcomed = False
        self._resume = 0
        self._subscriptions: dict[int, _Subscription] = {}
        self._twins: frozenset[str] = frozenset()
        self._known: set[str] = set()
        self._structure = 0
        self._state = 0
        self._events = 0
        self._view_stale = True
        self._oldest_unacked_s: float | None = None
        self._people_version = 0
        self._people_s = -1e9
        self._replies: OrderedDict[str, Reply | None] = OrderedDict()

    def receive(self, data: bytes, now_s: float) -> None:
        """Take one message of the client."""
        if self.closed is not None:
            return
        if len(data) > MAX_MESSAGE:
            self.end("message_invalid", f"message of {len(data)} bytes, at most {MAX_MESSAGE} are taken")
            return
        try:
            message = decode_client(data)
        except (msgspec.DecodeError, ValueError, RecursionError) as exc:
            self.end("message_invalid", str(exc)[:200], "see docs/spec/sync.md")
            return
        if isinstance(message, Hello):
            self._receive_hello(message)
        elif not self._welcomed:
            self.end("hello_expected", f"{type(message).__name__.lower()} before welcome")
        else:
            self._receive_in_session(message, now_s)

    def requests(self) -> list[Request]:
        """Return what the shell has to do for this client, and forget it."""
        out, self._requests = self._requests, []
        return out

    def accept(self, user: str, role: str) -> None:
        """Answer the `Hello`: this is a named user."""
        hello, publisher = self._hello, self._publisher
        if hello is None or self.closed is not None:
            return
        epoch, revision = hello.resume.get(publisher.origin, (0, 0))
        resumed = epoch == publisher.epoch and 0 < revision <= publisher.revision.value
        self.user, self.role, self._welcomed = user, role, True
        self._resume = revision if resumed else 0
        self._state = self._structure = self._resume or publisher.revision.value
        self._events = publisher.events.position_after(self._state)
        self._say(
            Welcome(
                version=PROTOCOL,
                origin=publisher.origin,
                epoch=publisher.epoch,
                revision=publisher.revision.value,
                tick_ms=publisher.options.tick_ms,
                time_us=publisher.clock.time_ns() / 1e3,
                resumed=resumed,
                plant=publisher.plant,
                user=user,
                role=role,
                ack_window=publisher.options.ack_window,
            )
        )

    def reply(self, reply: Reply) -> None:
        """Answer a request; the newest state is kept for repeated ids (rule E3)."""
        if reply.request in self._replies:
            self._replies[reply.request] = reply
        self._say(reply)

    def end(self, code: str, message: str, hint: str = "") -> None:
        """Close the session with a reason; what is queued still goes out before it."""
        if self.closed is None:
            self.closed = Bye(code=code, message=message, hint=hint)
            self._outbox.append(encode(self.closed))

    def gone(self) -> None:
        """Tell the others that this client left."""
        if self._publisher.people.pop(self.client, None) is not None:
            self._publisher.people_version += 1

    @property
    def has_answers(self) -> bool:
        """Whether something waits that need not wait for the next tick."""
        return bool(self._outbox)

    @property
    def behind(self) -> bool:
        """Whether nothing is sent until the client acknowledges (rule F3)."""
        return self.closed is None and self.frames_sent - self.acked >= self._publisher.options.ack_window

    def selectors(self) -> list[str]:
        """Return the selectors in use."""
        return [s.selector for s in self._subscriptions.values()]

    def to_send(self, now_s: float) -> list[bytes]:
        """Return the messages to send now, in order: answers, structure, documents, events, frames."""
        if self.closed is None:
            self._check_deadlines(now_s)
        out, self._outbox = self._outbox, []
        if self.closed is None and self._welcomed and self._subscriptions and not self.behind:
            self._collect_structure(out)
            self._collect_documents(out)
            caught_up = self._collect_events(out)
            self._collect_people(out, now_s)
            self._collect_frames(out, now_s, caught_up=caught_up)
        return out

    def _receive_hello(self, message: Hello) -> None:
        if self._hello is not None:
            self.end("message_invalid", "hello twice in one session")
        elif PROTOCOL not in message.versions:
            self.end("version_unsupported", f"this server speaks {PROTOCOL}")
        else:
            self._hello = message
            self._requests.append(message)

    def _receive_in_session(self, message: ClientMessage, now_s: float) -> None:
        match message:
            case Ack():
                self._receive_ack(message, now_s)
            case Ping():
                self._say(Pong(sent_us=message.sent_us, time_us=self._publisher.clock.time_ns() / 1e3))
            case Subscribe():
                self._subscribe(message, now_s)
            case Unsubscribe():
                self._subscriptions.pop(message.id, None)
                self._view_stale = True
            case Presence() if not _is_pose(message):
                pass  # a headset that lost its tracking; the newest pose that was one stays
            case Presence():
                self._publisher.people[self.client] = (self.user, message)
                self._publisher.people_version += 1
            case Invoke() | SetDesired() | AlarmAction():
                self._request(message)
            case Hello():
                raise AssertionError("hello is taken before")

    def _receive_ack(self, message: Ack, now_s: float) -> None:
        if message.frame > self.frames_sent:
            self.end("message_invalid", f"ack of frame {message.frame}, {self.frames_sent} were sent")
            return
        self.acked = max(self.acked, message.frame)
        self._oldest_unacked_s = None if self.acked == self.frames_sent else now_s

    def _request(self, message: Invoke | SetDesired | AlarmAction) -> None:
        if message.request in self._replies:
            known = self._replies[message.request]
            self._say(known or Reply(request=message.request, status="pending"))
            return
        self._replies[message.request] = None
        if len(self._replies) > REQUESTS_REMEMBERED:
            self._replies.popitem(last=False)
        self._requests.append(message)

    def _subscribe(self, message: Subscribe, now_s: float) -> None:
        options = self._publisher.options
        if message.id in self._subscriptions or not 0 <= message.id < 65_536:
            self.end("message_invalid", f"subscription id {message.id} is taken or outside 0-65535")
            return
        if len(self._subscriptions) >= options.max_subscriptions:
            self.end("overloaded", f"more than {options.max_subscriptions} subscriptions")
            return
        try:
            group = self._publisher.group(message.selector)
        except SelectorInvalid as exc:
            self._say(Reply(request=f"subscribe:{message.id}", status="refused", code=exc.code, message=str(exc)))
            return
        since = self._resume if message.since < 0 else min(message.since, self._resume)
        interval = max(options.tick_ms / 1e3, 1 / message.max_hz if message.max_hz > 0 else 0.0)
        reader = self._publisher.telemetry.log.reader() if message.mode == "batch" else None
        self._subscriptions[message.id] = _Subscription(
            message.id, message.selector, interval, since, reader, message.events, due_s=now_s
        )
        if since:
            registry = self._publisher.registry
            self._known.update(t for t in group.twins if registry.get(t).revision <= since)
            self._structure = min(self._structure, since)
        self._view_stale = True

    def _check_deadlines(self, now_s: float) -> None:
        limit = self._publisher.options.ack_timeout_s
        if self._oldest_unacked_s is not None and now_s - self._oldest_unacked_s > limit:
            self.end("slow_client", f"no acknowledgement for {limit:g} s", "come back; the newest values will follow")
        elif self._hello is None and now_s - self._opened_s > HELLO_TIMEOUT_S:
            self.end("hello_expected", f"no hello within {HELLO_TIMEOUT_S:g} s")
        elif len(self._outbox) > OUTBOX_LIMIT:
            self._outbox.clear()
            self.end("overloaded", "more requests than answers were read")

    def _collect_structure(self, out: list[bytes]) -> None:
        """T1-T3: twins that the client lacks or that changed, and those that went or fell out of its selectors."""
        publisher = self._publisher
        registry = publisher.registry
        if not self._view_stale and registry.structure_revision <= self._structure:
            return
        groups = [publisher.group(s.selector) for s in self._subscriptions.values()]
        wanted: frozenset[str] = frozenset().union(*(g.twins for g in groups))
        fresh = [t for t in wanted if t not in self._known]
        changed = [t for t in wanted & self._known if registry.get(t).revision > self._structure]
        gone = [t for t in self._known if t not in wanted]
        if self._resume:
            _, tombstones = registry.changed_since(self._resume)
            gone += [t for t in tombstones if t not in wanted and t not in self._known]
            self._resume = 0
        if fresh or changed or gone:
            twins = [publisher.info(registry.get(t)) for t in sorted(fresh) + sorted(changed)]
            out.append(encode(Schema(revision=publisher.revision.value, twins=twins, removed=sorted(gone))))
        documents = [(t, publisher.state.get(t), True) for t in sorted(fresh) if publisher.state.get(t)]
        if documents:
            out.append(encode(Patch(revision=publisher.revision.value, changes=documents)))
        self._twins = wanted
        self._known = set(wanted)
        self._structure = registry.structure_revision
        self._view_stale = False

    def _collect_documents(self, out: list[bytes]) -> None:
        state = self._publisher.state
        if state.last_change <= self._state:
            return
        changes = [c for c in state.changes_since(self._state) if c[0] in self._twins]
        self._state = state.last_change
        if changes:
            out.append(encode(Patch(revision=state.last_change, changes=changes)))

    def _collect_events(self, out: list[bytes]) -> bool:
        """E1; returns whether the client has all events now."""
        log = self._publisher.events
        if self._events >= log.position:
            return True
        limit = self._publisher.options.events_per_message
        events, self._events, missed = log.read(self._events, limit)
        wanted = [
            EventInfo(revision=e.revision, at_us=e.at_ns / 1e3, kind=e.kind, twin=e.twin, body=e.body)
            for e in events
            if (not e.twin or e.twin in self._twins) and any(s.events for s in self._subscriptions.values())
        ]
        if wanted or missed:
            out.append(encode(Events(events=wanted, missed=missed)))
        return len(events) < limit

    def _collect_people(self, out: list[bytes], now_s: float) -> None:
        publisher = self._publisher
        if self._people_version == publisher.people_version or now_s - self._people_s < PEOPLE_INTERVAL_S:
            return
        self._people_version, self._people_s = publisher.people_version, now_s
        others = [(c, user, p) for c, (user, p) in publisher.people.items() if c != self.client]
        out.append(encode(People(people=others)))

    def _collect_frames(self, out: list[bytes], now_s: float, *, caught_up: bool) -> None:
        for s in self._subscriptions.values():
            if s.due_s > now_s:
                continue
            frame = self._latest(s, now_s) if s.reader is None else self._batch(s, s.reader, out, now_s)
            if frame is None:
                continue
            s.due_s = max(s.due_s + s.interval_s, now_s + 0.5 * s.interval_s)
            s.sent_s = now_s
            self.frames_sent += 1
            if self._oldest_unacked_s is None:
                self._oldest_unacked_s = now_s
            revision = self._complete() if caught_up else 0
            out.append(address(frame, subscription=s.id, number=self.frames_sent, revision=revision))

    def _latest(self, s: _Subscription, now_s: float) -> bytes | None:
        publisher = self._publisher
        if publisher.telemetry.last_change > s.cursor:
            frame, s.cursor = publisher.latest(publisher.group(s.selector), s.cursor)
            if np.frombuffer(frame, "<u4", 1, 4)[0]:
                return frame
        return publisher.empty() if now_s - s.sent_s >= publisher.options.heartbeat_s else None

    def _batch(self, s: _Subscription, reader: LogReader, out: list[bytes], now_s: float) -> bytes | None:
        publisher = self._publisher
        before = reader.missed
        rows = publisher.telemetry.log.read(reader, BATCH_ROWS)
        if reader.missed > before:
            out.append(encode(Lag(id=s.id, dropped=reader.missed - before)))
        s.cursor = publisher.telemetry.last_change
        if rows is not None:
            return publisher.batch(publisher.group(s.selector), rows)
        return publisher.empty() if now_s - s.sent_s >= publisher.options.heartbeat_s else None

    def _complete(self) -> int:
        """R4: the revision up to which nothing is missing.

        A plane whose cursor is at its own last change has nothing outstanding, so it does not hold the others back.
        """
        publisher = self._publisher
        now = publisher.revision.value
        behind = [s.cursor for s in self._subscriptions.values() if s.cursor < publisher.telemetry.last_change]
        if self._state < publisher.state.last_change:
            behind.append(self._state)
        if self._structure < publisher.registry.structure_revision:
            behind.append(self._structure)
        return min(behind, default=now)

    def _say(self, message: ServerMessage) -> None:
        self._outbox.append(encode(message))


def _is_pose(message: Presence) -> bool:
    """Say whether all numbers are finite; others would make somebody vanish from every picture."""
    numbers = (*message.position, *message.rotation, *(message.left or ()), *(message.right or ()))
    return all(map(math.isfinite, numbers))
