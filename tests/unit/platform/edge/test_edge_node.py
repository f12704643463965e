"""A node: what it acknowledges, when it lets go, how it gives back. Socket, sessions and clock are the test's."""

import asyncio
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest

from plantverse._clock import ManualClock
from plantverse.errors import PlantverseError
from plantverse.ingest.session import MessageBatch
from plantverse.platform.edge import messages as m
from plantverse.platform.edge.app import _decoder
from plantverse.platform.edge.columns import KIND, ROW_BYTES, NodeBatch, decode_batch
from plantverse.platform.edge.leases import TTL_S
from plantverse.platform.edge.node import EdgeNodeLife, NodeOptions
from plantverse.twins.specs import SignalSpec

TWIN = m.EdgeTwin(
    id="line/a", kind="T", topic="t/a", bindings=(), signals=(SignalSpec(path="x"),), properties=(), slots={"x": 40}
)


class FakeSession:
    """A group's session at the broker."""

    def __init__(self, on_messages: Callable[[Any], None], on_connected: Callable[[], None]) -> None:
        self.on_messages, self.on_connected = on_messages, on_connected
        self.acknowledged: list[int] = []
        self.closed = asyncio.Event()
        self.paused = False
        self.filters: list[str] = []
        self.open_messages = 0

    async def run(self) -> None:
        self.on_connected()
        await self.closed.wait()

    async def close(self) -> None:
        self.closed.set()

    def pause(self) -> None:
        self.paused = True

    def resume(self) -> None:
        self.paused = False

    def acknowledge(self, generation: int, packets: Sequence[int]) -> None:
        self.acknowledged += packets

    async def subscribe(self, filters: Sequence[str]) -> dict[str, str]:
        self.filters += filters
        return {}

    async def unsubscribe(self, filters: Sequence[str]) -> None:
        self.filters = [f for f in self.filters if f not in filters]

    async def barrier(self) -> None:
        raise AssertionError("nodes ask for no barrier")

    def message(self, packet: int, value: float = 1.0) -> None:
        body = f'{{"ts": {1_700_000_000 + packet}, "x": {value}}}'.encode()
        self.on_messages(MessageBatch(3, 10**18, [b"t/a"], [body], [packet], [0]))


class FakeSocket:
    """The server's end of the connection."""

    def __init__(self) -> None:
        self.inbox: asyncio.Queue[bytes | None] = asyncio.Queue()
        self.sent: list[m.NodeMessage | NodeBatch] = []
        self.answering = True

    async def send(self, data: bytes) -> None:
        message = decode_batch(data) if data[0] == KIND else m.decode_node(data)
        self.sent.append(message)
        if isinstance(message, m.Hello):
            self.say(m.Welcome(protocol=m.PROTOCOL, origin="o", broker="mqtt://b", beat_s=0.5, ttl_s=1.5))
        elif isinstance(message, m.Beat) and self.answering:
            self.say(m.BeatAnswer(number=message.number))

    async def recv(self) -> bytes:
        data = await self.inbox.get()
        if data is None:
            raise OSError("cut")
        return data

    async def close(self) -> None:
        self.inbox.put_nowait(None)

    def say(self, message: m.ServerMessage) -> None:
        self.inbox.put_nowait(m.encode(message))

    def of(self, kind: type) -> list[Any]:
        return [message for message in self.sent if isinstance(message, kind)]


class Bench:
    """A node that runs in this loop."""

    def __init__(self) -> None:
        self.clock = ManualClock()
        self.sockets: list[FakeSocket] = []
        self.sessions: list[FakeSession] = []
        self.life = EdgeNodeLife(
            NodeOptions(name="one", types={}),
            open_socket=self._open,
            make_session=lambda _broker, _assign: self._session,
            make_decoder=lambda planes: _decoder(planes, self.clock),
            faults=None,
            clock=self.clock,
        )
        self.task = asyncio.create_task(self.life.run())

    async def _open(self) -> FakeSocket:
        self.sockets.append(FakeSocket())
        return self.sockets[-1]

    def _session(self, _name: str, /, *, on_messages: Any, on_connected: Any, clean: bool) -> FakeSession:
        assert not clean
        self.sessions.append(FakeSession(on_messages, on_connected))
        return self.sessions[-1]

    async def until(self, condition: Callable[[], Any]) -> None:
        for _ in range(2_000):
            if condition():
                return
            await asyncio.sleep(0.005)
        raise AssertionError("waited in vain")

    async def holding(self, token: int = 7, *, qos: int = 1) -> tuple[FakeSocket, FakeSession]:
        await self.until(lambda: self.sockets and self.sockets[-1].of(m.Beat))
        socket = self.sockets[-1]
        known = len(self.sessions)
        socket.say(m.Assign(group="line", token=token, client_id="c", qos=qos, session_expiry_s=60, twins=[TWIN]))
        await self.until(lambda: len(self.sessions) > known and socket.of(m.Ready))
        return socket, self.sessions[-1]

    async def end(self) -> None:
        self.life.stop()
        await asyncio.wait_for(self.task, 20)


async def test_a_message_is_acknowledged_only_when_the_server_has_it_safe() -> None:
    bench = Bench()
    socket, session = await bench.holding()
    assert socket.of(m.Ready)[0].token == 7
    session.message(5, 2.5)
    session.message(6, 3.5)
    await bench.until(lambda: socket.of(NodeBatch))
    (batch,) = socket.of(NodeBatch)
    assert (batch.token, batch.rows.slot.tolist(), batch.rows.value.tolist()) == (7, [40, 40], [2.5, 3.5])
    assert session.acknowledged == []
    socket.say(m.Ack(numbers=[batch.number + 1]))
    socket.say(m.Ack(numbers=[batch.number]))
    await bench.until(lambda: session.acknowledged)
    assert session.acknowledged == [5, 6]
    await bench.end()
    assert isinstance(socket.sent[-1], m.Goodbye)


async def test_a_message_of_no_use_is_acknowledged_through_the_server_as_well() -> None:
    bench = Bench()
    socket, session = await bench.holding()
    session.on_messages(MessageBatch(3, 10**18, [b"t/a"], [b"broken"], [9], [0]))
    await bench.until(lambda: socket.of(NodeBatch))
    assert len(socket.of(NodeBatch)[0].rows) == 0
    assert session.acknowledged == []
    socket.say(m.Ack(numbers=[socket.of(NodeBatch)[0].number]))
    await bench.until(lambda: session.acknowledged == [9])
    await bench.end()


async def test_asked_back_it_sends_the_rest_waits_and_says_so() -> None:
    bench = Bench()
    socket, session = await bench.holding()
    session.message(5)
    socket.say(m.Revoke(group="line", token=7))
    await bench.until(lambda: socket.of(NodeBatch))
    assert session.paused
    assert not session.closed.is_set()
    socket.say(m.Ack(numbers=[socket.of(NodeBatch)[0].number]))
    await bench.until(lambda: socket.of(m.Released))
    assert session.closed.is_set()
    assert session.acknowledged == [5]
    assert socket.of(m.Released)[0].token == 7
    await bench.end()


async def test_when_its_lease_ends_it_lets_go_without_acknowledging() -> None:
    bench = Bench()
    socket, session = await bench.holding()
    session.message(5)
    await bench.until(lambda: socket.of(NodeBatch))
    socket.answering = False
    bench.clock.advance(TTL_S + 0.01)
    await bench.until(session.closed.is_set)
    socket.say(m.Ack(numbers=[socket.of(NodeBatch)[0].number]))
    await bench.until(lambda: len(bench.sockets) > 1)
    assert session.acknowledged == []
    await bench.until(lambda: bench.sockets[1].of(m.Hello))
    assert bench.sockets[1].sent[0].boot == socket.sent[0].boot, "the same process says so"  # type: ignore[union-attr]
    await bench.end()


@pytest.mark.parametrize("cut", ["refused", "lost", "sent away"])
async def test_a_refused_batch_or_a_lost_connection_ends_everything_and_it_begins_again(cut: str) -> None:
    bench = Bench()
    socket, session = await bench.holding()
    session.message(5)
    await bench.until(lambda: socket.of(NodeBatch))
    if cut == "refused":
        socket.say(m.Refuse(number=1, reason="stale_token"))
    elif cut == "lost":
        socket.inbox.put_nowait(None)
    else:
        socket.say(m.Bye(code="sent_away", message="go"))
    await bench.until(session.closed.is_set)
    await bench.until(lambda: len(bench.sockets) > 1)
    _, again = await bench.holding(token=8)
    assert again is not session
    assert session.acknowledged == []
    await bench.end()


async def test_a_server_that_refuses_for_good_ends_the_node_with_the_reason() -> None:
    bench = Bench()
    await bench.until(lambda: bench.sockets)
    bench.sockets[0].say(m.Bye(code="not_allowed", message="vera is viewer", hint="ask"))
    with pytest.raises(PlantverseError, match="vera is viewer"):
        await asyncio.wait_for(bench.task, 20)


async def test_a_full_window_holds_rows_back_until_there_is_room() -> None:
    bench = Bench()
    socket, session = await bench.holding()
    bench.life._window.size = 1
    session.message(1)
    await bench.until(lambda: socket.of(NodeBatch))
    for packet in range(2, 50):
        session.message(packet)
    await asyncio.sleep(0.05)
    assert len(socket.of(NodeBatch)) == 1
    await bench.until(lambda: [c.waiting for b in socket.of(m.Beat) for c in b.groups][-1:] == [48])
    bench.life._window.size = 64 + 20 * ROW_BYTES
    socket.say(m.Ack(numbers=[socket.of(NodeBatch)[0].number]))
    await bench.until(lambda: len(socket.of(NodeBatch)) == 2)
    await asyncio.sleep(0.05)
    _, part = socket.of(NodeBatch)
    assert 20 <= len(part.rows) <= 22, "no more than the link takes"
    socket.say(m.Ack(numbers=[part.number]))
    bench.life._window.size = 1 << 20
    await bench.until(lambda: sum(len(b.rows) for b in socket.of(NodeBatch)) == 49)
    assert session.acknowledged == list(range(1, len(part.rows) + 2)), "each message once its own rows are safe"
    assert np.isfinite([v for b in socket.of(NodeBatch) for v in b.rows.value]).all()
    await bench.end()


@pytest.mark.parametrize(("qos", "sent"), [(1, 1), (0, 49)])
async def test_asked_back_on_a_full_link_it_leaves_to_the_broker_what_that_keeps(qos: int, sent: int) -> None:
    bench = Bench()
    socket, session = await bench.holding(qos=qos)
    bench.life._window.size = 1
    for packet in range(1, 50):
        session.message(packet if qos else 0)
    await bench.until(lambda: socket.of(NodeBatch))
    socket.say(m.Revoke(group="line", token=7))
    await bench.until(lambda: session.paused)
    await bench.until(lambda: sum(len(b.rows) for b in socket.of(NodeBatch)) == sent)
    socket.say(m.Ack(numbers=[b.number for b in socket.of(NodeBatch)]))
    await bench.until(lambda: socket.of(m.Released))
    assert session.acknowledged == list(range(1, sent + 1)) * qos
    assert bench.life._window.open == 0
    await bench.end()


async def test_a_group_that_waited_goes_on_when_another_ones_rows_are_safe() -> None:
    bench = Bench()
    socket, first = await bench.holding()
    socket.say(m.Assign(group="tank", token=8, client_id="d", qos=1, session_expiry_s=60, twins=[TWIN]))
    await bench.until(lambda: len(socket.of(m.Ready)) == 2)
    bench.life._window.size = 1
    first.message(1)
    await bench.until(lambda: socket.of(NodeBatch))
    bench.sessions[1].message(2)
    await asyncio.sleep(0.05)
    assert len(socket.of(NodeBatch)) == 1
    socket.say(m.Ack(numbers=[socket.of(NodeBatch)[0].number]))
    await bench.until(lambda: [b.token for b in socket.of(NodeBatch)] == [7, 8])
    await bench.end()


async def test_a_group_that_changes_keeps_its_session() -> None:
    bench = Bench()
    socket, session = await bench.holding()
    more = m.EdgeTwin(
        id="line/b", kind="T", topic="t/b", bindings=(), signals=(SignalSpec(path="x"),), properties=(), slots={"x": 41}
    )
    socket.say(m.Assign(group="line", token=7, client_id="c", qos=1, session_expiry_s=60, twins=[more]))
    await bench.until(lambda: len(socket.of(m.Ready)) == 2)
    assert len(bench.sessions) == 1
    assert "t/b" in session.filters
    assert "t/a" not in session.filters
    session.on_messages(MessageBatch(3, 10**18, [b"t/b"], [b'{"x": 4}'], [3], [0]))
    await bench.until(lambda: socket.of(NodeBatch))
    assert socket.of(NodeBatch)[0].rows.slot.tolist() == [41]
    await bench.end()
