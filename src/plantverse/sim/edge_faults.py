"""Bad things that a node lets itself be done to, for trying out how the plant takes it: its death, a poor link."""

import asyncio
import os
import signal
from types import TracebackType
from typing import Protocol, Self
from urllib.parse import urlsplit, urlunsplit

from plantverse.sim.shaping import Shape, ShapingProxy


class FaultOrder(Protocol):
    """What is asked for; `platform.edge.messages.Fault` is the real one."""

    kind: str
    delay_ms: float
    jitter_ms: float
    kbit_s: float
    stall_s: float
    seconds: float


class NodeFaults:
    """A shaping proxy between a node and its server, and a way to die.

    Args:
        url: The server's WebSocket address.

    Attributes:
        url: Where the node connects instead.

    Raises:
        OSError: No free port.
    """

    def __init__(self, url: str) -> None:
        self._parts = urlsplit(url)
        port = self._parts.port or (443 if self._parts.scheme == "wss" else 80)
        self._proxy = ShapingProxy(self._parts.hostname or "127.0.0.1", port)
        self._heal: asyncio.TimerHandle | None = None
        self._words = ""
        self.url = url

    async def __aenter__(self) -> Self:
        await self._proxy.start()
        self.url = urlunsplit(self._parts._replace(netloc=f"127.0.0.1:{self._proxy.port}"))
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._heal is not None:
            self._heal.cancel()
        await self._proxy.close()

    def apply(self, fault: FaultOrder) -> None:
        """Do it; `heal` undoes a squeeze."""
        if self._heal is not None:
            self._heal.cancel()
            self._heal = None
        if fault.kind == "kill":
            os.kill(os.getpid(), signal.SIGKILL)
        elif fault.kind == "squeeze":
            loop = asyncio.get_running_loop()
            self._proxy.shape = Shape(
                delay_s=fault.delay_ms / 1e3,
                jitter_s=fault.jitter_ms / 1e3,
                bit_s=fault.kbit_s * 1e3,
                stall_until_s=loop.time() + fault.stall_s if fault.stall_s else 0.0,
            )
            self._words = _words(fault)
            # A stall holds back the order to heal as well, so it always ends by itself.
            seconds = fault.seconds or (fault.stall_s if not (fault.delay_ms or fault.kbit_s) else 0.0)
            if seconds:
                self._heal = loop.call_later(seconds, self._healed)
        else:
            self._healed()

    def describe(self) -> str:
        """Return what is wrong at the moment, "" for nothing."""
        return self._words

    def _healed(self) -> None:
        self._proxy.shape = Shape()
        self._words = ""


def _words(fault: FaultOrder) -> str:
    parts = []
    if fault.delay_ms or fault.jitter_ms:
        parts.append(f"{fault.delay_ms:g} ms" + (f" + 0-{fault.jitter_ms:g} ms" if fault.jitter_ms else ""))
    if fault.kbit_s:
        parts.append(f"{fault.kbit_s:g} kbit/s")
    if fault.stall_s:
        parts.append(f"nothing for {fault.stall_s:g} s")
    return ", ".join(parts)
