"""Publishes the bottling plant to an MQTT broker, and does what commands and the control topic say.

- `plant/line/filler`: state of a machine, a JSON object with the device's time `ts` in ms; sensors of the air send
  bare values on `plant/hall/climate-1/temperature`
- `plant/line/filler/cmd/<name>`, `.../cmd/answer`, `.../desired`: commands, answers, desired properties
- `plant/status`: `online`, by last will `offline`, retained
- `sim/control/inject`, `clear`, `set_factor`, `change_product`: orders to the simulation, answered on
  `sim/control/answer`
- `sim/places`: where each kind of fault can be, and where it shows soon if it begins now, a retained JSON object
- `sim/truth/<kind>`: which faults of that kind stand, where and how bad, a retained JSON object
"""

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
from plantverse.sim.bottling.faults import KINDS
from plantverse.sim.bottling.parts import Refused, number
from plantverse.sim.bottling.plant import CONTROL_TOPIC, PLACES_TOPIC, STATUS_TOPIC, TOPIC, TRUTH_TOPIC
from plantverse.sim.bottling.telegrams import Telegrams
from plantverse.sim.bottling.world import BottlingWorld

logger = logging.getLogger(__name__)

RATES: Final = (1.0, 20.0)
"""Messages a second of what moves."""
FACTORS: Final = (0.1, 100.0)
"""Simulated seconds in a second."""
WARM_UP_S: Final = 90.0
_MOST_BEHIND_S: Final = 1.0


class BottlingPublisher:
    """The devices of the bottling plant, in a thread of their own.

    Args:
        url: `mqtt://[user:password@]host[:port]` or `mqtts://`.
        rate_hz: Messages a second of vehicles and robot, 1 to 20; machines send half as often, tanks a fifth.
        factor: Simulated seconds in a second, 0.1 to 100.
        seed: Of noise, weather and faults.
        faults: Whether something breaks by itself now and then.
        clock: Gives the time.

    Raises:
        ConfigInvalid: The address, the rate or the factor is wrong.
    """

    def __init__(
        self,
        url: str,
        *,
        rate_hz: float = 10.0,
        factor: float = 1.0,
        seed: int = 7,
        faults: bool = True,
        clock: Clock | None = None,
    ) -> None:
        for what, value, (low, high) in (("rate", rate_hz, RATES), ("factor", factor, FACTORS)):
            if not low <= value <= high:
                raise ConfigInvalid(f"simulation {what}: expected {low:g} to {high:g}, got {value!r}")
        self._clock = clock or SystemClock()
        self._broker = SessionOptions.from_url(url, client_id=f"plantverse-sim-{secrets.token_hex(4)}")
        self._tick_s = 1.0 / rate_hz
        start_s = self._clock.time_ns() / 1e9
        self.world = BottlingWorld(start_s=start_s - WARM_UP_S, seed=seed)
        self.world.run(WARM_UP_S)
        if faults:
            self.world.tell_story()
        self._telegrams = Telegrams(self.world, self._tick_s)
        self._telegrams.factor = factor
        self._lock = threading.Lock()
        self._stop = threading.Event()
        self._client = self._make_client()
        self._thread = threading.Thread(target=self._run, name="plantverse-sim", daemon=True)
        self.published = 0

    def start(self) -> None:
        """Begin in the background; an absent broker is tried again until it comes."""
        self._client.connect_async(self._broker.host, self._broker.port, keepalive=20)
        self._client.loop_start()
        self._thread.start()

    def stop(self) -> None:
        """End, take the truth back, say `offline` and wait for the end."""
        self._stop.set()
        self._thread.join()
        if self._client.is_connected():
            for kind in KINDS:
                self._client.publish(f"{TRUTH_TOPIC}/{kind}", b"", qos=1, retain=True)
            self._client.publish(PLACES_TOPIC, b"", qos=1, retain=True)
            self._client.publish(STATUS_TOPIC, "offline", qos=1, retain=True).wait_for_publish(2.0)
        self._client.disconnect()
        self._client.loop_stop()

    def _run(self) -> None:
        last = due = self._clock.monotonic_ns()
        owed_s = 0.0
        while not self._stop.is_set():
            now = self._clock.monotonic_ns()
            owed_s = self._live(owed_s, (now - last) / 1e9)
            last = now
            self._publish()
            due = max(due + round(self._tick_s * 1e9), self._clock.monotonic_ns())
            self._stop.wait((due - self._clock.monotonic_ns()) / 1e9)

    def _live(self, owed_s: float, passed_s: float) -> float:
        """Let the plant go on; returns the rest that is shorter than a step."""
        with self._lock:
            factor, step_s = self._telegrams.factor, self.world.step_s
            owed_s += passed_s * factor
            most_s = _MOST_BEHIND_S * max(1.0, factor)
            if owed_s > most_s:
                # A machine that is too slow, or that slept: the plant lags instead of racing after.
                self._telegrams.lag_s += owed_s - most_s
                owed_s = most_s
            while owed_s >= step_s:
                self.world.step()
                owed_s -= step_s
        return owed_s

    def _publish(self) -> None:
        if not self._client.is_connected():
            return
        with self._lock:
            messages = list(self._telegrams.take(self._clock.time_ns() // 1_000_000))
        for topic, text in messages:
            self._client.publish(topic, text)
        self.published += len(messages)
        self._tell_truth()

    def _tell_truth(self) -> None:
        with self._lock:
            # Published under the lock, so that an older truth never overtakes a newer one.
            for topic, text in (*self._telegrams.truths(), *self._telegrams.new_places()):
                self._client.publish(topic, text, qos=1, retain=True)
                self.published += 1

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
            logger.warning("simulated devices refused by the broker: %s", code)
            return
        client.subscribe([(f"{TOPIC}/+/+/cmd/+", 1), (f"{TOPIC}/+/+/desired", 1), (f"{CONTROL_TOPIC}/+", 1)])
        client.publish(STATUS_TOPIC, "online", qos=1, retain=True)
        with self._lock:
            client.publish(PLACES_TOPIC, self._telegrams.places(), qos=1, retain=True)
        logger.info("simulated devices connected broker=%s", self._broker.address)

    def _told(self, client: paho.Client, _userdata: object, message: paho.MQTTMessage) -> None:
        parts = message.topic.split("/")
        if parts[-1] == "answer":
            return
        if parts[-1] == "desired":
            self._desired("/".join(parts[1:3]), message.payload)
            return
        twin_id = "" if message.topic.startswith(CONTROL_TOPIC) else "/".join(parts[1:3])
        answer = json.dumps(self._answer(twin_id, parts[-1], message.payload))
        # Who has an answer may rely on the truth.
        self._tell_truth()
        client.publish(f"{TOPIC}/{twin_id}/cmd/answer" if twin_id else f"{CONTROL_TOPIC}/answer", answer, qos=1)

    def _answer(self, twin_id: str, name: str, payload: bytes | bytearray) -> dict[str, Any]:
        told = _object(payload)
        if told is None:
            return {"status": "refused", "message": "a JSON object is expected"}
        known = {"id": told["id"]} if "id" in told else {}
        expires_us = told.get("expires_us")
        if isinstance(expires_us, int | float) and expires_us < self._clock.time_ns() / 1000:
            return {**known, "status": "expired", "message": "came too late"}
        args = told.get("args")
        args = args if isinstance(args, dict) else {}
        try:
            with self._lock:
                text = self.world.command(twin_id, name, args) if twin_id else self.control(name, args)
        except Refused as exc:
            return {**known, "status": "refused", "message": str(exc)}
        return {**known, "status": "succeeded", "message": text}

    def control(self, name: str, args: dict[str, Any]) -> str:
        """Do what the control topic says and return the answer's text.

        Raises:
            Refused: It cannot be done.
        """
        if name == "set_factor":
            self._telegrams.factor = number(args, "factor", *FACTORS)
            return f"time goes {self._telegrams.factor:g} times as fast"
        kind, target = (str(args.get(key) or "") for key in ("kind", "target"))
        if name == "clear":
            return f"{self.world.mend(kind, target)} faults cleared"
        if name == "change_product":
            self.world.change_product(cleaning=args.get("cleaning") is True)
            return f"{self.world.plan.product.name} ends, {self.world.plan.following.name} follows"
        if name != "inject":
            raise Refused(f"unknown order {name}; known: inject, clear, set_factor, change_product")
        given = {"severity": args.get("severity", 0.8), "onset": args.get("onset", 0.0)}
        severity, onset = number(given, "severity", 0, 1), number(given, "onset", 0, 86_400)
        fault = self.world.order(kind, target, severity, onset)
        return f"{fault.kind} begins at {fault.place}"

    def _desired(self, twin_id: str, payload: bytes | bytearray) -> None:
        try:
            with self._lock:
                self.world.desire(twin_id, _object(payload) or {})
        except Refused as exc:
            logger.info("simulated device refuses desired properties twin=%s reason=%s", twin_id, exc)


def _object(payload: bytes | bytearray) -> dict[str, Any] | None:
    try:
        told = json.loads(payload or b"{}")
    except ValueError:
        return None
    return told if isinstance(told, dict) else None
