"""The HTTP listener: a socket that is ours before anything else starts, and uvicorn on it."""

import contextlib
import errno
import socket
from collections.abc import Iterator
from typing import Any

import uvicorn

from plantverse.errors import ConfigInvalid
from plantverse.platform.config import HttpSettings, SyncSettings

_BACKLOG = 512
"""Connections that wait to be taken: two hundred viewers may come back at once after a restart."""


def bind(http: HttpSettings) -> socket.socket:
    """Return a listening socket.

    Raises:
        ConfigInvalid: The port is in use, or the address is none of this machine.
    """
    family = socket.AF_INET6 if ":" in http.host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((http.host, http.port))
        listener.listen(_BACKLOG)
    except OSError as exc:
        listener.close()
        if exc.errno == errno.EADDRINUSE:
            raise ConfigInvalid(
                f"port {http.port} on {http.host} is in use",
                hint=f"another plantverse may be running; `plantverse run --port {http.port + 1}` takes another port",
            ) from exc
        raise ConfigInvalid(f"cannot listen on {http.host}:{http.port}: {exc.strerror or exc}") from exc
    return listener


def url_of(http: HttpSettings, listener: socket.socket) -> str:
    """Return the address for a browser on this machine."""
    host = http.host
    if host in {"0.0.0.0", "::", ""}:  # noqa: S104  compared, not bound
        host = "localhost"
    scheme = "https" if http.tls_cert else "http"
    return f"{scheme}://{f'[{host}]' if ':' in host else host}:{listener.getsockname()[1]}"


class Uvicorn(uvicorn.Server):
    """Uvicorn without its signal handlers, which would end the process before history is flushed."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def uvicorn_for(app: Any, http: HttpSettings, sync: SyncSettings) -> Uvicorn:
    """Return a server for an application."""
    return Uvicorn(
        uvicorn.Config(
            app,
            ws="websockets-sansio",
            ws_max_size=sync.max_message_bytes,
            ws_per_message_deflate=False,
            # Frames and pings of our own tell whether a peer lives; uvicorn's need not.
            ws_ping_interval=None,
            lifespan="off",
            log_config=None,
            access_log=False,
            server_header=False,
            # Who a caller is by X-Forwarded-For is decided in `security.client_address` alone.
            proxy_headers=False,
            timeout_graceful_shutdown=5,
            ssl_certfile=http.tls_cert,
            ssl_keyfile=http.tls_key,
        )
    )
