"""A real Mosquitto for tests: own folder, free port, log to read, and a switch for every way to die."""

import itertools
import os
import shutil
import signal
import socket
import subprocess
import time
from pathlib import Path

_DEADLINE_S = 20.0
# Else Mosquitto changes to a user that may not write to the test's folder.
_AS_ROOT = "user root\n"


# Two runs side by side begin elsewhere.
_FIRST_PORT = 20_000 + os.getpid() * 37 % 12_000
_PORTS = itertools.cycle([*range(_FIRST_PORT, 32_000), *range(20_000, _FIRST_PORT)])


def free_port() -> int:
    """Return a TCP port on loopback that nothing uses at the moment.

    It lies below the range that connections take theirs from (Linux: 32768 and up), and the same one does not come
    again soon: between this answer and its use nobody else gets it.
    """
    for port in _PORTS:
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise AssertionError("a cycle ends")


def mosquitto_binary() -> str:
    """Return the broker's path; a machine without it fails the test instead of skipping it."""
    found = shutil.which("mosquitto") or shutil.which("mosquitto", path="/usr/sbin:/usr/local/sbin")
    if found is None:
        raise FileNotFoundError("mosquitto is not installed; `make test-deps` installs it")
    return found


class Mosquitto:
    """One broker on 127.0.0.1.

    Args:
        folder: Where configuration, log and persistence live; one broker per folder.
        config: Further lines of mosquitto.conf, after the listener's, so listener options are possible.
        anonymous: Whether clients without a user are let in.
        persistence: Whether sessions survive `stop` and `start`.
        port: 0 takes a free one; it stays the same over restarts.
    """

    def __init__(
        self, folder: Path, *, config: str = "", anonymous: bool = True, persistence: bool = False, port: int = 0
    ) -> None:
        self.folder = folder
        self.port = port or free_port()
        self.log_path = folder / "mosquitto.log"
        self._config = config
        self._anonymous = anonymous
        self._persistence = persistence
        self._process: subprocess.Popen[bytes] | None = None
        folder.mkdir(parents=True, exist_ok=True)

    @property
    def url(self) -> str:
        return f"mqtt://127.0.0.1:{self.port}"

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    def start(self) -> "Mosquitto":
        """Start, and return when the port answers."""
        assert self._process is None, "it runs already"
        path = self.folder / "mosquitto.conf"
        path.write_text(
            f"{_AS_ROOT if os.getuid() == 0 else ''}"
            f"persistence {str(self._persistence).lower()}\n"
            f"persistence_location {self.folder}/\n"
            "log_type all\nlog_timestamp false\nconnection_messages true\n"
            f"allow_anonymous {str(self._anonymous).lower()}\n"
            f"listener {self.port} 127.0.0.1\n"
            f"{self._config}\n"
        )
        with self.log_path.open("ab") as log:
            self._process = subprocess.Popen([mosquitto_binary(), "-c", str(path)], stdout=log, stderr=log)
        deadline = time.monotonic() + _DEADLINE_S
        while not self._answers():
            if self._process.poll() is not None or time.monotonic() > deadline:
                text = self.log()
                self.kill()
                raise RuntimeError(f"mosquitto did not start:\n{text[-2000:]}")
            time.sleep(0.02)
        return self

    def _answers(self) -> bool:
        try:
            socket.create_connection(("127.0.0.1", self.port), timeout=1.0).close()
        except OSError:
            return False
        return True

    def stop(self) -> None:
        """Stop in order; persistence is written."""
        self._end(signal.SIGTERM)

    def kill(self) -> None:
        """kill -9: persistence is as old as its last save."""
        self._end(signal.SIGKILL)

    def freeze(self) -> None:
        """Stand still without closing a socket, as a hanging machine does."""
        assert self._process is not None
        self._process.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """Go on after `freeze`."""
        assert self._process is not None
        self._process.send_signal(signal.SIGCONT)

    def save(self) -> None:
        """Write persistence now."""
        assert self._process is not None
        self._process.send_signal(signal.SIGUSR1)

    def _end(self, number: signal.Signals) -> None:
        process, self._process = self._process, None
        if process is not None:
            process.send_signal(number)
            process.send_signal(signal.SIGCONT)
            process.wait(_DEADLINE_S)

    def log(self) -> str:
        """Return everything logged since the folder exists."""
        return self.log_path.read_text(errors="replace") if self.log_path.exists() else ""

    def wait_for_log(self, text: str, *, count: int = 1) -> str:
        """Return the log once `text` stands in it `count` times."""
        deadline = time.monotonic() + _DEADLINE_S
        while (log := self.log()).count(text) < count:
            if time.monotonic() > deadline:
                raise AssertionError(f"{text!r} is not in the broker's log:\n{log[-2000:]}")
            time.sleep(0.02)
        return log
