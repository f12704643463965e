"""The broker of `plantverse run`: Mosquitto where it is installed, else rumqttd from the `iotcore` wheel.

It listens on loopback only, because it lets everybody in. It ends with this process, also after `kill -9`.
"""

import asyncio
import contextlib
import errno
import ipaddress
import logging
import os
import shutil
import socket
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Literal, Protocol

from plantverse.errors import BrokerUnavailable, ConfigInvalid
from plantverse.ingest.broker_config import mosquitto_config, rumqttd_config

Kind = Literal["auto", "mosquitto", "iotcore"]

_log = logging.getLogger(__name__)

_START_LIMIT_S = 15.0
_STOP_LIMIT_S = 5.0
_POLL_S = 0.02
_PORTS_TO_TRY = 100
# Measured: the child of a killed server holds its port for up to 1.5 s. Another port would leave publishers behind.
_OWN_PORT_WAIT_S = 3.0
_SBIN = "/usr/sbin:/usr/local/sbin:/opt/homebrew/sbin"
# PR_SET_PDEATHSIG (1): the kernel sends SIGTERM (15) when the server dies, however that happens.
_EXEC = """
import os, sys
if sys.platform == "linux":
    import ctypes
    ctypes.CDLL(None).prctl(1, 15)
if os.getppid() == int(sys.argv[1]):
    os.execv(sys.argv[2], sys.argv[2:])
"""


class _PortTaken(Exception):
    """Somebody else was faster between the look at the port and the start."""


class _Child(Protocol):
    """A broker process."""

    name: str
    protocol: Literal["auto", "3.1.1"]

    async def start(self, host: str, port: int) -> None:
        """Start and return when the port answers; `_PortTaken` or BrokerUnavailable if it does not."""

    async def stop(self) -> None:
        """End the process and return when the port is free."""

    @property
    def running(self) -> bool:
        """Whether the process lives."""


class EmbeddedBroker:
    """A broker on this machine for those who have none.

    Args:
        port: Where to listen; the next free port if it is taken, any free one if 0.
        host: A loopback address.
        folder: Where configuration, log and kept sessions lie; one broker per folder.
        kind: Which broker: `auto` takes Mosquitto where it is installed, else iotcore.

    Attributes:
        message: For people: which broker, where, and why not on the port asked for.
        protocol: What a session should speak to it: rumqttd's listener knows MQTT 3.1.1 only.

    Raises:
        ConfigInvalid: The host is not loopback: a broker without users must not be reached from outside.
    """

    def __init__(self, port: int = 1883, host: str = "127.0.0.1", *, folder: Path, kind: Kind = "auto") -> None:
        if not _is_loopback(host):
            raise ConfigInvalid(
                f"the embedded broker has no users, so it cannot listen on {host}",
                hint="run a broker with users and TLS (deploy/mosquitto.conf) and set mqtt.url",
            )
        self._asked, self._port, self._host = port, port, host
        self._folder = folder.absolute()
        self._child = _choose(kind, self._folder)
        self.message = f"{self._child.name}, not started"

    @property
    def url(self) -> str:
        """The address for clients."""
        host = f"[{self._host}]" if ":" in self._host else self._host
        return f"mqtt://{host}:{self._port}"

    @property
    def protocol(self) -> Literal["auto", "3.1.1"]:
        """What a session should speak to this broker."""
        return self._child.protocol

    @property
    def running(self) -> bool:
        """Whether its process lives."""
        return self._child.running

    async def start(self) -> tuple[str, int]:
        """Start it and return host and port once it answers.

        Raises:
            BrokerUnavailable: It does not start, or no port near the one asked for is free.
        """
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        await self._await_own_port()
        for port in self._candidates():
            if not _is_free(self._host, port):
                continue
            with contextlib.suppress(_PortTaken):
                await self._child.start(self._host, port)
                self._port = port
                break
        else:
            raise BrokerUnavailable(
                f"ports {self._asked} to {self._asked + _PORTS_TO_TRY - 1} of {self._host} are all taken",
                hint="choose another with mqtt.port",
            )
        (self._folder / "port").write_text(f"{self._port}\n")
        self.message = f"{self._child.name} listens on {self._host}:{self._port}"
        if self._asked not in (0, self._port):
            self.message += f", because port {self._asked} is taken"
        _log.info("embedded broker: %s", self.message)
        return self._host, self._port

    async def stop(self) -> None:
        """End it; clients are cut, Mosquitto keeps their sessions in the folder. May be called twice."""
        await self._child.stop()
        self.message = f"{self._child.name}, stopped"

    def _candidates(self) -> Iterator[int]:
        if not self._asked:
            yield from (_any_free(self._host) for _ in range(_PORTS_TO_TRY))
        else:
            yield from range(self._asked, min(self._asked + _PORTS_TO_TRY, 65_536))

    async def _await_own_port(self) -> None:
        """Wait for the broker of a killed server of ours to let go of the port."""
        with contextlib.suppress(OSError, ValueError):
            if int((self._folder / "port").read_text()) != self._asked:
                return
            deadline_s = time.monotonic() + _OWN_PORT_WAIT_S
            # Another process's port: there is no event to wait for.
            while not _is_free(self._host, self._asked) and time.monotonic() < deadline_s:  # noqa: ASYNC110
                await asyncio.sleep(_POLL_S)


class _Mosquitto:
    name = "Mosquitto"
    protocol: Literal["auto", "3.1.1"] = "auto"

    def __init__(self, binary: str, folder: Path) -> None:
        self._binary = binary
        self._folder = folder
        self._process: asyncio.subprocess.Process | None = None

    @property
    def running(self) -> bool:
        return self._process is not None and self._process.returncode is None

    async def start(self, host: str, port: int) -> None:
        config, log_path = self._folder / "mosquitto.conf", self._folder / "mosquitto.log"
        config.write_text(mosquitto_config(host, port, self._folder, as_root=os.getuid() == 0))
        with log_path.open("wb") as log:
            self._process = await asyncio.create_subprocess_exec(
                sys.executable,
                *("-I", "-S", "-c", _EXEC, str(os.getpid()), self._binary, "-c", str(config)),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                # Ctrl-C on the terminal is for the server, which then stops its broker in order.
                start_new_session=True,
            )
        deadline_s = time.monotonic() + _START_LIMIT_S
        while not await _answers(host, port):
            if not self.running or time.monotonic() > deadline_s:
                await self.stop()
                said = log_path.read_text(errors="replace").strip()
                if os.strerror(errno.EADDRINUSE) in said:
                    raise _PortTaken
                last = said.rpartition("\n")[2] or "nothing in its log"
                raise BrokerUnavailable(f"Mosquitto does not start: {last}", hint=f"its log is {log_path}")
            await asyncio.sleep(_POLL_S)

    async def stop(self) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        with contextlib.suppress(ProcessLookupError):
            process.terminate()
        try:
            await asyncio.wait_for(process.wait(), _STOP_LIMIT_S)
        except TimeoutError:
            process.kill()
            await process.wait()


class _Rumqttd:
    name = "rumqttd (iotcore, MQTT 3.1.1, sessions are not kept over a restart)"
    protocol: Literal["auto", "3.1.1"] = "3.1.1"

    def __init__(self, folder: Path) -> None:
        import iotcore

        self._make = iotcore.Broker
        self._folder = folder
        self._broker: iotcore.Broker | None = None

    @property
    def running(self) -> bool:
        return self._broker is not None and self._broker.is_running

    async def start(self, host: str, port: int) -> None:
        config = self._folder / "rumqttd.toml"
        config.write_text(rumqttd_config(host, port))
        broker = self._make(config_path=str(config))
        try:
            await asyncio.to_thread(broker.start, _START_LIMIT_S)
        except OSError as exc:
            raise _PortTaken from exc
        except (RuntimeError, ValueError) as exc:
            raise BrokerUnavailable(f"rumqttd does not start: {exc}", hint="install Mosquitto") from exc
        self._broker = broker

    async def stop(self) -> None:
        broker, self._broker = self._broker, None
        if broker is not None:
            await asyncio.to_thread(broker.stop, _STOP_LIMIT_S)


def _choose(kind: Kind, folder: Path) -> _Child:
    binary = shutil.which("mosquitto") or shutil.which("mosquitto", path=_SBIN)
    if binary is not None and kind != "iotcore":
        return _Mosquitto(binary, folder)
    try:
        if kind != "mosquitto":
            return _Rumqttd(folder)
    except ImportError:
        pass
    raise BrokerUnavailable(
        "no MQTT broker is installed", hint="install mosquitto or `pip install plantverse[server]`, or set mqtt.url"
    )


def _is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _family(host: str) -> socket.AddressFamily:
    return socket.AF_INET6 if ":" in host else socket.AF_INET


def _is_free(host: str, port: int) -> bool:
    with socket.socket(_family(host)) as probe:
        # As brokers do: connections that a stopped broker left in TIME_WAIT do not count.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
        return True


def _any_free(host: str) -> int:
    with socket.socket(_family(host)) as probe:
        probe.bind((host, 0))
        return int(probe.getsockname()[1])


async def _answers(host: str, port: int) -> bool:
    try:
        _, writer = await asyncio.open_connection(host, port)
    except OSError:
        return False
    # Where nobody listens on a port of the ephemeral range, a socket may by chance connect to itself.
    itself = writer.get_extra_info("sockname") == writer.get_extra_info("peername")
    writer.close()
    with contextlib.suppress(OSError):
        await writer.wait_closed()
    return not itself
