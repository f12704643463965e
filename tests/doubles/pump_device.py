"""A pump that publishes flow and speed, and rows of its normal operation: one hundredth of the speed flows."""

import json
import threading

import numpy as np
import paho.mqtt.client as paho
from numpy.typing import NDArray
from paho.mqtt.enums import CallbackAPIVersion

SIGNALS = ("hall/pump-1:flow", "hall/pump-1:speed")


def normal_rows(count: int = 600) -> NDArray[np.float64]:
    """Return flow and speed of normal operation."""
    rng = np.random.default_rng(1)
    speed = 1000 + 100 * rng.normal(size=count)
    return np.column_stack([speed / 100 + 0.1 * rng.normal(size=count), speed])


class Device:
    """Sends flow and speed of pump 1 ten times a second until it is told to stop."""

    def __init__(self, port: int) -> None:
        self.values = {"flow": 10.0, "speed": 1000.0}
        self._client = paho.Client(CallbackAPIVersion.VERSION2)
        self._client.connect("127.0.0.1", port)
        self._client.loop_start()
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._send)
        self._thread.start()

    def _send(self) -> None:
        while not self._end.wait(0.1):
            self._client.publish("plant/pump-1", json.dumps(self.values), qos=1)

    def stop(self) -> None:
        self._end.set()
        self._thread.join()
        self._client.disconnect()
        self._client.loop_stop()
