"""Captures what a broker delivers, to be replayed."""

import secrets
import threading
from typing import Any, Final

import numpy as np
import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion

from plantverse._clock import Clock, SystemClock
from plantverse.errors import BrokerUnavailable, RequestInvalid
from plantverse.ingest.mqtt.options import SessionOptions
from plantverse.sim.traffic.events import Traffic

MOST_MESSAGES: Final = 1_000_000


def capture(
    broker: SessionOptions,
    filters: list[str],
    seconds: float,
    *,
    payloads: bool = False,
    most: int = MOST_MESSAGES,
    clock: Clock | None = None,
) -> Traffic:
    """Return what arrives within a time, or the first `most` messages of it; retained messages are left out.

    Args:
        broker: Where from; the subscription is QoS 0 and nothing is published.
        filters: Topic filters.
        seconds: From the broker's answer on.
        payloads: Whether payloads are kept; without them, only their sizes are.
        most: Messages at most.
        clock: Gives the time.

    Raises:
        BrokerUnavailable: Nobody is there, or it refuses.
        RequestInvalid: Nothing came.
    """
    clock = clock or SystemClock()
    rows: list[tuple[int, str, bytes]] = []
    ready, full = threading.Event(), threading.Event()
    refused: list[str] = []

    def take(_client: paho.Client, _data: object, message: paho.MQTTMessage) -> None:
        if message.retain or full.is_set():
            return
        rows.append((clock.monotonic_ns(), message.topic, bytes(message.payload)))
        if len(rows) >= most:
            full.set()

    def connected(client: paho.Client, _data: object, _flags: object, code: Any, _more: object) -> None:
        if code.is_failure:
            refused.append(str(code))
            ready.set()
        else:
            client.subscribe([(text, 0) for text in filters])

    client = paho.Client(CallbackAPIVersion.VERSION2, client_id=f"plantverse-capture-{secrets.token_hex(4)}")
    if broker.user is not None:
        client.username_pw_set(broker.user, broker.password)
    if broker.tls:
        client.tls_set()
    client.on_message, client.on_connect = take, connected
    client.on_subscribe = lambda *_: ready.set()
    try:
        client.connect(broker.host, broker.port)
    except OSError as exc:
        raise BrokerUnavailable(f"no broker at {broker.address} ({exc})") from exc
    client.loop_start()
    try:
        if not ready.wait(broker.connect_timeout_s) or refused:
            raise BrokerUnavailable(f"{broker.address}: {refused[0] if refused else 'no answer to the subscription'}")
        began_ns = clock.monotonic_ns()
        full.wait(seconds)
        ended_ns = clock.monotonic_ns()
    finally:
        full.set()
        client.disconnect()
        client.loop_stop()
    if not rows:
        raise RequestInvalid("filters", expected="topics on which messages arrive", got=", ".join(filters))
    return _traffic(rows, (ended_ns - began_ns) / 1e9, began_ns, broker.address, keep=payloads)


def _traffic(rows: list[tuple[int, str, bytes]], seconds: float, began_ns: int, address: str, *, keep: bool) -> Traffic:
    topics: dict[str, int] = {}
    numbers = [topics.setdefault(topic, len(topics)) for _, topic, _ in rows]
    at_s = (np.array([at_ns for at_ns, _, _ in rows], np.float64) - began_ns).clip(0) / 1e9
    return Traffic(
        at_s=at_s,
        topic=np.array(numbers, np.int32),
        size=np.array([len(payload) for _, _, payload in rows], np.int32),
        topics=tuple(topics),
        seconds=max(seconds, float(at_s[-1])),
        origin=f"captured from {address}",
        payloads=tuple(payload for _, _, payload in rows) if keep else None,
    )
