"""A device that counts up, so that each number that is missing or there twice shows."""

import json
import threading
import time
from collections.abc import Sequence
from typing import Any, Self

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion

from doubles.mosquitto import Mosquitto
from doubles.server import ServerProcess
from plantverse.platform.history.duckdb_store import DuckDbStore


class CountingDevice:
    """Sends the same number for each twin every few milliseconds, one higher each time, with its own stamp.

    Args:
        broker: Where to.
        twins: Ids; the topic of each is `plant/<id>`.
        every_s: Seconds between numbers.
        qos: Of each message.

    Attributes:
        sent: How many numbers each twin has had; final once the context is left.
    """

    def __init__(self, broker: Mosquitto, twins: Sequence[str], *, every_s: float = 0.02, qos: int = 1) -> None:
        self.client = paho.Client(CallbackAPIVersion.VERSION2)
        self.client.max_inflight_messages_set(1_000)
        self.client.max_queued_messages_set(0)
        self.client.connect("127.0.0.1", broker.port)
        self.client.loop_start()
        self.sent = 0
        self._twins, self._every_s, self._qos = twins, every_s, qos
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._last: Any = None

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()
        if self._last is not None:
            self._last.wait_for_publish(30)
        self.client.disconnect()
        self.client.loop_stop()

    def _run(self) -> None:
        while not self._stop.wait(self._every_s):
            body = json.dumps({"ts": time.time_ns() // 1_000, "count": self.sent})
            for twin in self._twins:
                self._last = self.client.publish(f"plant/{twin}", body, qos=self._qos)
            self.sent += 1


def until_arrived(server: ServerProcess, twins: Sequence[str], count: int) -> None:
    """Wait for the last number."""
    server.wait_for(lambda: all(server.value(f"{t}:count") == count - 1 for t in twins), f"all {count} numbers")


def check_each_once(server: ServerProcess, twins: Sequence[str], count: int) -> None:
    """Wait for the last number, stop the server, and look at what its history holds."""
    until_arrived(server, twins, count)
    server.stop()
    store = DuckDbStore(server.folder / "state" / "history")
    try:
        for twin in twins:
            found = [int(value) for value in store.series(f"{twin}:count", 0, 1 << 62).value.tolist()]
            assert found == list(range(count)), f"{twin}: lost or twice"
    finally:
        store.close()
