"""A plant's devices, as a script with paho-mqtt would have them."""

import json
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from threading import Event, Thread

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion

from doubles.mosquitto import Mosquitto

Said = Mapping[str, Mapping[str, object]]
"""Topic -> members of a JSON message."""


@contextmanager
def connected(broker: Mosquitto) -> Iterator[paho.Client]:
    """Yield a client that works in a thread of its own."""
    client = paho.Client(CallbackAPIVersion.VERSION2)
    client.connect("127.0.0.1", broker.port)
    client.loop_start()
    try:
        yield client
    finally:
        client.disconnect()
        client.loop_stop()


@contextmanager
def repeating(broker: Mosquitto, said: Said | Callable[[], Said], every_s: float = 0.2) -> Iterator[paho.Client]:
    """Again and again devices say this, with the time; a function is asked each time anew. Yields their client."""
    stop = Event()

    def run(client: paho.Client) -> None:
        while not stop.wait(every_s):
            for topic, members in (said() if callable(said) else said).items():
                client.publish(topic, json.dumps({"ts": time.time(), **members}), qos=1)

    with connected(broker) as client:
        thread = Thread(target=run, args=(client,))
        thread.start()
        try:
            yield client
        finally:
            stop.set()
            thread.join()


def publish(client: paho.Client, topic: str, **members: object) -> None:
    """Send one message with the time, and wait for the broker's acknowledgement."""
    client.publish(topic, json.dumps({"ts": time.time(), **members}), qos=1).wait_for_publish(30)
