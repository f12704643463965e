"""The client half of sync, sans-IO: the same picture as the server's, in columns.

The shell connects, hands in bytes with `receive`, sends what `to_send()` returns, and calls `disconnected()` when the
connection is lost. The replica outlives connections: `hello()` resumes where it stood.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

import msgspec
import numpy as np
from numpy.typing import NDArray

from plantverse.errors import ProtocolViolation
from plantverse.twins.merge_patch import Document, apply_patch
from plantverse.twins.quality import NEVER_SEEN
from plantverse.twins.registry import grown
from plantverse.twins.sync.frames import BATCH, Frame, decode_frame, is_frame
from plantverse.twins.sync.messages import (
    PROTOCOL,
    Ack,
    Bye,
    ClientMessage,
    EventInfo,
    Events,
    Hello,
    Lag,
    Patch,
    People,
    Ping,
    Pong,
    Presence,
    Reply,
    Schema,
    SignalInfo,
    Subscribe,
    TwinInfo,
    Unsubscribe,
    Welcome,
    decode_server,
    encode,
)

OFFSETS_KEPT = 8
"""Rule C1."""


@dataclass(slots=True)
class _Wanted:
    message: Subscribe
    established: bool = False


class SyncReplica:
    """What a client knows of a plant.

    Attributes:
        value, observed_us, quality: Columns by slot: float64, float64 microseconds (0 = unknown), uint8.
        twins: Structure by twin id.
        documents: State documents by twin id; not to be mutated.
        origin, epoch, revision: Whose counter, and up to where everything is here (rule R4).
        offset_us: Server's clock minus ours, from the fastest of the last exchanges.
        on_frame, on_event, on_reply, on_lag: Called while `receive` runs.
    """

    def __init__(self, *, token: str = "", client: str = "") -> None:
        self.token = token
        self.client = client
        self.origin = ""
        self.epoch = 0
        self.revision = 0
        self.plant = ""
        self.user = ""
        self.role = ""
        self.welcomed = False
        self.bye: Bye | None = None
        self.twins: dict[str, TwinInfo] = {}
        self.documents: dict[str, Document] = {}
        self.signals: dict[str, SignalInfo] = {}
        self.people: list[tuple[int, str, Presence]] = []
        self.value: NDArray[np.float64] = np.full(64, np.nan)
        self.exact: NDArray[np.int64] = np.zeros(64, np.int64)
        self.exact_set: NDArray[np.bool_] = np.zeros(64, np.bool_)
        self.observed_us: NDArray[np.float64] = np.zeros(64)
        self.quality: NDArray[np.uint8] = np.full(64, NEVER_SEEN, np.uint8)
        self.offset_us = 0.0
        self.frames = 0
        self.on_frame: Callable[[Frame], None] | None = None
        self.on_event: Callable[[EventInfo], None] | None = None
        self.on_reply: Callable[[Reply], None] | None = None
        self.on_lag: Callable[[Lag], None] | None = None
        self._events_seen = 0
        self._subscriptions: dict[int, _Wanted] = {}
        self._outbox: list[bytes] = []
        self._offsets: list[tuple[float, float]] = []

    def hello(self) -> bytes:
        """Return the first message of a new connection."""
        self.welcomed, self.bye = False, None
        self._outbox.clear()
        resume = {self.origin: (self.epoch, self.revision)} if self.origin else {}
        return encode(Hello(versions=[PROTOCOL], token=self.token, resume=resume, client=self.client))

    def disconnected(self) -> None:
        """Take note that the connection is gone; the picture stays, and ages."""
        self.welcomed = False
        self._outbox.clear()

    def subscribe(
        self,
        selector: str,
        *,
        number: int | None = None,
        max_hz: float = 0.0,
        mode: Literal["latest", "batch"] = "latest",
    ) -> int:
        """Ask for the twins of a selector, now or once connected, and on every later connection; return its id."""
        number = number if number is not None else max(self._subscriptions, default=0) + 1
        wanted = _Wanted(Subscribe(id=number, selector=selector, max_hz=max_hz, mode=mode))
        self._subscriptions[number] = wanted
        if self.welcomed:
            self._send_subscription(wanted, resumed=False)
        return number

    def unsubscribe(self, number: int) -> None:
        """End a subscription; its twins vanish unless another one names them."""
        if self._subscriptions.pop(number, None) is not None and self.welcomed:
            self.send(Unsubscribe(id=number))

    def send(self, message: ClientMessage) -> None:
        """Queue a message."""
        self._outbox.append(encode(message))

    def ping(self, now_us: float) -> None:
        """Queue a measurement of the clocks' offset."""
        self.send(Ping(sent_us=now_us))

    def to_send(self) -> list[bytes]:
        """Return the messages to send now."""
        out, self._outbox = self._outbox, []
        return out

    def receive(self, data: bytes, now_us: float) -> None:
        """Take one message of the server.

        Args:
            data: A WebSocket message.
            now_us: Our clock, for the offset.

        Raises:
            ProtocolViolation: The server broke a rule; the connection should be closed and resumed.
        """
        if is_frame(data):
            self._receive_frame(decode_frame(data))
            return
        try:
            message = decode_server(data)
        except (msgspec.DecodeError, ValueError) as exc:
            raise ProtocolViolation("S4", str(exc)) from exc
        match message:
            case Welcome():
                self._receive_welcome(message)
            case Schema():
                self._receive_schema(message)
            case Patch():
                self._receive_patch(message)
            case Events():
                self._receive_events(message)
            case Pong():
                self._receive_pong(message, now_us)
            case People():
                self.people = message.people
            case Bye():
                self.bye = message
            case Reply() | Lag():
                self._pass_on(message)

    def _pass_on(self, message: Reply | Lag) -> None:
        if isinstance(message, Reply):
            if self.on_reply:
                self.on_reply(message)
        elif self.on_lag:
            self.on_lag(message)

    def slot(self, twin: str, path: str) -> int:
        """Return the slot of a signal; KeyError where it is not known."""
        return self.signals[f"{twin}:{path}"].slot

    def latest(self, twin: str, path: str) -> tuple[float, float, int]:
        """Return (value, observed in microseconds, quality) of a signal; KeyError where it is not known."""
        slot = self.slot(twin, path)
        return float(self.value[slot]), float(self.observed_us[slot]), int(self.quality[slot])

    def picture(self) -> dict[str, Any]:
        """Return everything known as plain data, for comparing replicas."""
        return {
            "twins": dict(self.twins),
            "documents": {t: d for t, d in self.documents.items() if d},
            "values": {
                name: (float(self.value[s.slot]), float(self.observed_us[s.slot]), int(self.quality[s.slot]))
                for name, s in self.signals.items()
            },
        }

    def _receive_welcome(self, message: Welcome) -> None:
        if not message.resumed:
            self._forget()
        self.origin, self.epoch = message.origin, message.epoch
        self.plant, self.user, self.role = message.plant, message.user, message.role
        self.welcomed = True
        for wanted in self._subscriptions.values():
            self._send_subscription(wanted, resumed=message.resumed)

    def _send_subscription(self, wanted: _Wanted, *, resumed: bool) -> None:
        since = -1 if resumed and wanted.established else 0
        self.send(msgspec.structs.replace(wanted.message, since=since))

    def _forget(self) -> None:
        self.revision = self._events_seen = 0
        self.twins.clear()
        self.documents.clear()
        self.signals.clear()
        self.value[:] = np.nan
        self.exact_set[:] = False
        self.observed_us[:] = 0
        self.quality[:] = NEVER_SEEN
        for wanted in self._subscriptions.values():
            wanted.established = False

    def _receive_schema(self, message: Schema) -> None:
        if message.reset:
            self._forget()
        for twin_id in message.removed:
            self._remove(twin_id)
        for twin in message.twins:
            before = self.twins.get(twin.id)
            if before is not None:
                for signal in before.signals:
                    self.signals.pop(f"{twin.id}:{signal.path}", None)
            self.twins[twin.id] = twin
            for signal in twin.signals:
                self.signals[f"{twin.id}:{signal.path}"] = signal
                self._ensure(signal.slot)

    def _remove(self, twin_id: str) -> None:
        twin = self.twins.pop(twin_id, None)
        self.documents.pop(twin_id, None)
        for signal in twin.signals if twin else ():
            self.signals.pop(f"{twin_id}:{signal.path}", None)

    def _receive_patch(self, message: Patch) -> None:
        for twin_id, patch, full in message.changes:
            before = {} if full else self.documents.get(twin_id, {})
            self.documents[twin_id] = apply_patch(before, patch)

    def _receive_events(self, message: Events) -> None:
        for event in message.events:
            if event.revision > self._events_seen:
                self._events_seen = event.revision
                if self.on_event:
                    self.on_event(event)

    def _receive_pong(self, message: Pong, now_us: float) -> None:
        round_trip = now_us - message.sent_us
        self._offsets.append((round_trip, message.time_us - (message.sent_us + round_trip / 2)))
        del self._offsets[:-OFFSETS_KEPT]
        self.offset_us = min(self._offsets)[1]

    def _receive_frame(self, frame: Frame) -> None:
        if frame.kind == BATCH:
            self._apply_batch(frame)
        else:
            self._apply(frame, slice(None))
        self.frames += 1
        self.revision = max(self.revision, frame.revision)
        wanted = self._subscriptions.get(frame.subscription)
        if wanted is not None:
            wanted.established = True
        if self.on_frame:
            self.on_frame(frame)
        self.send(Ack(frame=frame.number))

    def _apply(self, frame: Frame, rows: slice | NDArray[np.intp]) -> None:
        slot = frame.slot[rows]
        if len(slot):
            self._ensure(int(slot.max()))
        self.value[slot] = frame.value[rows]
        self.observed_us[slot] = frame.observed_us[rows]
        self.quality[slot] = frame.quality[rows]
        if len(frame.exact) or self.exact_set.any():
            self.exact_set[slot] = False
            at = frame.slot[frame.exact_row]
            self.exact[at], self.exact_set[at] = frame.exact, True

    def _apply_batch(self, frame: Frame) -> None:
        """Late rows and rows without a value pass by to `on_frame`; the picture takes what is newest."""
        if not len(frame.slot):
            return
        self._ensure(int(frame.slot.max()))
        order = np.argsort(frame.observed_us, kind="stable")
        slot = frame.slot[order]
        keep = (frame.observed_us[order] >= self.observed_us[slot]) & ~np.isnan(frame.value[order])
        self._apply(frame, order[keep])

    def _ensure(self, slot: int) -> None:
        size = len(self.value)
        if slot < size:
            return
        while size <= slot:
            size *= 2
        self.value = grown(self.value, size, np.nan)
        self.exact = grown(self.exact, size, 0)
        self.exact_set = grown(self.exact_set, size, fill=False)
        self.observed_us = grown(self.observed_us, size, 0.0)
        self.quality = grown(self.quality, size, NEVER_SEEN)
