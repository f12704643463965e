"""A real plantverse server in a process of its own, with every way to stop it."""

import json
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

from doubles.mosquitto import free_port

_DEADLINE_S = 60.0


class ServerProcess:
    """`plantverse run` on a free port.

    Args:
        folder: State folder and log.
        plant: The plant file.
        mqtt: Address of the broker; "" lets the server start its own.
        arguments: Further ones of the command line.
    """

    def __init__(self, folder: Path, plant: Path, mqtt: str, *arguments: str) -> None:
        self.folder = folder
        self.port = free_port()
        self.scheme = "http"
        self.log_path = folder / "server.log"
        self._command = [sys.executable, "-m", "plantverse", "run", str(plant), "--no-browser"]
        self._command += ["--port", str(self.port), "--data", str(folder / "state"), *arguments]
        self._command += ["--mqtt", mqtt] if mqtt else ["--mqtt-port", str(free_port())]
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"{self.scheme}://127.0.0.1:{self.port}"

    def start(self, *, until: str = "connected") -> "ServerProcess":
        """Start, and return once the server answers and its broker session is in that state ("" for any)."""
        assert self._process is None, "it runs already"
        with self.log_path.open("ab") as log:
            self._process = subprocess.Popen(self._command, stdout=log, stderr=log)
        self.wait_for(lambda: bool(found := self.health()) and until in {"", found["broker"]["state"]}, "the start")
        return self

    def stop(self) -> None:
        """Ask it to end, and wait."""
        if self._process is not None:
            self._process.send_signal(signal.SIGTERM)
            try:
                self._process.wait(_DEADLINE_S)
            finally:
                self.kill()

    def kill(self) -> None:
        """End it in the middle of whatever it does (SIGKILL)."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def health(self) -> dict[str, Any]:
        """Return the server's account of itself, {} while it does not answer."""
        try:
            return self.get("/health")
        except (OSError, ValueError):
            return {}

    def get(self, path: str) -> dict[str, Any]:
        """Return the JSON of a path under /api/v1."""
        with urllib.request.urlopen(f"{self.url}/api/v1{path}", timeout=30) as answer:
            found: dict[str, Any] = json.load(answer)
            return found

    def post(self, path: str, body: object, token: str = "") -> tuple[int, dict[str, Any]]:
        """Return (status, JSON) of a POST under /api/v1."""
        request = urllib.request.Request(f"{self.url}/api/v1{path}", json.dumps(body).encode(), method="POST")
        request.add_header("Content-Type", "application/json")
        if token:
            request.add_header("Authorization", f"Bearer {token}")
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                return answer.status, json.load(answer)
        except urllib.error.HTTPError as error:
            return error.code, json.load(error)

    def value(self, signal_name: str) -> Any:
        """Return the newest value of a signal."""
        twin, _, path = signal_name.partition(":")
        return self.get(f"/twins/{twin}")["values"][path]["value"]

    def wait_for(self, condition: Callable[[], bool], what: str, limit_s: float = _DEADLINE_S) -> None:
        """Wait until something holds; fails with the server's log if it does not."""
        deadline = time.monotonic() + limit_s
        while not condition():
            ended = self._process is not None and self._process.poll() is not None
            if ended or time.monotonic() > deadline:
                raise AssertionError(
                    f"waited in vain for {what}; log of the server:\n{self.log_path.read_text()[-4000:]}"
                )
            time.sleep(0.05)
