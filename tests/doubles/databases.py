"""Real databases for tests: Debian's InfluxDB 1.6 and VictoriaMetrics, each in its own folder on free ports."""

import os
import shutil
import signal
import subprocess
import time
from pathlib import Path

import httpx

from doubles.mosquitto import free_port

_DEADLINE_S = 60.0


def database_binary(name: str) -> str:
    """Return a program's path; a machine without it fails the test instead of skipping it."""
    found = shutil.which(name) or shutil.which(name, path="/usr/sbin:/usr/local/sbin")
    if found is None:
        raise FileNotFoundError(f"{name} is not installed; `make test-deps` installs it")
    return found


class _Database:
    """One process on 127.0.0.1; `start` after `kill` finds the files and the port of before."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self.port = free_port()
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def kill(self) -> None:
        """kill -9; a frozen one too."""
        process, self._process = self._process, None
        if process is not None:
            process.send_signal(signal.SIGKILL)
            process.wait(_DEADLINE_S)

    def freeze(self) -> None:
        """Stand still without closing a socket."""
        assert self._process is not None
        self._process.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """Go on after `freeze`."""
        assert self._process is not None
        self._process.send_signal(signal.SIGCONT)

    def _run(self, arguments: list[str], health: str) -> None:
        assert self._process is None, "it runs already"
        path = self.folder / "log"
        environment = {**os.environ, "HOME": str(self.folder)}
        with path.open("ab") as log:
            self._process = subprocess.Popen(arguments, stdout=log, stderr=log, env=environment)
        deadline = time.monotonic() + _DEADLINE_S
        while not _answers(self.url + health):
            if self._process.poll() is not None or time.monotonic() > deadline:
                self.kill()
                raise RuntimeError(f"{arguments[0]} did not start:\n{path.read_text(errors='replace')[-2000:]}")
            time.sleep(0.05)


class InfluxDb(_Database):
    """InfluxDB 1.x without users."""

    def start(self, *, config: str = "") -> "InfluxDb":
        """Start, and return when it answers; `config` are further lines of the `[http]` table."""
        path = self.folder / "influxdb.conf"
        path.write_text(
            f'bind-address = "127.0.0.1:{free_port()}"\n'
            "reporting-disabled = true\n"
            f'[meta]\ndir = "{self.folder}/meta"\n'
            f'[data]\ndir = "{self.folder}/data"\nwal-dir = "{self.folder}/wal"\nquery-log-enabled = false\n'
            "[monitor]\nstore-enabled = false\n"
            f'[http]\nbind-address = "127.0.0.1:{self.port}"\nlog-enabled = false\n{config}\n'
        )
        self._run([database_binary("influxd"), "run", "-config", str(path)], "/ping")
        return self

    def query(self, statement: str) -> dict[str, object]:
        """Run InfluxQL as nobody in particular."""
        answer = httpx.post(f"{self.url}/query", data={"q": statement}, timeout=_DEADLINE_S)
        answer.raise_for_status()
        found: dict[str, object] = answer.json()
        return found


class VictoriaMetrics(_Database):
    """VictoriaMetrics, which takes writes of InfluxDB 2 and keeps milliseconds."""

    def start(self) -> "VictoriaMetrics":
        """Start, and return when it answers."""
        self._run(
            [
                database_binary("victoria-metrics"),
                f"-storageDataPath={self.folder}/data",
                f"-httpListenAddr=127.0.0.1:{self.port}",
                "-retentionPeriod=100y",
            ],
            "/health",
        )
        return self


def _answers(url: str) -> bool:
    try:
        return httpx.get(url, timeout=1.0).is_success
    except httpx.HTTPError:
        return False
