"""Real edge nodes in processes of their own, with every way to stop them."""

import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

from doubles.server import ServerProcess


class NodeProcess:
    """`plantverse edge run`.

    Args:
        folder: For the log.
        name: Of the node.
        server: The server that it works for.
        arguments: Further ones of the command line.
    """

    def __init__(self, folder: Path, name: str, server: ServerProcess, *arguments: str, token: str = "") -> None:
        self.name = name
        self.log_path = folder / f"{name}.log"
        self._server = server
        self._command = [sys.executable, "-m", "plantverse", "edge", "run", "--name", name, "--server", server.url]
        self._command += arguments
        self._environment = os.environ | ({"PLANTVERSE_TOKEN": token} if token else {})
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> "NodeProcess":
        """Start, and return at once."""
        with self.log_path.open("ab") as log:
            self._process = subprocess.Popen(self._command, stdout=log, stderr=log, env=self._environment)
        return self

    def kill(self) -> None:
        """SIGKILL, in the middle of whatever it does."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def stop(self) -> int:
        """SIGTERM; return its exit code."""
        assert self._process is not None
        self._process.terminate()
        code = self._process.wait(30)
        self._process = None
        return code

    def freeze(self) -> None:
        """SIGSTOP: it is alive, and neither hears nor says anything."""
        assert self._process is not None
        self._process.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """SIGCONT."""
        assert self._process is not None
        self._process.send_signal(signal.SIGCONT)

    def wait(self) -> int:
        """Return the exit code of one that ends by itself."""
        assert self._process is not None
        code = self._process.wait(60)
        self._process = None
        return code

    def state(self) -> dict[str, Any]:
        """Return what the server says of it, {} if it does not know it."""
        nodes: list[dict[str, Any]] = self._server.get("/edge")["nodes"]
        return next((node for node in nodes if node["name"] == self.name), {})
