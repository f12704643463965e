"""A pump that publishes flow and speed, and a detector of its normal operation: one hundredth of the speed flows."""

import json
import threading
from typing import Any

import numpy as np
import paho.mqtt.client as paho
from numpy.typing import NDArray
from paho.mqtt.enums import CallbackAPIVersion

from doubles.server import ServerProcess
from plantverse.ai.detectors import fit, save_detector
from plantverse.ai.models import ModelRegistry

SIGNALS = ("hall/pump-1:flow", "hall/pump-1:speed")
HEALTHY, STRANGE = {"flow": 10.0, "speed": 1000.0}, {"flow": 6.0, "speed": 1000.0}


def normal_rows(count: int = 600) -> NDArray[np.float64]:
    """Return flow and speed of normal operation."""
    rng = np.random.default_rng(1)
    speed = 1000 + 100 * rng.normal(size=count)
    return np.column_stack([speed / 100 + 0.1 * rng.normal(size=count), speed])


def save_model(server: ServerProcess, name: str = "pump") -> str:
    """Save a detector of the pump among the models of a server, and return its hash."""
    model = save_detector(fit("mewma", [normal_rows()], SIGNALS), {"every_s": 0.2, "hold_s": 30.0})
    return ModelRegistry(server.folder / "state" / "models").save(name, model).hash


def detector(server: ServerProcess, number: int = 0) -> dict[str, Any]:
    """Return what a server tells of one of its detectors."""
    found: dict[str, Any] = server.get("/detectors")["detectors"][number]
    return found


class Device:
    """Sends flow and speed of pump 1 ten times a second until it is told to stop; its `values` may be changed."""

    def __init__(self, port: int) -> None:
        self.values = HEALTHY
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
