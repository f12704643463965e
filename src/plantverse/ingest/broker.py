"""The broker of `plantverse run`: Mosquitto where it is installed, else rumqttd from the `iotcore` wheel.

Without a password it listens on loopback only. It ends with this process, also after `kill -9`.
"""

import asyncio
import contextlib
import ipaddress
import logging
import shutil
import socket
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

from plantverse.errors import BrokerUnavailable, ConfigInvalid
from plantverse.ingest.broker_process import BrokerProcess, Mosquitto, PortTaken, Rumqttd, near

Kind = Literal["auto", "mosquitto", "iotcore"]

_log = logging.getLogger(__name__)

_POLL_S = 0.02
_PORTS_TO_TRY = 100
# Measured: the child of a killed server holds its port for up to 1.5 s. Another port would leave publishers behind.
_OWN_PORT_WAIT_S = 3.0
_SBIN = "/usr/sbin:/usr/local/sbin:/opt/homebrew/sbin"


class EmbeddedBroker:
    """A broker on this machine for those who have none.

    Args:
        port: Where to listen; the next free port if it is taken, any free one if 0.
        host: Address to listen on; beyond loopback user and password are needed.
        folder: Where configuration, log and kept sessions lie; one broker per folder.
        kind: Which broker: `auto` takes Mosquitto where it is installed, else iotcore.
        user, password: What clients have to say; empty lets everybody in.

    Attributes:
        message: For people: which broker, where, and why not on the port asked for.
        protocol: What a session should speak to it: rumqttd's listener knows MQTT 3.1.1 only.

    Raises:
        ConfigInvalid: A broker without a password would be reached from other machines.
    """

    def __init__(
        self,
        port: int = 1883,
        host: str = "127.0.0.1",
        *,
        folder: Path,
        kind: Kind = "auto",
        user: str = "",
        password: str = "",
    ) -> None:
        if not (user and password) and not _is_loopback(host):
            raise ConfigInvalid(
                f"the embedded broker cannot listen on {host} without a password",
                hint="set mqtt.user and mqtt.password_file, or run a broker with TLS (deploy/mosquitto.conf), mqtt.url",
            )
        if set(user) & set(":\r\n"):
            raise ConfigInvalid(f"MQTT user {user!r}: a colon or line break is not possible")
        self._asked, self._port, self._host = port, port, host
        self._folder = folder.absolute()
        self._child = _choose(kind, self._folder, user, password)
        self.message = f"{self._child.name}, not started"

    @property
    def url(self) -> str:
        """The address for clients on this machine, without credentials."""
        host = near(self._host)
        return f"mqtt://[{host}]:{self._port}" if ":" in host else f"mqtt://{host}:{self._port}"

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
            with contextlib.suppress(PortTaken):
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
        if self._child.limits:
            self.message += f"; {self._child.limits}"
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


def _choose(kind: Kind, folder: Path, user: str, password: str) -> BrokerProcess:
    binary = shutil.which("mosquitto") or shutil.which("mosquitto", path=_SBIN)
    if binary is not None and kind != "iotcore":
        return Mosquitto(binary, folder, user, password)
    try:
        if kind != "mosquitto":
            return Rumqttd(folder, user, password)
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
