"""The WebSocket of nodes, `/api/v1/edge/link`: bytes in, bytes out, one writer per node."""

import asyncio
import logging
from collections import deque
from collections.abc import Callable
from typing import Any

from starlette.websockets import WebSocket, WebSocketDisconnect

from plantverse.errors import NotAllowed, PlantverseError, ProtocolViolation
from plantverse.platform.access import User
from plantverse.platform.api.caller import recognise
from plantverse.platform.edge import messages as m
from plantverse.platform.edge.desk import EdgeDesk
from plantverse.platform.edge.nodes import Node
from plantverse.platform.users import Role

_log = logging.getLogger(__name__)

HELLO_S = 10.0
SEND_S = 10.0
"""A node whose socket takes nothing for so long is cut off; its lease ended long before."""
MOST_WAITING = 64 << 20
"""Bytes waiting for a node: an assignment or two; acknowledgements are small."""


class _Peer:
    def __init__(self) -> None:
        self.waiting: deque[bytes] = deque()
        self.size = 0
        self.wake = asyncio.Event()
        self.closing = False

    def send(self, data: bytes) -> None:
        """Part of `nodes.Peer`."""
        if self.closing:
            return
        self.waiting.append(data)
        self.size += len(data)
        if self.size > MOST_WAITING:
            self.closing = True
        self.wake.set()

    def close(self) -> None:
        """Part of `nodes.Peer`."""
        self.closing = True
        self.wake.set()


class EdgeLink:
    """All connections of nodes.

    Args:
        desk: Takes what they say.
    """

    def __init__(self, desk: EdgeDesk) -> None:
        self._desk = desk
        self._peers: set[_Peer] = set()
        self._users: dict[int, tuple[Node, User]] = {}

    async def serve(self, websocket: WebSocket) -> None:
        """Run one connection to its end."""
        await websocket.accept()
        peer = _Peer()
        self._peers.add(peer)
        writer = asyncio.create_task(self._write(peer, websocket), name="edge-link-writer")
        reader = asyncio.create_task(self._read(peer, websocket), name="edge-link-reader")
        try:
            await asyncio.wait([reader, writer], return_when=asyncio.FIRST_COMPLETED)
        finally:
            peer.close()
            reader.cancel()
            await asyncio.gather(reader, return_exceptions=True)
            await asyncio.gather(writer, return_exceptions=True)
            self._peers.discard(peer)

    def close(self) -> None:
        """Tell every node that the server goes down."""
        for peer in list(self._peers):
            peer.send(m.encode(m.Bye(code="restart", message="the server is going down")))
            peer.close()

    def drop_revoked(self, valid: Callable[[User], bool]) -> None:
        """End the connections of nodes whose user is one no more."""
        for node, user in list(self._users.values()):
            if not valid(user):
                self._desk.kick(node.name, "its token was revoked or its role changed")

    async def _read(self, peer: _Peer, websocket: WebSocket) -> None:
        node: Node | None = None
        try:
            node = await self._greet(peer, websocket)
            while True:
                self._desk.receive(node, await _receive(websocket))
        except (WebSocketDisconnect, RuntimeError):
            # Starlette raises RuntimeError when the socket was closed under a pending receive.
            _log.debug("a node's connection is gone")
        except TimeoutError:
            peer.send(m.encode(m.Bye(code="message_invalid", message=f"no hello within {HELLO_S:g} s")))
        except PlantverseError as exc:
            _log.warning("a node is refused: %s", exc)
            peer.send(m.encode(m.Bye(code=exc.code, message=exc.message, hint=exc.hint or "")))
        finally:
            if node is not None:
                self._users.pop(node.number, None)
                self._desk.lost(node)

    async def _greet(self, peer: _Peer, websocket: WebSocket) -> Node:
        async with asyncio.timeout(HELLO_S):
            data = await _receive(websocket)
        if len(data) > m.MOST_BYTES:
            raise ProtocolViolation("edge message", f"a hello of {len(data)} bytes")
        hello = m.decode_node(data)
        if not isinstance(hello, m.Hello):
            raise ProtocolViolation("edge message", "the first message is no hello")
        user = await asyncio.to_thread(recognise, websocket, hello.token or None, node=True)
        _check_role(user)
        node = self._desk.join(hello, peer, user=user.name)
        self._users[node.number] = node, user
        return node

    async def _write(self, peer: _Peer, websocket: WebSocket) -> None:
        try:
            while True:
                await peer.wake.wait()
                peer.wake.clear()
                while peer.waiting:
                    data = peer.waiting.popleft()
                    peer.size -= len(data)
                    async with asyncio.timeout(SEND_S):
                        await websocket.send_bytes(data)
                if peer.closing:
                    async with asyncio.timeout(SEND_S):
                        await websocket.close()
                    return
        except (TimeoutError, RuntimeError, WebSocketDisconnect, OSError):
            peer.closing = True


def _check_role(user: User) -> None:
    if user.role not in {Role.NODE, Role.ADMIN}:
        raise NotAllowed(
            f"{user.name} is {user.role.label}, a node needs a token of role node",
            hint="an admin can run `plantverse user add NAME --role node`",
        )


async def _receive(websocket: WebSocket) -> bytes:
    message: Any = await websocket.receive()
    if message["type"] == "websocket.disconnect":
        raise WebSocketDisconnect
    data = message.get("bytes")
    if data is None:
        raise ProtocolViolation("edge message", "a text message; all messages are binary")
    return bytes(data)
