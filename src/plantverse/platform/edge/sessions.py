"""The server's own sessions at the broker for groups that have one and are on no node; and the cut on the main session.

What they bring goes the ordinary way. An acknowledgement finds its session by the generation, in whose upper bits the
session's number stands; the main session has number 0.
"""

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Coroutine, Sequence
from contextlib import suppress
from dataclasses import replace
from statistics import median
from typing import Any, Protocol, TypeVar

from plantverse.errors import PlantverseError
from plantverse.platform.edge.nodes import RTT_BEATS
from plantverse.platform.mqtt_options import covers
from plantverse.platform.private_topics import PrivateTopics

_log = logging.getLogger(__name__)
_B = TypeVar("_B", bound=Any)
"""A `MessageBatch` of `plantverse.ingest`."""

SESSION_BITS = 24
"""Generations count connections of one session: 16 million reconnects."""
LIFE = "group session"
"""Name of the task that lives as long as a session."""
RETRY_S = 0.5
SETTLE_S = 1.0
"""How long a session that is given up waits for its last acknowledgements; the rest is repeated to the next holder."""


class Session(Protocol):
    """An MQTT session as `plantverse.ingest.session` has it."""

    @property
    def open_messages(self) -> int:
        """Handed on and not acknowledged."""

    async def run(self) -> None:
        """Stay connected until `close`."""

    async def close(self) -> None:
        """End."""

    def pause(self) -> None:
        """Read no more."""

    def resume(self) -> None:
        """Read on."""

    def acknowledge(self, generation: int, packets: Sequence[int]) -> None:
        """Confirm messages."""

    async def subscribe(self, filters: Sequence[str]) -> dict[str, str]:
        """Ask for topics."""

    async def unsubscribe(self, filters: Sequence[str]) -> None:
        """Give up topics."""

    async def barrier(self) -> None:
        """Return once everything that the broker had sent has been handed on."""


class MakeSession(Protocol):
    """Makes a session under a client id, `name`; `on_connected` is called whenever it stands and is subscribed."""

    def __call__(
        self, name: str, /, *, on_messages: Callable[[Any], None], on_connected: Callable[[], None], clean: bool
    ) -> Session: ...


class GroupSessions:
    """Part of `handover.GroupBroker` that talks to the broker.

    Args:
        make: Makes a session.
        main: The server's main session, None while there is none.
        take: Takes messages to the decoder.
        wide: Filters that the main session keeps whatever moves, such as `#`.

    Attributes:
        elsewhere: Topics that other sessions bring.
    """

    def __init__(
        self, *, make: MakeSession, main: Callable[[], Session | None], take: Callable[[Any], None], wide: Sequence[str]
    ) -> None:
        self._make = make
        self._main = main
        self._take = take
        self._wide = wide
        self.elsewhere: frozenset[str] = frozenset()
        self._elsewhere = PrivateTopics(lambda _topic, _payload: None)
        self._sessions: dict[str, tuple[int, Session]] = {}
        self._by_number: dict[int, Session] = {}
        self._last = 0
        self._paused = False
        self._tasks: set[asyncio.Task[None]] = set()
        self._rtts: deque[float] = deque(maxlen=RTT_BEATS)
        self._probing = False
        self._probed_s = 0.0

    def sift(self, batch: _B) -> tuple[_B, Sequence[int]]:
        """Return a batch of the main session without what other sessions bring, and the packet ids of that."""
        return self._elsewhere.split(batch)

    def split(self, topics: frozenset[str]) -> None:
        """Part of `GroupBroker`."""
        before, self.elsewhere = self.elsewhere, topics
        self._elsewhere.set(answers=(), own=topics)
        main = self._main()
        if main is not None and before != topics:
            self._spawn(self._follow(main, self._narrow(topics - before), self._narrow(before - topics)))

    def cut(self, done: Callable[[], None]) -> None:
        """Part of `GroupBroker`."""
        self._spawn(self._cut(done))

    def open(self, group: str, client_id: str, topics: Sequence[str], ready: Callable[[], None]) -> None:
        """Part of `GroupBroker`."""
        self._last += 1
        number = self._last

        def take(batch: Any) -> None:
            self._take(replace(batch, generation=number << SESSION_BITS | batch.generation))

        waiting = [ready]

        def connected() -> None:
            if waiting:
                waiting.pop()()

        session = self._make(client_id, on_messages=take, on_connected=connected, clean=False)
        self._sessions[group] = number, session
        self._by_number[number] = session
        if self._paused:
            session.pause()
        self._spawn(self._run(session, topics), LIFE)

    def close(self, group: str, done: Callable[[], None]) -> None:
        """Part of `GroupBroker`."""
        entry = self._sessions.pop(group, None)
        if entry is None:
            done()
            return
        self._spawn(self._close(*entry, done))

    def forget(self, client_id: str, done: Callable[[], None]) -> None:
        """Part of `GroupBroker`."""
        self._spawn(self._forget(client_id, done))

    def acknowledge(self, generation: int, packets: Sequence[int]) -> bool:
        """Confirm messages; False where they came by the main session."""
        number = generation >> SESSION_BITS
        if not number:
            return False
        session = self._by_number.get(number)
        if session is not None:
            session.acknowledge(generation & (1 << SESSION_BITS) - 1, packets)
        return True

    def pause(self) -> None:
        """Read no more."""
        self._paused = True
        for _, session in self._sessions.values():
            session.pause()

    def resume(self) -> None:
        """Read on."""
        self._paused = False
        for _, session in self._sessions.values():
            session.resume()

    async def end(self) -> None:
        """Close all sessions; the broker keeps them."""
        for task in self._tasks:
            if task.get_name() != LIFE:
                task.cancel()
        for session in list(self._by_number.values()):
            await session.close()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _narrow(self, topics: frozenset[str]) -> list[str]:
        """Return the topics that the main session was asked for one by one."""
        return sorted(topic for topic in topics if not any(covers(wide, topic) for wide in self._wide))

    async def _follow(self, main: Session, gone: list[str], back: list[str]) -> None:
        with suppress(PlantverseError):  # put right after the reconnect that such an error brings
            if gone:
                await main.unsubscribe(gone)
            if back:
                await main.subscribe(back)

    def probe(self) -> None:
        """Measure the round trip to the broker on the main session, if no measurement is under way."""
        main = self._main()
        if main is not None and not self._probing:
            self._probing = True
            self._spawn(self._probe(main))

    @property
    def rtt_s(self) -> float:
        """Median of the last round trips to the broker; one under way counts if it takes longer."""
        begun = asyncio.get_running_loop().time() - self._probed_s if self._probing else 0.0
        return max(median(self._rtts), begun) if self._rtts else begun

    async def _probe(self, main: Session) -> None:
        loop = asyncio.get_running_loop()
        self._probed_s = loop.time()
        try:
            await main.barrier()
            self._rtts.append(loop.time() - self._probed_s)
        except PlantverseError:
            self._rtts.clear()
        finally:
            self._probing = False

    async def _cut(self, done: Callable[[], None]) -> None:
        while True:
            main = self._main()
            if main is not None:
                with suppress(PlantverseError):
                    await main.barrier()
                    done()
                    return
            await asyncio.sleep(RETRY_S)

    async def _run(self, session: Session, topics: Sequence[str]) -> None:
        await session.subscribe(topics)
        await session.run()

    async def _close(self, number: int, session: Session, done: Callable[[], None]) -> None:
        session.pause()
        loop = asyncio.get_running_loop()
        until = loop.time() + SETTLE_S
        while session.open_messages and loop.time() < until:  # noqa: ASYNC110 -- told by nobody
            await asyncio.sleep(0.02)
        await session.close()
        self._by_number.pop(number, None)
        done()

    async def _forget(self, client_id: str, done: Callable[[], None]) -> None:
        connected = asyncio.Event()
        session = self._make(client_id, on_messages=lambda _batch: None, on_connected=connected.set, clean=True)
        life = asyncio.create_task(session.run(), name="forget")
        try:
            await connected.wait()
            await session.close()
            done()
        finally:
            life.cancel()
            with suppress(asyncio.CancelledError):
                await life

    def _spawn(self, work: Coroutine[Any, Any, None], name: str = "edge") -> None:
        task = asyncio.create_task(work, name=name)
        self._tasks.add(task)
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            _log.error("a session of an edge group ended with an error", exc_info=error)
