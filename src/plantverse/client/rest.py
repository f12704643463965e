"""The REST half of the client: one place that knows addresses, tokens and how the server says no."""

import ssl
from ipaddress import ip_address
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import httpx

from plantverse.errors import (
    AuditUnavailable,
    BrokerUnavailable,
    ConfigInvalid,
    Conflict,
    HistoryUnavailable,
    NotAllowed,
    NotFound,
    PlantverseError,
    SelectorInvalid,
    ServerUnavailable,
    Unauthenticated,
)

PREFIX = "/api/v1"
TIMEOUT_S = 30.0
"""A history query over many files takes seconds; nothing takes longer."""

_BY_CODE: dict[str, type[PlantverseError]] = {
    cls.code: cls
    for cls in (
        AuditUnavailable,
        BrokerUnavailable,
        Conflict,
        HistoryUnavailable,
        NotAllowed,
        NotFound,
        SelectorInvalid,
        Unauthenticated,
    )
}


class Address:
    """Where a server is.

    Args:
        url: `http://HOST:PORT` or `https://HOST:PORT`; a path before `/api` is kept.
        ca: PEM file of the authority behind the server's certificate, such as the one that `run --lan` made.

    Raises:
        ConfigInvalid: It is no such address, or the certificate file cannot be read.
    """

    def __init__(self, url: str, *, ca: str | Path | None = None) -> None:
        parts = urlsplit(url)
        if parts.scheme not in {"http", "https"} or not parts.hostname:
            raise ConfigInvalid(f"server address {url!r}: expected http://HOST:PORT or https://HOST:PORT")
        path = parts.path.rstrip("/")
        self.base = urlunsplit((parts.scheme, parts.netloc, path, "", ""))
        scheme = "wss" if parts.scheme == "https" else "ws"
        self.sync = urlunsplit((scheme, parts.netloc, f"{path}{PREFIX}/sync", "", ""))
        self.edge = urlunsplit((scheme, parts.netloc, f"{path}{PREFIX}/edge/link", "", ""))
        self.host = parts.hostname
        self.local = _is_loopback(parts.hostname)
        self.tls = _tls(ca) if parts.scheme == "https" else None


class Rest:
    """Requests to one server.

    Args:
        transport: Stands in for the network in tests.
    """

    def __init__(self, address: Address, token: str, *, transport: httpx.BaseTransport | None = None) -> None:
        self.address = address
        self._http = httpx.Client(
            base_url=address.base + PREFIX,
            headers={"Authorization": f"Bearer {token}"} if token else {},
            timeout=TIMEOUT_S,
            transport=transport,
            verify=address.tls or True,
            # A proxy of the environment cannot reach this machine's own loopback.
            trust_env=not address.local,
        )

    def close(self) -> None:
        """Give the connections back."""
        self._http.close()

    def get(self, path: str, **params: str | float | None) -> dict[str, Any]:
        """Return the answer to a GET; parameters that are None are left out.

        Raises:
            ServerUnavailable: Nobody answers, or not as our server does.
            PlantverseError: The server refused; `code`, `message` and `hint` are its own.
        """
        return self._ask("GET", path, params={k: v for k, v in params.items() if v is not None})

    def post(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        """Return the answer to a POST; entries that are None are left out.

        Raises:
            ServerUnavailable, PlantverseError: As `get`.
        """
        return self._ask("POST", path, json={k: v for k, v in body.items() if v is not None})

    def delete(self, path: str) -> dict[str, Any]:
        """Return the answer to a DELETE.

        Raises:
            ServerUnavailable, PlantverseError: As `get`.
        """
        return self._ask("DELETE", path)

    def _ask(self, method: str, path: str, **options: Any) -> dict[str, Any]:
        try:
            answer = self._http.request(method, path, **options)
        except httpx.HTTPError as exc:
            raise unavailable(self.address.base, exc) from exc
        try:
            body = answer.json()
        except ValueError:
            body = None
        if not isinstance(body, dict):
            raise ServerUnavailable(
                f"{self.address.base} does not answer as a plantverse server (status {answer.status_code})",
                hint="is another program on that port?",
            )
        if answer.is_error:
            raise refusal(str(body.get("code", "error")), str(body.get("message", body)), str(body.get("hint", "")))
        return body


def unavailable(base: str, exc: BaseException) -> ServerUnavailable:
    """Return the error for a server that nobody could reach."""
    return ServerUnavailable(f"no plantverse server at {base}: {exc or type(exc).__name__}", hint="plantverse run")


def refusal(code: str, message: str, hint: str) -> PlantverseError:
    """Return the error that a server named, as the class of its code where there is one without further fields."""
    error = _BY_CODE.get(code, PlantverseError)(message, hint=hint or None)
    error.code = code
    return error


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")


def _tls(ca: str | Path | None) -> ssl.SSLContext:
    try:
        return ssl.create_default_context(cafile=None if ca is None else str(ca))
    except (OSError, ssl.SSLError) as exc:
        raise ConfigInvalid(f"certificate file {ca} cannot be used: {exc}") from exc
