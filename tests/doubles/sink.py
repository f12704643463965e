"""A session with a sink that remembers, for tests against real brokers; and a publisher that is not ours."""

import asyncio
import contextlib
import time
from collections.abc import Callable, Mapping, Sequence

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion

from plantverse._clock import SystemClock
from plantverse.ingest.session import MessageBatch, MqttSession, Phase, SessionOptions, SessionState

_DEADLINE_S = 60.0


class Sink:
    """A running session; its messages are confirmed at once unless `acknowledge` is False.

    Attributes:
        batches: All that came.
        error: What the sink raises at its next batch.
        life: The task of `MqttSession.run`.
    """

    def __init__(
        self,
        url: str,
        *,
        filters: Sequence[str] = (),
        client_id: str = "sink",
        acknowledge: bool = True,
        **options: object,
    ) -> None:
        self.batches: list[MessageBatch] = []
        self.states: list[SessionState] = []
        self.error: Exception | None = None
        self._confirms = acknowledge
        self._open: list[tuple[int, int]] = []
        self.session = MqttSession(
            SessionOptions.from_url(url, client_id=client_id, **{"retry_max_s": 0.5, **options}),
            on_messages=self._take,
            on_state=self.states.append,
            clock=SystemClock(),
        )
        self._filters = filters
        self.life = asyncio.ensure_future(self._run())

    async def _run(self) -> None:
        await self.session.subscribe(self._filters)
        await self.session.run()

    def _take(self, batch: MessageBatch) -> None:
        if self.error is not None:
            raise self.error
        self.batches.append(batch)
        if self._confirms:
            self.session.acknowledge(batch.generation, batch.packets)
        else:
            self._open += [(batch.generation, packet) for packet in batch.packets]

    def acknowledge_some(self, count: int) -> None:
        """Confirm the oldest messages."""
        now, self._open = self._open[:count], self._open[count:]
        for generation, packet in now:
            self.session.acknowledge(generation, [packet])

    def payloads(self, topic: str) -> list[bytes]:
        """Return the payloads of a topic in the order of their arrival."""
        name = topic.encode()
        return [p for batch in self.batches for t, p in zip(batch.topics, batch.payloads, strict=True) if t == name]

    async def until(self, condition: Callable[[], bool]) -> None:
        """Wait for a condition; fail with the state if it does not come."""
        deadline = time.monotonic() + _DEADLINE_S
        while not condition():
            if self.life.done() and not self.life.cancelled() and self.life.exception() is not None:
                raise AssertionError("the session has ended") from self.life.exception()
            if time.monotonic() > deadline:
                raise AssertionError(f"did not come true: {self.session.state} {self.session.stats}")
            await asyncio.sleep(0.01)

    async def connected(self) -> None:
        """Wait until the session stands."""
        await self.until(lambda: self.session.state.phase is Phase.CONNECTED)

    async def close(self) -> None:
        """End the session; what `run` raised is the test's business, not the clean-up's."""
        await self.session.close()
        with contextlib.suppress(Exception):
            await self.life


async def publish(port: int, messages: Mapping[str, bytes | Sequence[bytes]]) -> None:
    """Publish with QoS 1 by another client and return when the broker has everything."""
    await asyncio.to_thread(_publish, port, messages)


def _publish(port: int, messages: Mapping[str, bytes | Sequence[bytes]]) -> None:
    client = paho.Client(CallbackAPIVersion.VERSION2, protocol=paho.MQTTv311)
    client.max_inflight_messages_set(100)
    client.connect("127.0.0.1", port)
    client.loop_start()
    try:
        sent = [
            client.publish(topic, payload, qos=1)
            for topic, payloads in messages.items()
            for payload in ([payloads] if isinstance(payloads, bytes) else payloads)
        ]
        for message in sent:
            message.wait_for_publish(_DEADLINE_S)
            assert message.is_published()
        client.disconnect()
    finally:
        client.loop_stop()
