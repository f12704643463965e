"""The control topic of a running simulation, from the command line's side."""

import json
import secrets
import threading
from types import TracebackType
from typing import Any, Final, Self

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion

from plantverse.errors import BrokerUnavailable, Conflict, NotFound
from plantverse.ingest.mqtt.options import SessionOptions
from plantverse.sim.bottling.faults import KINDS
from plantverse.sim.bottling.plant import CONTROL_TOPIC, STATUS_TOPIC, TRUTH_TOPIC

_PATIENCE_S: Final = 10.0
_END_TOPIC: Final = f"{CONTROL_TOPIC}/answer"


class Control:
    """Gives orders to a simulation and reads what is true of it.

    Args:
        url: `mqtt://[user:password@]host[:port]` or `mqtts://`.

    Raises:
        ConfigInvalid: The address is wrong.
        BrokerUnavailable: Nobody is there.
    """

    def __init__(self, url: str) -> None:
        broker = SessionOptions.from_url(url, client_id=f"plantverse-sim-control-{secrets.token_hex(4)}")
        self._address = broker.address
        self._heard: dict[str, bytes] = {}
        self._answers: dict[str, dict[str, Any]] = {}
        self._news = threading.Condition()
        self._client = client = paho.Client(CallbackAPIVersion.VERSION2, client_id=broker.client_id)
        if broker.user is not None:
            client.username_pw_set(broker.user, broker.password)
        if broker.tls:
            client.tls_set()
        client.on_message = self._take
        client.on_connect = lambda c, *_: c.subscribe([(_END_TOPIC, 1), (f"{TRUTH_TOPIC}/#", 1), (STATUS_TOPIC, 1)])
        try:
            client.connect(broker.host, broker.port)
        except OSError as exc:
            raise BrokerUnavailable(
                f"no broker at {broker.address} ({exc})", hint="--mqtt takes the address that `plantverse run` says"
            ) from exc
        client.loop_start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, exc: BaseException | None, at: TracebackType | None) -> None:
        self._client.disconnect()
        self._client.loop_stop()

    def order(self, name: str, args: dict[str, object]) -> str:
        """Give an order and return the answer's text.

        Raises:
            NotFound: No simulation answers.
            Conflict: It refuses.
        """
        self._present()
        request = secrets.token_hex(8)
        self._client.publish(f"{CONTROL_TOPIC}/{name}", json.dumps({"id": request, "args": args}), qos=1)
        with self._news:
            if not self._news.wait_for(lambda: request in self._answers, _PATIENCE_S):
                raise NotFound(f"the simulation at {self._address} does not answer")
        answer = self._answers[request]
        if answer.get("status") != "succeeded":
            raise Conflict(str(answer.get("message", "refused")))
        return str(answer.get("message", ""))

    def truths(self) -> dict[str, list[dict[str, Any]]]:
        """Return the faults that stand by kind, as their topics say.

        Raises:
            NotFound: No simulation is there.
        """
        self._present()
        with self._news:
            if not self._news.wait_for(lambda: len(self._truths()) == len(KINDS), _PATIENCE_S):
                raise NotFound(f"the simulation at {self._address} does not tell its faults")
            return {kind: json.loads(text)["faults"] for kind, text in self._truths().items()}

    def _truths(self) -> dict[str, bytes]:
        return {t.rpartition("/")[2]: text for t, text in self._heard.items() if t.startswith(TRUTH_TOPIC) and text}

    def _present(self) -> None:
        with self._news:
            if not self._news.wait_for(lambda: self._heard.get(STATUS_TOPIC) == b"online", _PATIENCE_S):
                raise NotFound(
                    f"no simulation at {self._address}", hint="plantverse run --demo, or plantverse sim run --mqtt URL"
                )

    def _take(self, _client: object, _data: object, message: paho.MQTTMessage) -> None:
        with self._news:
            if message.topic == _END_TOPIC:
                answer = json.loads(message.payload)
                self._answers[str(answer.get("id"))] = answer
            else:
                self._heard[message.topic] = bytes(message.payload)
            self._news.notify_all()
