"""What `plantverse doctor` looks at on this machine; a check answers and never raises for what it is there to find."""

import fcntl
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from plantverse.errors import PlantverseError
from plantverse.platform.config import Settings

LITTLE_SPACE = 1 << 30
"""Bytes; a day of 1,000 samples/s takes 1 GB at 12 bytes per sample."""
BEFORE_THIS_RELEASE_S = 1_764_028_800
"""2025-11-25: a clock that shows an earlier time is wrong."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One finding.

    Attributes:
        state: `ok`, `warn` (works, but look at it) or `fail` (will not work).
        hint: What to do, "" if nothing.
    """

    name: str
    state: Literal["ok", "warn", "fail"]
    message: str
    hint: str = ""


def local_checks(settings: Settings) -> Iterator[Check]:
    """Yield the findings about this machine, without the broker."""
    yield python()
    yield server_parts()
    yield http_port(settings.http.host, settings.http.port)
    yield folder(settings.state_dir)
    yield disk(settings.state_dir)
    yield history_lock(settings.history_path)
    yield viewer()
    yield clock(time.time())


def python() -> Check:
    """Say which Python this is; older ones than 3.11 cannot install the package."""
    version = ".".join(str(part) for part in sys.version_info[:3])
    return Check(name="python", state="ok", message=f"{version} at {sys.executable}")


def server_parts() -> Check:
    """Say whether the packages of the server are installed."""
    from importlib.util import find_spec

    missing = [name for name in ("fastapi", "uvicorn", "duckdb", "cbor2", "prometheus_client") if not find_spec(name)]
    if missing:
        hint = "pip install 'plantverse[server]'"
        return Check(name="server", state="fail", message=f"not installed: {', '.join(missing)}", hint=hint)
    return Check(name="server", state="ok", message="all packages are installed")


def http_port(host: str, port: int) -> Check:
    """Say whether the port of the viewer is free, or who has it."""
    where = f"{host}:{port}"
    if port == 0 or _is_free(host, port):
        return Check(name="port", state="ok", message=f"{where} is free")
    from plantverse.client.rest import Address, Rest

    rest = Rest(Address(f"http://127.0.0.1:{port}"), "")
    try:
        health = rest.get("/health")
    except PlantverseError:
        hint = "plantverse run --port 0 takes a free one"
        return Check(name="port", state="fail", message=f"{where} is taken by another program", hint=hint)
    finally:
        rest.close()
    return Check(
        name="port", state="ok", message=f"a server is on {where}: {health['status']}, plant {health['plant']}"
    )


def folder(path: Path) -> Check:
    """Say whether the state folder can be written."""
    base = _existing(path)
    if os.access(base, os.W_OK | os.X_OK):
        return Check(name="data", state="ok", message=f"{path} can be written")
    hint = "choose another with --data, or change its owner"
    return Check(name="data", state="fail", message=f"{base} cannot be written by this user", hint=hint)


def disk(path: Path) -> Check:
    """Say how much room there is for history."""
    usage = shutil.disk_usage(_existing(path))
    message = f"{usage.free / 2**30:.1f} GiB free of {usage.total / 2**30:.1f}"
    if usage.free < LITTLE_SPACE:
        hint = "free some space or set history.retention_days"
        return Check(name="disk", state="warn", message=message, hint=hint)
    return Check(name="disk", state="ok", message=message)


def history_lock(path: Path) -> Check:
    """Say whether a process holds the history store; only one can open it."""
    held = [file.name for file in sorted(path.glob("*.duckdb")) if _is_locked(file)]
    if held:
        hint = "that is right while a server runs; a second one needs a folder of its own: --data"
        return Check(name="history", state="ok", message=f"{path} is in use by a running process", hint=hint)
    return Check(name="history", state="ok", message=f"{path} is free" if path.exists() else "none yet")


def viewer() -> Check:
    """Say whether the browser viewer is in this installation."""
    from plantverse.viewer import bundle_dir

    try:
        return Check(name="viewer", state="ok", message=f"bundle in {bundle_dir()}")
    except PlantverseError as exc:
        return Check(name="viewer", state="fail", message=exc.message, hint=exc.hint or "")


def clock(now_s: float) -> Check:
    """Say whether the clock can be right, and whether something keeps it right."""
    shown = time.strftime("%Y-%m-%d %H:%M:%S UTC", time.gmtime(now_s))
    if now_s < BEFORE_THIS_RELEASE_S:
        hint = "set it; ages and history depend on it"
        return Check(name="clock", state="fail", message=f"{shown} lies before this release", hint=hint)
    synchronised = _ntp_state()
    if synchronised is False:
        hint = "switch time synchronisation on (timedatectl set-ntp true)"
        return Check(name="clock", state="warn", message=f"{shown}, not synchronised", hint=hint)
    how = "synchronised" if synchronised else "whether it is synchronised cannot be told here"
    return Check(name="clock", state="ok", message=f"{shown}, {how}")


def _ntp_state() -> bool | None:
    tool = shutil.which("timedatectl")
    if tool is None:
        return None
    command = [tool, "show", "--property=NTPSynchronized", "--value"]
    try:
        answer = subprocess.run(command, capture_output=True, text=True, timeout=5, check=False)  # noqa: S603
    except subprocess.TimeoutExpired:
        return None
    return {"yes": True, "no": False}.get(answer.stdout.strip())


def _is_free(host: str, port: int) -> bool:
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
    return True


def _is_locked(file: Path) -> bool:
    """Ask for DuckDB's own lock, shared and without waiting."""
    try:
        with file.open("rb") as handle:
            fcntl.lockf(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except OSError:
        return True
    return False


def _existing(path: Path) -> Path:
    """Return the path or the nearest folder above it that exists."""
    path = path.absolute()
    while not path.exists():
        path = path.parent
    return path
