"""What `plantverse doctor` learns from a broker: the limits in its greeting and its own counters under `$SYS`."""

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from plantverse.cli.checks import Check
from plantverse.platform.config import MqttSettings

CONNECT_S = 5.0
COUNTERS_S = 3.0
"""Retained counters arrive with the subscription; a broker without `$SYS` stays silent."""
DROPPED = "$SYS/broker/publish/messages/dropped"
VERSION = "$SYS/broker/version"


@dataclass(slots=True)
class BrokerFacts:
    """What a broker said about itself.

    Attributes:
        problem: Why there is nothing, "" where it answered.
        limits: CONNACK properties of MQTT 5 by name.
        counters: `$SYS` topics.
    """

    problem: str = ""
    limits: dict[str, int] = field(default_factory=dict)
    counters: dict[str, str] = field(default_factory=dict)


def ask_broker(mqtt: MqttSettings, url: str, password: str | None) -> BrokerFacts:
    """Connect like any client, read, and leave; nothing is published."""
    import paho.mqtt.client as paho
    from paho.mqtt.enums import CallbackAPIVersion

    parts = urlsplit(url)
    secure = parts.scheme == "mqtts"
    facts = BrokerFacts()
    greeted, read = threading.Event(), threading.Event()
    client = paho.Client(CallbackAPIVersion.VERSION2, protocol=paho.MQTTv5)

    def on_connect(_: paho.Client, __: object, ___: object, reason: Any, properties: Any) -> None:
        if reason.is_failure:
            facts.problem = f"refused: {str(reason).lower()}"
        else:
            for name in ("ReceiveMaximum", "MaximumPacketSize", "SessionExpiryInterval", "MaximumQoS"):
                if (value := getattr(properties, name, None)) is not None:
                    facts.limits[name] = int(value)
            client.subscribe("$SYS/#")
        greeted.set()

    def on_message(_: paho.Client, __: object, message: paho.MQTTMessage) -> None:
        facts.counters[message.topic] = message.payload.decode(errors="replace")
        if {DROPPED, VERSION} <= facts.counters.keys():
            read.set()

    client.on_connect, client.on_message = on_connect, on_message
    try:
        if mqtt.user:
            client.username_pw_set(mqtt.user, password)
        if secure:
            ca, cert, key = (None if path is None else str(path) for path in (mqtt.ca, mqtt.cert, mqtt.key))
            client.tls_set(ca_certs=ca, certfile=cert, keyfile=key)
        client.connect(parts.hostname or "127.0.0.1", parts.port or (8883 if secure else 1883), keepalive=10)
    except OSError as exc:
        facts.problem = str(exc)
        return facts
    client.loop_start()
    try:
        if not greeted.wait(CONNECT_S):
            facts.problem = f"no answer within {CONNECT_S:g} s"
        elif not facts.problem:
            read.wait(COUNTERS_S)
    finally:
        client.disconnect()
        client.loop_stop()
    return facts


def judge(url: str, facts: BrokerFacts) -> list[Check]:
    """Return the findings about a broker."""
    if facts.problem:
        hint = "is it running, and is the address right? mqtt.url, mqtt.user, mqtt.ca in plantverse.toml"
        return [Check(name="broker", state="fail", message=f"{url}: {facts.problem}", hint=hint)]
    version = facts.counters.get(VERSION, "says nothing under $SYS")
    return [
        Check(name="broker", state="ok", message=f"{url}: {version}"),
        _limits(facts.limits),
        _drops(facts.counters),
    ]


def _limits(limits: Mapping[str, int]) -> Check:
    receive = limits.get("ReceiveMaximum", 65_535)
    shown = [f"{receive} messages in flight towards it"]
    if "MaximumPacketSize" in limits:
        shown.append(f"packets up to {limits['MaximumPacketSize']} bytes")
    if "SessionExpiryInterval" in limits:
        shown.append(f"sessions kept {limits['SessionExpiryInterval']} s")
    message = ", ".join(shown)
    if limits.get("MaximumQoS", 2) < 1:
        hint = "messages can be lost; QoS 1 is the least with which nothing acknowledged is lost"
        return Check(name="broker limits", state="warn", message=f"{message}, QoS 0 only", hint=hint)
    return Check(name="broker limits", state="ok", message=message)


def _drops(counters: Mapping[str, str]) -> Check:
    if DROPPED not in counters:
        return Check(name="broker drops", state="ok", message="this broker does not count what it drops")
    dropped = counters[DROPPED]
    if dropped not in {"0", ""}:
        hint = "raise max_queued_messages, set max_inflight_messages 0; see docs/how-to/external-broker.md"
        return Check(name="broker drops", state="warn", message=f"{dropped} messages since its start", hint=hint)
    return Check(name="broker drops", state="ok", message="none since its start")
