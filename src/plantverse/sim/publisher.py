"""Publishes the small plant to an MQTT broker and does what commands say, as its devices would.

Topics of a twin `line/filler`:

- `plant/line/filler`: its state, a JSON object with the device's time `ts` in ms
- `plant/line/filler/cmd/<name>`: commands, a JSON object with `id`, `args` and perhaps `expires_us`
- `plant/line/filler/cmd/answer`: answers, `{"id", "status": "succeeded" | "refused" | "expired", "message"}`
- `plant/line/filler/desired`: desired properties, a JSON object

and `plant/status` for all of them: `online`, by last will `offline`, retained.

`python -m plantverse.sim.publisher --mqtt mqtt://127.0.0.1:1883` runs it by itself.
"""

import argparse
import json
import logging
import secrets
import threading
from typing import Any, Final

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion

from plantverse._clock import Clock, SystemClock
from plantverse.errors import ConfigInvalid
from plantverse.ingest.mqtt.options import SessionOptions
from plantverse.sim.load import LoadPublisher
from plantverse.sim.machines import Refused
from plantverse.sim.small_plant import LOAD_TOPIC, STATUS_TOPIC, TOPIC
from plantverse.sim.small_world import SmallWorld

logger = logging.getLogger(__name__)

RATES: Final = (0.2, 100.0)
"""Messages a second and device."""

_STEP_S: Final = 0.1
_WARM_UP_S: Final = 30.0


class DemoPublisher:
    """The devices of the small plant, in threads of their own.

    Args:
        url: `mqtt://[user:password@]host[:port]` or `mqtts://`.
        rate_hz: Messages a second and device, 0.2 to 100.
        load: Extra messages a second, see `load.py`; 0 for none.
        seed: Of noise and faults.
        faults: Whether anything breaks by itself.
        clock: Gives the time.

    Raises:
        ConfigInvalid: The address or the rate is wrong.

    Example:
        >>> devices = DemoPublisher("mqtt://127.0.0.1:1883")
        >>> devices.start()  # doctest: +SKIP
        >>> devices.stop()  # doctest: +SKIP
    """

    def __init__(
        self,
        url: str,
        *,
        rate_hz: float = 5.0,
        load: float = 0.0,
        seed: int = 7,
        faults: bool = True,
        clock: Clock | None = None,
    ) -> None:
        if not RATES[0] <= rate_hz <= RATES[1]:
            raise ConfigInvalid(f"demo rate: expected {RATES[0]:g} to {RATES[1]:g} Hz, got {rate_hz!r}")
        self._clock = clock or SystemClock()
        self._broker = SessionOptions.from_url(url, client_id=_client_id())
        self._period_s = 1.0 / rate_hz
        self._world = _warm_world(self._now_s(), seed=seed, faults=faults)
        self._lock = threading.Lock()
        self._stop = threading.Event()
        self._client = self._make_client()
        self._thread = threading.Thread(target=self._run, name="plantverse-demo", daemon=True)
        self._load = LoadPublisher(self._broker, prefix=LOAD_TOPIC, rate=load) if load else None
        self.published = 0

    def start(self) -> None:
        """Begin in the background; an absent broker is tried again until it comes."""
        self._client.connect_async(self._broker.host, self._broker.port, keepalive=20)
        self._client.loop_start()
        self._thread.start()
        if self._load is not None:
            self._load.start()

    def stop(self) -> None:
        """End, say `offline` and wait for the end."""
        self._stop.set()
        self._thread.join()
        if self._load is not None:
            self._load.stop()
        if self._client.is_connected():
            self._client.publish(STATUS_TOPIC, "offline", qos=1, retain=True).wait_for_publish(2.0)
        self._client.disconnect()
        self._client.loop_stop()

    def begin(self, fault: str) -> None:
        """Let something break now, one of `small_world.FAULTS`."""
        with self._lock:
            self._world.begin(fault, self._now_s())

    def _run(self) -> None:
        due_ns = self._clock.monotonic_ns()
        while not self._stop.is_set():
            self._publish_all()
            due_ns = max(due_ns + round(self._period_s * 1e9), self._clock.monotonic_ns())
            self._live_until(due_ns)

    def _live_until(self, due_ns: int) -> None:
        """Let the world go on in small steps until the next messages are due."""
        while not self._stop.is_set() and (left_s := (due_ns - self._clock.monotonic_ns()) / 1e9) > 0:
            self._stop.wait(min(left_s, _STEP_S))
            with self._lock:
                self._world.step(self._now_s())

    def _publish_all(self) -> None:
        if not self._client.is_connected():
            return
        with self._lock:
            stamp = self._clock.time_ns() // 1_000_000
            messages = self._world.payloads()
        for twin_id, payload in messages.items():
            self._client.publish(f"{TOPIC}/{twin_id}", json.dumps({"ts": stamp, **payload}, separators=(",", ":")))
        self.published += len(messages)

    def _make_client(self) -> paho.Client:
        broker = self._broker
        client = paho.Client(CallbackAPIVersion.VERSION2, client_id=broker.client_id)
        client.will_set(STATUS_TOPIC, "offline", qos=1, retain=True)
        if broker.user is not None:
            client.username_pw_set(broker.user, broker.password)
        if broker.tls:
            client.tls_set()
        client.reconnect_delay_set(1, 5)
        client.on_connect = self._connected
        client.on_message = self._told
        return client

    def _connected(self, client: paho.Client, _userdata: object, _flags: object, code: Any, _more: object) -> None:
        if code.is_failure:
            logger.warning("demo devices refused by the broker: %s", code)
            return
        client.subscribe([(f"{TOPIC}/+/+/cmd/+", 1), (f"{TOPIC}/+/+/desired", 1)])
        client.publish(STATUS_TOPIC, "online", qos=1, retain=True)
        logger.info("demo devices connected broker=%s", self._broker.address)

    def _told(self, client: paho.Client, _userdata: object, message: paho.MQTTMessage) -> None:
        parts = message.topic.split("/")
        twin_id = "/".join(parts[1:3])
        if parts[3] == "desired":
            self._desired(twin_id, message.payload)
        elif parts[4] != "answer":
            answer = self._answer(twin_id, parts[4], message.payload)
            client.publish(f"{TOPIC}/{twin_id}/cmd/answer", json.dumps(answer), qos=1)

    def _answer(self, twin_id: str, name: str, payload: bytes | bytearray) -> dict[str, Any]:
        told = _object(payload)
        if told is None:
            return {"status": "refused", "message": "a JSON object is expected"}
        known = {"id": told["id"]} if "id" in told else {}
        expires_us = told.get("expires_us")
        if isinstance(expires_us, int | float) and expires_us < self._clock.time_ns() / 1000:
            return {**known, "status": "expired", "message": "came too late"}
        args = told.get("args")
        try:
            with self._lock:
                text = self._world.command(twin_id, name, args if isinstance(args, dict) else {})
        except Refused as exc:
            return {**known, "status": "refused", "message": str(exc)}
        return {**known, "status": "succeeded", "message": text}

    def _desired(self, twin_id: str, payload: bytes | bytearray) -> None:
        patch = _object(payload)
        try:
            with self._lock:
                self._world.desire(twin_id, patch or {})
        except Refused as exc:
            logger.info("demo device refuses desired properties twin=%s reason=%s", twin_id, exc)

    def _now_s(self) -> float:
        return self._clock.time_ns() / 1e9


def main(arguments: list[str] | None = None) -> int:
    """Run the devices until Ctrl-C or for `--seconds`; return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m plantverse.sim.publisher", description="Devices of a small plant.")
    parser.add_argument("--mqtt", default="mqtt://127.0.0.1:1883", metavar="URL", help="broker (default: %(default)s)")
    parser.add_argument("--rate", type=float, default=5.0, metavar="HZ", help="messages a second and device, 0.2-100")
    parser.add_argument("--load", type=float, default=0.0, metavar="N", help="extra messages a second, 500-40000")
    parser.add_argument("--only-load", action="store_true", help="the load alone, beside devices that run already")
    parser.add_argument("--seconds", type=float, default=None, metavar="S", help="end after this time")
    parser.add_argument("--seed", type=int, default=7, help="of noise and faults")
    parser.add_argument("--no-faults", action="store_true", help="nothing breaks by itself")
    chosen = parser.parse_args(arguments)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    if chosen.only_load and not chosen.load:
        parser.error("--only-load needs --load")
    devices: DemoPublisher | LoadPublisher
    try:
        if chosen.only_load:
            broker = SessionOptions.from_url(chosen.mqtt, client_id=_client_id())
            devices = LoadPublisher(broker, prefix=LOAD_TOPIC, rate=chosen.load)
        else:
            devices = DemoPublisher(
                chosen.mqtt, rate_hz=chosen.rate, load=chosen.load, seed=chosen.seed, faults=not chosen.no_faults
            )
    except ConfigInvalid as exc:
        parser.error(str(exc))
    devices.start()
    try:
        threading.Event().wait(chosen.seconds)
    except KeyboardInterrupt:
        logger.info("demo devices stopping")
    devices.stop()
    return 0


def _client_id() -> str:
    """Return an id of its own: two of the same would throw each other off the broker again and again."""
    return f"plantverse-demo-{secrets.token_hex(4)}"


def _warm_world(now_s: float, *, seed: int, faults: bool) -> SmallWorld:
    """Return a world that has run for a while, so that motors turn and water flows with the first message."""
    world = SmallWorld(start_s=now_s - _WARM_UP_S, seed=seed, faults=faults)
    steps = round(_WARM_UP_S / _STEP_S)
    for step in range(1, steps + 1):
        world.step(now_s - _WARM_UP_S + step * _STEP_S)
    return world


def _object(payload: bytes | bytearray) -> dict[str, Any] | None:
    try:
        told = json.loads(payload or b"{}")
    except ValueError:
        return None
    return told if isinstance(told, dict) else None


if __name__ == "__main__":
    raise SystemExit(main())
