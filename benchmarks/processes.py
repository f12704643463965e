"""The processes of a benchmark: broker, server, what they use, and the machine they ran on."""

import argparse
import json
import os
import platform
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Self

BROKER_CONFIG = """\
{user}persistence false
log_type error
allow_anonymous true
max_inflight_messages 0
max_queued_messages 1000000
listener {port} 127.0.0.1
"""


def free_port() -> int:
    """Return a port that is free on loopback now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def start_broker(folder: Path, port: int) -> subprocess.Popen[bytes]:
    """Start a Mosquitto whose limits fit late acknowledgement."""
    binary = shutil.which("mosquitto", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
    if binary is None:
        sys.exit("mosquitto is not installed: make test-deps")
    config = folder / "mosquitto.conf"
    config.write_text(BROKER_CONFIG.format(port=port, user="user root\n" if os.getuid() == 0 else ""))
    process = subprocess.Popen([binary, "-c", str(config)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    wait_for(lambda: _answers(port), "the broker")
    return process


def start_server(arguments: list[str], port: int, log: Path) -> subprocess.Popen[bytes]:
    """Start a server and return once it is connected to its broker."""
    with log.open("wb") as out:
        process = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.server", "--port", str(port), *arguments], stdout=out, stderr=out
        )
    try:
        wait_for(lambda: health(port).get("broker", {}).get("state") == "connected", "the server", process)
    except TimeoutError:
        sys.stderr.write(log.read_text())
        process.kill()
        raise
    return process


def blast(port: int, given: argparse.Namespace) -> dict[str, Any]:
    """Run the load generator to its end and return its report."""
    command = [sys.executable, "-m", "benchmarks.blast", "--port", str(port), "--rate", str(given.rate)]
    command += ["--seconds", str(given.seconds), "--qos", str(given.qos), "--signals", str(given.signals)]
    command += ["--payload", given.payload, "--traffic", given.traffic]
    command += ["--extra", str(getattr(given, "extra", 0))]
    done = subprocess.run(command, stdout=subprocess.PIPE, check=True, timeout=given.seconds * 20 + 60)
    report: dict[str, Any] = json.loads(done.stdout)
    return report


def health(port: int) -> dict[str, Any]:
    """Return the server's own account, {} while it does not answer."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/api/v1/health", timeout=5) as answer:
            found: dict[str, Any] = json.load(answer)
            return found
    except (OSError, ValueError):
        return {}


def settled(port: int, published: int, limit_s: float = 60.0) -> dict[str, Any]:
    """Wait until the server has accounted for everything published, or for nothing more; return its account."""
    deadline, last = time.monotonic() + limit_s, -1
    while True:
        found = health(port)
        counts = found.get("ingest", {})
        done = counts.get("accepted", 0) + sum(counts.get("rejected", {}).values())
        pending = found.get("history", {}).get("pending_rows", 0)
        if (done >= published and not pending) or time.monotonic() > deadline:
            return found
        if done != last:
            last, deadline = done, time.monotonic() + limit_s
        time.sleep(0.2)


def stop(process: subprocess.Popen[bytes]) -> None:
    """End a process."""
    process.send_signal(signal.SIGTERM)
    try:
        process.wait(20)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def cpu_s(pid: int) -> float:
    """Return the CPU seconds that a process has used."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def rss_mb(pid: int, which: str = "VmRSS") -> float:
    """Return the resident memory of a process, MB; `VmHWM` for its peak."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith(which):
            return round(int(line.split()[1]) / 1024, 1)
    return 0.0


class MemoryWatch:
    """Notes the resident memory of a process every ten seconds while a `with` block runs.

    Attributes:
        seen: MB, oldest first.
    """

    def __init__(self, pid: int, every_s: float = 10.0) -> None:
        self._pid, self._every_s = pid, every_s
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run)
        self.seen: list[float] = []

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def _run(self) -> None:
        while True:
            self.seen.append(rss_mb(self._pid))
            if self._stop.wait(self._every_s):
                return


def machine() -> dict[str, Any]:
    """Return date and hardware, for the record."""
    model = next(
        (line.split(":")[1].strip() for line in _lines("/proc/cpuinfo") if line.startswith("model name")),
        platform.processor(),
    )
    return {
        "date": datetime.now(UTC).strftime("%Y-%m-%dT%H:%MZ"),
        "cpu": model,
        "cores": os.cpu_count(),
        "python": platform.python_version(),
        "load_before": round(os.getloadavg()[0], 2),
    }


def wait_for(
    condition: Callable[[], bool], what: str, process: subprocess.Popen[bytes] | None = None, limit_s: float = 60.0
) -> None:
    """Wait until something holds; raises TimeoutError if it never does or the process ended."""
    deadline = time.monotonic() + limit_s
    while not condition():
        if time.monotonic() > deadline or (process is not None and process.poll() is not None):
            raise TimeoutError(f"{what} did not come up")
        time.sleep(0.05)


def _answers(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return False
    return True


def _lines(path: str) -> list[str]:
    try:
        return Path(path).read_text().splitlines()
    except OSError:
        return []
