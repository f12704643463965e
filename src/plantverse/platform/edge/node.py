"""The life of a node: it connects, says hello, sends heart-beats, takes groups and gives them back.

It speaks for its groups only while its lease lasts by its own clock. When that ends, or the connection does, it lets go
of everything at once and begins again.
"""

import asyncio
import logging
import secrets
from collections import deque
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from plantverse._clock import Clock
from plantverse.errors import PlantverseError, ProtocolViolation, ServerUnavailable, Unauthenticated
from plantverse.platform.edge import messages as m
from plantverse.platform.edge.decoding import MakeDecoder
from plantverse.platform.edge.detecting import DETECT_EVERY_S, Detectors
from plantverse.platform.edge.holding import Holding
from plantverse.platform.edge.leases import BEAT_S, NodeLease
from plantverse.platform.edge.sessions import MakeSession
from plantverse.platform.edge.speed import ProcessLoad
from plantverse.platform.edge.window import Window
from plantverse.twins.specs import TwinType

_log = logging.getLogger(__name__)

FIRST_PAUSE_S = 0.2
LAST_PAUSE_S = 5.0
FOR_GOOD = frozenset({"unauthenticated", "not_allowed", "request_invalid", "protocol_violation"})
"""Codes of a goodbye after which coming back does not help."""


class Socket(Protocol):
    """A WebSocket to the server."""

    async def send(self, data: bytes) -> None:
        """Send a message."""

    async def recv(self) -> bytes | str:
        """Wait for a message."""

    async def close(self) -> None:
        """End."""


class Faults(Protocol):
    """Does bad things to this node on purpose."""

    def apply(self, fault: m.Fault) -> None:
        """Do it."""

    def describe(self) -> str:
        """Return what is wrong at the moment, "" for nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeOptions:
    """Who this node is.

    Attributes:
        speed: Rows per second that it decodes.
        memory: Bytes for models.
        types: Types whose formulas it has.
    """

    name: str
    token: str = ""
    speed: float = 1.0
    memory: int = 0
    types: Mapping[str, TwinType]


class EdgeNodeLife:
    """One node.

    Args:
        options: Who it is.
        open_socket: Connects to the server; raises OSError or PlantverseError.
        make_session: Makes the session of a group, given what the server's welcome says of the broker.
        make_decoder: Makes the decoder of a group.
        faults: Does bad things on request, None refuses.
        clock: Time.
        detectors: Runs detectors of groups; None leaves them to the server.
    """

    def __init__(
        self,
        options: NodeOptions,
        *,
        open_socket: Callable[[], Awaitable[Socket]],
        make_session: Callable[[str, m.Assign], MakeSession],
        make_decoder: MakeDecoder,
        faults: Faults | None,
        clock: Clock,
        detectors: Detectors | None = None,
    ) -> None:
        self._options = options
        self._open_socket = open_socket
        self._make_session = make_session
        self._make_decoder = make_decoder
        self._faults = faults
        self._clock = clock
        self._detectors = detectors
        self._boot = secrets.token_hex(8)
        self._lease = NodeLease()
        self._window = Window()
        self._load = ProcessLoad()
        self._holdings: dict[str, Holding] = {}
        self._outbox: deque[tuple[float, bytes]] = deque()
        self._wake = asyncio.Event()
        self._number = 0
        self._broker = ""
        self._tasks: set[asyncio.Task[None]] = set()
        self._stopping = asyncio.Event()

    async def run(self) -> None:
        """Work until `stop`.

        Raises:
            PlantverseError: The server refuses this node for good.
        """
        pause_s = FIRST_PAUSE_S
        while not self._stopping.is_set():
            begun_s = self._now_s()
            try:
                socket = await self._open_socket()
            except OSError as exc:
                _log.warning("the server cannot be reached: %s", exc)
            else:
                bye = await self._stay(socket)
                if bye is not None and bye.code in FOR_GOOD:
                    raise _refusal(bye)
            if self._now_s() - begun_s > LAST_PAUSE_S:
                pause_s = FIRST_PAUSE_S
            await self._rest(pause_s)
            pause_s = min(2 * pause_s, LAST_PAUSE_S)

    def stop(self) -> None:
        """Give everything back and end."""
        self._stopping.set()

    async def _stay(self, socket: Socket) -> m.Bye | None:
        """Run one connection to its end."""
        self._outbox.clear()
        self._lease, self._window = NodeLease(), Window()
        sent_s = self._now_s()
        options = self._options
        hello = m.Hello(
            versions=(m.PROTOCOL,),
            name=options.name,
            boot=self._boot,
            token=options.token,
            speed=options.speed,
            memory=options.memory,
            faults=self._faults is not None,
            types=tuple(options.types),
            models=self._detectors.hashes() if self._detectors is not None else (),
        )
        self._put(m.encode(hello))
        reader = asyncio.create_task(self._read(socket, sent_s), name="edge reader")
        writer = asyncio.create_task(self._write(socket), name="edge writer")
        beater = asyncio.create_task(self._beat(), name="edge heart-beat")
        detector = asyncio.create_task(self._detect(), name="edge detectors")
        stopper = asyncio.create_task(self._stopping.wait(), name="edge stop")
        parts: list[asyncio.Task[Any]] = [reader, writer, beater, detector, stopper]
        try:
            await asyncio.wait(parts, return_when=asyncio.FIRST_COMPLETED)
            if self._stopping.is_set() and not reader.done():
                await self._leave()
        finally:
            for part in (reader, beater, detector, stopper, *self._tasks):
                part.cancel()
            await self._drop_all()
            writer.cancel()
            done = await asyncio.gather(*parts, *self._tasks, return_exceptions=True)
            self._tasks.clear()
            await socket.close()
        for result in done:
            if isinstance(result, Exception) and not isinstance(result, OSError):
                _log.warning("the connection to the server ends: %s", result)
        return done[0] if isinstance(done[0], m.Bye) else None

    async def _read(self, socket: Socket, sent_s: float) -> m.Bye:
        while True:
            data = await socket.recv()
            if isinstance(data, str):
                raise ProtocolViolation("edge message", "a text message")
            match m.decode_server(data):
                case m.Welcome() as welcome:
                    self._lease.begin(sent_s)
                    self._broker = welcome.broker
                    _log.info("taken in by the server as %s", welcome.user)
                case m.BeatAnswer(number=number):
                    if self._lease.answered(number, self._now_s()):
                        self._window.answered(self._lease.rtt_s, self._now_s())
                case m.Model() | m.Assign() | m.Revoke() as order:
                    self._obey(order)
                case m.Ack(numbers=numbers):
                    self._confirm(numbers)
                case m.Refuse(number=number, reason=reason):
                    raise ProtocolViolation("edge lease", f"batch {number} was refused: {reason}")
                case m.Fault() as fault:
                    if self._faults is not None:
                        self._faults.apply(fault)
                case m.Bye() as bye:
                    _log.warning("the server says goodbye: %s %s", bye.message, bye.hint)
                    return bye

    async def _write(self, socket: Socket) -> None:
        while True:
            await self._wake.wait()
            self._wake.clear()
            while self._outbox:
                _, data = self._outbox.popleft()
                await socket.send(data)

    async def _beat(self) -> None:
        """Send a heart-beat every half second; end when the last answered one is too old."""
        await asyncio.sleep(0)
        begun_s = self._now_s()
        while True:
            now_s = self._now_s()
            if not self._lease.valid(now_s) and now_s - begun_s > BEAT_S:
                _log.warning("the lease has ended: no heart-beat was answered in time")
                return
            self._window.unanswered(self._lease.unanswered_s(now_s), now_s)
            waiting_s = [holding.waiting_since_s for holding in self._holdings.values()]
            oldest_s = min([now_s, *waiting_s, *(at_s for at_s, _ in self._outbox)])
            beat = m.Beat(
                number=self._lease.sent(now_s),
                time_us=self._clock.time_ns() / 1e3,
                rtt_us=self._lease.rtt_s * 1e6,
                way_us=self._window.way_s(now_s) * 1e6,
                load=self._load(),
                lag_us=max(0.0, now_s - oldest_s - self._window.linger_s) * 1e6,
                queue=sum(holding.open_rows + holding.waiting_rows for holding in self._holdings.values()),
                groups=[holding.count() for holding in self._holdings.values()],
                fault=self._faults.describe() if self._faults is not None else "",
            )
            self._put(m.encode(beat), first=True)
            await asyncio.sleep(BEAT_S)

    async def _detect(self) -> None:
        while True:
            for holding in self._holdings.values():
                holding.detect()
            await asyncio.sleep(DETECT_EVERY_S)

    def _obey(self, order: m.Model | m.Assign | m.Revoke) -> None:
        if isinstance(order, m.Model):
            self._keep(order)
        elif isinstance(order, m.Assign):
            self._spawn(self._take(order))
        else:
            self._spawn(self._give_back(order.group, order.token))

    def _keep(self, model: m.Model) -> None:
        """Keep a model; a detector that lacks it is told of as one that cannot run here."""
        if self._detectors is None:
            return
        try:
            self._detectors.keep(model.name, model.version, model.hash, model.facts, model.arrays)
        except (PlantverseError, OSError) as exc:
            _log.warning("model %s cannot be kept: %s", model.name, exc)

    async def _take(self, assign: m.Assign) -> None:
        holding = self._holdings.get(assign.group)
        if holding is not None and holding.token == assign.token:
            await holding.update(assign)
            return
        if holding is not None:
            del self._holdings[assign.group]
            await holding.stop()
        _log.info("takes group %s: %d twins", assign.group, len(assign.twins))
        try:
            holding = Holding(
                assign,
                make_session=self._make_session(self._broker, assign),
                make_decoder=self._make_decoder,
                types=self._options.types,
                send=self._put,
                number=self._next,
                window=self._window,
                clock=self._clock,
                detectors=self._detectors,
            )
        except PlantverseError as exc:
            _log.error("group %s cannot be taken: %s", assign.group, exc)
            self._put(m.encode(m.Released(group=assign.group, token=assign.token, reason=str(exc))))
            return
        self._holdings[assign.group] = holding
        holding.start()

    async def _give_back(self, group: str, token: int) -> None:
        holding = self._holdings.get(group)
        if holding is not None and holding.token == token:
            await holding.give_back()
            if self._holdings.get(group) is holding:
                del self._holdings[group]
            _log.info("gave group %s back", group)
            self._pump()
        self._put(m.encode(m.Released(group=group, token=token)))

    def _confirm(self, numbers: list[int]) -> None:
        for number in numbers:
            for holding in self._holdings.values():
                if holding.confirmed(number):
                    break
        self._pump()

    def _pump(self) -> None:
        """Let the groups use what room there is, who has waited longest first."""
        for holding in sorted(self._holdings.values(), key=lambda held: held.waiting_since_s):
            if not self._window.room():
                return
            holding.pump()

    async def _leave(self) -> None:
        """Give every group back in order, then say goodbye."""
        await asyncio.gather(*(holding.give_back() for holding in self._holdings.values()), return_exceptions=True)
        self._holdings.clear()
        self._put(m.encode(m.Goodbye()))
        await asyncio.sleep(0.2)

    async def _drop_all(self) -> None:
        holdings, self._holdings = list(self._holdings.values()), {}
        await asyncio.gather(*(holding.stop() for holding in holdings), return_exceptions=True)

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work, name="edge group")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _rest(self, pause_s: float) -> None:
        try:
            async with asyncio.timeout(pause_s):
                await self._stopping.wait()
        except TimeoutError:
            return

    def _put(self, data: bytes, *, first: bool = False) -> None:
        if first:
            self._outbox.appendleft((self._now_s(), data))
        else:
            self._outbox.append((self._now_s(), data))
        self._wake.set()

    def _next(self) -> int:
        self._number += 1
        return self._number

    def _now_s(self) -> float:
        return self._clock.monotonic_ns() / 1e9


def _refusal(bye: m.Bye) -> PlantverseError:
    kind = Unauthenticated if bye.code in {"unauthenticated", "not_allowed"} else ServerUnavailable
    return kind(f"the server does not take this node in: {bye.message}", hint=bye.hint or None)
