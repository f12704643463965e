import asyncio
import errno
import socket
import ssl
from pathlib import Path

import pytest

from plantverse.ingest.link import Link, sentence, tls_context
from plantverse.ingest.mqtt.options import SessionOptions

OPTIONS = SessionOptions(host="h", port=1883, client_id="c", connect_timeout_s=7.0)


class Transport(asyncio.Transport):
    """Notes what is asked of it."""

    def __init__(self) -> None:
        super().__init__()
        self.reading = True
        self.pauses = 0

    def is_closing(self) -> bool:
        return False

    def pause_reading(self) -> None:
        self.reading = False
        self.pauses += 1

    def resume_reading(self) -> None:
        self.reading = True


async def linked() -> tuple[Link, Transport, list[bytes]]:
    got: list[bytes] = []
    link, transport = Link(got.append), Transport()
    link.connection_made(transport)
    return link, transport, got


async def until_reading(transport: Transport) -> None:
    async with asyncio.timeout(20):
        while not transport.reading:  # noqa: ASYNC110 - the timer is the code under test
            await asyncio.sleep(0.001)


async def test_a_busy_socket_is_left_alone_for_a_moment_and_read_on() -> None:
    link, transport, got = await linked()
    link.data_received(b"first")
    assert transport.reading, "after silence nothing waits"
    link.data_received(b"x" * 1_000_000)
    assert not transport.reading
    assert len(got) == 2
    await until_reading(transport)


async def test_a_pause_of_the_sink_is_not_ended_by_the_moment() -> None:
    link, transport, _ = await linked()
    link.data_received(b"x")
    link.data_received(b"x" * 1_000_000)
    link.pause()
    link._read_on()
    assert not transport.reading
    link.data_received(b"x" * 1_000_000)
    assert transport.pauses == 2
    link.resume()
    assert transport.reading


async def test_after_the_end_nothing_is_written_or_resumed() -> None:
    link, transport, _ = await linked()
    link.connection_lost(None)
    assert link.lost.result() is None
    link.write(b"x")
    link.pause()
    link.resume()
    link.close()
    link.abort()
    assert link.unsent_bytes == 0
    assert transport.pauses == 0


@pytest.mark.parametrize(
    ("error", "words", "needs_a_person"),
    [
        (None, "the broker closed the connection", False),
        (TimeoutError(), "no answer within 7 s", False),
        (ConnectionRefusedError(), "nothing listens there", False),
        (
            socket.gaierror(-2, "Name or service not known"),
            "the host name is not known: Name or service not known",
            False,
        ),
        (FileNotFoundError(2, "x", "ca.pem"), "a certificate file cannot be read: ca.pem", True),
        (ssl.SSLError(1, "[SSL: WRONG_VERSION_NUMBER] wrong version number"), "TLS failed:", True),
        (OSError(errno.EHOSTUNREACH, "No route to host"), "no route to host", False),
        (OSError("strange"), "strange", False),
        (ValueError(), "ValueError", False),
    ],
)
def test_every_failure_is_a_sentence(error: BaseException | None, words: str, needs_a_person: bool) -> None:
    said, person = sentence(error, OPTIONS)
    assert said.startswith(words)
    assert person is needs_a_person


def test_an_untrusted_certificate_says_why() -> None:
    error = ssl.SSLCertVerificationError(1, "x")
    error.verify_message = "self-signed certificate"
    assert sentence(error, OPTIONS) == ("the broker's certificate is not trusted: self-signed certificate", True)


def test_certificates_are_checked_unless_said(tmp_path: Path) -> None:
    checked = tls_context(SessionOptions(host="h", port=1, client_id="c", tls=True))
    assert checked.verify_mode is ssl.CERT_REQUIRED
    assert checked.check_hostname
    insecure = tls_context(SessionOptions(host="h", port=1, client_id="c", tls=True, tls_insecure=True))
    assert insecure.verify_mode is ssl.CERT_NONE
    with pytest.raises(FileNotFoundError):
        tls_context(SessionOptions(host="h", port=1, client_id="c", tls=True, tls_ca=tmp_path / "none.pem"))
