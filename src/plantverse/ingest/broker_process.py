"""The two brokers that can be embedded, each as a process that is started, awaited and ended."""

import asyncio
import contextlib
import errno
import os
import sys
import time
from pathlib import Path
from typing import Literal, Protocol

from plantverse.errors import BrokerUnavailable
from plantverse.ingest.broker_config import mosquitto_config, mosquitto_password, rumqttd_config

_START_LIMIT_S = 15.0
_STOP_LIMIT_S = 5.0
_POLL_S = 0.02
# PR_SET_PDEATHSIG (1): the kernel sends SIGTERM (15) when the server dies, however that happens.
_EXEC = """
import os, sys
if sys.platform == "linux":
    import ctypes
    ctypes.CDLL(None).prctl(1, 15)
if os.getppid() == int(sys.argv[1]):
    os.execv(sys.argv[2], sys.argv[2:])
"""


class PortTaken(Exception):
    """Somebody else was faster between the look at the port and the start."""


class BrokerProcess(Protocol):
    """A broker process."""

    name: str
    limits: str
    protocol: Literal["auto", "3.1.1"]

    async def start(self, host: str, port: int) -> None:
        """Start and return when the port answers; `PortTaken` or BrokerUnavailable if it does not."""

    async def stop(self) -> None:
        """End the process and return when the port is free."""

    @property
    def running(self) -> bool:
        """Whether the process lives."""


class Mosquitto:
    """Debian's or anybody's Mosquitto; sessions outlive a restart."""

    name = "Mosquitto"
    limits = ""
    protocol: Literal["auto", "3.1.1"] = "auto"

    def __init__(self, binary: str, folder: Path, user: str, password: str) -> None:
        self._binary = binary
        self._folder = folder
        self._passwords = mosquitto_password(user, password) if user else ""
        self._process: asyncio.subprocess.Process | None = None

    @property
    def running(self) -> bool:
        return self._process is not None and self._process.returncode is None

    async def start(self, host: str, port: int) -> None:
        config, log_path = self._folder / "mosquitto.conf", self._folder / "mosquitto.log"
        passwords = self._folder / "passwords" if self._passwords else None
        if passwords is not None:
            _write_secret(passwords, self._passwords)
        text = mosquitto_config(host, port, self._folder, passwords=passwords, as_root=os.getuid() == 0)
        config.write_text(text)
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
                    raise PortTaken
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


class Rumqttd:
    """rumqttd in the process that the iotcore wheel starts; sessions are kept in memory only."""

    name = "rumqttd (iotcore)"
    # Its 100 messages in flight per commit of 100 ms; measured: 994 messages/s.
    limits = (
        "MQTT 3.1.1 only, about 1,000 messages/s while history confirms each, and a restart forgets sessions; "
        "install Mosquitto for more"
    )
    protocol: Literal["auto", "3.1.1"] = "3.1.1"

    def __init__(self, folder: Path, user: str, password: str) -> None:
        import iotcore

        self._make = iotcore.Broker
        self._folder = folder
        self._user, self._password = user, password
        self._broker: iotcore.Broker | None = None

    @property
    def running(self) -> bool:
        return self._broker is not None and self._broker.is_running

    async def start(self, host: str, port: int) -> None:
        config = self._folder / "rumqttd.toml"
        _write_secret(config, rumqttd_config(host, port, user=self._user, password=self._password))
        broker = self._make(config_path=str(config))
        try:
            await asyncio.to_thread(broker.start, _START_LIMIT_S)
        except OSError as exc:
            raise PortTaken from exc
        except (RuntimeError, ValueError) as exc:
            raise BrokerUnavailable(f"rumqttd does not start: {exc}", hint="install Mosquitto") from exc
        self._broker = broker

    async def stop(self) -> None:
        broker, self._broker = self._broker, None
        if broker is not None:
            await asyncio.to_thread(broker.stop, _STOP_LIMIT_S)


def near(host: str) -> str:
    """Return the address under which this machine reaches a listener."""
    return {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104 - looked up, not bound


def _write_secret(path: Path, text: str) -> None:
    path.touch(mode=0o600)
    path.chmod(0o600)
    path.write_text(text)


async def _answers(host: str, port: int) -> bool:
    try:
        _, writer = await asyncio.open_connection(near(host), port)
    except OSError:
        return False
    # Where nobody listens on a port of the ephemeral range, a socket may by chance connect to itself.
    itself = writer.get_extra_info("sockname") == writer.get_extra_info("peername")
    writer.close()
    with contextlib.suppress(OSError):
        await writer.wait_closed()
    return not itself
