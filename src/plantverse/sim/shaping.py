"""A TCP proxy that makes a link worse on purpose: delay, jitter, little bandwidth, stalls.

It forwards bytes, so what the network would lose shows as TCP shows it: as waiting. Each connection keeps its order in
each direction. The bandwidth is that of the link: all connections through one proxy share it, first come, first served.
"""

import asyncio
import contextlib
from collections.abc import Callable
from dataclasses import dataclass
from random import Random

CHUNK = 16_384
"""Bytes read at once where there is bandwidth."""
PACKET = 1_460
"""Bytes read at once at the least: what an Ethernet frame carries."""
STEP_S = 0.01
"""A thin link is shared in steps of so long, so that small messages need not wait for 16 KB of somebody else's."""
MOST_WAITING = 256
"""Chunks of a connection under way in one direction, 0.4 to 4 MB; the rest waits at the sender, as in a real buffer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """How a link behaves, the same in both directions.

    Args:
        delay_s: Added to each chunk.
        jitter_s: Up to so much more, drawn evenly for each chunk.
        bit_s: Bandwidth of the link each way, 0 for all there is.
        stall_until_s: Nothing passes before this time of the loop's clock.
    """

    delay_s: float = 0.0
    jitter_s: float = 0.0
    bit_s: float = 0.0
    stall_until_s: float = 0.0

    @property
    def chunk(self) -> int:
        """Bytes that pass as one."""
        return min(CHUNK, max(PACKET, int(self.bit_s / 8 * STEP_S))) if self.bit_s > 0 else CHUNK


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
        self._there, self._back = Wire(), Wire()
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
        ways = [
            asyncio.create_task(self._pipe(reader, back, self._there)),
            asyncio.create_task(self._pipe(there, writer, self._back)),
        ]
        try:
            await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for way in ways:
                way.cancel()
            await asyncio.gather(*ways, return_exceptions=True)
            for end in (writer, back):
                end.close()
            self._pipes.discard(task)

    async def _pipe(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, wire: "Wire") -> None:
        waiting: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue(MOST_WAITING)
        sender = asyncio.create_task(self._send(waiting, writer))
        try:
            due = Arrivals(wire, asyncio.get_running_loop().time, self._rng)
            while data := await reader.read(self.shape.chunk):
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


class Wire:
    """One direction of a link.

    Attributes:
        free_s: When it has sent everything that it was given.
    """

    def __init__(self) -> None:
        self.free_s = 0.0


class Arrivals:
    """When each chunk of a connection arrives: behind all before it on the wire, at its pace, after the delay."""

    def __init__(self, wire: Wire, now_s: Callable[[], float], rng: Random) -> None:
        self._wire = wire
        self._now_s = now_s
        self._rng = rng
        self._last_s = 0.0

    def of(self, size: int, shape: Shape) -> float:
        """Return when a chunk that was read now comes out at the other end."""
        wire = self._wire
        begins_s = max(self._now_s(), wire.free_s) if shape.bit_s > 0 else self._now_s()
        sent_s = begins_s + (8 * size / shape.bit_s if shape.bit_s > 0 else 0.0)
        wire.free_s = sent_s
        due_s = sent_s + shape.delay_s + self._rng.random() * shape.jitter_s
        self._last_s = max(self._last_s, due_s)
        return self._last_s
