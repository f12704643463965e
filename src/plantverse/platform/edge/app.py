"""Wires an edge node. Beside `platform/app.py` the only file of the platform that imports `plantverse.ingest`."""

import asyncio
import signal
from collections.abc import AsyncIterator, Callable
from contextlib import ExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, cast

from websockets.asyncio.client import connect
from websockets.exceptions import WebSocketException

from plantverse._clock import Clock, SystemClock
from plantverse.client.rest import Address
from plantverse.ingest.engine import IngestEngine, IngestOptions
from plantverse.ingest.session import MqttSession, Phase, SessionOptions, SessionState
from plantverse.platform.edge import messages as m
from plantverse.platform.edge.decoding import Decoder, Planes
from plantverse.platform.edge.detecting import Detectors
from plantverse.platform.edge.node import EdgeNodeLife, Faults, NodeOptions, Socket
from plantverse.platform.edge.sessions import MakeSession, Session
from plantverse.platform.edge.speed import decoding_speed
from plantverse.twins.interop.plant_toml import read_plant
from plantverse.twins.specs import TwinType

OPEN_S = 5.0
_ANY_CLOCK_S = 1e9
"""The server judges stamps; a node whose own clock is wrong must not."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeSettings:
    """What `plantverse edge run` was told.

    Attributes:
        url: Of the server.
        ca: PEM file of the authority behind the server's certificate.
        mqtt: Address of the broker as this node reaches it, with user and password if it wants them; "" takes the one
            that the server names.
        plant: Plant file whose formulas this node computes; None leaves them to the server.
        models: Folder that keeps models from run to run; None one that goes with the process.
        memory: Bytes for models of detectors; 0 leaves all detectors to the server.
    """

    name: str
    url: str
    token: str = ""
    ca: Path | None = None
    mqtt: str = ""
    mqtt_password: str = ""
    plant: Path | None = None
    models: Path | None = None
    memory: int = 0


def run_node(settings: NodeSettings, *, faults: Callable[[str], Any] | None = None) -> None:
    """Run a node until SIGINT or SIGTERM.

    Args:
        settings: See `NodeSettings`.
        faults: Makes what does bad things to the node on request, given the server's WebSocket address; its `url` is
            connected to instead. It is an asynchronous context manager.

    Raises:
        PlantverseError: The server refuses the node for good, or the plant file is wrong.
    """
    asyncio.run(_run(settings, faults, SystemClock()))


async def _run(settings: NodeSettings, faults: Callable[[str], Any] | None, clock: Clock) -> None:
    address = Address(settings.url, ca=settings.ca)
    if faults is None:
        await _live(settings, address, address.edge, None, clock)
        return
    async with faults(address.edge) as made:
        await _live(settings, address, made.url, made, clock)


async def _live(settings: NodeSettings, address: Address, url: str, faults: Faults | None, clock: Clock) -> None:
    with ExitStack() as stack:
        detectors = _detectors(settings, clock, stack)
        life = EdgeNodeLife(
            NodeOptions(
                name=settings.name,
                token=settings.token,
                speed=await asyncio.to_thread(decoding_speed),
                memory=settings.memory,
                types=_types(settings.plant),
            ),
            open_socket=lambda: _open(address, url),
            make_session=lambda broker, assign: _sessions(settings, broker, assign, clock),
            make_decoder=lambda planes: _decoder(planes, clock),
            faults=faults,
            clock=clock,
            detectors=detectors,
        )
        for number in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().add_signal_handler(number, life.stop)
        async with _beside(detectors):
            await life.run()


def _detectors(settings: NodeSettings, clock: Clock, stack: ExitStack) -> Detectors | None:
    """Return what runs detectors, None where there is no memory for models."""
    if settings.memory <= 0:
        return None
    from plantverse.ai.watching import Crew

    folder = settings.models or Path(stack.enter_context(TemporaryDirectory(prefix="plantverse-models-")))
    return Crew(clock, folder, memory=settings.memory)


@asynccontextmanager
async def _beside(detectors: Detectors | None) -> AsyncIterator[None]:
    """Run the worker of the models meanwhile."""
    running = asyncio.create_task(detectors.run(), name="edge models") if detectors is not None else None
    try:
        yield
    finally:
        if running is not None:
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)


async def _open(address: Address, url: str) -> Socket:
    try:
        socket = await connect(
            url,
            ssl=address.tls,
            compression=None,
            max_size=m.MOST_ASSIGN_BYTES,
            open_timeout=OPEN_S,
            close_timeout=1.0,
            ping_interval=None,
            proxy=None if address.local else True,
            server_hostname=address.host if address.tls else None,
        )
    except (WebSocketException, TimeoutError) as exc:
        raise OSError(f"no edge link at {address.base}: {exc or type(exc).__name__}") from exc
    return cast("Socket", _Closing(socket))


class _Closing:
    """A WebSocket whose end is an OSError, as that of any other socket."""

    def __init__(self, socket: Any) -> None:
        self._socket = socket

    async def send(self, data: bytes) -> None:
        try:
            await self._socket.send(data)
        except WebSocketException as exc:
            raise OSError(str(exc)) from exc

    async def recv(self) -> bytes | str:
        try:
            data: bytes | str = await self._socket.recv()
        except WebSocketException as exc:
            raise OSError(str(exc)) from exc
        return data

    async def close(self) -> None:
        await self._socket.close()


def _sessions(settings: NodeSettings, broker: str, assign: m.Assign, clock: Clock) -> MakeSession:
    def make(
        name: str, /, *, on_messages: Callable[[Any], None], on_connected: Callable[[], None], clean: bool
    ) -> Session:
        password = {"password": settings.mqtt_password} if settings.mqtt_password else {}
        options = SessionOptions.from_url(
            settings.mqtt or broker,
            client_id=name,
            qos=assign.qos,
            session_expiry_s=assign.session_expiry_s,
            **({"clean": True} if clean else {}),
            **password,
        )

        def told(state: SessionState) -> None:
            if state.phase is Phase.CONNECTED:
                on_connected()

        return MqttSession(options, on_messages=on_messages, on_state=told, clock=clock)

    return make


def _decoder(planes: Planes, clock: Clock) -> Decoder:
    engine = IngestEngine(
        planes.registry,
        state=planes.state,
        events=planes.events,
        clock=clock,
        on_presence=_nobody,
        options=IngestOptions(clock_tolerance_s=_ANY_CLOCK_S, past_limit_s=_ANY_CLOCK_S),
    )
    engine.compile()
    return engine


def _nobody(twin: str, *, online: bool, now_ns: int) -> None:
    """Who is there is told on topics that stay with the server."""


def _types(plant: Path | None) -> dict[str, TwinType]:
    if plant is None:
        return {}
    loaded = read_plant(plant)
    kinds = {twin.type.name: twin.type for twin in loaded.spec.twins}
    return kinds | {pattern.type.name: pattern.type for pattern in loaded.patterns}
