"""The load dial: as many extra messages a second as asked for, over one plain connection, QoS 0.

Messages are encoded in batches and sent with one call per tick, so that the dial itself costs little: an MQTT client
library takes about ten times as long per message.
"""

import logging
import socket
import ssl
import threading
import time
from typing import Final

from plantverse.ingest.mqtt import packets
from plantverse.ingest.mqtt.options import SessionOptions

logger = logging.getLogger(__name__)

TICK_S: Final = 0.02
_RETRY_S: Final = 1.0
_VERSION: Final = 4  # MQTT 3.1.1
_KEEPALIVE_S: Final = 60
_LARGEST_GREETING: Final = 1_024


def batch(topics: list[bytes], start: int, count: int, now_ns: int) -> bytes:
    """Return `count` PUBLISH packets, from message number `start` on; topics take turns.

    The value is a sawtooth from 0 to 99.9 over the messages of a topic, so that each message is a change; `ts` is ms.
    """
    stamp = now_ns // 1_000_000
    return b"".join(
        packets.publish(
            _VERSION,
            topics[number % len(topics)],
            b'{"ts":%d,"value":%.1f}' % (stamp, number // len(topics) % 1000 / 10),
            qos=0,
            packet=0,
        )
        for number in range(start, start + count)
    )


def open_plain(broker: SessionOptions, name: str, version: int = _VERSION) -> socket.socket:
    """Return a socket on which the broker has greeted us; whoever holds it only writes.

    Args:
        broker: Where to.
        name: Put behind the client id.
        version: Protocol level, 4 or 5.

    Raises:
        OSError: Nobody is there, or we are refused.
    """
    link = socket.create_connection((broker.host, broker.port), timeout=broker.connect_timeout_s)
    try:
        if broker.tls:
            context = ssl.create_default_context(cafile=None if broker.tls_ca is None else str(broker.tls_ca))
            link = context.wrap_socket(link, server_hostname=broker.host)
        link.sendall(
            packets.connect(
                version,
                client_id=f"{broker.client_id}-{name}",
                clean=True,
                keepalive_s=_KEEPALIVE_S,
                user=broker.user,
                password=broker.password,
                session_expiry_s=0,
                receive_maximum=65_535,
                maximum_packet_size=65_535,
            )
        )
        answer = link.recv(_LARGEST_GREETING)
    except BaseException:
        link.close()
        raise
    if len(answer) < 4 or answer[0] != 0x20 or answer[3] != 0:
        link.close()
        raise ConnectionRefusedError(f"the broker refused the connection: {answer.hex()}")
    return link


class LoadPublisher:
    """A thread that publishes at a rate.

    Args:
        broker: Where to.
        prefix: Topics are `<prefix>/p000`, `<prefix>/p001` and so on.
        rate: Messages a second; may be set while it runs.
        points: How many topics.
    """

    def __init__(self, broker: SessionOptions, *, prefix: str, rate: float, points: int = 200) -> None:
        self.rate = rate
        self.sent = 0
        self._broker = broker
        self._topics = [f"{prefix}/p{i:03d}".encode() for i in range(points)]
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="plantverse-load", daemon=True)

    def start(self) -> None:
        """Begin in the background; an absent broker is tried again."""
        self._thread.start()

    def stop(self) -> None:
        """End and wait for the end."""
        self._stop.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._stop.is_set():
            try:
                with open_plain(self._broker, "load") as link:
                    self._send(link)
            except OSError as exc:
                logger.warning("load: broker lost or absent; trying again: %s", exc)
                self._stop.wait(_RETRY_S)

    def _send(self, link: socket.socket) -> None:
        due = 0.0
        last = pinged = time.monotonic()
        while not self._stop.wait(TICK_S):
            now = time.monotonic()
            due, last = min(due + (now - last) * self.rate, self.rate), now
            count = int(due)
            due -= count
            if count:
                link.sendall(batch(self._topics, self.sent, count, time.time_ns()))
                self.sent += count
            elif now - pinged > _KEEPALIVE_S / 2:
                link.sendall(packets.PINGREQ)
                pinged = now
        link.sendall(packets.disconnect(_VERSION))
