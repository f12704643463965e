"""The two shells around a `Feed`: one for plain loops, one for asyncio."""

import asyncio
import time
from collections.abc import AsyncIterator, Iterator

from websockets.asyncio.client import connect as connect_async
from websockets.exceptions import WebSocketException
from websockets.sync.client import ClientConnection, connect

from plantverse.client.feed import Feed
from plantverse.client.rest import Address
from plantverse.client.results import Change
from plantverse.errors import ProtocolViolation

MAX_FRAME = 1 << 24
"""Bytes; a snapshot frame has at most 65,536 rows (rule F6), a schema of 50,000 signals takes some 8 MB."""
OPEN_S = 10.0


def watch(address: Address, feed: Feed) -> Iterator[Change]:
    """Yield changes as they arrive, over cuts and restarts of the server.

    Frames are acknowledged as they are read: a loop that takes its time gets the newest values, never a backlog.

    Raises:
        PlantverseError: The server is not there at the first attempt, or sends us away for good.
    """
    while True:
        cause: BaseException | None = None
        try:
            with _open(address) as socket:
                for message in feed.opened():
                    socket.send(message)
                while feed.replica.bye is None:
                    changes = feed.receive(_binary(socket.recv()), _now_us())
                    yield from changes
                    for message in feed.to_send():
                        socket.send(message)
        except (OSError, WebSocketException, ProtocolViolation) as exc:
            cause = exc
        time.sleep(feed.lost(address.base, cause))


async def watch_async(address: Address, feed: Feed) -> AsyncIterator[Change]:
    """Yield changes as `watch` does, for asyncio."""
    while True:
        cause: BaseException | None = None
        try:
            async with connect_async(
                address.sync,
                ssl=address.tls,
                compression=None,
                max_size=MAX_FRAME,
                open_timeout=OPEN_S,
                proxy=None if address.local else True,
            ) as socket:
                for message in feed.opened():
                    await socket.send(message)
                while feed.replica.bye is None:
                    for change in feed.receive(_binary(await socket.recv()), _now_us()):
                        yield change
                    for message in feed.to_send():
                        await socket.send(message)
        except (OSError, WebSocketException, ProtocolViolation) as exc:
            cause = exc
        await asyncio.sleep(feed.lost(address.base, cause))


def _open(address: Address) -> ClientConnection:
    return connect(
        address.sync,
        ssl=address.tls,
        compression=None,
        max_size=MAX_FRAME,
        open_timeout=OPEN_S,
        proxy=None if address.local else True,
    )


def _binary(message: str | bytes) -> bytes:
    if isinstance(message, str):
        raise ProtocolViolation("S3", "text message; all messages are binary")
    return message


def _now_us() -> float:
    return time.time_ns() / 1e3
