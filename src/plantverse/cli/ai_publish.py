"""Sends scores and generated rows to a broker, where twins read them like any other telemetry."""

import json
import secrets
from collections.abc import Mapping
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

import numpy as np
import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion

from plantverse.errors import BrokerUnavailable
from plantverse.ingest.mqtt.options import SessionOptions

if TYPE_CHECKING:
    from plantverse.ai.detectors import Verdict

MOST_WAITING = 1_000
"""Messages kept while the broker is away; what comes after them is dropped and counted."""


class JsonPublisher:
    """Publishes JSON objects on one topic, at QoS 1.

    Args:
        url: `mqtt://[user:password@]host[:port]` or `mqtts://`.
        topic: Where to.

    Raises:
        ConfigInvalid: The address is wrong.
        BrokerUnavailable: Nobody is there at the first attempt; later cuts are waited out.
    """

    def __init__(self, url: str, topic: str) -> None:
        broker = SessionOptions.from_url(url, client_id=f"plantverse-ai-{secrets.token_hex(4)}")
        self._topic = topic
        self._client = client = paho.Client(CallbackAPIVersion.VERSION2, client_id=broker.client_id)
        client.max_queued_messages_set(MOST_WAITING)
        if broker.user is not None:
            client.username_pw_set(broker.user, broker.password)
        if broker.tls:
            client.tls_set()
        try:
            client.connect(broker.host, broker.port)
        except OSError as exc:
            raise BrokerUnavailable(f"no broker at {broker.address} ({exc})") from exc
        client.loop_start()
        self.dropped = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, exc: BaseException | None, at: TracebackType | None) -> None:
        self._client.disconnect()
        self._client.loop_stop()

    def send(self, document: Mapping[str, Any]) -> None:
        """Send an object; while the broker is away it waits, and what finds no room is counted in `dropped`."""
        sent = self._client.publish(self._topic, json.dumps(document), qos=1)
        self.dropped += sent.rc == paho.MQTT_ERR_QUEUE_SIZE


class ScorePublisher(JsonPublisher):
    """Publishes verdicts of one detector."""

    def publish(self, at_us: float, verdict: "Verdict", names: tuple[str, ...]) -> None:
        """Send a verdict; one of a row without any value is not sent, so that the twin's score grows old instead."""
        if not np.isnan(verdict.score):
            self.send(message_of(at_us, verdict, names))


def message_of(at_us: float, verdict: "Verdict", names: tuple[str, ...]) -> dict[str, Any]:
    """Return the JSON object that is published: time in ms, score in units of the limit, shares of the signals."""
    shares = verdict.contributions
    most = int(shares.argmax())
    return {
        "ts": round(at_us / 1e3),
        "score": verdict.score,
        "alarm": verdict.alarm,
        "blamed": names[most] if shares[most] > 0 else "",
        "contributions": {name: round(float(share), 4) for name, share in zip(names, shares, strict=True)},
    }
