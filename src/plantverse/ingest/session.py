"""An MQTT session that stays: connects, subscribes, receives in batches, acknowledges when told, comes back after cuts.

The protocol is in `plantverse.ingest.mqtt`, the socket in `link.py`; this file is the life between them.
"""

import asyncio
import logging
import random
from collections.abc import Callable, Sequence
from typing import Any

from plantverse._clock import Clock
from plantverse.errors import BrokerUnavailable
from plantverse.ingest.link import Link, open_link, sentence
from plantverse.ingest.mqtt import (
    DUP,
    REDELIVERED,
    RETAIN,
    Answer,
    ConnAck,
    Connection,
    Pong,
    RedeliveryMemory,
)
from plantverse.ingest.mqtt.options import SessionOptions
from plantverse.ingest.mqtt.subscriptions import Subscriptions
from plantverse.ingest.session_answers import Answers
from plantverse.ingest.session_publish import Publishing
from plantverse.ingest.session_retry import Ended, Retry
from plantverse.ingest.session_state import MessageBatch, Phase, SessionState, SessionStats

__all__ = [
    "DUP",
    "REDELIVERED",
    "RETAIN",
    "MessageBatch",
    "MqttSession",
    "Phase",
    "SessionOptions",
    "SessionState",
    "SessionStats",
]

log = logging.getLogger(__name__)

_GOODBYE_S = 1.0
_NEVER_ASKED = "plantverse/barrier"


class MqttSession:
    """One client id's session with one broker.

    Batches arrive by `on_messages` on the event loop, so the callback must be quick; a sink that cannot keep up
    calls `pause` and `resume`. With QoS 1 every message handed over is acknowledged by the sink, once, with
    `acknowledge`. A message comes to the sink once per process, whatever the broker repeats.

    Args:
        options: Address and limits.
        on_messages: Takes each batch. If it raises, `run` ends with that error.
        on_state: Takes each change of state.
        clock: Time.
        jitter: Returns numbers in [0, 1) that spread reconnects.
    """

    def __init__(
        self,
        options: SessionOptions,
        *,
        on_messages: Callable[[MessageBatch], None],
        on_state: Callable[[SessionState], None],
        clock: Clock,
        jitter: Callable[[], float] = random.random,
    ) -> None:
        self._options = options
        self._on_messages = on_messages
        self._on_state = on_state
        self._clock = clock
        self._memory = RedeliveryMemory()
        self._wanted = Subscriptions(options.qos)
        self._stats = SessionStats()
        self._retry = Retry(options, jitter)
        self._answers = Answers()
        self._publishing = Publishing(options, self._answers)
        self._link: Link | None = None
        self._connection: Connection | None = None
        self._greeting: asyncio.Future[ConnAck] | None = None
        self._sink_error: Exception | None = None
        self._paused = False
        self._closed = False
        self._life: asyncio.Task[None] | None = None
        self._state = self._describe(Phase.CONNECTING, "not started")

    @property
    def state(self) -> SessionState:
        """The present state."""
        return self._state

    @property
    def stats(self) -> SessionStats:
        """The counters; the object stays the same."""
        self._stats.stale_acknowledgements = self._memory.stale
        return self._stats

    @property
    def open_messages(self) -> int:
        """QoS 1 messages that were handed over and not acknowledged by the sink."""
        return self._memory.open_messages

    async def run(self) -> None:
        """Stay connected until `close`.

        Raises:
            Exception: Whatever `on_messages` raised.
        """
        if self._closed:
            return
        self._life = asyncio.create_task(self._live(), name="mqtt session")
        try:
            await self._life
        except asyncio.CancelledError:
            if not self._closed:
                raise
        finally:
            self._life.cancel()
            self._cut()
            self._closed = True
            self._tell(Phase.CLOSED, "closed")

    async def close(self) -> None:
        """Say goodbye and end `run`; the broker keeps the session unless it is a clean one."""
        if self._closed:
            return
        self._closed = True
        link, connection = self._link, self._connection
        if link is not None and connection is not None and connection.accepted is not None:
            connection.disconnect(self._clock.monotonic_ns())
            link.write(connection.take_send())
            # The broker hangs up once it has read our last acknowledgement; hanging up first could lose that.
            await asyncio.wait([link.lost], timeout=_GOODBYE_S)
            link.close()
        if self._life is not None:
            self._life.cancel()
            await asyncio.wait([self._life])

    def pause(self) -> None:
        """Stop reading: the broker keeps what comes. Nothing already read is held back."""
        self._paused = True
        if self._link is not None:
            self._link.pause()

    def resume(self) -> None:
        """Read on."""
        self._paused = False
        if self._link is not None:
            self._link.resume()

    def acknowledge(self, generation: int, packets: Sequence[int]) -> None:
        """Confirm messages to the broker: the sink has them safe.

        Args:
            generation: Of their batch. After a cut the confirmation goes to the repetition of the message.
            packets: Their packet ids; zeros are passed over.
        """
        self._confirm(self._memory.acknowledge(generation, packets))
        self._flush()

    def publish(self, topic: str, payload: bytes, *, qos: int = 1, expiry_s: int | None = None) -> asyncio.Future[None]:
        """Send a message, never retained, never repeated.

        A cut before the broker's answer fails the future: whether the message arrived is then unknown, and for a
        command that is better than a late second one.

        Args:
            topic: A topic name.
            payload: Sent as it is.
            qos: 0 or 1.
            expiry_s: The broker drops it undelivered after this time (MQTT 5 only).

        Returns:
            Done when the broker has it (QoS 1) or when it was written (QoS 0).

        Raises:
            NotAllowed: The options have no `allow_write`.
            ConfigInvalid: No topic name, or larger than the broker takes.
            BrokerUnavailable: Not connected, or as many unanswered messages as the broker allows.
        """
        name = self._publishing.allow(topic)
        connection, link = self._connection, self._link
        if connection is None or link is None or connection.accepted is None:
            raise BrokerUnavailable(f"not connected to {self._options.address}: {self._state.message}")
        done = self._publishing.send(
            connection, link, name, payload, qos=qos, expiry_s=expiry_s, now_ns=self._clock.monotonic_ns()
        )
        self._stats.published += 1
        self._flush()
        return done

    async def subscribe(self, filters: Sequence[str]) -> dict[str, str]:
        """Ask for topics, now and after every reconnect; return those that the broker refused, with the reason.

        While there is no connection nothing is known to be refused; `SessionState.refused` tells later.

        Raises:
            BrokerUnavailable: The broker does not answer; the filters are asked for again after a reconnect.
        """
        self._wanted.add(filters)
        if self._state.phase is Phase.CONNECTED:
            try:
                await self._subscribe()
            except Ended as ended:
                raise BrokerUnavailable(ended.message) from ended
            self._tell(self._state.phase, self._state.message)
        return {text: why for text, why in self._wanted.refused.items() if text in filters}

    async def unsubscribe(self, filters: Sequence[str]) -> None:
        """Give up topics, now and for every reconnect.

        Raises:
            BrokerUnavailable: The broker does not answer.
        """
        self._wanted.remove(filters)
        connection = self._connection
        if self._state.phase is not Phase.CONNECTED or connection is None or not filters:
            return
        try:
            await self._collect([packet for packet, _ in connection.unsubscribe(filters, self._clock.monotonic_ns())])
        except Ended as ended:
            raise BrokerUnavailable(ended.message) from ended
        self._tell(self._state.phase, self._state.message)

    async def barrier(self) -> None:
        """Return once everything that the broker had sent before has been handed on.

        Raises:
            BrokerUnavailable: Not connected, or the broker does not answer.
        """
        connection = self._connection
        if self._state.phase is not Phase.CONNECTED or connection is None:
            raise BrokerUnavailable(f"not connected to {self._options.address}: {self._state.message}")
        try:
            # Answers come behind all messages; giving up what was never asked for changes nothing.
            asked = connection.unsubscribe([_NEVER_ASKED], self._clock.monotonic_ns())
            await self._collect([packet for packet, _ in asked])
        except Ended as ended:
            raise BrokerUnavailable(ended.message) from ended

    async def _live(self) -> None:
        while True:
            began_ns = self._clock.monotonic_ns()
            try:
                await self._connect()
                began_ns = self._clock.monotonic_ns()
                await self._stay()
                raise AssertionError("a connection ends with an error or a reason")
            except Ended as error:
                ended = error
            except OSError as error:
                message, slow = sentence(error, self._options)
                ended = Ended(message, slow=slow)
            if self._cut():
                ended = self._retry.lived(self._clock.monotonic_ns() - began_ns, ended)
            if self._sink_error is not None:
                raise self._sink_error
            if self._closed:
                return
            self._tell(Phase.REFUSED if ended.slow else Phase.WAITING, ended.message)
            await asyncio.sleep(self._retry.pause_s(ended))

    async def _connect(self) -> None:
        self._tell(Phase.CONNECTING, f"connecting to {self._options.address}")
        greeting = self._greeting = asyncio.get_running_loop().create_future()
        async with asyncio.timeout(self._options.connect_timeout_s):
            self._link = link = await open_link(self._options, self._receive)
            link.lost.add_done_callback(lambda _: self._answers.drop())
            connection = Connection(self._options.connect_options(), self._retry.version, self._clock.monotonic_ns())
            self._connection = connection
            self._flush()
            waiting: list[asyncio.Future[Any]] = [greeting, link.lost]
            await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
        if not greeting.done():
            if connection.failure is not None:
                raise self._retry.refused(*connection.failure)
            message, slow = sentence(link.lost.result(), self._options)
            raise self._retry.hung_up(message, slow=slow)
        self._retry.accepted()
        await self._subscribe()
        if self._paused:
            link.pause()

    async def _stay(self) -> None:
        link, connection = self._link, self._connection
        assert link is not None
        assert connection is not None
        self._tell(Phase.CONNECTED, f"connected to {self._options.address}, MQTT {self._retry.protocol}")
        while not link.lost.done():
            await asyncio.wait([link.lost], timeout=max(0.25, self._options.keepalive_s / 8))
            if connection.tick(self._clock.monotonic_ns(), reading=link.reading):
                self._memory.ping_sent()
            self._flush()
            self._check(connection)
        self._check(connection)
        raise Ended(sentence(link.lost.result(), self._options)[0])

    def _check(self, connection: Connection) -> None:
        if connection.failure is not None:
            raise Ended.with_code(*connection.failure)

    def _receive(self, data: bytes) -> None:
        connection = self._connection
        if connection is None or self._closed:
            return
        now_ns = self._clock.monotonic_ns()
        self._stats.received_bytes += len(data)
        connection.receive(data, now_ns)
        control = connection.take_control()
        if control and isinstance(control[0], ConnAck) and connection.accepted is not None:
            self._greeted(control[0], now_ns)
        self._hand_on(connection, now_ns)
        for packet in control:
            if isinstance(packet, Answer):
                self._answers.take(packet)
            elif isinstance(packet, Pong):
                self._memory.ping_answered()
        self._stats.too_large += connection.too_large
        connection.too_large = 0
        self._flush()
        if connection.failure is not None and self._link is not None:
            self._link.close()

    def _greeted(self, answer: ConnAck, now_ns: int) -> None:
        self._stats.at_least_once += self._memory.connected(session_present=answer.session_present, now_ns=now_ns)
        self._stats.connects += 1
        self._stats.reconnects = self._stats.connects - 1
        self._wanted.connected(session_present=answer.session_present)
        if self._greeting is not None and not self._greeting.done():
            self._greeting.set_result(answer)

    def _hand_on(self, connection: Connection, now_ns: int) -> None:
        columns = connection.take_messages()
        if not columns.topics:
            return
        self._stats.received += len(columns.topics)
        admission = self._memory.admit(columns, now_ns)
        if admission.dropped:
            self._stats.redelivered_dropped += len(admission.dropped)
            columns.leave_out(admission.dropped)
            self._confirm(admission.acknowledge)
            if not columns.topics:
                return
        self._stats.suspects += admission.suspects
        batch = MessageBatch(
            self._memory.generation,
            self._clock.time_ns(),
            columns.topics,
            columns.payloads,
            columns.packets,
            columns.flags,
            columns.marked,
        )
        try:
            self._on_messages(batch)
        except Exception as error:
            log.exception("the sink of MQTT messages failed")
            self._sink_error = error
            if self._link is not None:
                self._link.abort()

    def _confirm(self, packets: Sequence[int]) -> None:
        connection = self._connection
        if not packets or connection is None:
            return
        now_ns = self._clock.monotonic_ns()
        connection.acknowledge(packets, now_ns)
        self._stats.acknowledged += len(packets)
        # The answer shows which acknowledgements have arrived, so that few are in doubt after a cut.
        if connection.ping(now_ns):
            self._memory.ping_sent()

    async def _subscribe(self) -> None:
        """Ask for every wanted filter that this broker session does not have, also those added meanwhile."""
        while (missing := self._wanted.missing()) and self._connection is not None:
            asked = self._connection.subscribe(missing, self._options.qos, self._clock.monotonic_ns())
            answers = await self._collect([packet for packet, _ in asked])
            for (_, part), codes in zip(asked, answers, strict=True):
                self._wanted.answered(part, codes)
        if self._wanted.refused:
            log.warning("topic filters refused by %s: %s", self._options.address, self._wanted.refused)

    async def _collect(self, packets: Sequence[int]) -> list[tuple[int, ...]]:
        """Send what is queued and wait for the broker's answers."""
        answers = [self._answers.expect(packet) for packet in packets]
        self._flush()
        return await self._answers.collect(answers)

    def _flush(self) -> None:
        # Nothing may follow the DISCONNECT of `close`.
        if self._link is not None and self._connection is not None and not self._closed:
            self._link.write(self._connection.take_send())

    def _cut(self) -> bool:
        """Let go of the connection; return whether it had been accepted."""
        link, connection = self._link, self._connection
        self._link = self._connection = None
        if link is not None:
            link.abort()
        self._answers.drop()
        if connection is None or connection.accepted is None:
            return False
        self._memory.cut()
        return True

    def _describe(self, phase: Phase, message: str) -> SessionState:
        accepted = None if self._connection is None else self._connection.accepted
        return SessionState(
            phase=phase,
            message=message,
            address=self._options.address,
            protocol=self._retry.protocol,
            generation=self._memory.generation,
            session_present=accepted is not None and accepted.session_present,
            refused=dict(self._wanted.refused),
        )

    def _tell(self, phase: Phase, message: str) -> None:
        state = self._describe(phase, message)
        if state == self._state:
            return
        if phase is not self._state.phase or message != self._state.message:
            level = logging.WARNING if phase in (Phase.WAITING, Phase.REFUSED) else logging.INFO
            log.log(level, "MQTT %s %s: %s", phase.value, self._options.address, message)
        self._state = state
        self._on_state(state)
