"""The two shells of `watch` over real WebSockets, with a server whose every cut is chosen."""

import asyncio
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import suppress
from socket import SHUT_RDWR

import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.server import ServerConnection, serve

from doubles.mosquitto import free_port
from doubles.plant_state import PlantState
from plantverse.client import Change
from plantverse.client.feed import Feed
from plantverse.client.live import watch, watch_async
from plantverse.client.rest import Address
from plantverse.errors import NotAllowed, ServerUnavailable
from plantverse.twins.samples import SampleBatch
from plantverse.twins.sync.messages import Hello
from plantverse.twins.sync.session import ServerSession


class Sockets:
    """A sync endpoint for a `PlantState`.

    Attributes:
        opened: Connections so far.
        greeting: Sent before anything else on the next connections, to misbehave.
        banned: Whether everybody is refused.
    """

    def __init__(self, plant: PlantState) -> None:
        self.plant = plant
        self.opened = 0
        self.greeting: bytes | str | None = None
        self.banned = False
        self.closing = False
        self._sockets: set[ServerConnection] = set()
        self._lock = threading.Lock()

    def serve_one(self, socket: ServerConnection) -> None:
        self.opened += 1
        self._sockets.add(socket)
        session = ServerSession(self.plant.publisher, self.plant.now_s)
        try:
            if self.greeting is not None:
                socket.send(self.greeting)
                self.greeting = None
            while not self.closing:
                with suppress(TimeoutError):
                    session.receive(socket.recv(timeout=0.01), self.plant.now_s)
                for request in session.requests():
                    assert isinstance(request, Hello)
                    if self.banned:
                        session.end("not_allowed", "no token, no plant", "sign in")
                    else:
                        session.accept("vera", "viewer")
                with self._lock:
                    messages = session.to_send(self.plant.now_s)
                for message in messages:
                    socket.send(message)
                if session.closed is not None:
                    return
        except ConnectionClosed:
            session.gone()
        finally:
            self._sockets.discard(socket)

    def flow(self, value: float) -> None:
        """Write a flow of p1."""
        with self._lock:
            self.plant.clock.advance(0.1)
            slot = self.plant.registry.slot("p1:flow")
            now_ns = self.plant.clock.time_ns()
            self.plant.telemetry.commit(SampleBatch.of(slot, value, now_ns), now_ns)

    def cut(self) -> None:
        """End every connection without a word."""
        for socket in list(self._sockets):
            socket.socket.shutdown(SHUT_RDWR)

    def restart(self) -> None:
        """Go on as another epoch with the same twins and no values, as a restarted server without history."""
        self.plant = plant(epoch=self.plant.publisher.epoch + 1)
        self.cut()


def plant(epoch: int = 1) -> PlantState:
    state = PlantState(epoch=epoch)
    state.add("p1")
    state.add("p2")
    return state


@pytest.fixture
def sockets() -> Iterator[tuple[Sockets, Address]]:
    """An endpoint with two pumps, and its address."""
    endpoint = Sockets(plant())
    with serve(endpoint.serve_one, "127.0.0.1", 0) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield endpoint, Address(f"http://127.0.0.1:{server.socket.getsockname()[1]}")
        endpoint.closing = True
        server.shutdown()
        thread.join()


def until(changes: Iterator[Change], value: float) -> Change:
    """Return the first change to a value; the test's own timeout ends a wait in vain."""
    return next(change for change in changes if change.value == value)


def test_changes_arrive_and_go_on_after_a_cut(sockets: tuple[Sockets, Address]) -> None:
    endpoint, address = sockets
    changes = watch(address, Feed("p1:flow"))
    endpoint.flow(1.0)
    first = until(changes, 1.0)
    assert (first.signal, first.unit, first.age_s) == ("p1:flow", "m3/h", 0.0)
    endpoint.cut()
    endpoint.flow(2.0)
    assert next(changes).value == 2.0, "the resumed session tells what changed and nothing else"
    assert endpoint.opened == 2


def test_a_restarted_server_tells_everything_again(sockets: tuple[Sockets, Address]) -> None:
    endpoint, address = sockets
    changes = watch(address, Feed("p1:flow"))
    endpoint.flow(1.0)
    until(changes, 1.0)
    endpoint.restart()
    endpoint.flow(3.0)
    until(changes, 3.0)


@pytest.mark.parametrize("nonsense", ["a text", b"\xf7 no frame", b"\xc1"])
def test_a_server_that_breaks_the_rules_is_asked_again(sockets: tuple[Sockets, Address], nonsense: str | bytes) -> None:
    endpoint, address = sockets
    endpoint.greeting = nonsense
    endpoint.flow(1.0)
    until(watch(address, Feed("p1:flow")), 1.0)
    assert endpoint.opened == 2


def test_one_who_may_not_see_is_told_so(sockets: tuple[Sockets, Address]) -> None:
    endpoint, address = sockets
    endpoint.banned = True
    with pytest.raises(NotAllowed, match="no token, no plant"):
        next(watch(address, Feed("*")))


def test_nobody_there() -> None:
    with pytest.raises(ServerUnavailable, match="no plantverse server at"):
        next(watch(Address(f"http://127.0.0.1:{free_port()}"), Feed("*")))


async def test_the_asyncio_shell_does_the_same(sockets: tuple[Sockets, Address]) -> None:
    endpoint, address = sockets
    changes = watch_async(address, Feed("p1:flow"))
    await asyncio.to_thread(endpoint.flow, 1.0)
    assert [c.value async for c in _first(changes, 1)] == [1.0]
    await asyncio.to_thread(endpoint.cut)
    await asyncio.to_thread(endpoint.flow, 2.0)
    assert [c.value async for c in _first(changes, 1)] == [2.0]
    endpoint.banned = True
    await asyncio.to_thread(endpoint.cut)
    with pytest.raises(NotAllowed):
        await anext(changes)


async def _first(changes: AsyncIterator[Change], count: int) -> AsyncIterator[Change]:
    while count:
        change = await anext(changes)
        if change.value is not None:
            count -= 1
            yield change
