"""A TCP proxy that makes a link worse on purpose: delay, jitter, little bandwidth, stalls.

It forwards bytes, so what the network would lose shows as TCP shows it: as waiting. Each direction keeps its order.
"""

import asyncio
import contextlib
from collections.abc import Callable
from dataclasses import dataclass
from random import Random

CHUNK = 16_384
"""Bytes read at once: a limited bandwidth is shared in steps of so much."""
MOST_WAITING = 256
"""Chunks under way in one direction, 4 MB; what does not fit waits at the sender, as in a real buffer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """How a link behaves, the same in both directions.

    Args:
        delay_s: Added to each chunk.
        jitter_s: Up to so much more, drawn evenly for each chunk.
        bit_s: Bandwidth, 0 for all there is.
        stall_until_s: Nothing passes before this time of the loop's clock.
    """

    delay_s: float = 0.0
    jitter_s: float = 0.0
    bit_s: float = 0.0
    stall_until_s: float = 0.0


class ShapingProxy:
    """Listens on loopback and forwards to one address.

    Args:
        host, port: Where to.
        seed: Of the jitter.

    Attributes:
        shape: How it behaves now; may be replaced at any time.
        passed: Bytes forwarded, both ways.
    """

    def __init__(self, host: str, port: int, *, seed: int = 0) -> None:
        self._host, self._port = host, port
        self._rng = Random(seed)  # noqa: S311 -- jitter, not a secret
        self._server: asyncio.Server | None = None
        self._pipes: set[asyncio.Task[None]] = set()
        self.shape = Shape()
        self.passed = 0

    @property
    def port(self) -> int:
        """The port that it listens on."""
        assert self._server is not None, "it listens once it has been started"
        return int(self._server.sockets[0].getsockname()[1])

    async def start(self) -> None:
        """Begin to listen on a free port."""
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)

    async def close(self) -> None:
        """Cut everything."""
        if self._server is not None:
            self._server.close()
        for pipe in list(self._pipes):
            pipe.cancel()
        await asyncio.gather(*self._pipes, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._pipes.add(task)
        try:
            there, back = await asyncio.open_connection(self._host, self._port)
        except OSError:
            writer.close()
            self._pipes.discard(task)
            return
        ways = [asyncio.create_task(self._pipe(reader, back)), asyncio.create_task(self._pipe(there, writer))]
        try:
            await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for way in ways:
                way.cancel()
            await asyncio.gather(*ways, return_exceptions=True)
            for end in (writer, back):
                end.close()
            self._pipes.discard(task)

    async def _pipe(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        waiting: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue(MOST_WAITING)
        sender = asyncio.create_task(self._send(waiting, writer))
        try:
            due = _Due(asyncio.get_running_loop().time, self._rng)
            while data := await reader.read(CHUNK):
                await waiting.put((due.of(len(data), self.shape), data))
            await waiting.join()
        finally:
            sender.cancel()
            await asyncio.gather(sender, return_exceptions=True)

    async def _send(self, waiting: "asyncio.Queue[tuple[float, bytes]]", writer: asyncio.StreamWriter) -> None:
        loop = asyncio.get_running_loop()
        while True:
            due_s, data = await waiting.get()
            # A stall that begins while a chunk is under way holds that up as well.
            while (wait_s := max(due_s, self.shape.stall_until_s) - loop.time()) > 0:  # noqa: ASYNC110 -- it may change
                await asyncio.sleep(min(wait_s, 0.1))
            with contextlib.suppress(OSError):
                writer.write(data)
                await writer.drain()
            self.passed += len(data)
            waiting.task_done()


class _Due:
    """When each chunk of one direction arrives: behind the one before, at the pace of the link, after the delay."""

    def __init__(self, now_s: Callable[[], float], rng: Random) -> None:
        self._now_s = now_s
        self._rng = rng
        self._free_s = 0.0
        self._last_s = 0.0

    def of(self, size: int, shape: Shape) -> float:
        """Return when a chunk that was read now comes out at the other end."""
        begins_s = max(self._now_s(), self._free_s)
        self._free_s = begins_s + (8 * size / shape.bit_s if shape.bit_s > 0 else 0.0)
        due_s = self._free_s + shape.delay_s + self._rng.random() * shape.jitter_s
        self._last_s = max(self._last_s, due_s)
        return self._last_s
