"""The socket below an MQTT session: opening it, with TLS or without, and what its failures mean."""

import asyncio
import contextlib
import socket
import ssl
from collections.abc import Callable
from typing import cast

from plantverse.ingest.mqtt.options import SessionOptions


class Link(asyncio.Protocol):
    """One TCP or TLS connection.

    Args:
        on_bytes: Called with each chunk that was read.

    Attributes:
        reading: False between `pause` and `resume`.
        lost: Done when the connection has ended; its result is the error, or None after a plain close.
    """

    def __init__(self, on_bytes: Callable[[bytes], None]) -> None:
        self._on_bytes = on_bytes
        self._transport: asyncio.Transport | None = None
        self.reading = True
        self.lost: asyncio.Future[Exception | None] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # uvloop's transports have the methods but not the base class.
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        self._on_bytes(data)

    def connection_lost(self, exc: Exception | None) -> None:
        self._transport = None
        if not self.lost.done():
            self.lost.set_result(exc)

    def write(self, data: bytes) -> None:
        """Send, or nothing when the connection has ended: `lost` tells."""
        if data and self._transport is not None:
            self._transport.write(data)

    @property
    def unsent_bytes(self) -> int:
        """Bytes that wait because the broker does not read."""
        return 0 if self._transport is None else self._transport.get_write_buffer_size()

    def pause(self) -> None:
        """Leave what comes in the socket, so that the broker has to wait."""
        self.reading = False
        if self._transport is not None:
            self._transport.pause_reading()

    def resume(self) -> None:
        """Read on."""
        self.reading = True
        if self._transport is not None:
            self._transport.resume_reading()

    def close(self) -> None:
        """Close after what was written has gone out."""
        if self._transport is not None:
            self._transport.close()

    def abort(self) -> None:
        """Close at once."""
        if self._transport is not None:
            self._transport.abort()


async def open_link(options: SessionOptions, on_bytes: Callable[[bytes], None]) -> Link:
    """Connect to the broker.

    Raises:
        OSError: It cannot be reached, or TLS failed; see `sentence`.
    """
    loop = asyncio.get_running_loop()
    context = tls_context(options) if options.tls else None
    transport, link = await loop.create_connection(lambda: Link(on_bytes), options.host, options.port, ssl=context)
    raw = transport.get_extra_info("socket")
    if raw is not None:
        # An acknowledgement must not wait for the one before it; not every socket is TCP.
        with contextlib.suppress(OSError):
            raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return link


def tls_context(options: SessionOptions) -> ssl.SSLContext:
    """Return the TLS settings of the options.

    Raises:
        OSError: A certificate file is missing or unreadable.
    """
    context = ssl.create_default_context(cafile=options.tls_ca)
    if options.tls_cert is not None:
        context.load_cert_chain(options.tls_cert, options.tls_key)
    if options.tls_insecure:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context


def sentence(error: BaseException | None, options: SessionOptions) -> tuple[str, bool]:
    """Return why there is no connection, and whether only a person can change that."""
    match error:
        case None:
            words, needs_a_person = "the broker closed the connection", False
        case ssl.SSLCertVerificationError():
            words, needs_a_person = f"the broker's certificate is not trusted: {error.verify_message}", True
        case ssl.SSLError():
            words, needs_a_person = f"TLS failed: {error.reason or error}", True
        case TimeoutError():
            words, needs_a_person = f"no answer within {options.connect_timeout_s:g} s", False
        case ConnectionRefusedError():
            words, needs_a_person = "nothing listens there", False
        case socket.gaierror():
            words, needs_a_person = f"the host name is not known: {error.strerror}", False
        case FileNotFoundError() | PermissionError():
            words, needs_a_person = f"a certificate file cannot be read: {error.filename}", True
        case OSError() if error.strerror:
            words, needs_a_person = error.strerror.lower(), False
        case _:
            words, needs_a_person = str(error) or type(error).__name__, False
    return words, needs_a_person
