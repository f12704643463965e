"""The WebSocket shell around sync sessions: bytes in, bytes out, deadlines; everything else is in `twins.sync`."""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from typing import Protocol

from starlette.websockets import WebSocket, WebSocketDisconnect, WebSocketState

from plantverse.errors import PlantverseError
from plantverse.platform.access import User
from plantverse.twins.sync.messages import AlarmAction, Hello, Invoke, SetDesired
from plantverse.twins.sync.publisher import SyncPublisher
from plantverse.twins.sync.session import ServerSession

_log = logging.getLogger(__name__)

CLOSE_NORMAL = 1000
GROUPS_SWEPT_EVERY = 512
"""Ticks between two looks for selectors that nobody uses any more."""


class Desk(Protocol):
    """Does what sessions ask for."""

    def authenticate(self, token: str, websocket: WebSocket) -> User:
        """Return the user or raise NotAllowed; may take tens of milliseconds, so it runs in a thread."""

    def still_valid(self, user: User) -> bool:
        """Return whether a user recognised earlier still is one with the same role."""

    async def handle(self, session: ServerSession, user: User, request: Invoke | SetDesired | AlarmAction) -> None:
        """Carry out a request and answer it through `session.reply`."""


class _Client:
    __slots__ = ("bytes_sent", "bytes_unsent", "session", "user", "wake")

    def __init__(self, session: ServerSession) -> None:
        self.session = session
        self.user: User | None = None
        self.wake = asyncio.Event()
        self.bytes_sent = 0
        self.bytes_unsent = 0


class SyncHub:
    """All sessions of a server.

    Args:
        send_timeout_s: A client whose socket takes nothing for so long is dropped.
        max_clients: Further ones are turned away with `overloaded`.

    Attributes:
        publisher: Makes the frames of all sessions.
        frames: Messages sent to all clients since the start.
        bytes: Their bytes.
        clients_dropped: Clients that were sent away because they acknowledged nothing or their socket took nothing.
        lag_s: How late the last tick was.
        overruns: Ticks that began after the next one was due.
    """

    def __init__(self, publisher: SyncPublisher, desk: Desk, *, send_timeout_s: float, max_clients: int) -> None:
        self.publisher = publisher
        self._desk = desk
        self._send_timeout_s = send_timeout_s
        self._max_clients = max_clients
        self._clients: set[_Client] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self.frames = 0
        self.bytes = 0
        self.clients_dropped = 0
        self.lag_s = 0.0
        self.overruns = 0

    def __len__(self) -> int:
        return len(self._clients)

    @property
    def slow_clients(self) -> int:
        """Clients that get nothing now because they have not acknowledged what they got."""
        return sum(client.session.behind for client in self._clients)

    @property
    def bytes_unsent(self) -> int:
        """Bytes made for clients that no socket has taken yet."""
        return sum(client.bytes_unsent for client in self._clients)

    async def run(self, on_tick: Callable[[], None] | None = None) -> None:
        """Wake every session once per tick until cancelled.

        Args:
            on_tick: Called before, so that what has been decoded is in the frames of this tick.
        """
        interval = self.publisher.options.tick_ms / 1e3
        loop = asyncio.get_running_loop()
        due = loop.time()
        ticks = 0
        while True:
            due += interval
            if due < loop.time():
                self.overruns += 1
                due = loop.time()
            await asyncio.sleep(due - loop.time())
            self.lag_s = loop.time() - due
            if on_tick is not None:
                on_tick()
            for client in self._clients:
                client.wake.set()
            ticks += 1
            if ticks % GROUPS_SWEPT_EVERY == 0:
                self.publisher.drop_unused(s for c in self._clients for s in c.session.selectors())

    async def serve(self, websocket: WebSocket) -> None:
        """Run one session to its end."""
        await websocket.accept()
        client = _Client(ServerSession(self.publisher, time.monotonic()))
        if len(self._clients) >= self._max_clients:
            client.session.end("overloaded", f"{self._max_clients} clients are connected", "try again later")
        self._clients.add(client)
        writer = asyncio.create_task(self._write(client, websocket), name=f"sync-writer-{client.session.client}")
        try:
            await self._read(client, websocket)
        except (WebSocketDisconnect, RuntimeError):
            # Starlette raises RuntimeError when the socket was closed under a pending receive.
            _log.debug("client %d left", client.session.client)
        finally:
            client.wake.set()
            await self._finish(writer, client)
            self._clients.discard(client)
            client.session.gone()

    async def close(self, code: str, message: str) -> None:
        """Say goodbye to everyone, for a restart."""
        for client in self._clients:
            client.session.end(code, message, "come back shortly")
            client.wake.set()
        for _ in range(50):
            if not self._clients:
                return
            await asyncio.sleep(0.02)

    def drop_revoked(self) -> None:
        """End the sessions of users whose token was revoked or whose role changed."""
        for client in self._clients:
            if client.user is not None and not self._desk.still_valid(client.user):
                client.session.end("not_allowed", "the user was changed or revoked", "sign in again")
                client.wake.set()

    async def _read(self, client: _Client, websocket: WebSocket) -> None:
        session = client.session
        while session.closed is None:
            message = await websocket.receive()
            if message["type"] == "websocket.disconnect":
                return
            data = message.get("bytes")
            if data is None:
                session.end("message_invalid", "text message; all messages are binary", "see docs/spec/sync.md")
            else:
                session.receive(data, time.monotonic())
            for request in session.requests():
                await self._handle(client, request, websocket)
            if session.has_answers:
                client.wake.set()
        client.wake.set()
        # The goodbye goes out before the socket closes; the peer may still be sending meanwhile.
        while websocket.application_state is WebSocketState.CONNECTED:
            message = await websocket.receive()
            if message["type"] == "websocket.disconnect":
                return

    async def _handle(
        self, client: _Client, request: Hello | Invoke | SetDesired | AlarmAction, websocket: WebSocket
    ) -> None:
        session = client.session
        if not isinstance(request, Hello):
            if client.user is not None:
                self._spawn(self._desk.handle(session, client.user, request))
            return
        try:
            client.user = await asyncio.to_thread(self._desk.authenticate, request.token, websocket)
        except PlantverseError as exc:
            session.end("not_allowed", exc.message, exc.hint or "")
        else:
            session.accept(client.user.name, client.user.role.label)

    def _spawn(self, work: Awaitable[None]) -> None:
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _write(self, client: _Client, websocket: WebSocket) -> None:
        session = client.session
        while True:
            await client.wake.wait()
            client.wake.clear()
            messages = session.to_send(time.monotonic())
            if messages and not await self._send(client, websocket, messages):
                return
            if session.closed is not None:
                if session.closed.code == "slow_client":
                    self._drop(client, session.closed.message)
                await self._close(websocket)
                return

    def _drop(self, client: _Client, why: str) -> None:
        self.clients_dropped += 1
        _log.warning("client %d dropped: %s", client.session.client, why)

    async def _send(self, client: _Client, websocket: WebSocket, messages: list[bytes]) -> bool:
        client.bytes_unsent = sum(map(len, messages))
        try:
            async with asyncio.timeout(self._send_timeout_s):
                for message in messages:
                    await websocket.send_bytes(message)
                    client.bytes_unsent -= len(message)
                    client.bytes_sent += len(message)
                    self.bytes += len(message)
        except TimeoutError:
            self._drop(client, f"its socket took nothing for {self._send_timeout_s:g} s")
            client.session.end("slow_client", "the socket takes nothing")
            await self._close(websocket)
            return False
        except (WebSocketDisconnect, RuntimeError, OSError):
            client.session.end("gone", "the connection is lost")
            return False
        self.frames += len(messages)
        return True

    async def _close(self, websocket: WebSocket) -> None:
        try:
            async with asyncio.timeout(self._send_timeout_s):
                await websocket.close(CLOSE_NORMAL)
        except (TimeoutError, RuntimeError, WebSocketDisconnect, OSError):
            _log.debug("close of a lost connection")

    async def _finish(self, writer: asyncio.Task[None], client: _Client) -> None:
        if client.session.closed is None:
            client.session.end("gone", "the connection is lost")
        writer.cancel()
        try:
            await writer
        except asyncio.CancelledError:
            if not writer.cancelled():
                raise
