"""Traffic on a broker, at true or scaled time, marked as synthetic in every message.

A generated message is `{"synthetic": "<origin>", "ts": <ms>, "value": <0 to 99.9>, "pad": "xxx"}`, padded to its size
(or without a pad where that is more). A captured payload goes out as it came, so its mark is the MQTT 5 user property
`synthetic`, and the broker has to speak MQTT 5.
"""

import json
import socket
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np

from plantverse._clock import Clock, SystemClock
from plantverse.errors import BrokerUnavailable
from plantverse.ingest.mqtt import packets
from plantverse.ingest.mqtt.options import SessionOptions
from plantverse.sim.load import open_plain
from plantverse.sim.traffic.events import Traffic
from plantverse.twins.synthetic import MEMBER

STEP_S: Final = 0.005
_MOST_PER_STEP: Final = 2_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """What was published.

    Attributes:
        messages, size: How many, and bytes of their payloads.
        seconds: From the first to the last.
        late_s: How far behind its time a message was at worst.
    """

    messages: int
    size: int
    seconds: float
    late_s: float


class Encoder:
    """Turns rows of traffic into packets.

    Args:
        traffic: Whose topics, sizes and payloads.
    """

    def __init__(self, traffic: Traffic) -> None:
        self._traffic = traffic
        self._topics = [topic.encode() for topic in traffic.topics]
        self._sent = [0] * len(traffic.topics)
        self._mark = json.dumps(traffic.origin, ensure_ascii=False)
        self._user = MEMBER.encode(), traffic.origin.encode()[:200]
        self.version = 4 if traffic.payloads is None else 5

    def payload(self, row: int, now_ns: int) -> bytes:
        """Return the payload of a message that leaves now."""
        if self._traffic.payloads is not None:
            return self._traffic.payloads[row]
        topic = self._traffic.topic[row]
        value = self._sent[topic] % 1000 / 10
        self._sent[topic] += 1
        body = f'{{"{MEMBER}":{self._mark},"ts":{now_ns // 1_000_000},"value":{value:.1f}'.encode()
        missing = int(self._traffic.size[row]) - len(body) - len(b',"pad":""}')
        return body + (b',"pad":"%s"}' % (b"x" * missing) if missing >= 0 else b"}")

    def packet(self, row: int, payload: bytes) -> bytes:
        """Return the PUBLISH of a message, QoS 0."""
        topic = self._topics[self._traffic.topic[row]]
        user = self._user if self.version == 5 else None
        return packets.publish(self.version, topic, payload, qos=0, packet=0, user=user)


def due_rows(traffic: Traffic, factor: float, now_s: Callable[[], float]) -> Iterator[tuple[int, int, float]]:
    """Yield (first, last, lateness in s) of the messages that are due, until all were.

    Args:
        traffic: What to send.
        factor: Seconds of traffic in a second.
        now_s: Seconds since the start; waiting is the caller's, between two values.
    """
    at, end = 0, len(traffic)
    while at < end:
        reached_s = now_s() * factor
        last = min(at + _MOST_PER_STEP, int(np.searchsorted(traffic.at_s, reached_s, side="right")))
        late_s = (reached_s - float(traffic.at_s[at])) / factor if last > at else 0.0
        yield at, max(at, last), late_s
        at = max(at, last)


def publish(broker: SessionOptions, traffic: Traffic, *, factor: float = 1.0, clock: Clock | None = None) -> Sent:
    """Publish until the last message is out.

    Args:
        broker: Where to.
        traffic: What to send.
        factor: Seconds of traffic in a second.
        clock: Gives the time.

    Raises:
        BrokerUnavailable: Nobody is there, it refuses, or the connection was cut.
    """
    clock = clock or SystemClock()
    encoder = Encoder(traffic)
    began_ns = clock.monotonic_ns()
    size, worst_s = 0, 0.0
    try:
        with open_plain(broker, "traffic", encoder.version) as link:
            began_ns = clock.monotonic_ns()
            for first, last, late_s in due_rows(traffic, factor, lambda: (clock.monotonic_ns() - began_ns) / 1e9):
                if first == last:
                    time.sleep(STEP_S)
                    continue
                worst_s = max(worst_s, late_s)
                payloads = [encoder.payload(row, clock.time_ns()) for row in range(first, last)]
                link.sendall(b"".join(map(encoder.packet, range(first, last), payloads)))
                size += sum(map(len, payloads))
            seconds = (clock.monotonic_ns() - began_ns) / 1e9
            _finish(link, encoder.version)
    except OSError as exc:
        hint = "captured payloads need a broker with MQTT 5" if encoder.version == 5 else None
        raise BrokerUnavailable(f"publishing to {broker.address} failed: {exc}", hint=hint) from exc
    return Sent(messages=len(traffic), size=size, seconds=seconds, late_s=worst_s)


def _finish(link: socket.socket, version: int) -> None:
    """Say goodbye and wait until the broker has read everything."""
    link.sendall(packets.disconnect(version))
    link.shutdown(socket.SHUT_WR)
    while link.recv(1 << 16):
        pass
