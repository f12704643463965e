"""One group that this node holds: its broker session, its decoder, and what the server has not yet confirmed.

A message is acknowledged to the broker only when the server has said that its samples are safe. Whatever ends the
holding before that leaves the message with the broker, which gives it to the next holder.
"""

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any

from plantverse._clock import Clock
from plantverse.errors import PlantverseError
from plantverse.platform.edge import messages as m
from plantverse.platform.edge.columns import ROW_BYTES, encode_batch, group_check
from plantverse.platform.edge.decoding import GroupDecoding, MakeDecoder
from plantverse.platform.edge.detecting import Detectors
from plantverse.platform.edge.outgoing import Outgoing, Part, Waiting
from plantverse.platform.edge.sessions import MakeSession
from plantverse.platform.edge.window import Window
from plantverse.twins.specs import TwinType

_log = logging.getLogger(__name__)

LINGER_ROWS = 2_048
MOST_OPEN = 100_000
"""Rows decoded and not confirmed at which reading stops: two seconds at 50,000 rows/s, 4 MB."""
SETTLE_S = 1.5


class Holding:
    """A group on this node.

    Args:
        assign: What was given.
        make_session, make_decoder: Make the two halves.
        types: Types whose formulas are known here.
        send: Sends a message to the server.
        window: Says how much may be under way, of all groups together.
        number: Returns the next batch number of the connection.
        clock: Time.
        detectors: Of the node.

    Attributes:
        token: Fencing token.
        rows: Rows sent.
        open_rows: Rows sent and not confirmed.
    """

    def __init__(
        self,
        assign: m.Assign,
        *,
        make_session: MakeSession,
        make_decoder: MakeDecoder,
        types: Mapping[str, TwinType],
        send: Callable[[bytes], None],
        number: Callable[[], int],
        window: Window,
        clock: Clock,
        detectors: Detectors | None = None,
    ) -> None:
        self.group, self.token, self._qos = assign.group, assign.token, assign.qos
        self._check = group_check(assign.group)
        self._make_decoder = make_decoder
        self._types = types
        self._send = send
        self._number = number
        self._window = window
        self._clock = clock
        self._detectors = detectors
        self._decoding = self._decode(assign)
        self._before = (0, 0)
        self._session = make_session(
            assign.client_id, on_messages=self._receive, on_connected=self._connected, clean=False
        )
        self._filters: list[str] = self._decoding.filters()
        self._ready = False
        self._ended = False
        self._paused = False
        self._leaving = self._held_up = self._found = False
        self._messages = 0
        self._since_s = float("inf")
        self._rows_per_message = 1.0
        self._timer: asyncio.TimerHandle | None = None
        self._waiting: Waiting = []
        self._outgoing: deque[tuple[float, Outgoing]] = deque()
        self._unconfirmed: dict[int, tuple[int, int, Waiting]] = {}
        self._life: asyncio.Task[None] | None = None
        self.rows = 0
        self.open_rows = 0

    @property
    def waiting_rows(self) -> int:
        """Rows that came and were not sent, those of messages whose rows were not counted yet by the mean."""
        return sum(out.rows for _, out in self._outgoing) + round(self._messages * self._rows_per_message)

    @property
    def waiting_since_s(self) -> float:
        """When the oldest message came that was not sent, monotonic; inf for none."""
        return self._outgoing[0][0] if self._outgoing else self._since_s

    def start(self) -> None:
        """Connect to the broker; `Ready` goes out once the topics are subscribed."""
        self._life = asyncio.create_task(self._run(), name=f"group {self.group}")

    async def update(self, assign: m.Assign) -> None:
        """Take over what the group is now."""
        self._drain()
        received, accepted, _ = self._decoding.counts()
        self._before = self._before[0] + received, self._before[1] + accepted
        self._decoding.close()
        self._decoding = self._decode(assign)
        before, self._filters = self._filters, self._decoding.filters()
        with suppress(PlantverseError):  # asked for again after the reconnect that such an error brings
            await self._session.subscribe([f for f in self._filters if f not in before])
            await self._session.unsubscribe([f for f in before if f not in self._filters])
        if self._ready and not self._ended:
            self._tell_ready()

    async def give_back(self) -> None:
        """Send what the link takes, wait a moment until it is confirmed, and let go of the session.

        The broker keeps the rest for the next holder. With QoS 0 it does not: then all is sent.
        """
        self._session.pause()
        self._flush(all_of_it=self._qos == 0)
        self._leaving = True
        loop = asyncio.get_running_loop()
        until = loop.time() + SETTLE_S
        while self._unconfirmed and loop.time() < until and not self._ended:  # noqa: ASYNC110 -- polled
            await asyncio.sleep(0.01)
        await self.stop()

    async def stop(self) -> None:
        """Let go at once; what is not confirmed stays with the broker."""
        self._ended = True
        self._window.open -= sum(size for _, size, _ in self._unconfirmed.values())
        self._unconfirmed.clear()
        self._decoding.close()
        if self._timer is not None:
            self._timer.cancel()
        await self._session.close()
        if self._life is not None:
            self._life.cancel()
            await asyncio.gather(self._life, return_exceptions=True)

    def confirmed(self, number: int) -> bool:
        """The server has a batch safe; False if it is none of this group."""
        entry = self._unconfirmed.pop(number, None)
        if entry is None:
            return False
        rows, size, waiting = entry
        self.open_rows -= rows
        self._window.open -= size
        if not self._ended:
            for generation, ids in waiting:
                self._session.acknowledge(generation, ids)
            if self._paused and not self._leaving and self.open_rows + self.waiting_rows < MOST_OPEN // 2:
                self._paused = False
                self._session.resume()
        return True

    def pump(self) -> None:
        """Send what the link did not take before; called when it may take more."""
        if self._held_up:
            self._flush()

    def detect(self) -> None:
        """Let the group's detectors go on, and send what they found."""
        if self._ready and not self._ended and self._decoding.detect():
            self._found = True
        if self._found and self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(self._window.linger_s, self._flush)

    def count(self) -> m.GroupCount:
        """Return what was done since the group was given."""
        received, accepted, rejected = self._decoding.counts()
        return m.GroupCount(
            group=self.group,
            token=self.token,
            received=self._before[0] + received,
            accepted=self._before[1] + accepted,
            rows=self.rows,
            waiting=self.waiting_rows,
            rejected=rejected,
        )

    def _decode(self, assign: m.Assign) -> GroupDecoding:
        return GroupDecoding(
            assign, make=self._make_decoder, types=self._types, clock=self._clock, detectors=self._detectors
        )

    async def _run(self) -> None:
        await self._session.subscribe(self._filters)
        await self._session.run()

    def _connected(self) -> None:
        if not self._ready and not self._ended:
            self._ready = True
            self._tell_ready()
            self._flush()

    def _tell_ready(self) -> None:
        ready = m.Ready(
            group=self.group,
            token=self.token,
            topics=len(self._filters),
            derives=self._decoding.derives,
            detects=self._decoding.detects,
        )
        self._send(m.encode(ready))

    def _receive(self, messages: Any) -> None:
        self._decoding.feed(messages)
        ids = [p for p in messages.packets if p]
        if ids:
            self._waiting.append((messages.generation, ids))
        if not self._messages:
            self._since_s = self._clock.monotonic_ns() / 1e9
        self._messages += len(messages.topics)
        if self._messages >= LINGER_ROWS and self._window.room():
            self._flush()
        elif self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(self._window.linger_s, self._flush)

    def _flush(self, *, all_of_it: bool = False) -> None:
        """Send what was decoded; before the server knows that we read, and while the link is full, it waits."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self.open_rows + self.waiting_rows > MOST_OPEN and not self._paused:
            self._paused = True
            self._session.pause()
        if not self._ready or self._ended or self._leaving:
            return
        self._held_up = True
        while room := MOST_OPEN * ROW_BYTES if all_of_it else self._window.room():
            if not self._outgoing:
                self._drain()
            if not self._outgoing:
                self._held_up = False
                return
            outgoing = self._outgoing[0][1]
            self._send_part(outgoing.take(room // ROW_BYTES))
            if not outgoing:
                self._outgoing.popleft()

    def _drain(self) -> None:
        """Take what was decoded out of the decoder, and tell at once what is no row."""
        if not self._messages and not self._found:
            return
        since_s, self._since_s = self._since_s, float("inf")
        self._found = False
        facts = self._decoding.facts()
        if facts is not None:
            self._send(m.encode(facts))
        messages, self._waiting = self._waiting, []
        outgoing = Outgoing(self._decoding.drain(), messages)
        if self._messages:
            self._rows_per_message = outgoing.rows / self._messages
        self._messages = 0
        if outgoing:
            self._outgoing.append((since_s, outgoing))

    def _send_part(self, part: Part) -> None:
        number = self._number()
        data = encode_batch(part.rows, slots=part.slots, number=number, token=self.token, group=self._check)
        self._unconfirmed[number] = len(part.rows), len(data), part.messages
        self.rows += len(part.rows)
        self.open_rows += len(part.rows)
        self._window.open += len(data)
        self._send(data)
